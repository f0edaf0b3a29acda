/** Ranks that take the same steps have the same weights. A rank that has others has a machine that computes otherwise. */
import { createHash } from "node:crypto";
import { cpus } from "node:os";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { type Tensor, tidy } from "@deepspeech-ts/torch";
import type { TrainingSession } from "../session.js";
import type { Team } from "./team.js";

/** @throws UserError `ranks-differ`, with the name of the odd rank, its host and processor */
export function checkSameWeights({ team, model }: TrainingSession): void {
  if (team.size === 1) return;
  const processor = cpus()[0]?.model ?? process.arch;
  checkAlike(team, digestOf(model.stateDict().values()), (odd, others) => {
    return `${odd} (${processor}) has other weights than ${others} after the same steps`;
  });
}

/**
 * @param value of this rank
 * @param describe says of this rank, where it is the odd one, what is wrong
 * @throws UserError `ranks-differ`, on all ranks, where one has another value than most
 */
export function checkAlike(team: Team, value: string, describe: (odd: string, others: string) => string): void {
  const all = team.gather({ value, description: describe(team.nameOf(team.rank), "the others") });
  const countOf = (wanted: string) => all.filter((each) => each.value === wanted).length;
  // Of equally many, those with rank 0 are in the right.
  const usual = all.reduce((best, each) => (countOf(each.value) > countOf(best.value) ? each : best)).value;
  const descriptions = all.flatMap((each) => (each.value === usual ? [] : [each.description]));
  if (descriptions.length === 0) return;
  throw new UserError(
    `${descriptions.join("; ")}. Train on machines of one kind, with the same libtorch and the same data; --resume continues from the last checkpoint.`,
    { code: "ranks-differ" },
  );
}

function digestOf(tensors: Iterable<Tensor>): string {
  const hash = createHash("sha256");
  for (const tensor of tensors) tidy(() => hash.update(tensor.toTypedArray() as Uint8Array));
  return hash.digest("hex");
}
