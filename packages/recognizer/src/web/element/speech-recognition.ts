/**
 * The shape of the Web Speech API's SpeechRecognition, over a bundle or a server of this project: code that was written
 * for Chrome's, which sends what is said to Google, runs on this one.
 * https://webaudio.github.io/web-speech-api/
 */
import { hearAtServer } from "./hear-at-server.js";
import { hearHere } from "./hear-here.js";
import { explained, type Heard, NOTHING, type SpokenSegment } from "./heard.js";

/** Where `speechRecognitionOf` hears: one of `bundle` and `server`. */
export interface SpeechRecognitionSource {
  /** The URL of a bundle, to hear on this machine. */
  readonly bundle?: string;
  /** The URL of a server, to hear there. */
  readonly server?: string;
  /** For a server that wants keys: gives a token of its POST /v1/audio/stream/token. */
  readonly token?: () => string | Promise<string>;
  /** What the model understands. Default "en". */
  readonly lang?: string;
}

/** What may have been said, as the Web Speech API has it. */
export interface RecognitionAlternative {
  readonly transcript: string;
  readonly confidence: number;
}

/** A list of one alternative, as the API has it. */
export type RecognitionResult = readonly RecognitionAlternative[] & {
  readonly isFinal: boolean;
  item(index: number): RecognitionAlternative;
};

/** The Web Speech API's event "result". */
export interface RecognitionEvent extends Event {
  readonly resultIndex: number;
  readonly results: readonly RecognitionResult[] & { item(index: number): RecognitionResult };
}

/** The Web Speech API's event "error". */
export interface RecognitionErrorEvent extends Event {
  /** The API's own codes: "not-allowed", "audio-capture", "network", "aborted", "language-not-supported". */
  readonly error: string;
  readonly message: string;
}

/** A phrase to favour, as the Web Speech API has it. */
export interface RecognitionPhrase {
  readonly phrase: string;
  readonly boost?: number;
}

const ERRORS: Readonly<Record<string, string>> = {
  "permission-denied": "not-allowed",
  "no-microphone": "audio-capture",
  offline: "network",
  server: "network",
};

const HANDLED = ["start", "audiostart", "speechstart", "speechend", "audioend", "result", "error", "end"] as const;
type Handled = (typeof HANDLED)[number];
type Handler = ((event: Event) => void) | null;

/** The Web Speech API's SpeechRecognition, by a model of ours; made by `speechRecognitionOf`. */
export class ModelSpeechRecognition extends EventTarget {
  readonly #source: SpeechRecognitionSource;
  lang = "";
  continuous = false;
  interimResults = false;
  /** One is all that there is. */
  maxAlternatives = 1;
  /** Phrases to favour; their boosts are the bundle's. */
  phrases: readonly RecognitionPhrase[] = [];

  onstart: Handler = null;
  onaudiostart: Handler = null;
  onspeechstart: Handler = null;
  onspeechend: Handler = null;
  onaudioend: Handler = null;
  onresult: ((event: RecognitionEvent) => void) | null = null;
  onerror: ((event: RecognitionErrorEvent) => void) | null = null;
  onend: Handler = null;

  #abort: AbortController | undefined;
  /** Closes the microphone, once it is open. */
  #closeMicrophone: (() => void) | undefined;
  #isStopping = false;
  #finals: RecognitionResult[] = [];

  constructor(source: SpeechRecognitionSource) {
    super();
    this.#source = source;
    for (const name of HANDLED) {
      const call = (event: Event) => (this[`on${name}` as `on${Handled}`] as Handler)?.call(this, event);
      this.addEventListener(name, call);
    }
  }

  start(): void {
    if (this.#abort) throw new DOMException("recognition has already started", "InvalidStateError");
    this.#abort = new AbortController();
    this.#isStopping = false;
    this.#finals = [];
    void this.#run(this.#abort.signal);
  }

  /** What was said is still recognised. */
  stop(): void {
    this.#isStopping = true;
    this.#closeMicrophone?.();
  }

  abort(): void {
    this.#abort?.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      if (!this.#isOwnLanguage()) {
        this.#tellError("language-not-supported", `the model understands ${this.#ownLang}`);
        return;
      }
      const events = await this.#open(signal);
      this.#tell("audiostart");
      await this.#hear(events);
      this.#tell("audioend");
    } catch (error) {
      this.#fail(error, signal);
    } finally {
      this.#closeMicrophone = undefined;
      this.#abort = undefined;
      this.#tell("end");
    }
  }

  get #ownLang(): string {
    return this.#source.lang ?? "en";
  }

  #isOwnLanguage(): boolean {
    const languageOf = (tag: string) => tag.split("-")[0]?.toLowerCase();
    return this.lang === "" || languageOf(this.lang) === languageOf(this.#ownLang);
  }

  #open(signal: AbortSignal): Promise<AsyncIterable<Heard>> {
    const { bundle, server, token } = this.#source;
    const options = {
      ...{ bundle, server, signal, token },
      hotWords: this.phrases.map(({ phrase }) => phrase),
      onProgress: () => {},
      onMicrophone: () => {},
      onOpen: (stop: () => void) => {
        this.#closeMicrophone = stop;
        if (this.#isStopping) stop();
      },
      onListening: () => this.#tell("start"),
    };
    return server === undefined
      ? hearHere({ ...options, bundle: bundle as string })
      : hearAtServer({ ...options, server });
  }

  async #hear(events: AsyncIterable<Heard>): Promise<void> {
    let isSpeaking = false;
    for await (const event of events) {
      if (!isSpeaking) this.#tell("speechstart");
      isSpeaking = event.kind === "partial" && event !== NOTHING;
      if (event === NOTHING) {
        this.#tell("speechend");
        continue;
      }
      if (event.kind === "partial") {
        const transcript = [event.stable, event.tail].filter((part) => part !== "").join(" ");
        if (this.interimResults && transcript !== "") this.#tellResults(resultOf({ transcript, confidence: 0 }, false));
        continue;
      }
      this.#tell("speechend");
      this.#tellResults(resultOf({ transcript: this.#spaced(event.text), confidence: confidenceOf(event) }, true));
      if (this.continuous) continue;
      this.stop();
      // What was said after it may be here already.
      return;
    }
    if (isSpeaking) this.#tell("speechend");
  }

  /** Chrome's later finals begin with a space, so that programs may join them as they are. */
  #spaced(text: string): string {
    return this.#finals.length > 0 ? ` ${text}` : text;
  }

  #tellResults(result: RecognitionResult): void {
    const resultIndex = this.#finals.length;
    const results = [...this.#finals, result];
    if (result.isFinal) this.#finals = results;
    const listed = Object.assign(results.slice(), { item: (index: number) => results[index] as RecognitionResult });
    this.dispatchEvent(Object.assign(new Event("result"), { resultIndex, results: listed }));
  }

  #fail(failure: unknown, signal: AbortSignal): void {
    const { code = "", message } = explained(failure);
    if (signal.aborted) this.#tellError("aborted", "");
    else this.#tellError(ERRORS[code] ?? "service-not-allowed", message);
  }

  #tellError(error: string, message: string): void {
    this.dispatchEvent(Object.assign(new Event("error"), { error, message }));
  }

  #tell(name: Handled): void {
    this.dispatchEvent(new Event(name));
  }
}

/** A class to be used in the place of `SpeechRecognition`. */
export function speechRecognitionOf(source: SpeechRecognitionSource): new () => ModelSpeechRecognition {
  if (source.bundle === undefined && source.server === undefined) {
    throw new TypeError("give the URL of a bundle, or of a server");
  }
  return class SpeechRecognition extends ModelSpeechRecognition {
    constructor() {
      super(source);
    }
  };
}

function resultOf(alternative: RecognitionAlternative, isFinal: boolean): RecognitionResult {
  return Object.assign([alternative], { isFinal, item: () => alternative });
}

/** Of a text, the mean of its words'. */
function confidenceOf({ words }: SpokenSegment): number {
  return words.reduce((sum, { confidence }) => sum + confidence, 0) / Math.max(1, words.length);
}
