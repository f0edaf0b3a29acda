/** The shapes of a model's weights, told by its dimensions alone. */
import { type ModelConfig, recurrentWidth } from "./model-config.js";

export type Shape = readonly number[];

/** Every weight of a model, a bidirectional one's in the order of its state dict. */
export function expectedShapes(config: Omit<ModelConfig, "recurrence">): Map<string, Shape> {
  const { convChannels: channels, kernelSize: side, hiddenSize: hidden, numTokens, numPhones } = config;
  const bands = Math.floor((config.numMels - 1) / config.frequencyStride) + 1;
  const width = recurrentWidth(config);
  return new Map<string, Shape>([
    ...layer("cnn", [channels, 1, side, side]),
    ...repeat(config.residualLayers, (i) => residualShapes(`rescnn_layers.${i}`, channels, side, bands)),
    ...layer("fully_connected", [hidden, channels * bands]),
    ...repeat(config.recurrentLayers, (i) =>
      recurrentShapes(`birnn_layers.${i}`, { input: i === 0 ? hidden : width, hidden, width }),
    ),
    ...layer("classifier.0", [hidden, width]),
    ...layer("classifier.3", [numTokens + numPhones, hidden]),
    ...forwardShapes(config),
  ]);
}

function residualShapes(name: string, channels: number, side: number, bands: number): [string, Shape][] {
  return [
    ...["cnn1", "cnn2"].flatMap((part) => layer(`${name}.${part}`, [channels, channels, side, side])),
    ...["layer_norm1", "layer_norm2"].flatMap((part) => layer(`${name}.${part}.layer_norm`, [bands])),
  ];
}

/** What a forward model has besides. */
function forwardShapes({ direction, lookaheadFrames, hiddenSize, numMels }: Omit<ModelConfig, "recurrence">) {
  if (direction === "bidirectional") return [];
  const lookahead: [string, Shape] = ["lookahead.weight", [hiddenSize, lookaheadFrames + 1]];
  return [
    ...(lookaheadFrames > 0 ? [lookahead] : []),
    ...["mean", "scale"].map((part): [string, Shape] => [`input_norm.${part}`, [numMels]]),
  ];
}

function recurrentShapes(
  name: string,
  { input, hidden, width }: { input: number; hidden: number; width: number },
): [string, Shape][] {
  const directions = width === hidden ? ["l0"] : ["l0", "l0_reverse"];
  const gru = directions.flatMap((direction): [string, Shape][] => [
    [`${name}.BiGRU.weight_ih_${direction}`, [3 * hidden, input]],
    [`${name}.BiGRU.weight_hh_${direction}`, [3 * hidden, hidden]],
    [`${name}.BiGRU.bias_ih_${direction}`, [3 * hidden]],
    [`${name}.BiGRU.bias_hh_${direction}`, [3 * hidden]],
  ]);
  return [...gru, ...layer(`${name}.layer_norm`, [input])];
}

/** A weight, and a bias as long as the weight's first axis. */
function layer(name: string, weight: Shape): [string, Shape][] {
  return [
    [`${name}.weight`, weight],
    [`${name}.bias`, weight.slice(0, 1)],
  ];
}

function repeat(count: number, shapesOf: (i: number) => [string, Shape][]): [string, Shape][] {
  return Array.from({ length: count }, (_, i) => shapesOf(i)).flat();
}
