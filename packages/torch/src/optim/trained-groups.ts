import type { Tensor } from "../tensor.js";

/** Those whose parameters have a gradient, in groups that have a key in common: each takes its step in one go. */
export function trainedGroups<Slot extends { readonly parameter: Tensor }>(
  slots: Iterable<Slot>,
  keyOf: (slot: Slot) => string | number,
): Slot[][] {
  const groups = new Map<string | number, Slot[]>();
  for (const slot of slots) {
    if (slot.parameter.grad === null) continue;
    const key = keyOf(slot);
    const group = groups.get(key);
    if (group) group.push(slot);
    else groups.set(key, [slot]);
  }
  return [...groups.values()];
}
