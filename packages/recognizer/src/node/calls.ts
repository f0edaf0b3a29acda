/** Calls between threads or processes: a method's name and arguments go over, its result or its error comes back. */
import { parentPort, type TransferListItem } from "node:worker_threads";
import { SpeechError } from "@deepspeech-ts/speech";
import { RecognizerError } from "../errors.js";

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  /** Errors for people lose their class on the way, and are given it again. */
  | { readonly id: number; readonly kind: "RecognizerError" | "SpeechError"; readonly code: string; message: string }
  | { readonly id: number; readonly kind: "defect"; readonly error: unknown };

/** A result, and which of its buffers a thread need not copy. */
export interface Transferred {
  readonly result: unknown;
  readonly transfer: readonly TransferListItem[];
}

/** The serving side, a worker thread or a process: answers calls with the methods of `handlers`. */
export function serveCalls(handlers: Readonly<Record<string, (...args: never[]) => Promise<Transferred>>>): void {
  const parent = parentPort ?? process;
  const post = (answer: Answer, transfer: readonly TransferListItem[] = []) => {
    if (parentPort) parentPort.postMessage(answer, transfer);
    // Where the parent is gone, nobody waits for the answer, and `followParent` is told.
    else process.send?.(answer, undefined, undefined, () => {});
  };
  parent.on("message", async ({ id, method, args }: Call) => {
    try {
      const handler = handlers[method] as (...args: unknown[]) => Promise<Transferred>;
      const { result, transfer } = await handler(...args);
      post({ id, result }, transfer);
    } catch (error) {
      post(failureOf(id, error));
    }
  });
}

function failureOf(id: number, error: unknown): Answer {
  if (error instanceof RecognizerError) {
    return { id, kind: "RecognizerError", code: error.code, message: error.message };
  }
  if (error instanceof SpeechError) return { id, kind: "SpeechError", code: error.code, message: error.message };
  return { id, kind: "defect", error };
}

/** The error that an answer stands for. */
export function revived(answer: Exclude<Answer, { result: unknown }>): unknown {
  if (answer.kind === "defect") return answer.error;
  const KnownError = answer.kind === "SpeechError" ? SpeechError : RecognizerError;
  return new KnownError(answer.code as never, answer.message);
}
