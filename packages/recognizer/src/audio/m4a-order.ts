/**
 * In which order a decoder is given an MP4 file, and whether the pieces of its sound lie in it as they are played. The
 * decoder passes over, without a word, what lies before the sound that it has read; and where many pieces have one place, a
 * small file holds hours.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";

/** Of a file: its index, other boxes, or sound, which need not be all of its box. */
export interface Part {
  readonly kind: "movie" | "sound" | "other";
  readonly bytes: Uint8Array;
  /** Where in an index there are tables of places in the file. */
  readonly tables?: readonly ChunkTable[];
}

export interface ChunkTable {
  /** Of its content, within the outermost box. */
  readonly at: number;
  readonly entryBytes: 4 | 8;
}

/**
 * The parts of a file, from its first on, with the index before all else: the decoder would decode all of the sound that
 * it has when the index comes, and a file of a few megabytes may hold days.
 */
export function withMovieFirst(parts: readonly Part[]): readonly Part[] {
  const index = parts.findIndex(({ kind }) => kind === "movie");
  const movie = parts[index];
  if (!movie) return parts;
  const start = parts.slice(0, index).reduce((sum, { bytes }) => sum + bytes.length, 0);
  return [moved(movie, start), ...parts.slice(0, index), ...parts.slice(index + 1)];
}

/** An index that stood at `start`, to stand at the file's beginning: what was before it begins later by its length. */
function moved({ kind, bytes, tables = [] }: Part, start: number): Part {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer, copy.byteOffset, copy.length);
  for (const { at, entryBytes } of tables) {
    const end = at + 8 + entryBytes * view.getUint32(at + 4);
    for (let entry = at + 8; entry < end; entry += entryBytes) {
      const place = entryBytes === 8 ? Number(view.getBigUint64(entry)) : view.getUint32(entry);
      const later = place < start ? place + copy.length : place;
      if (entryBytes === 8) view.setBigUint64(entry, BigInt(later));
      else if (later < 2 ** 32) view.setUint32(entry, later);
      else throw new DamagedAudioError("has sound beyond 4 GiB; convert it first, as with ffmpeg -i IN OUT.flac.");
    }
  }
  return { kind, bytes: copy };
}

/** The tables of one track, each with its version first. */
export interface TrackTables {
  isSound: boolean;
  /** "stsz": the sizes of all pieces. */
  sizes?: DataView;
  /** "stsc": how many pieces are together in one place, from which place on. */
  runs?: DataView;
  /** "stco" or "co64": where these places are. */
  places?: DataView;
  placeBytes?: 4 | 8;
}

/** The tables must have room for their entries. Throws DamagedAudioError. */
export function checkOrder({ isSound, sizes, runs, places, placeBytes = 4 }: TrackTables): void {
  if (!isSound || !sizes || !places) return;
  const numPieces = sizes.getUint32(8);
  const numPlaces = places.getUint32(4);
  const numRuns = runs?.getUint32(4) ?? 0;
  const firstPlace = (run: number) => runs?.getUint32(8 + 12 * run) as number;
  let [piece, run, end] = [0, -1, 0];
  for (let place = 0; place < numPlaces && piece < numPieces; place++) {
    while (run + 1 < numRuns && firstPlace(run + 1) <= place + 1) run += 1;
    if (run + 1 < numRuns && run >= 0 && firstPlace(run + 1) <= firstPlace(run)) throw outOfOrder();
    const together = run < 0 ? 1 : Math.max(1, runs?.getUint32(12 + 12 * run) as number);
    const next = place === numPlaces - 1 ? numPieces : Math.min(numPieces, piece + together);
    const start = placeBytes === 8 ? Number(places.getBigUint64(8 + 8 * place)) : places.getUint32(8 + 4 * place);
    if (start < end) throw outOfOrder();
    end = start + sizeOf(sizes, piece, next);
    piece = next;
  }
}

function sizeOf(sizes: DataView, from: number, to: number): number {
  const common = sizes.getUint32(4);
  if (common > 0) return common * (to - from);
  let total = 0;
  for (let piece = from; piece < to; piece++) total += sizes.getUint32(12 + 4 * piece);
  return total;
}

function outOfOrder(): DamagedAudioError {
  return new DamagedAudioError(
    "has sound that does not lie in the order in which it is played; rewrite it, as with ffmpeg -i IN -c copy OUT.m4a.",
  );
}
