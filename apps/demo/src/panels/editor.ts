/** The transcript as text to correct; submitted, its words are found in the recording anew, and it stays until they are. */
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
    find("cancel").addEventListener("click", () => this.close());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.onText(this.#field.value.trim());
    });
    this.#form.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.close();
    });
  }

  /** The text to correct. What a visitor has begun to write is theirs, unless there is no recording for it any more. */
  offer(text: string | undefined): void {
    this.#given = text ?? "";
    if (text === undefined) this.close();
    this.#button.disabled = text === undefined || !this.#form.hidden;
  }

  /** What was written is done with, or not wanted. */
  close(): void {
    const hadFocus = this.#form.contains(document.activeElement);
    this.#form.hidden = true;
    this.#text.hidden = false;
    this.#button.disabled = false;
    if (hadFocus) this.#button.focus();
  }

  #open(): void {
    this.#field.value = this.#given;
    this.#form.hidden = false;
    this.#text.hidden = true;
    this.#button.disabled = true;
    this.#field.focus();
  }
}
