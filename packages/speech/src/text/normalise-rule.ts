/** The shape of one normalisation rule, shared by the modules that hold rules and the one that applies them. */

/** What was changed. Lower-casing and whitespace are not listed: they lose nothing that a transcript needs. */
export type ChangeKind =
  | "abbreviation"
  | "accent"
  | "apostrophe"
  | "currency"
  | "dash"
  | "decade"
  | "invisible"
  | "number"
  | "ordinal"
  | "punctuation"
  | "symbol"
  | "time";

/** Reads one stretch of text. */
export interface Rule {
  kind: ChangeKind;
  /** Sticky, so that it matches only at the position under review. */
  pattern: RegExp;
  /** What is said instead, as separate words; undefined when the match is not this rule's after all. */
  write: (match: RegExpExecArray) => string | undefined;
}
