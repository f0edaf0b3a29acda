/**
 * Which pieces of which utterances are said one after the other. After T. K. Lam et al., "On-the-fly aligned data augmentation
 * for sequence-to-sequence ASR", Interspeech 2021, arXiv:2104.01393, who put single words in the place of others; here all is
 * new, in pieces that are long enough to sound as they were said.
 */
import type { Random } from "../random.js";

/** An utterance, and where it can be cut. */
export interface CuttableUtterance {
  readonly words: readonly string[];
  /** Where each word begins, and behind them where the last one ends, in samples. [words + 1], ascending */
  readonly cuts: readonly number[];
  /** How long nothing is said there, in seconds. [words + 1] */
  readonly pauses: readonly number[];
}

/** Words of one utterance that follow one another: from the `first`th up to, and without, the `end`th. */
export interface Piece<U extends CuttableUtterance> {
  readonly utterance: U;
  readonly first: number;
  readonly end: number;
}

/** So many words has a piece, where its utterance has them: enough that most sounds keep their neighbours. */
const WORDS = [2, 6] as const;
/** How long a splice is to last, in seconds. */
const SECONDS = [4, 13] as const;
/** A piece that is shorter is hardly a word; a longer one holds a pause that nobody makes. */
const PIECE_SECONDS = [0.1, SECONDS[1]] as const;

/**
 * Draws splices until they last as long together as is asked for. Utterances come about as often as they are long. No splice
 * lasts longer than 13 s; one that the next piece would make so ends before it.
 *
 * @param utterances those of one speaker. What has no piece that can be used is left out.
 * @param seconds of all splices together
 */
export function planSplices<U extends CuttableUtterance>(
  utterances: readonly U[],
  { seconds, sampleRate, random }: { seconds: number; sampleRate: number; random: Random },
): Piece<U>[][] {
  const secondsOf = ({ utterance: { cuts }, first, end }: Piece<U>) => (cuts[end]! - cuts[first]!) / sampleRate;
  const isPiece = (seconds: number) => seconds >= PIECE_SECONDS[0] && seconds <= PIECE_SECONDS[1];
  // So that there is a piece to draw of each.
  const usable = utterances.filter((utterance) =>
    utterance.words.some((_, first) =>
      endsOf(utterance, first).some((end) => isPiece(secondsOf({ utterance, first, end }))),
    ),
  );
  const byWords = usable.flatMap((utterance) => Array<U>(utterance.words.length).fill(utterance));
  const splices: Piece<U>[][] = [];
  for (let total = 0; total < seconds && byWords.length > 0; ) {
    const wanted = SECONDS[0] + (SECONDS[1] - SECONDS[0]) * random.next();
    const splice: Piece<U>[] = [];
    for (let length = 0; length < wanted; ) {
      const piece = drawPiece(random.pick(byWords), random);
      const lasts = secondsOf(piece);
      if (!isPiece(lasts)) continue;
      if (length + lasts > SECONDS[1]) break;
      splice.push(piece);
      length += lasts;
      total += lasts;
    }
    splices.push(splice);
  }
  return splices;
}

/** From any word on. Half of all pieces end at the longest pause that they can, where nothing is torn apart. */
function drawPiece<U extends CuttableUtterance>(utterance: U, random: Random): Piece<U> {
  const { words, pauses } = utterance;
  const first = random.integer(words.length);
  const ends = endsOf(utterance, first);
  const drawn = random.pick(ends);
  if (random.next() >= 0.5) return { utterance, first, end: drawn };
  return { utterance, first, end: ends.reduce((best, end) => (pauses[end]! > pauses[best]! ? end : best), drawn) };
}

/** Where a piece can end that begins with the `first`th word. */
function endsOf({ words }: CuttableUtterance, first: number): number[] {
  const [least, most] = WORDS.map((count) => Math.min(words.length, first + count)) as [number, number];
  return Array.from({ length: most - least + 1 }, (_, i) => least + i);
}
