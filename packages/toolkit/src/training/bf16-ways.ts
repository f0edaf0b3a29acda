/**
 * How a run multiplies bfloat16 on the processor. Each process measures which way is quickest, and where two are about as
 * quick, it may be another one tomorrow: the last digits would be too. So a run keeps its ways when it is resumed, and
 * all ranks of a team take the first one's.
 */
import { type Bf16Work, bf16Ways, takeBf16Way } from "@deepspeech-ts/torch";
import { z } from "zod";
import { deviceKind } from "../acoustic-model/index.js";
import type { TrainConfig } from "./config.js";
import type { Team } from "./team/team.js";

export const waysSchema = z.object({ products: z.string(), convolutions: z.string(), recurrences: z.string() });

/** The names of the ways that are taken. */
export type Ways = z.output<typeof waysSchema>;

export interface SettledWays {
  /** Undefined where nothing is multiplied in bfloat16 on the processor. */
  ways: Ways | undefined;
  /** What a person should know: where the processor lacks a way. */
  warnings: string[];
}

/** @param before the ways of a resumed run. Default: those that are quickest for rank 0 */
export function settleWays(
  { precision, device }: Pick<TrainConfig, "precision" | "device">,
  before: Ways | undefined,
  team: Team,
): SettledWays {
  // What rank 0 computes with decides, so that all ask the same.
  const isNeeded = team.first(() => precision === "bf16" && deviceKind(device) === "cpu");
  if (!isNeeded) return { ways: undefined, warnings: [] };
  const wanted = team.first(() => before ?? taken());
  const works = Object.keys(wanted) as Bf16Work[];
  const lacking = works.filter((work) => !takeBf16Way(work, wanted[work]));
  const warnings = lacking.map(
    (work) =>
      `this processor cannot multiply bfloat16 (${work}) as the run did before, by ${wanted[work]}: from here on its ` +
      "numbers differ in the last digits from those of a run that was never stopped",
  );
  return { ways: taken(), warnings };
}

function taken(): Ways {
  const { products, convolutions, recurrences } = bf16Ways();
  return { products: products[0]!.way, convolutions: convolutions[0]!.way, recurrences: recurrences[0]!.way };
}
