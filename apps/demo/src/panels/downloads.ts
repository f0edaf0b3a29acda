/** The transcript as a file. */
import { formatTranscript, type OutputFormat } from "@deepspeech-ts/speech";
import type { Answer } from "../engines/engine.js";

export class Downloads {
  readonly #buttons = [...document.querySelectorAll<HTMLButtonElement>("[data-format]")];
  #answer: Answer | undefined;
  #name = "recording";

  constructor() {
    for (const button of this.#buttons) {
      button.addEventListener("click", () => this.#save(button.dataset.format as OutputFormat));
    }
  }

  offer(answer: Answer | undefined, name = "recording"): void {
    this.#answer = answer;
    this.#name = name.replace(/\.\w+$/, "");
    for (const button of this.#buttons) button.disabled = answer === undefined;
  }

  #save(format: OutputFormat): void {
    const answer = this.#answer;
    if (!answer) return;
    const { text, words, durationSeconds } = answer;
    const timedWords = words.map((word) => ({ ...word, characters: [] }));
    const content = formatTranscript({ id: this.#name, text, timedWords, durationSeconds }, format);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content]));
    link.download = `${this.#name}.${format}`;
    link.click();
    URL.revokeObjectURL(link.href);
  }
}
