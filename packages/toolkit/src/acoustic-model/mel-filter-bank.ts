/**
 * Triangular filters, evenly spaced on the mel scale of HTK (mel = 2595 · log10(1 + f / 700)), each rising from its left
 * neighbour's centre to its own and falling to its right neighbour's, with height 1: torchaudio's
 * `melscale_fbanks(norm=None, mel_scale="htk")`. With many bands the lowest may fall between two bins and be empty.
 */
export interface MelFilterBankOptions {
  numMels: number;
  /** Bins of the spectrum, from 0 Hz to half the sample rate. */
  numBins: number;
  /** Samples a second. */
  sampleRate: number;
  /** Where bands listen: at this many times their frequency, as another vocal tract would sound. Default: 1. */
  warp?: number;
}

/** Up to this part of half the sample rate frequencies are warped in proportion: 4800 of 8000 Hz. */
const PROPORTIONAL_PART = 0.6;

/** [numBins, numMels], row-major. */
export function melFilterBank({
  numMels,
  numBins,
  sampleRate,
  warp = 1,
}: MelFilterBankOptions): Float32Array<ArrayBuffer> {
  const nyquist = sampleRate / 2;
  const centres = Array.from({ length: numMels + 2 }, (_, i) =>
    warpFrequency(melToHertz((hertzToMel(nyquist) * i) / (numMels + 1)), warp, nyquist),
  );
  const bank = new Float32Array(numBins * numMels);
  for (let bin = 0; bin < numBins; bin++) {
    const frequency = (nyquist * bin) / (numBins - 1);
    for (let mel = 0; mel < numMels; mel++) {
      const [left, centre, right] = [centres[mel]!, centres[mel + 1]!, centres[mel + 2]!];
      const rising = (frequency - left) / (centre - left);
      const falling = (right - frequency) / (right - centre);
      bank[bin * numMels + mel] = Math.max(0, Math.min(rising, falling));
    }
  }
  return bank;
}

/**
 * Vocal-tract length perturbation (N. Jaitly and G. Hinton, ICML Workshop on Deep Learning for Audio, Speech and
 * Language 2013): frequencies times `warp`, but that a second line from the knee on keeps half the sample rate where it is.
 */
function warpFrequency(hertz: number, warp: number, nyquist: number): number {
  if (warp === 1) return hertz;
  const warpedKnee = PROPORTIONAL_PART * nyquist * Math.min(warp, 1);
  const knee = warpedKnee / warp;
  if (hertz <= knee) return hertz * warp;
  return nyquist - ((nyquist - warpedKnee) / (nyquist - knee)) * (nyquist - hertz);
}

function hertzToMel(hertz: number): number {
  return 2595 * Math.log10(1 + hertz / 700);
}

function melToHertz(mel: number): number {
  return 700 * (10 ** (mel / 2595) - 1);
}
