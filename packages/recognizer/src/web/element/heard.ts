/** What comes of a microphone while it is heard, whether this machine recognises it or a server does. */
import type { Span, SpokenWord } from "@deepspeech-ts/speech";
import type { RecognizerErrorCode } from "../../errors.js";
import type { LoadProgress } from "../fetch-bundle.js";
import type { MicrophoneEvent } from "../microphone.js";

/** Words so far: those that stay, and what follows them for now. */
export interface SpokenPartial {
  readonly stable: string;
  readonly tail: string;
}

/** Speech between two pauses. */
export interface SpokenSegment extends Span {
  readonly text: string;
  readonly words: readonly SpokenWord[];
}

export type Heard = ({ readonly kind: "partial" } & SpokenPartial) | ({ readonly kind: "segment" } & SpokenSegment);

/** Words were shown, and none remain of them. */
export const NOTHING: Heard = { kind: "partial", stable: "", tail: "" };

/** What is to be heard, and how. */
export interface HearOptions {
  /** The URL of a bundle. */
  readonly bundle: string | undefined;
  /** The URL of a server, which hears instead. */
  readonly server: string | undefined;
  /** For a server that wants keys: asked for each recording. */
  readonly token: (() => string | Promise<string>) | undefined;
  readonly hotWords: readonly string[];
  /** Aborted, the microphone is let go at once; what was said is not recognised. */
  readonly signal: AbortSignal;
  onProgress(progress: LoadProgress): void;
  onMicrophone(event: MicrophoneEvent): void;
  /** The microphone is open. @param stop closes it; what was said is still recognised */
  onOpen(stop: () => void): void;
  /** The microphone is open, and whoever hears it is ready. */
  onListening(): void;
}

/** The errors of the recogniser, and those of its server; what the page's own code is told. */
export interface RecorderError {
  readonly code: RecognizerErrorCode | "server";
  readonly message: string;
}

/** An error of a server that hears; those of this machine are RecognizerErrors. */
export class HearError extends Error implements RecorderError {
  constructor(
    readonly code: RecorderError["code"],
    message: string,
  ) {
    super(message);
  }
}

/** What an error of any kind is called in messages: with a code where it is ours, for a DOMException's is a number. */
export function explained(error: unknown): { readonly code?: RecorderError["code"]; readonly message: string } {
  const { name, code, message = String(error) } = Object(error) as Partial<RecorderError & Error>;
  // The recogniser is a script of its own, with a class of its own.
  const isOurs = error instanceof HearError || name === "RecognizerError";
  return isOurs && code !== undefined ? { code, message } : { message };
}

/** Closes a microphone. */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** The promise's outcome, or the signal's reason where that comes first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let tell = () => {};
  const aborted = new Promise<never>((_, reject) => {
    tell = () => reject(signal.reason);
    signal.addEventListener("abort", tell);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", tell);
  }
}
