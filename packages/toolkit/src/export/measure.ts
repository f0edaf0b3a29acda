/** Error rates of a graph, with the decoding that its bundle will hold. */
import {
  type ConfidenceSample,
  type CorpusErrorRates,
  corpusErrorRates,
  type TranscriptPair,
} from "@deepspeech-ts/speech";
import { type FeatureConfig, usableBatch } from "../acoustic-model/index.js";
import { planBatches } from "../data/batches.js";
import type { AudioLoader } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import type { LeftOut } from "../data/types.js";
import { judgeWords } from "../evaluation/calibrate-words.js";
import type { Decode } from "../evaluation/decoding.js";
import { requireWords } from "../evaluation/require-words.js";
import type { OnnxSession } from "./onnx-session.js";

/** Batches change no result; short ones keep memory low. */
const BATCH_SECONDS = 80;

export interface MeasureOptions {
  loader: AudioLoader;
  features: FeatureConfig;
  decode: Decode;
  /** Called after each batch with the utterances done. */
  onProgress: (done: number) => void;
  /** Asked between batches: true breaks the measurement off. */
  shouldStop: () => boolean;
}

export interface MeasuredRates {
  /** Undefined where no utterance could be used, or the measurement was broken off. */
  rates: CorpusErrorRates | undefined;
  leftOut: LeftOut[];
  /** Of each utterance, its words' raw confidences and which were right. */
  words: ConfidenceSample[][];
}

/**
 * Rates over the utterances that can be used; the others are named.
 * @throws UserError where none of them has words
 */
export async function measureErrorRates(
  session: OnnxSession,
  utterances: readonly PreparedUtterance[],
  { loader, features, decode, onProgress, shouldStop }: MeasureOptions,
): Promise<MeasuredRates> {
  const limits = { maxBatchSeconds: BATCH_SECONDS, maxBatchUtterances: 16 };
  const plan = planBatches(utterances, { ...limits, seed: 0, epoch: 0, order: "shortest-first" });
  const pairs: TranscriptPair[] = [];
  const leftOut: LeftOut[] = [];
  const words: ConfidenceSample[][] = [];
  for await (const loaded of loader.batches(plan)) {
    const batch = usableBatch(loaded, { features });
    const { emissions } = batch.utterances.length > 0 ? await session.run(batch) : { emissions: [] };
    for (const [row, { targetText }] of batch.utterances.entries()) {
      const { text, timedWords } = decode.timed(emissions[row]!);
      pairs.push({ reference: targetText, hypothesis: text });
      words.push(judgeWords(timedWords, targetText));
    }
    leftOut.push(...batch.failures.map(({ utterance, reason }) => ({ id: utterance.id, reason })));
    onProgress(pairs.length + leftOut.length);
    if (shouldStop()) return { rates: undefined, leftOut, words };
  }
  requireWords(pairs);
  return { rates: pairs.length > 0 ? corpusErrorRates(pairs) : undefined, leftOut, words };
}
