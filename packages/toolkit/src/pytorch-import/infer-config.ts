/**
 * The dimensions of a model, from its weights' shapes. What shapes do not tell is the reference's own: strides of 2, and
 * an even number of mel bands.
 */
import { type ModelConfig, modelConfigSchema } from "../acoustic-model/model-config.js";
import { expectedShapes, type Shape } from "../acoustic-model/weight-shapes.js";

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
