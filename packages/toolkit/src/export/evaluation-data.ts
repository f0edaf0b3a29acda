/** The utterances that an export is measured on, and those on which it is held against the training half. */
import { existsSync } from "node:fs";
import { z } from "zod";
import {
  type CheckpointHeader,
  loadHeldOutCorpus,
  minSamples,
  type Transcripts,
  transcriptsOfRun,
} from "../acoustic-model/index.js";
import type { AudioLoader } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { Random } from "../data/random.js";
import type { LeftOut } from "../data/types.js";

export interface EvaluationData {
  /** Folders and manifests; none where nothing is evaluated. */
  corpora: string[];
  utterances: PreparedUtterance[];
  leftOut: LeftOut[];
  audioSeconds: number;
}

const devSchema = z.object({ config: z.object({ dev: z.array(z.string()) }) });

/**
 * Reads the corpora, or else those that the run was developed on: all of them, or none where one has gone since.
 * @throws UserError for a given corpus that cannot be read
 */
export async function loadEvaluationData(
  given: readonly string[] | undefined,
  header: CheckpointHeader,
  transcripts: Partial<Transcripts>,
): Promise<EvaluationData> {
  const { alphabet, features, training } = header;
  const dev = devSchema.safeParse(training).data?.config.dev ?? [];
  const corpora = [...(given ?? (dev.every((path) => existsSync(path)) ? dev : []))];
  if (corpora.length === 0) return { corpora, utterances: [], leftOut: [], audioSeconds: 0 };
  const { utterances, facts } = await loadHeldOutCorpus(corpora, {
    alphabet,
    features,
    ...transcriptsOfRun(header, transcripts),
  });
  return { corpora, utterances, leftOut: facts.leftOut, audioSeconds: facts.audioSeconds };
}

const NUM_PARITY_UTTERANCES = 6;
/** Long enough to tell, short enough to be quick. */
const LONGEST_PARITY_SECONDS = 15;

/** A few waveforms of different lengths: utterances where there are some, else noise that swells and fades. */
export async function parityWaveforms(
  { utterances }: EvaluationData,
  loader: AudioLoader,
  { features }: CheckpointHeader,
): Promise<Float32Array[]> {
  const short = utterances.filter(({ durationSeconds }) => durationSeconds <= LONGEST_PARITY_SECONDS);
  const chosen = short.slice(0, NUM_PARITY_UTTERANCES).map((utterance) => ({
    utterance,
    speedFactor: 1,
    durationSeconds: utterance.durationSeconds,
  }));
  const waveforms: Float32Array[] = [];
  for await (const { waveforms: padded, sampleLengths, maxSamples } of loader.batches({ batches: [chosen] })) {
    for (const [row, samples] of sampleLengths.entries()) {
      if (samples >= minSamples(features)) waveforms.push(padded.slice(row * maxSamples, row * maxSamples + samples));
    }
  }
  return waveforms.length > 0 ? waveforms : [1, 2.5, 4].map((seconds) => noise(seconds, features.sampleRate));
}

function noise(seconds: number, sampleRate: number): Float32Array {
  const random = new Random(`noise of ${seconds} s`);
  const length = Math.round(seconds * sampleRate);
  return Float32Array.from({ length }, (_, i) => 0.2 * Math.sin((Math.PI * i) / length) * (2 * random.next() - 1));
}
