/** The shape of one normalisation rule, shared by the modules that hold rules and the one that applies them. */

/** What was changed. Lower-casing and whitespace are not listed: they lose nothing that a transcript needs. */
export type ChangeKind =
  | "abbreviation"
  | "accent"
  | "address"
  | "apostrophe"
  | "currency"
  | "dash"
  | "date"
  | "decade"
  | "invisible"
  | "number"
  | "ordinal"
  | "punctuation"
  | "range"
  | "symbol"
  | "tag"
  | "telephone"
  | "time"
  | "unit";

/** Reads one stretch of text. */
export interface Rule {
  kind: ChangeKind;
  /** Sticky, so that it matches only at the position under review. */
  pattern: RegExp;
  /**
   * What is said instead, as separate words; null where the writing does not tell what is said, so that the whole stretch
   * is refused; undefined when the match is not this rule's after all.
   */
  write: (match: RegExpExecArray) => string | null | undefined;
}
