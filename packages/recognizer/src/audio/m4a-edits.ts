/**
 * Edit lists of MP4 files (ISO/IEC 14496-12, section 8.6.6): when a track's sound begins, and which parts of it are played.
 * Editors delete a passage by leaving it out of the list; it is still in the file, and nobody's to be heard.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import { MOST_SILENCE_SECONDS } from "./silence.js";

/** Of a track. Each box begins with its version. */
export interface TrackTimes {
  isSound: boolean;
  /** "elst" */
  edits?: DataView;
  /** "mdhd" */
  media?: DataView;
  /** The four letters of a sample description. */
  codec?: string;
}

/** A part of a track that is played, or silence where `mediaTime` is -1. */
interface Edit {
  /** In units of the film. */
  readonly duration: number;
  /** Where it begins, in units of the track. */
  readonly mediaTime: number;
}

/** The decoder keeps to the one part that these play; of others it gives all there is. */
const TRIMMED = new Set(["mp4a", "alac", ".mp3", "Opus"]);
/** What coders put before and behind the sound, and rounding to the film's units, are no deleted passages. */
const PADDING_SECONDS = 0.2;
const REMEDY = "write out what is played, as with ffmpeg -i IN OUT.flac";

/**
 * Seconds of silence before a track's sound.
 *
 * @param movie the film's header, "mvhd", where it has come
 * @throws DamagedAudioError where not the whole of the sound is played, or not once
 */
export function delaySeconds({ isSound, edits, media, codec = "" }: TrackTimes, movie: DataView | undefined): number {
  if (!isSound || !edits) return 0;
  const all = editsOf(edits);
  const played = all.filter(({ mediaTime }) => mediaTime >= 0);
  if (played.length > 1) {
    throw new DamagedAudioError(`plays ${played.length} parts of its sound, by an edit list; ${REMEDY}.`);
  }
  const movieScale = timesOf(movie)?.scale ?? 1000;
  if (played[0] && !TRIMMED.has(codec)) checkWhole(played[0], movieScale, timesOf(media));
  const first = all.findIndex(({ mediaTime }) => mediaTime >= 0);
  const delay = all.slice(0, Math.max(0, first)).reduce((sum, { duration }) => sum + duration, 0) / movieScale;
  if (delay <= MOST_SILENCE_SECONDS) return delay;
  throw new DamagedAudioError(`has ${Math.round(delay)} s of silence before its sound, by an edit list; ${REMEDY}.`);
}

function checkWhole({ duration, mediaTime }: Edit, movieScale: number, media: Times | undefined): void {
  if (!media) return;
  const start = mediaTime / media.scale;
  // A length of 0 is one that is not known.
  const left =
    duration === 0 || media.duration === 0 ? 0 : media.duration / media.scale - start - duration / movieScale;
  if (start <= PADDING_SECONDS && left <= PADDING_SECONDS) return;
  throw new DamagedAudioError(`plays only a part of its sound, by an edit list; ${REMEDY}.`);
}

/** The table must have room for its entries. */
function editsOf(view: DataView): Edit[] {
  const isLong = view.getUint8(0) === 1;
  return Array.from({ length: view.getUint32(4) }, (_, index) => {
    const at = 8 + (isLong ? 20 : 12) * index;
    return isLong
      ? { duration: Number(view.getBigUint64(at)), mediaTime: Number(view.getBigInt64(at + 8)) }
      : { duration: view.getUint32(at), mediaTime: view.getInt32(at + 4) };
  });
}

interface Times {
  /** Units a second. */
  readonly scale: number;
  readonly duration: number;
}

/** Of "mvhd" or "mdhd"; undefined where it is cut short or says nothing. */
function timesOf(view: DataView | undefined): Times | undefined {
  const isLong = view !== undefined && view.byteLength > 0 && view.getUint8(0) === 1;
  if (!view || view.byteLength < (isLong ? 32 : 20)) return undefined;
  const scale = view.getUint32(isLong ? 20 : 12);
  if (scale === 0) return undefined;
  return { scale, duration: isLong ? Number(view.getBigUint64(24)) : view.getUint32(16) };
}
