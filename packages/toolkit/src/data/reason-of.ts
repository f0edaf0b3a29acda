import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";

/**
 * Why a file cannot be used.
 * @throws the error itself where it is no file's fault: a defect of ours, or a lack of memory, must stop all
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof UserError)) throw error;
  return errorMessage(error);
}
