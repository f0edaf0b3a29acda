/**
 * When the blocks of a WebM or Matroska file are to be heard (RFC 9559, sections 10 and 11). A recorder leaves out what it
 * did not hear, as while nobody spoke, and tells by the next block's time how long that was.
 */

/** A block of a track. */
export interface Block {
  readonly track: number;
  /** Since the cluster's beginning, in the segment's units. */
  readonly time: number;
}

/** A block before which silence may be missing. */
export interface BlockTime {
  /** Since the segment's first block of any track. */
  readonly seconds: number;
  /** Whether it is the first of the segment's sound. */
  readonly isFirst: boolean;
}

/** Blocks begin less than this after each other, where nothing is left out; recorders' clocks are no more exact, either. */
export const LEAST_HOLE_SECONDS = 0.25;
const DEFAULT_UNIT_SECONDS = 0.001;
/** Of a block: its track, its time and flags. */
export const BLOCK_HEAD_BYTES = 11;

/** @param body of the block, its first `BLOCK_HEAD_BYTES` at least */
export function blockOf(body: Uint8Array): Block | undefined {
  // Tracks of more than one byte, of which there are none, take part in no comparison.
  const [first = 0, high = 0, low = 0] = body;
  return first & 0x80 ? { track: first & 0x7f, time: ((high << 24) >> 16) | low } : undefined;
}

/** Of one segment. */
export class BlockTimes {
  unitSeconds = DEFAULT_UNIT_SECONDS;
  /** When the cluster begins. */
  clusterTime = 0;
  #origin: number | undefined;
  #last: number | undefined;

  /** @returns where silence may be missing before a block of the track of sound */
  next({ track, time }: Block, soundTrack: number): BlockTime | undefined {
    const at = (this.clusterTime + time) * this.unitSeconds;
    this.#origin ??= at;
    if (track !== soundTrack) return undefined;
    const last = this.#last;
    this.#last = at;
    if (last !== undefined && at - last < LEAST_HOLE_SECONDS) return undefined;
    return { seconds: at - this.#origin, isFirst: last === undefined };
  }
}
