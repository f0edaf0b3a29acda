/** The words, each a button that plays it, shaded the more the less sure it is. */
import type { SpokenWord } from "@deepspeech-ts/speech";
import { find } from "../find.js";
import { isAt } from "../timeline/timeline.js";

export class Transcript {
  readonly #log = find("log");
  readonly #partial = find("partial");
  readonly #empty = find("empty");
  readonly #legend = find("legend");
  #marks: { readonly button: HTMLElement; readonly word: SpokenWord }[] = [];
  onWord: (word: SpokenWord) => void = () => {};

  clear(): void {
    this.#showEmpty("Words appear here as they are recognised, shaded where the model is unsure.");
    this.#log.replaceChildren();
    this.#marks = [];
    this.showPartial("");
    this.#legend.hidden = true;
  }

  /** A segment is read out whole by screen readers; what is partial is not. */
  addSegment(words: readonly SpokenWord[]): void {
    const paragraph = document.createElement("p");
    for (const word of words) {
      const button = this.#buttonOf(word);
      this.#marks.push({ button, word });
      paragraph.append(button, " ");
    }
    this.#log.append(paragraph);
    this.#empty.hidden = true;
    this.#legend.hidden = false;
  }

  showPartial(text: string): void {
    this.#partial.textContent = text;
    if (text !== "") this.#empty.hidden = true;
  }

  showNothingHeard(): void {
    this.#showEmpty("No speech was recognised.");
  }

  setTime(seconds: number | undefined): void {
    for (const { button, word } of this.#marks) button.classList.toggle("playing", isAt(word, seconds));
  }

  #showEmpty(text: string): void {
    this.#empty.hidden = false;
    this.#empty.textContent = text;
  }

  #buttonOf(word: SpokenWord): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "word";
    button.textContent = word.word;
    button.title = `${Math.round(100 * word.confidence)}% sure, at ${word.startSeconds.toFixed(2)} s`;
    button.style.setProperty("--sure", word.confidence.toFixed(2));
    button.addEventListener("click", () => this.onWord(word));
    return button;
  }
}
