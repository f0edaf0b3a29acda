/**
 * <deepspeech-recorder>: a button that hears, and the text of what was said, as an ordinary control of forms. It weighs a
 * few kilobytes; recogniser and model are fetched when they are first needed.
 */
import type { RecognizerErrorCode } from "../../errors.js";
import type { LoadProgress } from "../fetch-bundle.js";
import type { MicrophoneEvent } from "../microphone.js";
import type { Recognizer } from "../recognizer.js";
import { hearAtServer } from "./hear-at-server.js";
import { hearHere, loadShared } from "./hear-here.js";
import { explained, type Heard, HearError, type HearOptions, type SpokenPartial, type SpokenSegment } from "./heard.js";
import { RecorderView } from "./view.js";

/**
 * "loading": the visitor is asked for the microphone, and from when it is open all that is said is heard, while the rest gets
 * ready. "finishing": it is closed, and what was said is still recognised.
 */
export type RecorderState = "idle" | "loading" | "listening" | "finishing";

/** What is told when a recording is over. */
export interface RecorderResult {
  readonly text: string;
  readonly segments: readonly SpokenSegment[];
}

/** What went wrong, for programs and for people. */
export interface RecorderFailure {
  readonly code: RecognizerErrorCode | "server" | "failed";
  readonly message: string;
}

/** The details of the element's events, each a CustomEvent that does not bubble. */
export interface RecorderEvents {
  partial: SpokenPartial;
  segment: SpokenSegment;
  result: RecorderResult;
  statechange: { readonly state: RecorderState };
  progress: LoadProgress;
  microphone: { readonly kind: MicrophoneEvent };
  error: RecorderFailure;
}

const STATUS: Readonly<Record<RecorderState, string>> = {
  idle: "",
  loading: "Getting ready…",
  listening: "Listening…",
  finishing: "Finishing…",
};

/** On a server, where pages are rendered, there are no elements; the class is there, and is never made. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** `<deepspeech-recorder>`: a button that records, and a control of forms whose value is what was said. */
export class DeepspeechRecorder extends Base {
  static readonly formAssociated = true;
  static readonly observedAttributes = ["required"];

  /**
   * For a server that wants keys: gives a token of its POST /v1/audio/stream/token, which the page's own server asks for.
   * Called for each recording.
   */
  token: (() => string | Promise<string>) | undefined;

  readonly #internals = this.attachInternals();
  readonly #view: RecorderView;
  #state: RecorderState = "idle";
  #segments: SpokenSegment[] = [];
  #value = "";
  #isFormDisabled = false;
  /** Closes the microphone, once it is open. */
  #closeMicrophone: (() => void) | undefined;
  #abort: AbortController | undefined;
  /** What went wrong with this recording. */
  #failure = "";

  constructor() {
    super();
    this.#view = new RecorderView(this.attachShadow({ mode: "open", delegatesFocus: true }));
    this.#view.button.addEventListener("click", () => void this.toggle());
    this.#validate();
  }

  /** The URL of a bundle, which is heard with on this machine. */
  get bundle(): string | undefined {
    return this.getAttribute("bundle") ?? undefined;
  }
  set bundle(url: string | undefined) {
    this.#reflect("bundle", url);
  }

  /** The URL of a server, which hears instead of this machine. */
  get server(): string | undefined {
    return this.getAttribute("server") ?? undefined;
  }
  set server(url: string | undefined) {
    this.#reflect("server", url);
  }

  /** Phrases to favour; between commas in the attribute `hot-words`. */
  get hotWords(): string[] {
    const given = this.getAttribute("hot-words") ?? "";
    return given.split(",").flatMap((phrase) => phrase.trim() || []);
  }
  set hotWords(phrases: readonly string[]) {
    this.#reflect("hot-words", phrases.length > 0 ? phrases.join(", ") : undefined);
  }

  /** Whether it hears on after a pause. Without it, a recording ends with its first segment. */
  get continuous(): boolean {
    return this.hasAttribute("continuous");
  }
  set continuous(value: boolean) {
    this.toggleAttribute("continuous", value);
  }

  get disabled(): boolean {
    return this.hasAttribute("disabled");
  }
  set disabled(value: boolean) {
    this.toggleAttribute("disabled", value);
  }

  get required(): boolean {
    return this.hasAttribute("required");
  }
  set required(value: boolean) {
    this.toggleAttribute("required", value);
  }

  get name(): string {
    return this.getAttribute("name") ?? "";
  }
  set name(value: string) {
    this.setAttribute("name", value);
  }

  /** The text of what was said; what a form sends. */
  get value(): string {
    return this.#value;
  }
  set value(text: string) {
    this.#segments = [];
    this.#view.clear(text);
    this.#setValue(text);
  }

  get state(): RecorderState {
    return this.#state;
  }

  get form(): HTMLFormElement | null {
    return this.#internals.form;
  }
  get validity(): ValidityState {
    return this.#internals.validity;
  }
  get validationMessage(): string {
    return this.#internals.validationMessage;
  }
  checkValidity(): boolean {
    return this.#internals.checkValidity();
  }
  reportValidity(): boolean {
    return this.#internals.reportValidity();
  }

  /** Fetches recogniser and bundle before they are needed. Rejects with a RecognizerError. */
  load(): Promise<Recognizer> {
    if (this.bundle === undefined) throw new TypeError("<deepspeech-recorder> needs the attribute bundle to load one");
    return loadShared(this.bundle, (progress) => this.#tell("progress", progress));
  }

  toggle(): Promise<void> {
    if (this.#state === "idle") return this.start();
    this.stop();
    return Promise.resolve();
  }

  /** Hears anew. Resolves when the recording is over, however it ends; see the events. */
  async start(): Promise<void> {
    if (this.#state !== "idle" || this.disabled || this.#isFormDisabled) return;
    this.value = "";
    const abort = new AbortController();
    this.#abort = abort;
    this.#failure = "";
    this.#enter("loading");
    try {
      await this.#hear(await this.#open(abort.signal));
      this.#finish();
    } catch (error) {
      this.#enter("idle");
      if (!abort.signal.aborted) this.#fail(error);
    } finally {
      this.#closeMicrophone = undefined;
      this.#view.showPartial("");
    }
  }

  /** Closes the microphone; what was said is still recognised. */
  stop(): void {
    if (this.#state !== "loading" && this.#state !== "listening") return;
    this.#enter("finishing");
    this.#closeMicrophone?.();
  }

  /** Ends at once; what was not recognised yet is dropped. */
  abort(): void {
    this.#abort?.abort();
  }

  disconnectedCallback(): void {
    this.abort();
  }

  attributeChangedCallback(): void {
    this.#validate();
  }

  formResetCallback(): void {
    this.value = "";
  }

  formDisabledCallback(isDisabled: boolean): void {
    this.#isFormDisabled = isDisabled;
    this.#view.button.disabled = isDisabled;
    if (isDisabled) this.stop();
  }

  formStateRestoreCallback(state: string | null): void {
    this.value = state ?? "";
  }

  #open(signal: AbortSignal): Promise<AsyncIterable<Heard>> {
    const { bundle, server, hotWords, token } = this;
    const options: HearOptions = {
      ...{ bundle, server, hotWords, token, signal },
      onProgress: (progress) => this.#showProgress(progress),
      onMicrophone: (kind) => this.#showMicrophone(kind),
      onOpen: (stop) => {
        this.#closeMicrophone = stop;
        // It may have been stopped while it was opened.
        if (this.#state === "finishing") stop();
      },
      onListening: () => {
        if (this.#state === "loading") this.#enter("listening");
      },
    };
    if (server !== undefined) return hearAtServer({ ...options, server });
    if (bundle !== undefined) return hearHere({ ...options, bundle });
    throw new HearError("bad-argument", "<deepspeech-recorder> needs the attribute bundle or server");
  }

  async #hear(events: AsyncIterable<Heard>): Promise<void> {
    for await (const event of events) {
      const { kind, ...detail } = event;
      if (kind === "partial") {
        const { stable, tail } = detail as SpokenPartial;
        this.#view.showPartial([stable, tail].filter((part) => part !== "").join(" "));
        this.#tell("partial", { stable, tail });
        continue;
      }
      const segment = detail as SpokenSegment;
      this.#segments.push(segment);
      this.#view.showPartial("");
      this.#view.addSegment(segment.text);
      this.#setValue(this.#segments.map(({ text }) => text).join(" "));
      this.#tell("segment", segment);
      if (this.continuous) continue;
      this.stop();
      // What was said after it may be here already.
      return;
    }
  }

  #finish(): void {
    this.#enter("idle");
    this.#tell("result", { text: this.#value, segments: this.#segments });
    for (const type of ["input", "change"]) this.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
  }

  #fail(error: unknown): void {
    const { code = "failed", message } = explained(error);
    this.#failure = message;
    this.#view.showStatus(message, true);
    this.#tell("error", { code, message });
  }

  #showProgress(progress: LoadProgress): void {
    const { loadedBytes, totalBytes } = progress;
    if (this.#state === "loading" && totalBytes) {
      this.#view.showStatus(`Loading the model: ${Math.floor((100 * loadedBytes) / totalBytes)}%`);
    }
    this.#tell("progress", progress);
  }

  #showMicrophone(kind: MicrophoneEvent): void {
    if (kind === "interrupted") this.#view.showStatus("The microphone is interrupted");
    if (kind === "resumed") this.#view.showStatus(STATUS[this.#state]);
    this.#tell("microphone", { kind });
    if (kind !== "lost") return;
    if (this.#state !== "finishing") this.#enter("finishing");
    this.#fail(new HearError("no-microphone", "the microphone was lost; is it still connected?"));
  }

  #enter(state: RecorderState): void {
    this.#state = state;
    this.#view.showState(state);
    // It is still to be read when all is over.
    this.#view.showStatus(this.#failure || STATUS[state], this.#failure !== "");
    for (const other of Object.keys(STATUS)) this.#internals.states?.delete(other);
    try {
      this.#internals.states?.add(state);
    } catch {
      // Chromium before 125 took dashed names alone.
    }
    this.#tell("statechange", { state });
  }

  #tell<Name extends keyof RecorderEvents>(name: Name, detail: RecorderEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #setValue(text: string): void {
    this.#value = text;
    this.#internals.setFormValue(text);
    this.#validate();
  }

  #validate(): void {
    if (!this.required || this.#value !== "") this.#internals.setValidity({});
    else this.#internals.setValidity({ valueMissing: true }, "Please say something.", this.#view.button);
  }

  #reflect(name: string, value: string | undefined): void {
    if (value === undefined) this.removeAttribute(name);
    else this.setAttribute(name, value);
  }
}
