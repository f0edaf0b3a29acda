/** The transcript as text to correct; submitted, its words are found in the recording anew. */
import { find } from "../find.js";

export class Editor {
  readonly #form = find<HTMLFormElement>("editor");
  readonly #field = find<HTMLTextAreaElement>("edited");
  readonly #button = find<HTMLButtonElement>("edit");
  readonly #text: HTMLElement;
  onText: (text: string) => void = () => {};
  #given = "";

  constructor() {
    this.#text = document.querySelector<HTMLElement>(".text") as HTMLElement;
    this.#button.addEventListener("click", () => this.#open());
    find("cancel").addEventListener("click", () => this.#close());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#close();
      this.onText(this.#field.value.trim());
    });
    this.#form.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#close();
    });
  }

  offer(text: string | undefined): void {
    this.#given = text ?? "";
    this.#button.disabled = text === undefined;
    if (!this.#form.hidden) this.#close();
  }

  #open(): void {
    this.#field.value = this.#given;
    this.#form.hidden = false;
    this.#text.hidden = true;
    this.#button.disabled = true;
    this.#field.focus();
  }

  #close(): void {
    this.#form.hidden = true;
    this.#text.hidden = false;
    this.#button.disabled = false;
    this.#button.focus();
  }
}
