/**
 * Audio files into samples, through decoders compiled to WebAssembly: no system codec is needed, and Node and the
 * browser give the same sound.
 *
 * Decoders carry on after damage as players must. A recogniser trained on half a sentence with the whole transcript
 * learns a falsehood, so this module compares what came out with what the headers promised and refuses the rest. FLAC
 * and Ogg have checksums besides. M4A and WebM promise nothing, and of these a decoder's own complaint must do.
 */
import { FLACDecoder } from "@wasm-audio-decoders/flac";
import decodeAny from "audio-decode";
import { errorMessage, UserError } from "../../errors.js";
import { type AudioFormat, detectAudioFormat, SUPPORTED_FORMATS } from "./format.js";
import { flacStreamInfo, wavHeader } from "./headers.js";
import { promisedMp3Samples } from "./mp3-length.js";
import { DamagedAudioError, readOgg } from "./ogg.js";
import { decodeOpus } from "./opus.js";

/** The most samples a channel that one MP3 frame holds. */
const MP3_FRAME_SAMPLES = 1152;

export interface DecodeOptions {
  /** What error messages call the sound. */
  fileName: string;
  /** The rate that the caller wants in the end; a format that can decode straight to it does. Default: the file's. */
  targetSampleRate?: number;
}

export interface DecodedAudio {
  /** One array a channel, all of the same length, with samples in [-1, 1]. */
  readonly channels: Float32Array<ArrayBuffer>[];
  readonly sampleRate: number;
}

/**
 * Decodes FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A or WebM, told apart by content.
 *
 * @throws UserError of one line, naming the file, where the bytes are empty, of no known format, cut short or damaged,
 * or hold samples that are not finite numbers.
 */
export async function decodeAudio(bytes: Uint8Array, options: DecodeOptions): Promise<DecodedAudio> {
  const { fileName } = options;
  if (bytes.length === 0) throw badAudio(fileName, "is empty.");
  const format = detectAudioFormat(bytes);
  if (!format) throw badAudio(fileName, `is not audio of a known format (${SUPPORTED_FORMATS}).`);
  let audio: DecodedAudio;
  try {
    audio = await decodeFormat(format, bytes, options.targetSampleRate ?? 0);
  } catch (error) {
    if (error instanceof DamagedAudioError) throw badAudio(fileName, error.message, error);
    throw badAudio(fileName, `could not be decoded as ${format}: ${errorMessage(error)}`, error);
  }
  checkSamples(fileName, audio);
  return audio;
}

function decodeFormat(format: AudioFormat, bytes: Uint8Array, targetSampleRate: number): Promise<DecodedAudio> {
  switch (format) {
    case "flac":
      return decodeFlac(bytes);
    case "opus":
      return decodeOpus(bytes, targetSampleRate);
    case "wav":
      wavHeader(bytes);
      return decodeWithLibrary(bytes);
    case "mp3":
      return decodeMp3(bytes);
    case "vorbis":
    case "ogg-flac":
      readOgg(bytes);
      return decodeWithLibrary(bytes);
    default:
      return decodeWithLibrary(bytes);
  }
}

/** Idle decoders; each holds a few hundred kilobytes, and one file at a time uses it. */
const idleFlacDecoders: FLACDecoder[] = [];

async function decodeFlac(bytes: Uint8Array): Promise<DecodedAudio> {
  const { totalSamples } = flacStreamInfo(bytes);
  const decoder = idleFlacDecoders.pop() ?? new FLACDecoder();
  await decoder.ready;
  // decodeFile ends with a reset, which gives back the memory that the file took.
  const { channelData, sampleRate, samplesDecoded, errors } = await decoder.decodeFile(bytes);
  idleFlacDecoders.push(decoder);
  const [error] = errors;
  if (error) throw new DamagedAudioError(`is damaged: frame ${error.frameNumber + 1}: ${error.message}.`);
  if (totalSamples > 0 && samplesDecoded < totalSamples) {
    throw new DamagedAudioError(`is damaged or cut short: ${samplesDecoded} of ${totalSamples} samples can be read.`);
  }
  return { channels: channelData as Float32Array<ArrayBuffer>[], sampleRate };
}

async function decodeMp3(bytes: Uint8Array): Promise<DecodedAudio> {
  const audio = await decodeWithLibrary(bytes);
  const promised = promisedMp3Samples(bytes) ?? 0;
  const decoded = audio.channels[0]?.length ?? 0;
  // Decoders differ over the last frame; more than that is missing sound.
  if (decoded < promised - MP3_FRAME_SAMPLES) {
    throw new DamagedAudioError(`is damaged or cut short: ${decoded} of ${promised} samples can be read.`);
  }
  return audio;
}

async function decodeWithLibrary(bytes: Uint8Array): Promise<DecodedAudio> {
  const { channelData, sampleRate } = await decodeAny(bytes);
  return { channels: channelData as Float32Array<ArrayBuffer>[], sampleRate };
}

function checkSamples(fileName: string, { channels, sampleRate }: DecodedAudio): void {
  if (!channels[0]?.length || !(sampleRate > 0)) throw badAudio(fileName, "holds no sound.");
  for (const channel of channels) {
    const index = channel.findIndex((sample) => !Number.isFinite(sample));
    if (index >= 0) {
      throw badAudio(fileName, `sample ${index} is ${channel[index]}, expected a finite number; write the file anew.`);
    }
  }
}

function badAudio(fileName: string, problem: string, cause?: unknown): UserError {
  return new UserError(`${fileName}: ${problem}`, { code: "bad-audio", cause });
}
