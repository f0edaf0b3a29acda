/**
 * Whether the pieces of a track of sound lie in the file as they are played. The decoder passes over, without a word, what
 * lies before the sound that it has read; and where many pieces are one place, a small file holds hours.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";

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
