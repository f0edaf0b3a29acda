export { AdamW, type AdamWOptions } from "./adamw.js";
export { clipGradNorm } from "./clip-grad-norm.js";
export { Muon, type MuonOptions } from "./muon.js";
