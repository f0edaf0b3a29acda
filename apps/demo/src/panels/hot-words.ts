/** Phrases to favour, as chips. */
import { find } from "../find.js";

export class HotWords {
  readonly #list = find("chips");
  readonly #input = find<HTMLInputElement>("phrase");
  #phrases: string[] = [];
  onChange: () => void = () => {};

  constructor() {
    find("hot-words").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add(this.#input.value);
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === ",") {
        event.preventDefault();
        this.#add(this.#input.value);
      }
      const last = this.#phrases.at(-1);
      if (event.key === "Backspace" && this.#input.value === "" && last !== undefined) this.#remove(last);
    });
  }

  get phrases(): readonly string[] {
    return this.#phrases;
  }

  #add(text: string): void {
    const phrases = text.split(",").flatMap((phrase) => phrase.trim() || []);
    this.#input.value = "";
    if (phrases.length > 0) this.#set([...new Set([...this.#phrases, ...phrases])]);
  }

  #remove(phrase: string): void {
    this.#set(this.#phrases.filter((other) => other !== phrase));
    this.#input.focus();
  }

  #set(phrases: string[]): void {
    this.#phrases = phrases;
    this.#list.replaceChildren(...phrases.map((phrase) => this.#chipOf(phrase)));
    this.onChange();
  }

  #chipOf(phrase: string): HTMLLIElement {
    const chip = document.createElement("li");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.ariaLabel = `Remove ${phrase}`;
    remove.addEventListener("click", () => this.#remove(phrase));
    chip.append(phrase, remove);
    return chip;
  }
}
