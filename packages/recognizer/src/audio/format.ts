/**
 * Which audio format a file has, told by its content: names lie, and uploads often have none.
 */
import { ac3FrameBytes, adtsFrameBytes, mpegFrame } from "./frame-headers.js";
import { firstOggPackets, isPageStart } from "./ogg.js";
import { foreignOggCodec, type OggCodec, oggCodec } from "./ogg-links.js";
import { isText } from "./tags.js";
import { wavLayout } from "./wav-chunks.js";

/** Formats and codecs that are decoded. */
export type AudioFormat = "flac" | "wav" | "mp3" | OggCodec | "m4a" | "webm";

/** Formats as an error message lists them. */
export const SUPPORTED_FORMATS = "FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A and WebM";

/**
 * File name endings that are taken for audio when a folder is searched: of formats that are read, of films that have
 * sound, and of formats that are not read, which must be told and not passed over.
 */
export const AUDIO_EXTENSIONS: ReadonlySet<string> = new Set([
  ...[".flac", ".wav", ".wave", ".bwf", ".rf64", ".w64", ".mp3", ".mpga", ".opus", ".ogg", ".oga", ".spx"],
  ...[".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".3gp", ".webm", ".mka", ".mkv", ".ogv"],
  ...[".aac", ".aif", ".aiff", ".aifc", ".caf", ".au", ".snd", ".amr", ".wma", ".ac3", ".mp2", ".ape", ".wv", ".sph"],
]);

/** Formats that are known and not read, by the bytes that they begin with. */
const FOREIGN_FORMATS: readonly [name: string, at: number, start: string][] = [
  ["AIFF", 8, "AIFF"],
  ["AIFF-C", 8, "AIFC"],
  ["CAF", 0, "caff"],
  ["AU", 0, ".snd"],
  ["AMR", 0, "#!AMR"],
  ["WMA or another ASF file", 0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"],
  ["AC-3", 0, "\x0b\x77"],
  ["NIST SPHERE", 0, "NIST_1A"],
  ["AVI", 8, "AVI "],
  ["VOC", 0, "Creative Voice File"],
  ["Monkey's Audio", 0, "MAC "],
  ["WavPack", 0, "wvpk"],
  ["Musepack", 0, "MPCK"],
  ["Musepack", 0, "MP+"],
  ["True Audio", 0, "TTA1"],
  ["DSF", 0, "DSD "],
  ["DFF", 0, "FRM8"],
  ["MPEG video", 0, "\x00\x00\x01\xba"],
  ["FLV", 0, "FLV\x01"],
  ["MIDI", 0, "MThd"],
];
/** So many are always enough to tell a format. */
const HEAD_BYTES = 4096;
/** So many bytes of a frame tell its format, its rates and its length; none is shorter. */
const FRAME_MARK_BYTES = 6;
/** Boxes that an MP4 file or an older QuickTime film may begin with. */
const FIRST_BOXES = ["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"];

/**
 * The format of a file by its first bytes, of which 4096 are always enough; undefined where it is none of the supported
 * ones. Tags before the file proper (tags.ts) must have been taken away.
 */
export function detectAudioFormat(bytes: Uint8Array): AudioFormat | undefined {
  if (isText(bytes, 0, "fLaC")) return "flac";
  if (wavLayout(bytes)) return "wav";
  if (isPageStart(bytes, 0))
    return firstOggPackets(bytes)
      .map(oggCodec)
      .find((codec) => codec !== undefined);
  if (isText(bytes, 0, "\x1a\x45\xdf\xa3")) return "webm";
  if (isLayer3Frame(bytes)) return "mp3";
  // A box's length comes before its name: a text begins with no such small number.
  const isBox = (bytes[0] as number) < 0x20 && FIRST_BOXES.some((name) => isText(bytes, 4, name));
  return isBox ? "m4a" : undefined;
}

/** The name of a format that is known and not read. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  if (isPageStart(bytes, 0)) {
    const codec = firstOggPackets(bytes)
      .map(foreignOggCodec)
      .find((name) => name !== undefined);
    return codec ? `${codec} in Ogg` : "Ogg without a stream of sound";
  }
  const [first = 0, second = 0] = bytes;
  // Twelve sync bits, then the layer: AAC's is none.
  if (first === 0xff && (second & 0xf6) === 0xf0) return "AAC without a container (ADTS)";
  if (first === 0xff && ((second & 0xe6) === 0xe4 || (second & 0xe6) === 0xe6)) return "MPEG audio of layer 1 or 2";
  return FOREIGN_FORMATS.find(([, at, start]) => isText(bytes, at, start))?.[0];
}

/**
 * The format of a sound file, read or not, where raw samples might stand as well: what begins with a mark of two bytes,
 * which samples have by chance, must have frames that follow each other as their headers say.
 *
 * @param head the first 4096 bytes, or all of fewer
 */
export function fileFormat(head: Uint8Array): string | undefined {
  if (isText(head, 0, "ID3")) return "ID3 tags";
  const format = detectAudioFormat(head) ?? foreignFormat(head);
  const isMark = head[0] === 0xff || isText(head, 0, "\x0b\x77");
  return format && (!isMark || isRowOfFrames(head)) ? format : undefined;
}

/**
 * Whether the bytes are frames from first to last, at least three of them, or two where 4096 bytes hold no more. Samples of
 * -1 and 0 are a header of MPEG audio by themselves, and faint noise is full of them: only the row tells. "Free format",
 * whose frames do not tell their length, is taken for samples.
 */
function isRowOfFrames(head: Uint8Array): boolean {
  const first = frameBytes(head, 0);
  if (first === undefined) return false;
  let [at, numFrames] = [first, 1];
  for (; at + FRAME_MARK_BYTES <= head.length; numFrames++) {
    const next = isSameMark(head, at) ? frameBytes(head, at) : undefined;
    if (next === undefined) return false;
    at += next;
  }
  return numFrames >= (first > HEAD_BYTES / 2 ? 2 : 3);
}

/** Undefined where no frame begins or its length is not told. */
function frameBytes(head: Uint8Array, at: number): number | undefined {
  const numBytes = mpegFrame(head, at)?.numBytes ?? adtsFrameBytes(head, at) ?? ac3FrameBytes(head, at);
  return numBytes !== undefined && numBytes >= FRAME_MARK_BYTES ? numBytes : undefined;
}

/** Besides the mark, frames of one file share their sample rate; bit rates may vary. */
function isSameMark(head: Uint8Array, at: number): boolean {
  // AC-3 has a checksum between.
  const [rateAt, rateBits] = head[0] === 0xff ? [2, 0x0c] : [4, 0xc0];
  const isSameRate = ((head[at + rateAt]! ^ head[rateAt]!) & rateBits) === 0;
  return head[at] === head[0] && head[at + 1] === head[1] && isSameRate;
}

/** Eleven sync bits, then a layer, a bit rate and a sample rate that are not reserved. */
function isLayer3Frame(bytes: Uint8Array): boolean {
  return mpegFrame(bytes, 0)?.layer === 3;
}
