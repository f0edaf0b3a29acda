/** Hears on the visitor's machine. The recogniser itself is fetched when it is first needed, once for the page. */
import { spokenWord } from "@deepspeech-ts/speech";
import type { StreamEvent } from "../../core/stream-options.js";
import type { LoadProgress } from "../fetch-bundle.js";
import type { MicrophoneSound } from "../microphone.js";
import type { Recognizer } from "../recognizer.js";
import { type Heard, type HearOptions, NOTHING, stopTracks, unlessAborted } from "./heard.js";

export const loadModule = () => import("../index.js");

interface Loading {
  readonly recognizer: Promise<Recognizer>;
  readonly listeners: Set<(progress: LoadProgress) => void>;
}

/** By their URLs: elements of one page share a model. */
const loading = new Map<string, Loading>();

export async function loadShared(bundle: string, onProgress: (progress: LoadProgress) => void): Promise<Recognizer> {
  const { href } = new URL(bundle, document.baseURI);
  const known = loading.get(href) ?? startLoading(href);
  known.listeners.add(onProgress);
  try {
    return await known.recognizer;
  } catch (error) {
    // The next one tries again.
    loading.delete(href);
    throw error;
  } finally {
    known.listeners.delete(onProgress);
  }
}

function startLoading(url: string): Loading {
  const listeners: Loading["listeners"] = new Set();
  const onProgress = (progress: LoadProgress) => {
    for (const listener of listeners) listener(progress);
  };
  const recognizer = loadModule().then(({ Recognizer }) => Recognizer.load(url, { onProgress }));
  const started = { recognizer, listeners };
  loading.set(url, started);
  return started;
}

/** The microphone is opened while the model loads: what is said meanwhile is heard. */
export async function hearHere(options: HearOptions & { readonly bundle: string }): Promise<AsyncIterable<Heard>> {
  const { hotWords, signal } = options;
  const { microphoneSound, openMicrophone } = await loadModule();
  const stream = await openMicrophone();
  const stop = () => stopTracks(stream);
  signal.addEventListener("abort", stop);
  let microphone: MicrophoneSound | undefined;
  try {
    signal.throwIfAborted();
    microphone = await microphoneSound(stream, options);
    options.onOpen(stop);
    const recognizer = await unlessAborted(loadShared(options.bundle, options.onProgress), signal);
    options.onListening();
    const { sound, sampleRate } = microphone;
    const events = recognizer.stream(sound, { sampleRate, hotWords, signal, wordTimes: true });
    return heard(events, microphone, stop);
  } catch (error) {
    stop();
    await microphone?.close();
    throw error;
  }
}

async function* heard(
  events: AsyncIterable<StreamEvent>,
  microphone: MicrophoneSound,
  stop: () => void,
): AsyncGenerator<Heard> {
  try {
    for await (const event of events) {
      if (event.kind === "partial") yield { kind: "partial", stable: event.stable, tail: event.tail };
      else if (event.text === "") yield NOTHING;
      else {
        const { text, timedWords = [], startSeconds, endSeconds } = event;
        const words = timedWords.map(spokenWord);
        yield { kind: "segment", text, words, startSeconds, endSeconds };
      }
    }
  } finally {
    stop();
    // Its sound does so where it was listened to; a request that is refused never listens.
    await microphone.close();
  }
}
