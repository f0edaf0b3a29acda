/**
 * `transcribe --stream`: raw samples from standard input, text as it is spoken. A terminal shows the segment that is
 * being spoken in a line that changes; a pipe gets whole lines alone, one for each segment that a pause has ended.
 */
import type { StreamEvent } from "@deepspeech-ts/recognizer";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { roundSpan } from "@deepspeech-ts/speech";
import { complaintOf, type OpenBundle } from "./bundle-recognizer.js";

/** Of a terminal that does not tell its width. */
const USUAL_COLUMNS = 80;
/** Back to the line's beginning, and clear it. */
const NEW_LINE = "\r\x1b[K";

export interface StreamWishes {
  /** Samples a second. Default: the model's. */
  sampleRate?: number;
  /** Print JSON objects, a line each. */
  json: boolean;
  /** Aborting ends the stream: what has been said by then is still written down. */
  signal: AbortSignal;
}

export async function transcribeStream(
  { recognizer, decoding }: OpenBundle,
  { sampleRate, json, signal }: StreamWishes,
): Promise<void> {
  const sound = untilAborted(process.stdin, signal);
  const options = { ...decoding, fileName: "standard input", ...(sampleRate !== undefined && { sampleRate }) };
  const show = json ? showJson : process.stdout.isTTY ? showLive : showFinal;
  try {
    for await (const event of recognizer.stream(sound, options)) show(event);
  } catch (error) {
    throw new UserError(complaintOf("standard input", error), { code: "bad-audio", cause: error });
  }
}

/** The stream's pieces until it ends, or until the signal ends it. */
async function* untilAborted(stream: NodeJS.ReadStream, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const stop = () => stream.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (!signal.aborted) for await (const piece of stream) yield piece as Uint8Array;
  } catch (error) {
    // A stream that is destroyed complains that it had not ended.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function showJson(event: StreamEvent): void {
  if (event.kind !== "final" || event.text === "") return;
  process.stdout.write(`${JSON.stringify({ ...roundSpan(event), text: event.text })}\n`);
}

function showFinal(event: StreamEvent): void {
  if (event.kind === "final" && event.text !== "") process.stdout.write(`${event.text}\n`);
}

function showLive(event: StreamEvent): void {
  const text = event.kind === "final" ? event.text : `${event.stable} ${event.tail}`.trim();
  // A final without a word takes back what was shown.
  const isLine = event.kind === "final" && text !== "";
  process.stdout.write(NEW_LINE + (isLine ? `${text}\n` : endOfLine(text, process.stdout.columns || USUAL_COLUMNS)));
}

/** As much of a text's end as fits into one line of a terminal: a longer one could not be taken back. */
function endOfLine(text: string, columns: number): string {
  return text.length < columns ? text : `…${text.slice(text.length - columns + 2)}`;
}
