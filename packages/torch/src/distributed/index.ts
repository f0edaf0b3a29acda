export { type AccumulationStep, accumulationPlan } from "./accumulation-plan.js";
export { GradientSum, type GradientSumOptions } from "./gradient-sum.js";
export { canJoin, canJoinCards, type JoinOptions, Processes } from "./processes.js";
export { Store, type StoreOptions } from "./store.js";
