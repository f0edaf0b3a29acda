/**
 * What normalisation did to a corpus: counts and a few examples, so that a person can see in one screen whether the
 * training text still says what the speakers said.
 */

import { quote, SpeechError } from "../errors.js";
import type { ChangeKind, NormalisedText } from "./normalise-english.js";

/** One place where a change or refusal happened. */
export interface NormalisationExample {
  utteranceId: string;
  from: string;
  /** What took its place; empty where it was dropped or refused. */
  to: string;
  /** Offset from 0 into the original text. */
  position: number;
}

/** How often something was changed or refused, with examples. */
export interface NormalisationTally {
  count: number;
  /** The first few, up to the report's `maxExamples`. */
  examples: NormalisationExample[];
}

/** What normalising a corpus changed and refused. */
export interface NormalisationSummary {
  numUtterances: number;
  /** Utterances with at least one change. */
  numChanged: number;
  /** Utterances with at least one refused character. */
  numRefused: number;
  changes: ReadonlyMap<ChangeKind, NormalisationTally>;
  /** By refused character. */
  refused: ReadonlyMap<string, NormalisationTally>;
}

/** How much a report keeps. */
export interface NormalisationReportOptions {
  /** Examples kept for each kind of change and each refused character; 3 by default. */
  maxExamples?: number;
}

/** Gathers the results of `normaliseEnglish` over a corpus. */
export class NormalisationReport {
  readonly #maxExamples: number;
  readonly #changes = new Map<ChangeKind, NormalisationTally>();
  readonly #refused = new Map<string, NormalisationTally>();
  #numUtterances = 0;
  #numChanged = 0;
  #numRefused = 0;

  /** @throws SpeechError `invalid-option` */
  constructor({ maxExamples = 3 }: NormalisationReportOptions = {}) {
    if (!Number.isInteger(maxExamples) || maxExamples < 0) {
      throw new SpeechError("invalid-option", `maxExamples is ${maxExamples}; it must be a whole number from 0 up`);
    }
    this.#maxExamples = maxExamples;
  }

  add(utteranceId: string, { changes, refused }: NormalisedText): void {
    this.#numUtterances += 1;
    if (changes.length > 0) this.#numChanged += 1;
    if (refused.length > 0) this.#numRefused += 1;
    for (const { kind, from, to, position } of changes) {
      this.#count(this.#changes, kind, { utteranceId, from, to, position });
    }
    for (const { character, position } of refused) {
      this.#count(this.#refused, character, { utteranceId, from: character, to: "", position });
    }
  }

  summary(): NormalisationSummary {
    return {
      numUtterances: this.#numUtterances,
      numChanged: this.#numChanged,
      numRefused: this.#numRefused,
      changes: this.#changes,
      refused: this.#refused,
    };
  }

  /** Human-readable lines: the totals, then one line a kind and one a refused character, the commonest first. */
  toString(): string {
    const changes = commonestFirst(this.#changes).map(
      ([kind, tally]) => `${kind}: ${tally.count}${exampleList(tally, showChange)}`,
    );
    const refused = commonestFirst(this.#refused).map(
      ([character, tally]) =>
        `refused ${quote(character)}${codePointName(character)}: ${tally.count}${exampleList(tally, showPlace)}`,
    );
    const totals = `utterances: ${this.#numUtterances}, changed: ${this.#numChanged}, with refused characters: ${this.#numRefused}`;
    return [totals, ...changes, ...refused].join("\n");
  }

  #count<K>(tallies: Map<K, NormalisationTally>, key: K, example: NormalisationExample): void {
    const tally = tallies.get(key) ?? { count: 0, examples: [] };
    tallies.set(key, tally);
    tally.count += 1;
    if (tally.examples.length < this.#maxExamples) tally.examples.push(example);
  }
}

function commonestFirst<K>(tallies: Map<K, NormalisationTally>): [K, NormalisationTally][] {
  return [...tallies].sort(([, a], [, b]) => b.count - a.count);
}

function exampleList({ examples }: NormalisationTally, show: (example: NormalisationExample) => string): string {
  return examples.length === 0 ? "" : `, such as ${examples.map(show).join("; ")}`;
}

function showChange({ utteranceId, from, to }: NormalisationExample): string {
  return `${quote(from)} to ${quote(to)} in ${utteranceId}`;
}

function showPlace({ utteranceId, position }: NormalisationExample): string {
  return `at position ${position} of ${utteranceId}`;
}

function codePointName(character: string): string {
  if ([...character].length > 1) return "";
  const hexadecimal = (character.codePointAt(0) as number).toString(16).toUpperCase();
  return ` (U+${hexadecimal.padStart(4, "0")})`;
}
