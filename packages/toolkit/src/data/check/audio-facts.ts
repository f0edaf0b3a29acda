/**
 * What a recording sounds like, in a few numbers: enough to tell clipping, silence, a rate that lacks half the speech,
 * and the same sound under two names.
 */
import { monoPieces } from "../audio/sound-file.js";
import { parsePackedPath } from "../packing/packed-path.js";
import { readPacked } from "../packing/shard.js";
import { type SoundPrint, SoundSketch } from "./same-sound.js";

/** What a recording is like. */
export interface AudioFacts extends SoundPrint {
  /** The greatest magnitude, from 0 to 1. */
  readonly peak: number;
  /** The part of the samples that stand in flat tops at full scale, from 0 to 1. */
  readonly clippedShare: number;
}

/** Magnitudes from here on count as full scale. */
const CLIPPED = 0.999;
/** A single sample at full scale is a loud one; so many in a row are a cut-off top. */
const CLIPPED_RUN = 3;

/** Decodes a recording piece by piece, or takes it out of its shard. Throws a UserError naming the file. */
export async function measureAudio(path: string): Promise<AudioFacts> {
  const packed = parsePackedPath(path);
  const pieces = packed ? [readPacked(packed)] : monoPieces(path);
  const measures = new Measures();
  for await (const { samples, sampleRate } of pieces) measures.add(samples, sampleRate);
  return measures.facts;
}

/** What has been measured so far: of the longest recording, no more than a piece is in memory. */
class Measures {
  readonly #sketch = new SoundSketch();
  #numSamples = 0;
  #sampleRate = 0;
  #peak = 0;
  #clipped = 0;
  /** Samples at full scale, up to here. */
  #run = 0;

  add(samples: Float32Array, sampleRate: number): void {
    this.#numSamples += samples.length;
    this.#sampleRate = sampleRate;
    this.#sketch.add(samples);
    for (const sample of samples) {
      const magnitude = Math.abs(sample);
      this.#peak = Math.max(this.#peak, magnitude);
      this.#run = magnitude >= CLIPPED ? this.#run + 1 : 0;
      if (this.#run === CLIPPED_RUN) this.#clipped += CLIPPED_RUN;
      if (this.#run > CLIPPED_RUN) this.#clipped += 1;
    }
  }

  get facts(): AudioFacts {
    return {
      durationSeconds: this.#numSamples / this.#sampleRate,
      sampleRate: this.#sampleRate,
      peak: this.#peak,
      clippedShare: this.#clipped / this.#numSamples,
      sketch: this.#sketch.direction,
    };
  }
}
