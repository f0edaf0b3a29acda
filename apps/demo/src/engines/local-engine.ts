/** Recognises on the visitor's machine. */
import type { LoadProgress, Recognizer, TranscribeOptions } from "@deepspeech-ts/recognizer/web";
import { type SpokenWord, spokenWord } from "@deepspeech-ts/speech";
import type { Recording } from "../sound/recording.js";
import { Tokens } from "../timeline/tokens.js";
import type { Answer, Engine, Listener, Live, LiveSound, Settings } from "./engine.js";

type Module = typeof import("@deepspeech-ts/recognizer/web");

/** Served beside the page, as it stands in the package. */
export const loadModule = (): Promise<Module> =>
  import(/* @vite-ignore */ new URL("recognizer/index.js", document.baseURI).href);

export async function openLocal(
  bundle: string | Request | Blob,
  onProgress: (progress: LoadProgress) => void,
): Promise<LocalEngine> {
  const { Recognizer } = await loadModule();
  return new LocalEngine(await Recognizer.load(bundle, { onProgress }));
}

export class LocalEngine implements Engine {
  readonly #recognizer: Recognizer;

  constructor(recognizer: Recognizer) {
    this.#recognizer = recognizer;
  }

  get description(): string {
    const { runtime, header } = this.#recognizer;
    const millions = (header.training.numParameters / 1e6).toFixed(1);
    const threads = runtime.threads === 1 ? "one thread" : `${runtime.threads} threads`;
    const kept = runtime.isKept ? "kept for the next visit" : "not kept in this browser";
    return `${millions} million parameters, ${header.precision}, WebAssembly on ${threads}; ${kept}.`;
  }

  /** Ends what it still does, and its workers. */
  close(): Promise<void> {
    return this.#recognizer.close();
  }

  makeTokens(): Tokens {
    const { alphabet, frameSeconds } = this.#recognizer.header;
    return new Tokens(alphabet.tokens, alphabet.blankId, frameSeconds);
  }

  async transcribe(recording: Recording, settings: Settings, listener: Listener): Promise<Answer> {
    const { text, timedWords, durationSeconds } = await this.#recognizer.transcribe(soundOf(recording), {
      ...decodingOf(settings),
      ...rateOf(recording),
      wordTimes: true,
      onSegment: ({ text, timedWords }) => listener.onSegment({ text, words: wordsOf(timedWords) }),
      onEmissions: listener.onEmissions,
    });
    return { text, words: wordsOf(timedWords), durationSeconds };
  }

  async *listen({ sound, sampleRate }: LiveSound, settings: Settings): AsyncGenerator<Live> {
    const options = { ...decodingOf(settings), sampleRate, wordTimes: true };
    for await (const event of this.#recognizer.stream(sound, options)) {
      if (event.kind === "partial") yield { kind: "partial", text: `${event.stable} ${event.tail}`.trim() };
      // Of what was shown no word has remained.
      else if (event.text === "") yield { kind: "partial", text: "" };
      else yield { kind: "segment", text: event.text, words: wordsOf(event.timedWords) };
    }
  }

  async align(recording: Recording, text: string): Promise<Answer> {
    const { timedWords, durationSeconds } = await this.#recognizer.align(soundOf(recording), text, rateOf(recording));
    return { text, words: wordsOf(timedWords), durationSeconds };
  }
}

function decodingOf({ isGreedy, hotWords }: Settings): Pick<TranscribeOptions, "decoding" | "hotWords"> {
  return isGreedy ? { decoding: "greedy" } : { decoding: "beam", hotWords };
}

function soundOf({ file, samples }: Recording): File | Float32Array {
  return file ?? samples;
}

function rateOf({ file, sampleRate }: Recording): { sampleRate?: number } {
  return file ? {} : { sampleRate };
}

function wordsOf(words: readonly SpokenWord[] = []): SpokenWord[] {
  return words.map(spokenWord);
}
