import assert from "node:assert/strict";
import { it } from "node:test";
import { checkAlike } from "./same-weights.js";
import type { Team } from "./team.js";

/** Of one rank; the others say what they would. */
function asRank(rank: number, values: readonly string[]): () => void {
  const nameOf = (of: number) => `rank ${of} on host${of}`;
  const description = (of: number) => `${nameOf(of)} differs from the others`;
  const all = values.map((value, of) => ({ value, description: description(of) }));
  const team = { rank, nameOf, gather: () => all };
  return () => checkAlike(team as unknown as Team, values[rank]!, (odd, others) => `${odd} differs from ${others}`);
}

it("whoever differs from most is named, on all ranks, and of two the one that is not rank 0", () => {
  asRank(0, ["a", "a", "a"])();
  const remedy =
    "Train on machines of one kind, with the same libtorch and the same data; --resume continues from the last checkpoint.";
  for (const [values, odd] of [
    [["a", "a", "b"], "rank 2 on host2 differs from the others"],
    [["b", "a", "a"], "rank 0 on host0 differs from the others"],
    [["a", "b"], "rank 1 on host1 differs from the others"],
    [["a", "b", "c", "a"], "rank 1 on host1 differs from the others; rank 2 on host2 differs from the others"],
  ] as const) {
    for (const rank of values.keys()) {
      assert.throws(asRank(rank, values), { name: "UserError", code: "ranks-differ", message: `${odd}. ${remedy}` });
    }
  }
});
