/** Text on its way to a language model, brought to the letters that a recogniser writes, as transcripts are. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import {
  type Alphabet,
  englishAlphabet,
  formatPlural,
  NormalisationReport,
  type TagTreatment,
} from "@deepspeech-ts/speech";
import type { Normaliser } from "../data/normaliser.js";
import { normaliseTranscript, type TranscriptOptions } from "../data/prepare.js";

export interface SentenceOptions {
  /** The recogniser's; undefined where text is not brought to one. */
  alphabet: Alphabet | undefined;
  /** Of one's own: it goes before. */
  normaliser?: Normaliser | undefined;
  /** Default "drop". */
  soundTags?: TagTreatment | undefined;
}

/** One sentence a line, piece by piece. Sentences that the alphabet cannot write are left out, and counted. */
export class SentenceNormaliser {
  readonly #options: TranscriptOptions;
  readonly #report = new NormalisationReport();
  #isChanged = false;
  #numKept = 0;
  /** Sentences that a normaliser of one's own gives up, by its reason: how many, and where the first stands. */
  readonly #givenUp = new Map<string, { count: number; first: string }>();

  constructor({ alphabet, ...own }: SentenceOptions) {
    this.#options = { alphabet: alphabet ?? englishAlphabet, normalise: alphabet !== undefined, ...own };
  }

  /**
   * Whole lines, brought to the alphabet.
   *
   * @param place the number and file of the first line, for the report
   */
  normalise(chunk: string, place: { path: string; line: number }): string {
    const kept: string[] = [];
    for (const [index, line] of chunk.split("\n").entries()) {
      if (line.trim() === "") continue;
      const sentence = this.#sentence(line, `line ${place.line + index} of ${place.path}`);
      if (sentence !== "") kept.push(sentence);
    }
    this.#numKept += kept.length;
    return kept.length === 0 ? "" : `${kept.join("\n")}\n`;
  }

  #sentence(line: string, id: string): string {
    const normalised = normaliseTranscript(line, this.#options);
    if (typeof normalised === "string") return this.#giveUp(normalised, id);
    this.#isChanged ||= normalised.changes.length > 0 || normalised.refused.length > 0;
    this.#report.add(id, normalised);
    return normalised.refused.length > 0 ? "" : normalised.text;
  }

  #giveUp(reason: string, id: string): "" {
    const known = this.#givenUp.get(reason);
    this.#givenUp.set(reason, { count: (known?.count ?? 0) + 1, first: known?.first ?? id });
    return "";
  }

  /**
   * What was changed and left out, in lines for people; "" where nothing was.
   *
   * @throws UserError where nothing is left of a text
   */
  report(paths: readonly string[]): string {
    const lines = [...this.#givenUp].map(
      ([reason, { count, first }]) => `${formatPlural(count, "sentence")} left out: ${reason} (first: ${first})`,
    );
    if (this.#numKept === 0 && lines.length > 0)
      throw new UserError(`${paths.join(", ")}: ${lines[0]}.`, { code: "bad-corpus" });
    if (this.#numKept === 0 && this.#isChanged) {
      throw new UserError(
        `${paths.join(", ")}: no sentence can be written in the alphabet; give the model's letters with --alphabet, or --no-normalise.`,
        { code: "bad-corpus" },
      );
    }
    return [...(this.#isChanged ? [this.#report.toString()] : []), ...lines].join("\n");
  }
}
