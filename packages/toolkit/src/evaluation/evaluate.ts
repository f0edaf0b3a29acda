/** Decoding and error rates of a corpus: what chooses checkpoints, and what `deepspeech evaluate` reports. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import {
  type Alphabet,
  type CorpusErrorRates,
  type EditCounts,
  type Emissions,
  ErrorRateAccumulator,
  type Hypothesis,
  minimumFrames,
} from "@deepspeech-ts/speech";
import { cat, nn, noGrad, tidy } from "@deepspeech-ts/torch";
import {
  type DeepSpeech,
  type FeatureExtractor,
  type LossAverage,
  type ModelOutput,
  usableBatch,
} from "../acoustic-model/index.js";
import { type BatchOrder, type BatchPlan, planBatches } from "../data/batches.js";
import type { AudioLoader, Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { requireWords } from "./require-words.js";

/** An utterance's loss, and its number of tokens. */
interface UtteranceLoss {
  loss: number;
  numTokens: number;
}

export interface Recognition {
  model: DeepSpeech;
  extractor: FeatureExtractor;
  alphabet: Alphabet;
  /** One utterance's emissions to its best hypothesis. */
  decode: (emissions: Emissions) => Hypothesis;
}

export interface LoadOptions {
  loader: AudioLoader;
  maxBatchSeconds: number;
  /** The most utterances in a batch. Default: 64. */
  maxBatchUtterances?: number;
  /** Which utterances share a batch; it changes no result. Default: "shortest-first", in the batches that cost least. */
  order?: BatchOrder;
  /** Where several processes measure, the places of this one's batches, of what all cost. Default: all. */
  share?: (costs: readonly number[]) => readonly number[];
}

/** Sound that is to be measured, on its way. */
export interface LoadingCorpus {
  plan: BatchPlan<PreparedUtterance>;
  /** This process's batches, by their places in the plan. */
  share: readonly number[];
  batches: AsyncIterable<Batch<PreparedUtterance>>;
}

export interface EvaluateOptions extends Recognition, LoadOptions {
  /** How losses are averaged: over all tokens, or each divided by its tokens and then over utterances. Default: "tokens". */
  lossAverage?: LossAverage;
  /** The utterances' sound, where its loading has begun already (`beginLoading`). */
  loading?: LoadingCorpus | undefined;
  /** Receives each utterance's log-probabilities, which are a view of its whole batch's: copy what is to be kept. */
  onEmissions?: (utterance: PreparedUtterance, emissions: Emissions) => void;
  /** Called after each batch. */
  onProgress?: (done: number, total: number) => void;
  /** Asked between batches: true breaks the evaluation off. */
  shouldStop?: () => boolean;
  /** Brings together what several processes have measured of it. Default: this one has measured all. */
  gather?: (own: MeasuredBatch[]) => MeasuredBatch[][];
}

/** What is measured of a batch; `place` is its place in the plan. */
export interface MeasuredBatch {
  place: number;
  /** Not scored yet. */
  utterances: Omit<UtteranceResult, "words" | "characters">[];
  losses: UtteranceLoss[];
  leftOut: EvaluationResult["leftOut"];
}

/** What was heard of one utterance, and its edits. */
export interface UtteranceResult {
  id: string;
  /** "" when unknown */
  speaker: string;
  audioPath: string;
  durationSeconds: number;
  reference: string;
  hypothesis: string;
  words: EditCounts;
  characters: EditCounts;
}

/** What an evaluation measured. */
export interface EvaluationResult {
  rates: CorpusErrorRates;
  /**
   * CTC's loss, averaged as in training (`lossAverage`); utterances that CTC cannot align, or without words, not counted.
   * Undefined where all are such.
   */
  loss: number | undefined;
  utterances: UtteranceResult[];
  leftOut: { id: string; reason: string }[];
  audioSeconds: number;
  elapsedSeconds: number;
}

/** Asks for the utterances' sound: the first of it loads while something else runs. */
export function beginLoading(
  utterances: readonly PreparedUtterance[],
  { loader, maxBatchSeconds, maxBatchUtterances = 64, order = "shortest-first", share: shareOf }: LoadOptions,
): LoadingCorpus {
  const limits = { maxBatchSeconds, maxBatchUtterances };
  // Company drawn by lot comes in full batches, with the padding that it brings.
  const filling = order === "shortest-first" ? "cheapest" : "full";
  const plan = planBatches(utterances, { ...limits, seed: 0, epoch: 0, order, filling });
  const costs = plan.batches.map((batch) => batch.length * Math.max(...batch.map((each) => each.durationSeconds)));
  const share = shareOf?.(costs) ?? [...plan.batches.keys()];
  return { plan, share, batches: loader.batches({ batches: share.map((place) => plan.batches[place]!) }) };
}

/**
 * Transcribes the utterances, batched by length, and scores them. The model is left in evaluation mode.
 *
 * @returns undefined where it was broken off: a part of a corpus, its shortest recordings, says nothing of the whole
 * @throws UserError where no utterance could be loaded, or none has words
 */
export async function evaluate(
  utterances: readonly PreparedUtterance[],
  options: EvaluateOptions,
): Promise<EvaluationResult | undefined> {
  const started = performance.now();
  const { loading = beginLoading(utterances, options), gather = (own) => [own] } = options;
  options.model.eval();
  const measured = gather(await measureBatches(loading, options)).flat();
  if (measured.length < loading.plan.batches.length) return undefined;
  measured.sort((a, b) => a.place - b.place);
  const errorRates = new ErrorRateAccumulator();
  const score = ({ reference, hypothesis }: { reference: string; hypothesis: string }) =>
    errorRates.add(reference, hypothesis);
  const results = measured.flatMap((batch) => batch.utterances).map((each) => ({ ...each, ...score(each) }));
  const leftOut = measured.flatMap((batch) => batch.leftOut);
  if (results.length === 0) throw nothingLoaded(leftOut);
  requireWords(results);
  const losses = measured.flatMap((batch) => batch.losses);
  return {
    rates: errorRates.result(),
    loss: averageLoss(losses, options.lossAverage ?? "tokens"),
    ...{ utterances: results, leftOut },
    audioSeconds: loading.plan.audioSeconds,
    elapsedSeconds: (performance.now() - started) / 1000,
  };
}

/** This process's batches, as far as nobody asks to stop. */
async function measureBatches(loading: LoadingCorpus, options: EvaluateOptions): Promise<MeasuredBatch[]> {
  const { onProgress, shouldStop } = options;
  const total = loading.share.reduce((sum, place) => sum + loading.plan.batches[place]!.length, 0);
  const measured: MeasuredBatch[] = [];
  let done = 0;
  for await (const loaded of loading.batches) {
    measured.push({ place: loading.share[measured.length]!, ...measureBatch(loaded, options) });
    done += loaded.utterances.length + loaded.failures.length;
    onProgress?.(done, total);
    if (shouldStop?.()) break;
  }
  return measured;
}

function measureBatch(loaded: Batch<PreparedUtterance>, options: EvaluateOptions): Omit<MeasuredBatch, "place"> {
  const batch = usableBatch(loaded, { features: options.extractor.config });
  const recognised = batch.utterances.length > 0 ? recognise(batch, options) : { hypotheses: [], losses: [] };
  const utterances = batch.utterances.map((utterance, row) => {
    const { id, speaker, audioPath, durationSeconds, targetText: reference } = utterance;
    return { id, speaker, audioPath, durationSeconds, reference, hypothesis: recognised.hypotheses[row]! };
  });
  const leftOut = batch.failures.map(({ utterance, reason }) => ({ id: utterance.id, reason }));
  return { utterances, losses: recognised.losses, leftOut };
}

function diverged(): UserError {
  return new UserError(
    "the model's answers are not finite numbers, for its training has diverged; train with a lower learningRate or gradientClip.",
    { code: "diverged" },
  );
}

function nothingLoaded([first, ...others]: EvaluationResult["leftOut"]): UserError {
  return new UserError(`no file of ${1 + others.length} to measure on could be loaded; the first: ${first?.reason}`, {
    code: "bad-corpus",
  });
}

/** One batch: transcripts, and the losses of those utterances that CTC can align. */
function recognise(
  batch: Batch<PreparedUtterance>,
  { onEmissions, ...recognition }: EvaluateOptions,
): { hypotheses: string[]; losses: UtteranceLoss[] } {
  return noGrad(() =>
    tidy(() => {
      const output = forwardBatch(batch, recognition);
      const emissions = emissionsOf(output);
      for (const [row, utterance] of batch.utterances.entries()) onEmissions?.(utterance, emissions[row]!);
      const losses = lossesOf(
        output,
        batch.utterances.map(({ targets }) => targets),
        recognition.alphabet.blankId,
      );
      return { hypotheses: emissions.map((own) => recognition.decode(own).text), losses };
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
 * Each utterance's own frames of the model's answer, as views of one array; phones, if it writes any, behind its tokens.
 * @throws UserError where the model's answers are not finite: its training has diverged
 */
export function emissionsOf({ logProbs: ofTokens, phoneLogProbs, logProbLengths }: ModelOutput): Emissions[] {
  const logProbs = phoneLogProbs ? cat([ofTokens, phoneLogProbs], 2) : ofTokens;
  const [, frames = 0, numTokens = 0] = logProbs.shape;
  const values = logProbs.toFloat32Array(); // [B, T, V]
  return logProbLengths.map((numFrames, row) => {
    const start = row * frames * numTokens;
    const own = values.subarray(start, start + numFrames * numTokens);
    if (!own.every(Number.isFinite)) throw diverged();
    return { logProbs: own, numFrames, numTokens };
  });
}

function lossesOf({ logProbs, logProbLengths }: ModelOutput, targets: readonly (readonly number[])[], blankId: number) {
  const byTime = logProbs.transpose(0, 1); // [T, B, V]
  const options = { blankId, reduction: "none", zeroInfinity: true } as const;
  const losses = nn.functional.ctcLoss(byTime, targets, logProbLengths, options).toNumbers();
  return losses.flatMap((loss, row): UtteranceLoss[] => {
    const own = targets[row]!;
    if (own.length === 0 || logProbLengths[row]! < minimumFrames(own)) return [];
    return [{ loss, numTokens: own.length }];
  });
}

function averageLoss(losses: readonly UtteranceLoss[], average: LossAverage): number | undefined {
  if (losses.length === 0) return undefined;
  const weigh = ({ numTokens }: UtteranceLoss) => (average === "tokens" ? numTokens : 1);
  const total = losses.reduce((sum, each) => sum + (each.loss / each.numTokens) * weigh(each), 0);
  return total / losses.reduce((sum, each) => sum + weigh(each), 0);
}
