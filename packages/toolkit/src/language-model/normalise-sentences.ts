/** Text on its way to a language model, brought to the letters that a recogniser writes, as transcripts are. */
import { type Alphabet, NormalisationReport, normaliseToAlphabet } from "@deepspeech-ts/speech";
import { UserError } from "../errors.js";

/** One sentence a line, piece by piece. Sentences that the alphabet cannot write are left out, and counted. */
export class SentenceNormaliser {
  readonly #alphabet: Alphabet;
  readonly #plain: RegExp;
  readonly #report = new NormalisationReport();
  #isChanged = false;
  #numKept = 0;

  constructor(alphabet: Alphabet) {
    this.#alphabet = alphabet;
    const letters = alphabet.tokens.filter((token, id) => id !== alphabet.blankId && token !== " ");
    const word = `[${letters.map((letter) => letter.replace(/[\\\]^-]/g, "\\$&")).join("")}]+`;
    this.#plain = new RegExp(`^${word}(?: ${word})*$`, "u");
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
    // Most of a large corpus is in order, and a rule would find nothing in it.
    if (this.#plain.test(line)) {
      this.#report.add(id, { text: line, changes: [], refused: [] });
      return line;
    }
    const normalised = normaliseToAlphabet(line, this.#alphabet);
    this.#isChanged ||= normalised.changes.length > 0 || normalised.refused.length > 0;
    this.#report.add(id, normalised);
    return normalised.refused.length > 0 ? "" : normalised.text;
  }

  /**
   * What was changed and left out, in lines for people; "" where nothing was.
   *
   * @throws UserError where nothing is left of a text
   */
  report(paths: readonly string[]): string {
    if (this.#numKept === 0 && this.#isChanged) {
      throw new UserError(
        `${paths.join(", ")}: no sentence can be written in the alphabet; give the model's letters with --alphabet, or --no-normalise.`,
        { code: "bad-corpus" },
      );
    }
    return this.#isChanged ? this.#report.toString() : "";
  }
}
