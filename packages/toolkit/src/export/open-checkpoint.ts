/** A checkpoint made ready for export: the model as libtorch runs it, and its parameters as plain arrays. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { tidy } from "@deepspeech-ts/torch";
import {
  type CheckpointHeader,
  type DeepSpeech,
  FeatureExtractor,
  loadCheckpoint,
  modelFromCheckpoint,
} from "../acoustic-model/index.js";
import type { Weights } from "./graph/weights.js";

export interface OpenCheckpoint extends Disposable {
  header: CheckpointHeader;
  model: DeepSpeech;
  extractor: FeatureExtractor;
  weights: Weights;
}

/** @throws UserError for a checkpoint that cannot be read, or whose outputs depend on the batch */
export function openCheckpoint(path: string): OpenCheckpoint {
  const opened = tidy(() => {
    const checkpoint = loadCheckpoint(path);
    refuseBatchRecurrence(path, checkpoint.header);
    const model = modelFromCheckpoint(checkpoint);
    const state = [...model.stateDict()];
    const weights = new Map(
      state.map(([name, tensor]) => [name, { data: tensor.toFloat32Array(), shape: tensor.shape }]),
    );
    return { header: checkpoint.header, model, weights };
  });
  const extractor = new FeatureExtractor(opened.header.features);
  const dispose = () => {
    opened.model.dispose();
    extractor.dispose();
  };
  return { ...opened, extractor, [Symbol.dispose]: dispose };
}

function refuseBatchRecurrence(path: string, { model }: CheckpointHeader): void {
  if (model.recurrence === "time") return;
  throw new UserError(
    `${path}: its recurrent layers run over the batch (recurrence: "batch"), so its output for an utterance depends on ` +
      'the others; a bundle needs a model trained with recurrence: "time".',
    { code: "not-exportable" },
  );
}
