/** Logistic regression with a few features. */

const MOST_STEPS = 100;
/** Steps end where the mean loss falls by less. */
const PRECISION = 1e-10;
const RIDGE = 1e-9;

/**
 * The weights w that make `targets` likeliest, where row x is right with the probability 1 / (1 + exp(-w·x)). Newton's
 * method with steps that are halved until they help: the loss is convex.
 *
 * @param rows [word, feature]; at least one
 * @param targets from 0 to 1, one for each row
 */
export function logisticRegression(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  let weights = new Array<number>((rows[0] as readonly number[]).length).fill(0);
  let loss = lossOf(weights, rows, targets);
  for (let step = 0; step < MOST_STEPS; step++) {
    const direction = newtonStep(weights, rows, targets);
    let size = 1;
    let [next, nextLoss] = [weights, loss];
    do {
      next = weights.map((weight, i) => weight - size * (direction[i] as number));
      nextLoss = lossOf(next, rows, targets);
      size /= 2;
    } while (nextLoss > loss && size > PRECISION);
    if (!(nextLoss < loss)) break;
    const hasSettled = loss - nextLoss < PRECISION;
    [weights, loss] = [next, nextLoss];
    if (hasSettled) break;
  }
  return weights;
}

function lossOf(weights: readonly number[], rows: readonly (readonly number[])[], targets: readonly number[]): number {
  let loss = 0;
  for (const [i, row] of rows.entries()) {
    const z = dot(row, weights);
    loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - (targets[i] as number) * z;
  }
  return loss / rows.length;
}

/** The inverse Hessian times the gradient. */
function newtonStep(
  weights: readonly number[],
  rows: readonly (readonly number[])[],
  targets: readonly number[],
): number[] {
  const size = weights.length;
  // The gradient stands in the last column. A trace of a ridge keeps words that are all alike solvable.
  const system = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size + 1 }, (_, j): number => (i === j ? RIDGE : 0)),
  );
  for (const [at, row] of rows.entries()) {
    const p = 1 / (1 + Math.exp(-dot(row, weights)));
    for (const [i, equation] of system.entries()) {
      const share = (row[i] as number) / rows.length;
      for (let j = 0; j < size; j++) equation[j] = (equation[j] as number) + p * (1 - p) * share * (row[j] as number);
      equation[size] = (equation[size] as number) + (p - (targets[at] as number)) * share;
    }
  }
  return solve(system);
}

/** Gaussian elimination; the matrix is symmetric and positive, so no pivot is sought. */
function solve(system: number[][]): number[] {
  const size = system.length;
  for (const [at, pivot] of system.entries()) {
    for (const row of system.slice(at + 1)) {
      const factor = (row[at] as number) / (pivot[at] as number);
      for (let j = at; j <= size; j++) row[j] = (row[j] as number) - factor * (pivot[j] as number);
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let at = size - 1; at >= 0; at--) {
    const row = system[at] as number[];
    const known = solution.reduce((sum, value, j) => (j > at ? sum + value * (row[j] as number) : sum), 0);
    solution[at] = ((row[size] as number) - known) / (row[at] as number);
  }
  return solution;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}
