/**
 * What a report shows of an utterance beside its texts: the sound as the model heard it, its spectrogram, and the
 * probabilities that the model gave to each token over time.
 */
import type { Alphabet, Emissions } from "@deepspeech-ts/speech";
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { FeatureExtractor, usableBatch } from "../../acoustic-model/index.js";
import { planBatches } from "../../data/batches.js";
import type { AudioLoader, Batch } from "../../data/loader.js";
import type { PreparedUtterance } from "../../data/prepare.js";
import { frameSecondsOf } from "../decoding.js";
import { emissionsOf, forwardBatch, type Recognition } from "../evaluate.js";

/** What a report shows and plays of one utterance. */
export interface UtteranceEvidence {
  id: string;
  /** One channel in [-1, 1]. */
  samples: Float32Array;
  sampleRate: number;
  spectrogram: Spectrogram;
  posteriors: Posteriors;
}

/** Power in mel bands. */
export interface Spectrogram {
  numBands: number;
  numFrames: number;
  /** [numBands, numFrames], the highest band first: 0 is 60 dB or more below the loudest point, 255 the loudest. */
  levels: Uint8Array;
}

/** Probabilities over time of the tokens that ever had one worth showing. */
export interface Posteriors {
  secondsPerFrame: number;
  numFrames: number;
  tracks: TokenTrack[];
}

export interface TokenTrack {
  token: string;
  tokenId: number;
  isBlank: boolean;
  /** From 0 to 1, one for each frame. */
  probabilities: Float32Array;
}

/** Utterances longer than this get no evidence: a minute of sound is 2.5 MB of report. */
const LONGEST_SECONDS = 60;
/** Tokens that never get a probability as high as this are not shown. */
const LEAST_PROBABILITY = 0.05;
/** Enough for the eye, and few enough that no band falls between two bins of a short transform. */
const MOST_BANDS = 64;
const RANGE_DECIBELS = 60;

/** The evidence of each utterance that is not too long and can still be read, in the order that was given. */
export async function gatherEvidence(
  utterances: readonly PreparedUtterance[],
  recognition: Recognition & { loader: AudioLoader },
): Promise<UtteranceEvidence[]> {
  const { config, device } = recognition.extractor;
  const numMels = Math.min(MOST_BANDS, config.numMels);
  using viewer = new FeatureExtractor({ ...config, kind: "log-mel", normalisation: "none", numMels }, device);
  const short = utterances.filter(({ durationSeconds }) => durationSeconds <= LONGEST_SECONDS);
  const plan = planBatches(short, { maxBatchUtterances: 1, seed: 0, epoch: 0, order: "as-is" });
  const evidence: UtteranceEvidence[] = [];
  for await (const loaded of recognition.loader.batches(plan)) {
    const batch = usableBatch(loaded, { features: config });
    const [utterance] = batch.utterances;
    if (utterance) evidence.push({ id: utterance.id, ...evidenceOf(batch, recognition, viewer) });
  }
  return evidence;
}

function evidenceOf(
  batch: Batch<PreparedUtterance>,
  recognition: Recognition,
  viewer: FeatureExtractor,
): Omit<UtteranceEvidence, "id"> {
  const { waveforms: samples, sampleLengths } = batch;
  const features = recognition.extractor.config;
  const secondsPerFrame = frameSecondsOf({ features, model: recognition.model.config });
  return noGrad(() =>
    tidy(() => {
      const { features: bands } = viewer.extract(samples, sampleLengths); // [1, T, bands]
      const [, numFrames = 0, numBands = 0] = bands.shape;
      const levels = decibelLevels(bands.toFloat32Array(), { numFrames, numBands });
      const [emissions] = emissionsOf(forwardBatch(batch, recognition));
      const tracks = tokenTracks(emissions!, recognition.alphabet);
      const posteriors = { secondsPerFrame, numFrames: emissions!.numFrames, tracks };
      return { samples, sampleRate: features.sampleRate, spectrogram: { numBands, numFrames, levels }, posteriors };
    }),
  );
}

/** Natural logarithms of power, [T, bands] → levels, [bands, T]. */
function decibelLevels(
  logPower: Float32Array,
  { numFrames, numBands }: { numFrames: number; numBands: number },
): Uint8Array {
  const loudest = logPower.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const range = (RANGE_DECIBELS / 10) * Math.LN10;
  const levels = new Uint8Array(logPower.length);
  for (let frame = 0; frame < numFrames; frame++) {
    for (let band = 0; band < numBands; band++) {
      const value = logPower[frame * numBands + band]!;
      const share = Math.max(0, 1 - (loudest - value) / range);
      levels[(numBands - 1 - band) * numFrames + frame] = Math.round(255 * share);
    }
  }
  return levels;
}

function tokenTracks({ logProbs, numFrames, numTokens }: Emissions, alphabet: Alphabet): TokenTrack[] {
  const tracks = alphabet.tokens.map((token, tokenId) => ({
    token,
    tokenId,
    isBlank: tokenId === alphabet.blankId,
    probabilities: Float32Array.from({ length: numFrames }, (_, frame) =>
      Math.exp(logProbs[frame * numTokens + tokenId]!),
    ),
  }));
  return tracks.filter(({ probabilities }) => probabilities.some((probability) => probability >= LEAST_PROBABILITY));
}
