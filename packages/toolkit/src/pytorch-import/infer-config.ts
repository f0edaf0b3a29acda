/**
 * The dimensions of a model, from its weights' shapes. What shapes do not tell is the reference's own: strides of 2, and
 * an even number of mel bands.
 */
import { type ModelConfig, modelConfigSchema } from "../model-config.js";

type Shape = readonly number[];
type Shapes = ReadonlyMap<string, Shape>;

const STRIDE = 2;

/** @throws through `fail`, where a weight is missing, has another shape than the others ask for, or is not of this model */
export function inferConfig(shapes: Shapes, fail: (reason: string) => never): Omit<ModelConfig, "recurrence"> {
  const size = (name: string, axis: number) =>
    shapes.get(name)?.[axis] ?? fail(`holds a model without ${name}, which the reference's DeepSpeech has`);
  const convChannels = size("cnn.weight", 0);
  const numMels = (STRIDE * size("fully_connected.weight", 1)) / convChannels;
  const found = modelConfigSchema.safeParse({
    ...{ numMels, convChannels, kernelSize: size("cnn.weight", 2), timeStride: STRIDE, frequencyStride: STRIDE },
    residualLayers: countLayers(shapes, "rescnn_layers"),
    recurrentLayers: countLayers(shapes, "birnn_layers"),
    hiddenSize: size("fully_connected.weight", 0),
    numTokens: size("classifier.3.weight", 0),
  });
  if (!found.success) {
    const [issue] = found.error.issues;
    return fail(`holds a model of no possible dimensions: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { recurrence: _, ...config } = found.data;
  compareShapes(shapes, expectedShapes(config), fail);
  return config;
}

function countLayers(shapes: Shapes, list: string): number {
  const names = [...shapes.keys()].filter((name) => name.startsWith(`${list}.`));
  return new Set(names.map((name) => name.split(".")[1])).size;
}

function compareShapes(shapes: Shapes, expected: Shapes, fail: (reason: string) => never): void {
  for (const [name, shape] of expected) {
    const found = shapes.get(name);
    if (!found) fail(`holds a model without ${name}, which the reference's DeepSpeech has`);
    if (String(found) !== String(shape))
      fail(`holds ${name} of [${found}], where its other weights ask for [${shape}]`);
  }
  const stranger = [...shapes.keys()].find((name) => !expected.has(name));
  if (stranger !== undefined) fail(`holds ${stranger}, which the reference's DeepSpeech has not`);
}

/** Every weight of a model, in the order of its state dict. */
export function expectedShapes(config: Omit<ModelConfig, "recurrence">): Map<string, Shape> {
  const { convChannels: channels, kernelSize: side, hiddenSize: hidden, numTokens } = config;
  const bands = Math.floor((config.numMels - 1) / config.frequencyStride) + 1;
  return new Map<string, Shape>([
    ...layer("cnn", [channels, 1, side, side]),
    ...repeat(config.residualLayers, (i) => residualShapes(`rescnn_layers.${i}`, channels, side, bands)),
    ...layer("fully_connected", [hidden, channels * bands]),
    ...repeat(config.recurrentLayers, (i) =>
      recurrentShapes(`birnn_layers.${i}`, i === 0 ? hidden : 2 * hidden, hidden),
    ),
    ...layer("classifier.0", [hidden, 2 * hidden]),
    ...layer("classifier.3", [numTokens, hidden]),
  ]);
}

function residualShapes(name: string, channels: number, side: number, bands: number): [string, Shape][] {
  return [
    ...["cnn1", "cnn2"].flatMap((part) => layer(`${name}.${part}`, [channels, channels, side, side])),
    ...["layer_norm1", "layer_norm2"].flatMap((part) => layer(`${name}.${part}.layer_norm`, [bands])),
  ];
}

function recurrentShapes(name: string, input: number, hidden: number): [string, Shape][] {
  const gru = ["l0", "l0_reverse"].flatMap((direction): [string, Shape][] => [
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
