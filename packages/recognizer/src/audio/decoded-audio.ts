/** What decoders give, and the form that all of them have. */

export interface DecodedAudio {
  /** One array a channel, all of the same length, with samples in [-1, 1]. */
  readonly channels: Float32Array<ArrayBuffer>[];
  readonly sampleRate: number;
}

/** Decodes one file. Pieces may be cut anywhere; what comes out, put together, does not depend on where. */
export interface ChunkDecoder {
  /** The sound that can be had so far. Throws DamagedAudioError. */
  push(bytes: Uint8Array): Promise<DecodedAudio[]>;
  /** The rest. Throws DamagedAudioError where some of the sound is missing. */
  end(): Promise<DecodedAudio[]>;
  /** To be called in the end, whatever happened. May throw where a damaged file has broken the decoder. */
  free(): void;
}
