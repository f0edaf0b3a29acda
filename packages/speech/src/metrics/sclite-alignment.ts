/**
 * Word alignments as text, in the style of the `pra` report of sclite, the scoring tool of NIST's Speech Recognition
 * Scoring Toolkit (SCTK), which people who measure recognisers read at a glance:
 *
 *     id: (1089-134686-0000)
 *     Scores: (#C #S #D #I) 4 1 1 1
 *     REF:  he HOPED there WOULD be * stew
 *     HYP:  he HOPE  there ***** be A stew
 *     Eval:    S           D        I
 *
 * Words in error are in capitals, what is missing is starred out, and columns line up.
 *
 * The alignment is `align`'s. sclite minimises 4 S + 3 (D + I), which is 3 errors + S; we minimise the errors first and
 * S second, as the definition of the rate demands. The two differ only where sclite takes one more error to save three
 * substitutions or more.
 */

import { type AlignmentStep, align, editDistance } from "./edit-distance.js";
import { splitWords, type TranscriptPair } from "./error-rate.js";

/** A step's column: what each of the three rows shows there. */
interface Column {
  reference: string;
  hypothesis: string;
  mark: "" | "S" | "D" | "I";
}

/** One utterance's words, aligned; six lines, the last one empty. Columns line up where each character is one cell wide. */
export function scliteAlignment({ id, reference, hypothesis }: TranscriptPair & { id: string }): string {
  const words = [splitWords(reference), splitWords(hypothesis)] as const;
  const { hits, substitutions, deletions, insertions } = editDistance(...words);
  const columns = align(...words).map(columnOf);
  const row = (name: string, cell: (column: Column) => string) =>
    `${name} ${columns.map((column) => padEnd(cell(column), widthOf(column))).join(" ")}`.trimEnd();
  return [
    `id: (${id})`,
    `Scores: (#C #S #D #I) ${hits} ${substitutions} ${deletions} ${insertions}`,
    row("REF: ", (column) => column.reference),
    row("HYP: ", (column) => column.hypothesis),
    row("Eval:", (column) => column.mark),
    "",
  ].join("\n");
}

function columnOf(step: AlignmentStep<string>): Column {
  switch (step.kind) {
    case "hit":
      return { reference: step.reference, hypothesis: step.hypothesis, mark: "" };
    case "deletion":
      return { reference: step.reference.toUpperCase(), hypothesis: starsFor(step.reference), mark: "D" };
    case "insertion":
      return { reference: starsFor(step.hypothesis), hypothesis: step.hypothesis.toUpperCase(), mark: "I" };
    case "substitution":
      return { ...capitals(step), mark: "S" };
  }
}

/** Capitals would hide an error that is one of case. */
function capitals({ reference, hypothesis }: { reference: string; hypothesis: string }) {
  const [upperReference, upperHypothesis] = [reference.toUpperCase(), hypothesis.toUpperCase()];
  if (upperReference === upperHypothesis) return { reference, hypothesis };
  return { reference: upperReference, hypothesis: upperHypothesis };
}

function starsFor(word: string): string {
  return "*".repeat(lengthOf(word.toUpperCase()));
}

function widthOf({ reference, hypothesis, mark }: Column): number {
  return Math.max(lengthOf(reference), lengthOf(hypothesis), mark.length);
}

function padEnd(text: string, width: number): string {
  return text + " ".repeat(width - lengthOf(text));
}

/** In code points. */
function lengthOf(text: string): number {
  return [...text].length;
}
