/** The orthogonal matrix nearest to one, roughly, by products alone. */
import { call as op } from "../call.js";
import { tidy } from "../scope.js";
import type { Tensor } from "../tensor.js";

/** Of x → ax + bx³ + cx⁵, which takes what is near 0 away from it fast and leaves what is near 1 within 0.7 and 1.2: Jordan's. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
/** They take singular values from a hundredth of the largest to 0.7 and more. */
const ITERATIONS = 4;
const TINY = 1e-14;

/**
 * Each matrix's singular values to within 0.7 and 1.2, but for those below a hundredth of its largest, which stay smaller;
 * its singular vectors as they are. A Newton-Schulz iteration (Jordan et al. 2024, see muon.ts) that starts from a tighter
 * bound of the largest singular value than the matrix's norm, and so takes one step less.
 *
 * @param matrices [count, rows, columns]
 * @param dtype of the products
 * @returns [count, rows, columns], of that dtype
 */
export function orthogonalise(matrices: Tensor, dtype: "float32" | "bfloat16"): Tensor {
  const [, rows = 0, columns = 0] = matrices.shape;
  const isTall = rows > columns;
  const wide = isTall ? matrices.transpose(1, 2) : matrices;
  let x = tidy(() => wide.div(normOf(wide).add(TINY)).to(dtype));
  for (let i = 0; i < ITERATIONS; i++) {
    const next = tidy(() => iterated(x, i === 0));
    x.dispose();
    x = next;
  }
  return isTall ? x.transpose(1, 2) : x;
}

function iterated(x: Tensor, isFirst: boolean): Tensor {
  let [start, square] = [x, op("bmm", [x, x.transpose(1, 2)])];
  if (isFirst) {
    // The fourth root of the sum of the singular values' fourth powers.
    const bound = normOf(square.to("float32")).add(TINY).sqrt();
    start = x.div(bound.to(x.dtype));
    square = square.div(bound.pow(2).to(x.dtype));
  }
  const polynomial = op("baddbmm", [square, square, square], { beta: B, alpha: C });
  return op("baddbmm", [start, polynomial, start], { beta: A });
}

/** [count, rows, columns] → [count, 1, 1], the root of the sum of squares. */
function normOf(matrices: Tensor): Tensor {
  return op("linalg_vector_norm", [matrices, 2, [1, 2], true]);
}
