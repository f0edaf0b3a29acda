/**
 * A bundle as a checkpoint: the weights that were exported, read back from the graph, so that training can start from
 * them. What only training knows (the optimiser, how far the run had come) is not in a bundle.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { explainReadError, UserError } from "@deepspeech-ts/recognizer/system";
import { type Bundle, BundleError, type BundleHeader, openBundle } from "@deepspeech-ts/speech";
import { fromTypedArray } from "@deepspeech-ts/torch";
import {
  type Checkpoint,
  type CheckpointHeader,
  featureConfigSchema,
  modelConfigSchema,
  refuseMuchLarger,
} from "../acoustic-model/index.js";
import { readWeights } from "./graph/model-graph.js";
import type { Constants } from "./graph/weights.js";
import { decodeModel } from "./onnx/schema.js";

/**
 * Reads a bundle of fp32, fp16 or web, whose weights stay rounded as they were; its tensors belong to the open scope.
 * @throws UserError for a file that cannot be read or is damaged, for one in int8, and for a graph of another kind
 */
export function checkpointFromBundle(path: string): Checkpoint {
  const bundle = openVerified(path);
  if (bundle.header.precision === "int8") {
    throw refuse(path, "is in int8; fine-tune from the checkpoint, or from a bundle in fp32, fp16 or web.");
  }
  const header = checkpointHeader(path, bundle.header);
  const weights = readWeights(constantsOf(path, bundle), header.model);
  const tensors = [...weights].map(
    ([name, { data, shape }]) => [`model.${name}`, fromTypedArray(data, shape)] as const,
  );
  refuseMuchLarger(path, header.model, new Map(tensors.map(([name, { shape }]) => [name, shape])));
  return { path, header, tensors: new Map(tensors) };
}

function openVerified(path: string): Bundle {
  try {
    const bundle = openBundle(readFileSync(path));
    bundle.verifyWith((bytes) => createHash("sha256").update(bytes).digest());
    return bundle;
  } catch (error) {
    if (error instanceof BundleError) throw refuse(path, `${error.message}.`, error);
    throw explainReadError(path, error);
  }
}

/** A bundle's header names model and features for people; here they must be such as this release can build. */
function checkpointHeader(path: string, { alphabet, model, features }: BundleHeader): CheckpointHeader {
  const own = { model: modelConfigSchema.safeParse(model), features: featureConfigSchema.safeParse(features) };
  if (!own.model.success || !own.features.success) {
    throw refuse(
      path,
      "has a model or features that this release cannot train; fine-tune with the release that exported it.",
    );
  }
  const format = { format: "deepspeech-ts checkpoint", version: 1 } as const;
  return { ...format, model: own.model.data, features: own.features.data, alphabet, training: null };
}

function constantsOf(path: string, bundle: Bundle): Constants {
  try {
    const { graph } = decodeModel(bundle.section("model.onnx")!);
    return { source: path, byName: new Map(graph.initializer.map((tensor) => [tensor.name, tensor])) };
  } catch (error) {
    throw refuse(path, "its model.onnx is no ONNX file; export it again.", error);
  }
}

function refuse(path: string, message: string, cause?: unknown): UserError {
  return new UserError(`${path}: ${message}`, { code: "bad-bundle", cause });
}
