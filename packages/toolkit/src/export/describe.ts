/** What a bundle's header says of a checkpoint. */
import { basename } from "node:path";
import type { BundleDescription, BundlePrecision, DecodingSettings, TrainingFacts } from "@deepspeech-ts/speech";
import { z } from "zod";
import type { CheckpointHeader } from "../acoustic-model/checkpoint.js";
import { minSamples } from "../acoustic-model/feature-config.js";
import { numParameters } from "../acoustic-model/memory.js";
import { frameSecondsOf } from "../evaluation/decoding.js";
import type { DecodingConfig } from "../evaluation/decoding-config.js";
import { streamingFacts } from "./graph/step-graph.js";

const ratesSchema = z.object({ wer: z.number(), cer: z.number() });

/** Of the training run's own records, what a bundle keeps; a checkpoint may have been made without a run. */
const runSchema = z.object({
  config: z.object({ train: z.array(z.string()) }),
  progress: z.object({
    epoch: z.int().min(0),
    step: z.int().min(0),
    batch: z.int().catch(0),
    kept: z.array(ratesSchema.extend({ epoch: z.int() })).catch([]),
  }),
  /** Of these very weights. Checkpoints of earlier versions have none; null where they were not measured. */
  dev: ratesSchema.nullish().catch(null),
});

export interface DescribeOptions {
  precision: BundlePrecision;
  decoding: DecodingConfig;
  projectVersion: string;
  /** When the bundle is made. */
  exportedAt: Date;
  license?: string | undefined;
  /** What was measured with this very bundle. */
  evaluation?: TrainingFacts["evaluation"];
}

export function describeCheckpoint(header: CheckpointHeader, options: DescribeOptions): BundleDescription {
  const { features, model, alphabet, training } = header;
  const { exportedAt, projectVersion, license, evaluation } = options;
  const streaming = streamingFacts(model, features);
  return {
    alphabet,
    sampleRate: features.sampleRate,
    minSamples: minSamples(features),
    frameSeconds: frameSecondsOf(header),
    model,
    features,
    ...(streaming && { streaming }),
    precision: options.precision,
    decoding: decodingSettings(options.decoding),
    training: {
      exportedAt: exportedAt.toISOString(),
      projectVersion,
      numParameters: numParameters(model),
      ...runFacts(training),
      ...(license !== undefined && { license }),
      ...(evaluation && { evaluation }),
    },
  };
}

/** The language model travels as a section, whatever its path was, and so do its words' pronunciations. */
function decodingSettings({ lm: _, pronunciations: _p, ...settings }: DecodingConfig): DecodingSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never;
}

/**
 * What a checkpoint's training records tell of its run. Corpora are named without the folders they lay in, which are nobody's
 * business.
 */
export function runFacts(training: unknown): Pick<TrainingFacts, "corpora" | "epochs" | "steps" | "dev"> {
  const { success, data } = runSchema.safeParse(training);
  if (!success) return { corpora: [] };
  const { epoch, step } = data.progress;
  const dev = data.dev === undefined ? epochsRates(data.progress) : data.dev;
  return {
    corpora: data.config.train.map((path) => basename(path)),
    epochs: epoch,
    steps: step,
    ...(dev && { dev: { wer: dev.wer, cer: dev.cer } }),
  };
}

/** Of the epoch that has just ended, if it is among the best: those of other epochs say nothing of these weights. */
function epochsRates({ epoch, batch, kept }: z.output<typeof runSchema>["progress"]) {
  return batch === 0 ? kept.find((measured) => measured.epoch === epoch) : undefined;
}
