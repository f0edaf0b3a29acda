/** Calls between threads or processes: a method's name and arguments go over, its result or its error comes back. */
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
  readonly transfer: readonly ArrayBuffer[];
}

export type Handlers = Readonly<Record<string, (...args: never[]) => Promise<Transferred>>>;

/** The serving side: what `handlers` make of a call. Never throws. */
export async function answerTo(
  handlers: Handlers,
  { id, method, args }: Call,
): Promise<{ answer: Answer; transfer: readonly ArrayBuffer[] }> {
  try {
    const handler = handlers[method] as (...args: readonly unknown[]) => Promise<Transferred>;
    const { result, transfer } = await handler(...args);
    return { answer: { id, result }, transfer };
  } catch (error) {
    return { answer: failureOf(id, error), transfer: [] };
  }
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
