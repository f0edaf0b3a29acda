/** The optimiser that a configuration asks for. */
import { optim, type Tensor } from "@deepspeech-ts/torch";
import type { TrainConfig } from "./config.js";

export type Optimizer = optim.AdamW | optim.Muon;

/** Hidden layers' weights; the last layer's, the letters', are AdamW's. */
const LINEAR = new Set(["fully_connected.weight", "classifier.0.weight"]);
/** Each GRU's weights are a matrix for each of its three gates. */
const GATES = 3;

/** @param parameters by name, the model's and those of heads beside it */
export function makeOptimizer(
  parameters: ReadonlyMap<string, Tensor>,
  { optimizer, betas, weightDecay, precision }: Pick<TrainConfig, "optimizer" | "betas" | "weightDecay" | "precision">,
): Optimizer {
  const options: optim.AdamWOptions = {
    betas,
    weightDecay,
    // Decay pulls towards zero; biases and norms have no reason to be small.
    decays: (_, parameter) => parameter.shape.length > 1,
  };
  if (optimizer === "adamw") return new optim.AdamW(parameters, options);
  const dtype = precision === "bf16" ? "bfloat16" : "float32";
  return new optim.Muon(parameters, { ...options, matricesIn, dtype });
}

function matricesIn(name: string): number {
  if (/\.weight_[ih]h_/.test(name)) return GATES;
  return LINEAR.has(name) ? 1 : 0;
}
