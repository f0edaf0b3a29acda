/**
 * Mel features of a batch of waveforms, on the device that trains.
 *
 * The numbers are those of torchaudio's MelSpectrogram(16 kHz): a centred, reflect-padded short-time Fourier transform
 * with a periodic Hann window, power, HTK mel filters without normalisation. Each utterance is reflected at its own
 * ends, before the batch is padded, so that its features do not depend on its neighbours.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { call, fromTypedArray, keep, nn, type Tensor, tidy } from "@deepspeech-ts/torch";
import { defaultFeatureConfig, type FeatureConfig, minSamples, numFrames } from "./feature-config.js";
import { melFilterBank } from "./mel-filter-bank.js";

/** A batch's features. */
export interface Features {
  /** [B, T, numMels], zero beyond each utterance's length */
  features: Tensor;
  /** Frames of each utterance. */
  featureLengths: number[];
}

const LOG_FLOOR = 1e-6;
const VARIANCE_FLOOR = 1e-5;

export interface ExtractOptions {
  /** Each utterance's warp of frequencies, as `MelFilterBankOptions` has it. Default: 1 for all. */
  warps?: readonly number[];
}

/**
 * What a feature is that says nothing: the mean where features are normalised, else what digital silence has. "running"
 * is the model's own business (running-norm.ts): to it, the extractor gives values as they are.
 */
export function silentFeature({ kind, normalisation }: FeatureConfig): number {
  if (normalisation === "utterance") return 0;
  return kind === "log-mel" ? Math.log(LOG_FLOOR) : 0;
}

/** Turns waveforms into features. Holds its window and filters on the device; dispose it when done. */
export class FeatureExtractor {
  readonly #window: Tensor;
  readonly #filters: Tensor;

  constructor(
    readonly config: FeatureConfig = defaultFeatureConfig,
    readonly device = "cpu",
  ) {
    const { fftSamples } = config;
    this.#window = keep(fromTypedArray(hannWindow(fftSamples), [fftSamples], { device }));
    this.#filters = keep(tidy(() => this.#warpedFilters([1]).select(0, 0)));
  }

  /**
   * @param waveforms [B, N] row-major, each row padded at its end
   * @param sampleLengths samples of each row that are sound
   * @throws UserError where an utterance is shorter than `minSamples` says
   */
  extract(waveforms: Float32Array, sampleLengths: readonly number[], { warps = [] }: ExtractOptions = {}): Features {
    const featureLengths = sampleLengths.map((samples) => numFrames(samples, this.config));
    const frames = Math.max(...featureLengths);
    const features = tidy(() =>
      this.#extract(
        this.#reflectEnds(waveforms, sampleLengths, frames),
        { featureLengths, frames },
        warps.every((warp) => warp === 1) ? this.#filters : this.#warpedFilters(warps),
      ),
    );
    return { features, featureLengths };
  }

  /** @param filters [fft/2 + 1, numMels], or [B, fft/2 + 1, numMels] */
  #extract(
    padded: Tensor,
    { featureLengths, frames }: { featureLengths: readonly number[]; frames: number },
    filters: Tensor,
  ): Tensor {
    const { fftSamples, hopSamples, kind, normalisation } = this.config;
    const windows = call("unfold", [padded, 1, fftSamples, hopSamples]); // [B, T, fft]
    const spectrum = call("fft_rfft", [windows.mul(this.#window)]); // [B, T, fft/2 + 1] complex
    const power = call("real", [spectrum])
      .pow(2)
      .add(call("imag", [spectrum]).pow(2)); // [B, T, fft/2 + 1]
    const mel = power.matmul(filters); // [B, T, numMels]
    const values = kind === "log-mel" ? mel.add(LOG_FLOOR).log() : mel;
    const mask = nn.lengthMask(featureLengths, frames, this.device).unsqueeze(2); // [B, T, 1]
    const masked = values.mul(mask);
    return normalisation === "utterance" ? normaliseUtterances(masked, mask) : masked;
  }

  /** [warps, fft/2 + 1, numMels] */
  #warpedFilters(warps: readonly number[]): Tensor {
    const { fftSamples, numMels, sampleRate } = this.config;
    const numBins = fftSamples / 2 + 1;
    const banks = new Float32Array(warps.length * numBins * numMels);
    for (const [i, warp] of warps.entries()) {
      banks.set(melFilterBank({ numMels, numBins, sampleRate, warp }), i * numBins * numMels);
    }
    return fromTypedArray(banks, [warps.length, numBins, numMels], { device: this.device });
  }

  /** Rows as the transform wants them: half a window of reflection on each side of the sound, zeros after. */
  #reflectEnds(waveforms: Float32Array, sampleLengths: readonly number[], frames: number): Tensor {
    const { fftSamples, hopSamples } = this.config;
    const half = fftSamples / 2;
    const least = minSamples(this.config);
    const stride = waveforms.length / sampleLengths.length;
    const width = Math.max(
      ...sampleLengths.map((samples) => samples + fftSamples),
      (frames - 1) * hopSamples + fftSamples,
    );
    const padded = new Float32Array(sampleLengths.length * width);
    for (const [row, samples] of sampleLengths.entries()) {
      if (samples < least) {
        throw new UserError(`an utterance has ${samples} samples, features need at least ${least}; leave it out.`);
      }
      const sound = waveforms.subarray(row * stride, row * stride + samples);
      const target = padded.subarray(row * width, (row + 1) * width);
      target.set(sound, half);
      for (let i = 1; i <= half; i++) {
        target[half - i] = sound[i]!;
        target[half + samples - 1 + i] = sound[samples - 1 - i]!;
      }
    }
    return fromTypedArray(padded, [sampleLengths.length, width], { device: this.device });
  }

  dispose(): void {
    this.#window.dispose();
    this.#filters.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Mean 0 and variance 1 for each band, over the frames that the mask holds. */
function normaliseUtterances(features: Tensor, mask: Tensor): Tensor {
  const frames = mask.sum(1, true); // [B, 1, 1]
  const mean = features.sum(1, true).div(frames); // [B, 1, F]
  const centred = features.sub(mean).mul(mask); // [B, T, F]
  const variance = centred.pow(2).sum(1, true).div(frames); // [B, 1, F]
  return centred.div(variance.add(VARIANCE_FLOOR).sqrt());
}

/** Periodic Hann window: w[n] = (1 − cos(2πn / N)) / 2. */
function hannWindow(length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}
