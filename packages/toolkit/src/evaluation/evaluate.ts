/** Greedy decoding and error rates of a corpus: what chooses checkpoints, and what `deepspeech evaluate` reports. */
import {
  type Alphabet,
  type CorpusErrorRates,
  type EditCounts,
  ErrorRateAccumulator,
  greedyDecode,
  minimumFrames,
} from "@deepspeech-ts/speech";
import { nn, noGrad, tidy } from "@deepspeech-ts/torch";
import { type DeepSpeech, type FeatureExtractor, type ModelOutput, usableBatch } from "../acoustic-model/index.js";
import { planBatches } from "../data/batches.js";
import type { AudioLoader, Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { UserError } from "../errors.js";

export interface Recognition {
  model: DeepSpeech;
  extractor: FeatureExtractor;
  alphabet: Alphabet;
}

export interface EvaluateOptions extends Recognition {
  loader: AudioLoader;
  batchSeconds: number;
  batchUtterances?: number;
  /** Called after each batch. */
  onProgress?: (done: number, total: number) => void;
  /** Asked between batches: true ends the evaluation, with what was done so far. */
  shouldStop?: () => boolean;
}

export interface UtteranceResult {
  id: string;
  reference: string;
  hypothesis: string;
  words: EditCounts;
  characters: EditCounts;
}

export interface EvaluationResult {
  rates: CorpusErrorRates;
  /** Mean over utterances of the CTC loss divided by the target length; utterances that CTC cannot align not counted. */
  loss: number;
  utterances: UtteranceResult[];
  leftOut: { id: string; reason: string }[];
  audioSeconds: number;
  elapsedSeconds: number;
}

/**
 * Transcribes the utterances, batched by length, and scores them. The model is left in evaluation mode.
 * @throws UserError where no utterance could be loaded
 */
export async function evaluate(
  utterances: readonly PreparedUtterance[],
  options: EvaluateOptions,
): Promise<EvaluationResult> {
  const started = performance.now();
  const { loader, batchSeconds, batchUtterances = 64, onProgress, shouldStop } = options;
  const limits = { maxBatchSeconds: batchSeconds, maxBatchUtterances: batchUtterances };
  const plan = planBatches(utterances, { ...limits, seed: 0, epoch: 0, order: "shortest-first" });
  const errorRates = new ErrorRateAccumulator();
  const result = { utterances: [] as UtteranceResult[], leftOut: [] as EvaluationResult["leftOut"] };
  const losses: number[] = [];
  options.model.eval();
  for await (const loaded of loader.batches(plan)) {
    const batch = usableBatch(loaded, { features: options.extractor.config });
    for (const { utterance, reason } of batch.failures) result.leftOut.push({ id: utterance.id, reason });
    const recognised = batch.utterances.length > 0 ? recognise(batch, options) : { hypotheses: [], losses: [] };
    losses.push(...recognised.losses);
    for (const [row, { id, targetText: reference }] of batch.utterances.entries()) {
      const hypothesis = recognised.hypotheses[row]!;
      result.utterances.push({ id, reference, hypothesis, ...errorRates.add(reference, hypothesis) });
    }
    onProgress?.(result.utterances.length + result.leftOut.length, utterances.length);
    if (shouldStop?.()) break;
  }
  if (result.utterances.length === 0) throw nothingLoaded(result.leftOut);
  return {
    rates: errorRates.result(),
    loss: losses.reduce((total, loss) => total + loss, 0) / losses.length,
    ...result,
    audioSeconds: plan.audioSeconds,
    elapsedSeconds: (performance.now() - started) / 1000,
  };
}

function diverged(): UserError {
  return new UserError(
    "the model's answers are not finite numbers, for its training has diverged; train with a lower learningRate or gradientClip.",
    { code: "diverged" },
  );
}

function nothingLoaded([first, ...others]: EvaluationResult["leftOut"]): UserError {
  return new UserError(
    `none of the ${1 + others.length} files to measure on could be loaded; the first: ${first?.reason}`,
    {
      code: "bad-corpus",
    },
  );
}

/** One batch: transcripts, and the losses of those utterances that CTC can align. */
function recognise(
  batch: Batch<PreparedUtterance>,
  recognition: Recognition,
): { hypotheses: string[]; losses: number[] } {
  return noGrad(() =>
    tidy(() => {
      const output = forwardBatch(batch, recognition);
      const losses = lossesOf(
        output,
        batch.utterances.map(({ targets }) => targets),
        recognition.alphabet.blankId,
      );
      return { hypotheses: decodeGreedily(output, recognition.alphabet), losses };
    }),
  );
}

/** Waveforms to log-probabilities. */
export function forwardBatch(
  { waveforms, sampleLengths }: Pick<Batch, "waveforms" | "sampleLengths">,
  { model, extractor }: Recognition,
): ModelOutput {
  const { features, featureLengths } = extractor.extract(waveforms, sampleLengths);
  return model.forward(features, featureLengths);
}

/**
 * The best path's text of each utterance, over its own frames.
 * @throws UserError where the model's answers are not finite: its training has diverged
 */
export function decodeGreedily({ logProbs, logProbLengths }: ModelOutput, alphabet: Alphabet): string[] {
  const [, frames = 0, numTokens = 0] = logProbs.shape;
  const values = logProbs.toFloat32Array(); // [B, T, V]
  return logProbLengths.map((numFrames, row) => {
    const start = row * frames * numTokens;
    const own = values.subarray(start, start + numFrames * numTokens);
    if (!own.every(Number.isFinite)) throw diverged();
    return greedyDecode({ logProbs: own, numFrames, numTokens }, alphabet).text;
  });
}

function lossesOf({ logProbs, logProbLengths }: ModelOutput, targets: readonly (readonly number[])[], blankId: number) {
  const byTime = logProbs.transpose(0, 1); // [T, B, V]
  const options = { blankId, reduction: "none", zeroInfinity: true } as const;
  const losses = nn.functional.ctcLoss(byTime, targets, logProbLengths, options).toNumbers();
  return losses
    .map((loss, row) => loss / Math.max(1, targets[row]!.length))
    .filter((_, row) => logProbLengths[row]! >= minimumFrames(targets[row]!));
}
