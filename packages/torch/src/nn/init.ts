/** Initial values of parameters. */
import { noGrad } from "../autograd.js";
import { call } from "../call.js";
import { full, rand, randn } from "../creation.js";
import type { Generator } from "../random.js";
import { tidy } from "../scope.js";
import type { Tensor } from "../tensor.js";

/** Uniform in [-bound, bound). */
export function uniform(shape: readonly number[], bound: number, generator?: Generator): Tensor {
  const drawn = rand(shape, generator ? { generator } : {});
  call("mul_.Scalar", [drawn, 2 * bound]);
  return drawn.add_(-bound);
}

/** A tensor of one value, to begin a parameter with. */
export function constant(shape: readonly number[], value: number): Tensor {
  return full(shape, value);
}

/**
 * A matrix with orthonormal rows (or columns, where there are fewer of those): the QR factor of a normal one, with the
 * signs that make it uniform over all such matrices. Saxe et al. 2014, arXiv:1312.6120. As `torch.nn.init.orthogonal_`.
 */
export function orthogonal_(matrix: Tensor): Tensor {
  const [rows = 0, columns = 0] = matrix.shape;
  const tall = rows >= columns;
  return noGrad(() =>
    tidy(() => {
      const normal = randn(tall ? [rows, columns] : [columns, rows]);
      const [q, r] = call("linalg_qr", [normal]);
      const oriented = q.mul(call("sign", [call("diagonal", [r])]));
      return matrix.copy_(tall ? oriented : oriented.transpose(0, 1));
    }),
  );
}
