/** How <deepspeech-recorder> looks. Pages style it by its parts, slots and custom properties: see docs/browser.md. */

const STYLE = `
:host { --_accent: var(--deepspeech-accent, #0b63ce); display: block; font: inherit; color: var(--deepspeech-color, inherit); }
:host([hidden]) { display: none; }
.recorder { display: flex; flex-wrap: wrap; align-items: center; gap: .5em .75em; }
button { font: inherit; display: inline-flex; align-items: center; gap: .6em; min-height: 2.75em; padding: .4em 1.1em;
  border: 1px solid transparent; border-radius: var(--deepspeech-radius, 999px); cursor: pointer;
  background: var(--_accent); color: var(--deepspeech-on-accent, #fff); }
button:focus-visible { outline: 3px solid color-mix(in srgb, var(--_accent) 55%, transparent); outline-offset: 2px; }
button:disabled { cursor: default; opacity: .55; }
.icon { inline-size: .7em; block-size: .7em; border-radius: 50%; background: currentColor; }
[data-state=listening] button { background: var(--deepspeech-recording, #b3261e); }
[data-state=listening] .icon { border-radius: 15%; animation: pulse 1.4s ease-in-out infinite; }
.stop, [data-state=listening] .start { display: none; }
[data-state=listening] .stop { display: inline; }
.status { font-size: .875em; opacity: .85; }
.status.bad { opacity: 1; color: var(--deepspeech-error, #b3261e); }
.words { flex-basis: 100%; line-height: 1.5; overflow-wrap: anywhere; }
.words:not(:has(*)) { display: none; }
.log { display: inline; }
.partial { opacity: .7; }
@keyframes pulse { 50% { opacity: .35; } }
@media (prefers-reduced-motion: reduce) { .icon { animation: none !important; } }
@media (prefers-color-scheme: dark) {
  .status.bad { color: var(--deepspeech-error, #ffb4ab); }
}`;

const TEMPLATE = `
<div class="recorder" part="recorder" data-state="idle">
  <button part="button" type="button" aria-pressed="false">
    <span class="icon" part="icon" aria-hidden="true"></span>
    <span class="start"><slot name="start">Record</slot></span><span class="stop"><slot name="stop">Stop</slot></span>
  </button>
  <span class="status" part="status" role="status"></span>
  <div class="words" part="words"><div class="log" part="text" role="log" aria-label="Transcript"></div>
    <span class="partial" part="partial"></span></div>
</div>`;

export class RecorderView {
  readonly button: HTMLButtonElement;
  readonly #root: HTMLElement;
  readonly #status: HTMLElement;
  readonly #log: HTMLElement;
  readonly #partial: HTMLElement;

  constructor(shadow: ShadowRoot) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    shadow.innerHTML = TEMPLATE;
    const find = <T extends HTMLElement>(selector: string) => shadow.querySelector(selector) as T;
    this.#root = find(".recorder");
    this.button = find("button");
    this.#status = find(".status");
    this.#log = find(".log");
    this.#partial = find(".partial");
  }

  showState(state: string): void {
    this.#root.dataset.state = state;
    this.button.setAttribute("aria-pressed", String(state === "listening"));
  }

  showStatus(text: string, isBad = false): void {
    this.#status.textContent = text;
    this.#status.classList.toggle("bad", isBad);
  }

  /** Outside what screen readers read out: it changes twice a second. */
  showPartial(text: string): void {
    this.#partial.textContent = text;
  }

  addSegment(text: string): void {
    const segment = document.createElement("span");
    segment.textContent = `${text} `;
    this.#log.append(segment);
  }

  clear(text = ""): void {
    this.#log.replaceChildren();
    this.showPartial("");
    if (text !== "") this.addSegment(text);
  }
}
