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

/**
 * The steps that turn `reference` into `hypothesis`; their counts are those of `editDistance`. Memory is one byte
 * for each pair of tokens.
 */
export function align<T>(reference: ArrayLike<T>, hypothesis: ArrayLike<T>): AlignmentStep<T>[] {
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
function bestMoves<T>(reference: ArrayLike<T>, hypothesis: ArrayLike<T>): Uint8Array {
  const width = hypothesis.length + 1;
  const unit = Math.min(reference.length, hypothesis.length) + 1;
  const moves = new Uint8Array((reference.length + 1) * width).fill(INSERTION, 0, width);
  const weights = Float64Array.from({ length: width }, (_, j) => j * unit);
  for (let i = 1; i <= reference.length; i++) {
    let diagonal = weights[0] as number;
    let left = i * unit;
    weights[0] = left;
    moves[i * width] = DELETION;
    for (let j = 1; j < width; j++) {
      const up = weights[j] as number;
      const match = reference[i - 1] === hypothesis[j - 1] ? diagonal : diagonal + unit + 1;
      const best = Math.min(match, up + unit, left + unit);
      moves[i * width + j] = best === match ? DIAGONAL : best === up + unit ? DELETION : INSERTION;
      weights[j] = best;
      diagonal = up;
      left = best;
    }
  }
  return moves;
}
