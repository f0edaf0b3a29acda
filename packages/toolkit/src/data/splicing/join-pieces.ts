/** Pieces of sound, one after the other. */

/** Each piece fades in while the one before fades out: a step between samples would be a click. */
const FADE_SECONDS = 0.01;

/**
 * The pieces joined, each overlapping the one before; the first fades in from silence and the last into it.
 *
 * @param pieces of 20 ms at least each
 */
export function joinPieces(pieces: readonly Float32Array[], sampleRate: number): Float32Array {
  const fade = Math.round(FADE_SECONDS * sampleRate);
  const joined = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const start = index === 0 ? 0 : Math.max(0, at - fade);
    for (let i = 0; i < piece.length; i++) {
      joined[start + i]! += piece[i]! * Math.min(1, (i + 1) / (fade + 1), (piece.length - i) / (fade + 1));
    }
    at = start + piece.length;
  }
  return joined.subarray(0, at);
}
