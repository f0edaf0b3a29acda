/**
 * Levenshtein distance between two token sequences, the count beneath every error rate (Wagner and Fischer, "The
 * String-to-String Correction Problem", JACM 1974).
 *
 * Convention: substitution, deletion and insertion cost 1 each, and the total is minimal. Several alignments can be
 * minimal; those with the most hits (equivalently, the fewest substitutions) are taken. That makes the counts
 * unique: they depend on no order of traversal, and exchanging the sequences only exchanges deletions and insertions.
 * `align` picks one of the remaining alignments: read from the end, it prefers a hit or substitution, then a deletion,
 * then an insertion.
 *
 * Both rules fit in one weight: a deletion or insertion weighs W and a substitution W + 1, where W exceeds any
 * possible number of substitutions. Weights then order by errors first and substitutions second.
 */

/** How a hypothesis differs from its reference. `hits + substitutions + deletions = referenceLength`. */
export interface EditCounts {
  substitutions: number;
  /** Reference tokens that the hypothesis lacks. */
  deletions: number;
  /** Hypothesis tokens that the reference lacks. */
  insertions: number;
  hits: number;
  referenceLength: number;
}

/** One step of an alignment, from left to right. */
export type AlignmentStep<T> =
  | { kind: "hit" | "substitution"; reference: T; hypothesis: T }
  | { kind: "deletion"; reference: T }
  | { kind: "insertion"; hypothesis: T };

/** The number of errors: substitutions, deletions and insertions together, which is the edit distance. */
export function countErrors(counts: EditCounts): number {
  return counts.substitutions + counts.deletions + counts.insertions;
}

/**
 * Counts the edits that turn `reference` into `hypothesis`. Tokens are equal when `===` says so. Time is the product
 * of the lengths, memory the shorter length.
 */
export function editDistance<T>(reference: ArrayLike<T>, hypothesis: ArrayLike<T>): EditCounts {
  const numReference = reference.length;
  const numHypothesis = hypothesis.length;
  // The weight is symmetric, so the shorter sequence may always run along the row.
  const [rows, columns] = numReference < numHypothesis ? [hypothesis, reference] : [reference, hypothesis];
  const unit = columns.length + 1;
  const weight = minimalWeight(rows, columns, unit);
  const substitutions = weight % unit;
  const gaps = Math.floor(weight / unit) - substitutions;
  const deletions = (gaps + numReference - numHypothesis) / 2;
  return {
    substitutions,
    deletions,
    insertions: gaps - deletions,
    hits: numReference - substitutions - deletions,
    referenceLength: numReference,
  };
}

function minimalWeight<T>(rows: ArrayLike<T>, columns: ArrayLike<T>, unit: number): number {
  const weights = Float64Array.from({ length: columns.length + 1 }, (_, j) => j * unit);
  for (let i = 1; i <= rows.length; i++) {
    let diagonal = weights[0] as number;
    let left = i * unit;
    weights[0] = left;
    for (let j = 1; j <= columns.length; j++) {
      const up = weights[j] as number;
      const match = rows[i - 1] === columns[j - 1] ? diagonal : diagonal + unit + 1;
      left = Math.min(match, up + unit, left + unit);
      weights[j] = left;
      diagonal = up;
    }
  }
  return weights[columns.length] as number;
}

const DIAGONAL = 0;
const DELETION = 1;
const INSERTION = 2;

/** Pairs of tokens whose moves are noted at once, a byte each. */
const LARGEST_TABLE = 2 ** 22;

/**
 * The steps that turn `reference` into `hypothesis`; their counts are those of `editDistance`. Memory is a few megabytes
 * beside the tokens and steps: long sequences are parted where the alignment crosses the middle of the reference
 * (Hirschberg, "A Linear Space Algorithm for Computing Maximal Common Subsequences", CACM 1975), which takes twice the
 * time of `editDistance` at most.
 */
export function align<T>(reference: ArrayLike<T>, hypothesis: ArrayLike<T>): AlignmentStep<T>[] {
  const steps: AlignmentStep<T>[] = [];
  addSteps(Array.from(reference), Array.from(hypothesis), steps);
  return steps;
}

function addSteps<T>(reference: readonly T[], hypothesis: readonly T[], steps: AlignmentStep<T>[]): void {
  if (reference.length < 2 || (reference.length + 1) * (hypothesis.length + 1) <= LARGEST_TABLE) {
    for (const step of tracedSteps(reference, hypothesis)) steps.push(step);
    return;
  }
  const middle = reference.length >> 1;
  const crossing = crossingOf(reference, hypothesis, middle);
  addSteps(reference.slice(0, middle), hypothesis.slice(0, crossing), steps);
  addSteps(reference.slice(middle), hypothesis.slice(crossing), steps);
}

function tracedSteps<T>(reference: readonly T[], hypothesis: readonly T[]): AlignmentStep<T>[] {
  const moves = bestMoves(reference, hypothesis);
  const steps: AlignmentStep<T>[] = [];
  let i = reference.length;
  let j = hypothesis.length;
  while (i > 0 || j > 0) {
    const move = moves[i * (hypothesis.length + 1) + j];
    if (move !== INSERTION) i -= 1;
    if (move !== DELETION) j -= 1;
    steps.push(stepOf(move, reference[i] as T, hypothesis[j] as T));
  }
  return steps.reverse();
}

function stepOf<T>(move: number | undefined, reference: T, hypothesis: T): AlignmentStep<T> {
  if (move === DELETION) return { kind: "deletion", reference };
  if (move === INSERTION) return { kind: "insertion", hypothesis };
  return { kind: reference === hypothesis ? "hit" : "substitution", reference, hypothesis };
}

/** The preferred last step for each pair of prefixes, row-major [reference.length + 1, hypothesis.length + 1]. */
function bestMoves<T>(reference: readonly T[], hypothesis: readonly T[]): Uint8Array {
  const width = hypothesis.length + 1;
  const moves = new Uint8Array((reference.length + 1) * width).fill(INSERTION, 0, width);
  const rows = new MoveRows(reference, hypothesis);
  for (let i = 1; i <= reference.length; i++) rows.next(moves.subarray(i * width, (i + 1) * width));
  return moves;
}

/** How much of the hypothesis the preferred alignment has behind it when it has `middle` tokens of the reference. */
function crossingOf<T>(reference: readonly T[], hypothesis: readonly T[], middle: number): number {
  const moves = new Uint8Array(hypothesis.length + 1);
  const rows = new MoveRows(reference, hypothesis);
  for (let i = 1; i <= middle; i++) rows.next(moves);
  // By the number of hypothesis tokens: where the way to that pair of prefixes left the middle.
  const crossings = Uint32Array.from(moves, (_, j) => j);
  for (let i = middle + 1; i <= reference.length; i++) {
    rows.next(moves);
    let diagonal = 0;
    for (let j = 0; j < moves.length; j++) {
      const up = crossings[j] as number;
      if (moves[j] === DIAGONAL) crossings[j] = diagonal;
      else if (moves[j] === INSERTION) crossings[j] = crossings[j - 1] as number;
      diagonal = up;
    }
  }
  return crossings[hypothesis.length] as number;
}

/** The preferred last steps, one token of the reference after another. */
class MoveRows<T> {
  readonly #reference: readonly T[];
  readonly #hypothesis: readonly T[];
  readonly #unit: number;
  readonly #weights: Float64Array;
  #numDone = 0;

  constructor(reference: readonly T[], hypothesis: readonly T[]) {
    this.#reference = reference;
    this.#hypothesis = hypothesis;
    this.#unit = Math.min(reference.length, hypothesis.length) + 1;
    this.#weights = Float64Array.from({ length: hypothesis.length + 1 }, (_, j) => j * this.#unit);
  }

  /** @param moves takes the row: the last step to each prefix of the hypothesis, the empty one first */
  next(moves: Uint8Array): void {
    const [hypothesis, unit, weights] = [this.#hypothesis, this.#unit, this.#weights];
    const token = this.#reference[this.#numDone] as T;
    this.#numDone += 1;
    let diagonal = weights[0] as number;
    let left = this.#numDone * unit;
    weights[0] = left;
    moves[0] = DELETION;
    for (let j = 1; j < weights.length; j++) {
      const up = weights[j] as number;
      const match = token === hypothesis[j - 1] ? diagonal : diagonal + unit + 1;
      const best = Math.min(match, up + unit, left + unit);
      moves[j] = best === match ? DIAGONAL : best === up + unit ? DELETION : INSERTION;
      weights[j] = best;
      diagonal = up;
      left = best;
    }
  }
}
