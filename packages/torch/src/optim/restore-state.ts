import { noGrad } from "../autograd.js";
import { TorchError } from "../errors.js";
import type { Tensor } from "../tensor.js";

/**
 * Copies a saved optimiser's state into the tensors of one.
 *
 * @throws TorchError STATE_DICT where a parameter's state is missing or of another shape; nothing is changed then
 */
export function restoreState(own: ReadonlyMap<string, Tensor>, saved: ReadonlyMap<string, Tensor>): void {
  for (const [name, { shape }] of own) {
    const found = saved.get(name);
    if (!found) throw new TorchError("STATE_DICT", `the optimiser's state lacks '${name}'`);
    if (String(found.shape) !== String(shape)) {
      const shapes = `[${found.shape.join(", ")}], its parameter has [${shape.join(", ")}]`;
      throw new TorchError("STATE_DICT", `the optimiser's state '${name}' has shape ${shapes}`);
    }
  }
  noGrad(() => {
    for (const [name, tensor] of own) tensor.copy_(saved.get(name)!);
  });
}
