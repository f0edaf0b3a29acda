/**
 * Which audio format a file has, told by its content: names lie, and uploads often have none.
 */
import { firstOggPacket } from "./ogg.js";

export type AudioFormat = "flac" | "wav" | "mp3" | "opus" | "vorbis" | "ogg-flac" | "m4a" | "webm";

/** Formats as an error message lists them. */
export const SUPPORTED_FORMATS = "FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A and WebM";

/** File name endings that are taken for audio when a folder is searched. */
export const AUDIO_EXTENSIONS: ReadonlySet<string> = new Set([
  ".flac",
  ".wav",
  ".mp3",
  ".opus",
  ".ogg",
  ".oga",
  ".m4a",
  ".webm",
]);

/** The format of a file by its first bytes; undefined where it is none of the supported ones. */
export function detectAudioFormat(bytes: Uint8Array): AudioFormat | undefined {
  if (hasText(bytes, 0, "fLaC")) return "flac";
  if (hasText(bytes, 0, "RIFF") && hasText(bytes, 8, "WAVE")) return "wav";
  if (isOgg(bytes)) return detectOggCodec(firstOggPacket(bytes));
  if (hasText(bytes, 0, "ID3") || isMpegFrame(bytes)) return "mp3";
  if (hasText(bytes, 4, "ftyp")) return "m4a";
  if (bytes[0] === 0x1a && bytes[1] === 0x45 && bytes[2] === 0xdf && bytes[3] === 0xa3) return "webm";
  return undefined;
}

/** Whether a file that begins so is an Ogg file, of whatever codec. */
export function isOgg(bytes: Uint8Array): boolean {
  return hasText(bytes, 0, "OggS");
}

function detectOggCodec(packet: Uint8Array): AudioFormat | undefined {
  if (hasText(packet, 0, "OpusHead")) return "opus";
  if (hasText(packet, 0, "\x01vorbis")) return "vorbis";
  if (hasText(packet, 0, "\x7fFLAC")) return "ogg-flac";
  return undefined;
}

/** Eleven sync bits, then a layer, a bit rate and a sample rate that are not reserved. */
function isMpegFrame(bytes: Uint8Array): boolean {
  const [sync = 0, layer = 0, rates = 0] = bytes;
  const isLayer3 = (layer & 0xe6) === 0xe2;
  return sync === 0xff && isLayer3 && rates >> 4 !== 15 && (rates & 0x0c) !== 0x0c;
}

function hasText(bytes: Uint8Array, offset: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}
