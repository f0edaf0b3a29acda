/** Draws features as pictures: time from left to right, low frequencies at the bottom, loud is light. */
import { spectrogramPalette } from "./colour-map.js";
import type { PaletteImage } from "./png.js";

/** One utterance's features as plain numbers. */
export interface Spectrogram {
  /** [frames × bands], frame after frame; the lowest band first. */
  values: Float32Array;
  numBands: number;
}

/** The same utterance as it was read, and as the model was trained on it. */
export interface SpectrogramPair {
  before: Spectrogram;
  after: Spectrogram;
}

/** Shares of the values that may be darker than the darkest colour, or lighter than the lightest. */
const [CUT_BELOW, CUT_ABOVE] = [0.01, 0.001];

/** Both pictures in one scale, that of `before`, so that equal colours are equal values. */
export function drawSpectrograms({ before, after }: SpectrogramPair): { before: PaletteImage; after: PaletteImage } {
  const range = rangeOf(before.values);
  return { before: draw(before, range), after: draw(after, range) };
}

/** From dark to light, without the outliers that would leave all else one colour. */
function rangeOf(values: Float32Array): [darkest: number, lightest: number] {
  const sorted = values.filter(Number.isFinite).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(CUT_BELOW), at(1 - CUT_ABOVE)];
}

function draw({ values, numBands }: Spectrogram, [darkest, lightest]: readonly [number, number]): PaletteImage {
  const numFrames = values.length / numBands;
  const pixels = new Uint8Array(values.length);
  // All values alike are all dark.
  const scale = lightest > darkest ? 255 / (lightest - darkest) : 0;
  for (let frame = 0; frame < numFrames; frame++) {
    for (let band = 0; band < numBands; band++) {
      const colour = Math.round((values[frame * numBands + band]! - darkest) * scale);
      // NaN is none of the comparisons' sides, and is drawn dark.
      pixels[(numBands - 1 - band) * numFrames + frame] = colour > 0 ? Math.min(255, colour) : 0;
    }
  }
  return { width: numFrames, height: numBands, pixels, palette: spectrogramPalette };
}
