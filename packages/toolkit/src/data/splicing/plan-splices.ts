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
/** How long a splice lasts, in seconds. */
const SECONDS = [4, 13] as const;
/** What is shorter is hardly a word. */
const LEAST_PIECE_SECONDS = 0.1;

/**
 * Draws splices until they last as long together as is asked for. Utterances come about as often as they are long.
 *
 * @param utterances those of one speaker. What has no piece that can be used is left out.
 * @param seconds of all splices together
 */
export function planSplices<U extends CuttableUtterance>(
  utterances: readonly U[],
  { seconds, sampleRate, random }: { seconds: number; sampleRate: number; random: Random },
): Piece<U>[][] {
  const secondsOf = ({ utterance: { cuts }, first, end }: Piece<U>) => (cuts[end]! - cuts[first]!) / sampleRate;
  // So that there is a piece to draw of each: some word is long enough.
  const usable = utterances.filter(({ words, cuts }) =>
    words.some((_, i) => cuts[i + 1]! - cuts[i]! >= LEAST_PIECE_SECONDS * sampleRate),
  );
  const byWords = usable.flatMap((utterance) => Array<U>(utterance.words.length).fill(utterance));
  const splices: Piece<U>[][] = [];
  for (let total = 0; total < seconds && byWords.length > 0; ) {
    const wanted = SECONDS[0] + (SECONDS[1] - SECONDS[0]) * random.next();
    const splice: Piece<U>[] = [];
    for (let length = 0; length < wanted; ) {
      const piece = drawPiece(random.pick(byWords), random);
      if (secondsOf(piece) < LEAST_PIECE_SECONDS) continue;
      splice.push(piece);
      length += secondsOf(piece);
      total += secondsOf(piece);
    }
    splices.push(splice);
  }
  return splices;
}

/** From any word on. Half of all pieces end at the longest pause that they can, where nothing is torn apart. */
function drawPiece<U extends CuttableUtterance>(utterance: U, random: Random): Piece<U> {
  const { words, pauses } = utterance;
  const first = random.integer(words.length);
  const [least, most] = WORDS.map((count) => Math.min(words.length, first + count)) as [number, number];
  let end = least + random.integer(most - least + 1);
  if (random.next() < 0.5) {
    for (let other = least; other <= most; other++) if (pauses[other]! > pauses[end]!) end = other;
  }
  return { utterance, first, end };
}
