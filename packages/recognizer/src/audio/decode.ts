/**
 * Audio files into samples, through decoders compiled to WebAssembly: no system codec is needed, and Node and the
 * browser give the same sound.
 *
 * Decoders carry on after damage as players must. A recogniser trained on half a sentence with the whole transcript
 * learns a falsehood, so this module compares what came out with what the headers promised and refuses the rest. FLAC
 * and Ogg have checksums besides. M4A and WebM promise nothing, and of these a decoder's own complaint must do.
 */
import { errorMessage, RecognizerError } from "../errors.js";
import { DamagedAudioError } from "./damaged-audio-error.js";
import { type ChunkDecoder, type DecodedAudio, LOUDEST_SAMPLE } from "./decoded-audio.js";
import { type AudioFormat, detectAudioFormat, foreignFormat, SUPPORTED_FORMATS } from "./format.js";
import { joinArrays, joinBytes, plainBytes } from "./join-arrays.js";
import { TagSkipper } from "./tags.js";

export type { DecodedAudio } from "./decoded-audio.js";

/** So much of a file must be there before its format is told. */
const HEAD_BYTES = 4096;

/** Samples a second: no recorder makes more or less, and what claims to would come out a thousand times as long. */
const SAMPLE_RATES = { least: 1000, most: 384_000 };

/** How `decodeAudio` decodes. */
export interface DecodeOptions {
  /** What error messages call the sound. */
  fileName: string;
  /** The rate that the caller wants in the end; a format that can decode straight to it does. Default: the file's. */
  targetSampleRate?: number;
}

/**
 * Decodes FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A or WebM, told apart by content.
 *
 * @throws RecognizerError `bad-audio` of one line, naming the file, where the bytes are empty, of no known format, cut
 * short or damaged, or hold samples that are not finite numbers or far outside -1 to 1, or a sample rate outside 1 to 384 kHz, or several.
 */
export async function decodeAudio(bytes: Uint8Array, options: DecodeOptions): Promise<DecodedAudio> {
  const parts: DecodedAudio[] = [];
  for await (const part of decodeChunks([bytes], { ...options, fileBytes: bytes.length })) parts.push(part);
  const { channels, sampleRate } = parts[0] as DecodedAudio;
  if (parts.length === 1) return { channels, sampleRate };
  // A stereo file that begins in unison may give one channel there.
  const numChannels = parts.reduce((most, part) => Math.max(most, part.channels.length), 0);
  const whole = Array.from({ length: numChannels }, (_, channel) =>
    joinArrays(parts.map((part) => (part.channels[channel] ?? part.channels[0]) as Float32Array)),
  );
  return { channels: whole, sampleRate };
}

/** How `decodeChunks` decodes; it cannot see how long its file is. */
export interface DecodeChunksOptions extends DecodeOptions {
  fileBytes: number;
}

/**
 * `decodeAudio` for a file that arrives in pieces, cut anywhere: gives its sound as it goes, at least one sample in all.
 * Damage may show only after much of the sound was given.
 *
 * @throws RecognizerError `bad-audio`
 */
export async function* decodeChunks(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { fileName, fileBytes, targetSampleRate = 0 }: DecodeChunksOptions,
): AsyncGenerator<DecodedAudio> {
  if (fileBytes === 0) throw badAudio(fileName, "is empty.");
  let format: AudioFormat | undefined;
  let decoder: ChunkDecoder | undefined;
  let numSamples = 0;
  let sampleRate: number | undefined;
  const checked = (audio: DecodedAudio) => {
    sampleRate ??= audio.sampleRate;
    checkSampleRate(fileName, audio.sampleRate, sampleRate);
    checkSamples(fileName, audio, numSamples);
    numSamples += audio.channels[0]?.length ?? 0;
    return audio;
  };
  try {
    for await (const { bytes, tagBytes } of withoutTags(pieces)) {
      format ??= formatOf(bytes, { fileName, hasTags: tagBytes > 0 });
      // Decoders are WebAssembly by the hundred kilobytes, which pages fetch when there is a file to be read.
      const { createChunkDecoder } = await import("./chunk-decoder.js");
      decoder ??= await createChunkDecoder(format, { head: bytes, fileBytes: fileBytes - tagBytes, targetSampleRate });
      for await (const audio of decoder.push(bytes)) yield checked(audio);
    }
    if (decoder) for await (const audio of decoder.end()) yield checked(audio);
    if (numSamples === 0) throw badAudio(fileName, "holds no sound.");
  } catch (error) {
    throw explain(error, fileName, format);
  } finally {
    release(decoder);
  }
}

function release(decoder: ChunkDecoder | undefined): void {
  try {
    decoder?.free();
  } catch {
    // The file that broke the decoder has had an error of its own.
  }
}

/** What follows the tags that stand before the file proper; the first piece is long enough to tell the format. */
async function* withoutTags(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<{ bytes: Uint8Array; tagBytes: number }> {
  const tags = new TagSkipper(false);
  let head: Uint8Array | undefined = new Uint8Array();
  for await (const piece of pieces) {
    const bytes = tags.push(plainBytes(piece));
    if (!head) yield { bytes, tagBytes: tags.numBytes };
    else {
      // A copy, for it may have to wait, and the bytes are the caller's.
      head = joinBytes([head, bytes]);
      if (head.length < HEAD_BYTES) continue;
      yield { bytes: head, tagBytes: tags.numBytes };
      head = undefined;
    }
  }
  if (head) yield { bytes: joinBytes([head, tags.push(new Uint8Array(), true)]), tagBytes: tags.numBytes };
}

function formatOf(head: Uint8Array, { fileName, hasTags }: { fileName: string; hasTags: boolean }): AudioFormat {
  const format = detectAudioFormat(head);
  if (format) return format;
  const foreign = foreignFormat(head);
  if (foreign) {
    const remedy = "convert it first, as with ffmpeg -i IN OUT.flac";
    throw badAudio(fileName, `is ${foreign}, which is not read (${SUPPORTED_FORMATS} are); ${remedy}.`);
  }
  if (head.length === 0) throw badAudio(fileName, hasTags ? "holds nothing but tags." : "is empty.");
  // Between the tag and the first frame of an MP3 file there may be anything.
  if (hasTags) return "mp3";
  throw badAudio(fileName, `is not audio of a known format (${SUPPORTED_FORMATS}).`);
}

function explain(error: unknown, fileName: string, format: AudioFormat | undefined): unknown {
  // What reading itself met, such as a folder or a failing disk, is told by whoever reads: it says nothing of the sound.
  if (error instanceof RecognizerError || isSystemError(error)) return error;
  if (error instanceof DamagedAudioError) return badAudio(fileName, error.message, error);
  return badAudio(fileName, `could not be decoded as ${format}: ${errorMessage(error)}`, error);
}

function checkSampleRate(fileName: string, sampleRate: number, before: number): void {
  if (sampleRate !== before) {
    throw badAudio(fileName, `changes from ${before} to ${sampleRate} samples a second; convert it first.`);
  }
  const { least, most } = SAMPLE_RATES;
  if (Number.isInteger(sampleRate) && sampleRate >= least && sampleRate <= most) return;
  throw badAudio(fileName, `has ${sampleRate} samples a second, expected ${least} to ${most}.`);
}

function checkSamples(fileName: string, { channels }: DecodedAudio, before: number): void {
  for (const channel of channels) {
    const index = firstImpossible(channel);
    if (index === -1) continue;
    const expected = Number.isFinite(channel[index]) ? "a number from -1 to 1" : "a finite number";
    throw badAudio(fileName, `sample ${before + index} is ${channel[index]}, expected ${expected}; rewrite the file.`);
  }
}

/** Or -1. A plain loop: `findIndex` calls back for each sample, which takes a sixth as long as decoding FLAC. */
function firstImpossible(channel: Float32Array): number {
  // Also true of NaN.
  for (let i = 0; i < channel.length; i++) if (!(Math.abs(channel[i] as number) <= LOUDEST_SAMPLE)) return i;
  return -1;
}

function badAudio(fileName: string, problem: string, cause?: unknown): RecognizerError {
  return new RecognizerError("bad-audio", `${fileName}: ${problem}`, { cause });
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
