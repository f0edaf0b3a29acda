/**
 * Normalisation that needs no future: each band's mean and variance are those of the frames heard so far, and of a prior
 * from the training data, which counts as much as two seconds of sound.
 *
 * With z = (x − mean) / deviation by the prior, and n = prior + frames so far:
 *
 *   y = (z − Σz / n) / √((prior + Σz²) / n − (Σz / n)²)
 *
 * The first frames are normalised by the prior alone, later ones nearly as whole utterances are, so that microphones and
 * rooms drop out here too. Sums start with each utterance. They are exact however sound is cut into pieces: a fixed mean
 * would be as exact and keep each recording's own level; a decaying one would forget, and tell pauses from their length.
 */
import { call, fromTypedArray, nn, type Tensor, tidy, zeros } from "@deepspeech-ts/torch";

/** Frames that the prior counts for: two seconds at the default hop. */
export const PRIOR_FRAMES = 160;

export class RunningNorm extends nn.Module {
  /** Of each band over the training data, [numMels]. */
  readonly mean: Tensor;
  /** One by the standard deviation, [numMels]. */
  readonly scale: Tensor;

  constructor(numMels: number) {
    super();
    this.mean = this.buffer("mean", zeros([numMels]));
    this.scale = this.buffer("scale", zeros([numMels]).add(1));
  }

  /**
   * @param features [B, T, numMels]
   * @param lengths frames of each utterance
   * @returns the same shape, zero beyond the lengths; a frame depends on itself and those before it
   */
  forward(features: Tensor, lengths: readonly number[]): Tensor {
    return tidy(() => {
      const z = features.to("float32").sub(this.mean).mul(this.scale); // [B, T, M]
      const frames = z.size(1);
      const counts = call("arange.start", [PRIOR_FRAMES + 1, PRIOR_FRAMES + 1 + frames], { device: features.device })
        .to("float32")
        .unsqueeze(1); // [T, 1]
      const mean = call("cumsum", [z, 1]).div(counts);
      const square = call("cumsum", [z.pow(2), 1])
        .add(PRIOR_FRAMES)
        .div(counts);
      const normalised = z.sub(mean).div(square.sub(mean.pow(2)).sqrt());
      return normalised.mul(nn.lengthMask(lengths, frames, features.device).unsqueeze(2));
    });
  }

  /** Sets the prior, by the sums over `frames` frames of all values and of their squares, [numMels] each. */
  setPrior({ sum, squares, frames }: { sum: Float64Array; squares: Float64Array; frames: number }): void {
    const means = sum.map((value) => value / frames);
    // A band that hears nothing, as some of 128 do, has no deviation.
    const scales = squares.map((value, band) => 1 / Math.sqrt(Math.max(value / frames - means[band]! ** 2, 1e-2)));
    this.loadStateDict(
      new Map([
        ["mean", fromTypedArray(Float32Array.from(means), [means.length])],
        ["scale", fromTypedArray(Float32Array.from(scales), [scales.length])],
      ]),
    );
  }
}
