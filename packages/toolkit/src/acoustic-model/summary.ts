/** What `deepspeech summary` prints: every layer with its shapes and its share of the parameters. */
import { type nn, type Tensor, tidy, zeros } from "@deepspeech-ts/torch";
import { DeepSpeech } from "./deepspeech.js";
import { defaultFeatureConfig, type FeatureConfig } from "./feature-config.js";
import { lookaheadSamples } from "./latency.js";
import type { ModelConfig } from "./model-config.js";

/** One layer of a model. */
export interface LayerSummary {
  /** The full name, as in the state dict. */
  name: string;
  /** The layer's class. */
  type: string;
  /** Its parameters' names and shapes. */
  parameters: { name: string; shape: readonly number[] }[];
  numParameters: number;
}

/** A model's layers, one after another. */
export interface ModelSummary {
  layers: LayerSummary[];
  numParameters: number;
  inputShape: readonly number[];
  /** [B, T', numTokens + numPhones] for an input of [1, frames, numMels]. */
  outputShape: readonly number[];
  /** How far beyond a frame's middle the model hears, in milliseconds; null for one that hears all that follows. */
  lookaheadMilliseconds: number | null;
}

/**
 * What `deepspeech summary` shows: every layer of a model, its output's shape and its parameters.
 *
 * @param frames length of the input whose output shape is shown
 */
export function summariseModel(
  config: ModelConfig,
  frames = 800,
  features: FeatureConfig = defaultFeatureConfig,
): ModelSummary {
  const ahead = lookaheadSamples(config, features);
  return tidy(() => {
    using model = new DeepSpeech(config).eval();
    const input = zeros([1, frames, config.numMels]);
    const { logProbs } = model.forward(input, [frames]);
    return {
      layers: [...layersOf(model, "")],
      numParameters: model.numParameters(),
      inputShape: input.shape,
      outputShape: [...logProbs.shape.slice(0, 2), config.numTokens + config.numPhones],
      lookaheadMilliseconds: Number.isFinite(ahead) ? (1000 * ahead) / features.sampleRate : null,
    };
  });
}

/** The modules that hold parameters themselves, in order of execution. */
function* layersOf(module: nn.Module, name: string): Generator<LayerSummary> {
  const own = ownParameters(module);
  if (own.length > 0) {
    yield {
      name,
      type: module.constructor.name,
      parameters: own.map(([parameter, tensor]) => ({ name: parameter, shape: tensor.shape })),
      numParameters: own.reduce((total, [, tensor]) => total + tensor.numel, 0),
    };
  }
  for (const [childName, child] of module.children()) yield* layersOf(child, name ? `${name}.${childName}` : childName);
}

function ownParameters(module: nn.Module): [string, Tensor][] {
  const inherited = new Set(
    [...module.children()].flatMap(([name, child]) => [...child.namedParameters(`${name}.`).keys()]),
  );
  return [...module.namedParameters()].filter(([name]) => !inherited.has(name));
}
