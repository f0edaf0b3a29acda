/** What decoders give, and the form that all of them have. */

/** Sound that is too loud may leave the range from -1 to 1, by its gain alone hardly so far. */
export const LOUDEST_SAMPLE = 32;

/** Sound as decoders give it. */
export interface DecodedAudio {
  /** One array a channel, all of the same length, with samples in [-1, 1]. */
  readonly channels: Float32Array<ArrayBuffer>[];
  readonly sampleRate: number;
}

/**
 * Decodes one file. Pieces may be cut anywhere; what comes out, put together, does not depend on where.
 *
 * A few bytes may hold minutes of sound, so that a piece of file is decoded a little at a time, and no further than its
 * sound is asked for: whoever bounds a recording's length, or gives it up, need not wait for all of it.
 */
export interface ChunkDecoder {
  /** The sound that can be had so far; all of it must be taken before the next push. Throws DamagedAudioError. */
  push(bytes: Uint8Array): AsyncIterable<DecodedAudio>;
  /** The rest. Throws DamagedAudioError where some of the sound is missing. */
  end(): AsyncIterable<DecodedAudio>;
  /** To be called in the end, whatever happened. May throw where a damaged file has broken the decoder. */
  free(): void;
}
