import { noGrad } from "../autograd.js";
import { call } from "../call.js";
import { stack } from "../creation.js";
import { tidy } from "../scope.js";
import type { Tensor } from "../tensor.js";

/**
 * Scales all gradients by min(1, maxNorm / (norm + 1e-6)), with the Euclidean norm of all of them together, as
 * `torch.nn.utils.clip_grad_norm_`. Nothing waits for the device.
 *
 * @returns the norm before clipping, one element
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number): Tensor {
  return noGrad(() =>
    tidy(() => {
      const gradients = [...parameters].map((parameter) => parameter.grad).filter((gradient) => gradient !== null);
      if (gradients.length === 0) throw new RangeError("clipGradNorm: no parameter has a gradient");
      const total = stack(call("_foreach_norm.Scalar", [gradients, 2])).norm();
      const factor = call("reciprocal", [total.add(1e-6)])
        .mul(maxNorm)
        .clamp(null, 1);
      call("_foreach_mul_.List", [gradients, gradients.map(() => factor)]);
      return total;
    }),
  );
}
