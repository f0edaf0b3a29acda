/**
 * Decoders of the single formats, fed a file in pieces, so that an hour of sound need never be in memory at once. Each
 * compares what came out with what the headers promised.
 */
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import { FlacChunkDecoder, FlacOggLink } from "./flac.js";
import type { AudioFormat } from "./format.js";
import { LibraryDecoder } from "./library-decoder.js";
import { M4aChunkDecoder } from "./m4a-boxes.js";
import { Mp3ChunkDecoder } from "./mp3-frames.js";
import { promisedMp3Samples } from "./mp3-length.js";
import { type OggCodec, type OggLink, OggLinks } from "./ogg-links.js";
import { createOpusLink } from "./opus.js";
import { VorbisLink } from "./vorbis.js";
import { WavChunkDecoder } from "./wav.js";
import { WebmChunkDecoder } from "./webm-elements.js";

/** The most samples a channel that one MP3 frame holds. */
const MP3_FRAME_SAMPLES = 1152;

export interface ChunkDecoderOptions {
  /** The file's first bytes, without tags before it. */
  readonly head: Uint8Array;
  /** Without these tags; infinite where it is not known. */
  readonly fileBytes: number;
  /** The rate that the caller wants in the end; 0 for the file's own. */
  readonly targetSampleRate: number;
}

/** Throws DamagedAudioError where a header is damaged. */
export async function createChunkDecoder(format: AudioFormat, options: ChunkDecoderOptions): Promise<ChunkDecoder> {
  const { head, fileBytes, targetSampleRate } = options;
  switch (format) {
    case "flac":
      return new FlacChunkDecoder(head);
    case "wav":
      return WavChunkDecoder.create(head, fileBytes);
    case "mp3":
      // Decoders differ over the last frame; more than that is missing sound.
      return new Mp3ChunkDecoder(
        await LibraryDecoder.create("mp3", { promised: promisedMp3Samples(head) ?? 0, tolerance: MP3_FRAME_SAMPLES }),
      );
    case "opus":
    case "vorbis":
    case "ogg-flac":
      return new OggLinks<DecodedAudio>((codec) => createOggLink(codec, targetSampleRate));
    case "m4a":
      return new M4aChunkDecoder(await LibraryDecoder.create("m4a"), fileBytes);
    case "webm":
      return new WebmChunkDecoder(await LibraryDecoder.create("webm"), fileBytes);
  }
}

async function createOggLink(codec: OggCodec, targetSampleRate: number): Promise<OggLink<DecodedAudio>> {
  if (codec === "opus") return createOpusLink(targetSampleRate);
  return codec === "vorbis" ? VorbisLink.create() : new FlacOggLink();
}
