import { UserError } from "@deepspeech-ts/recognizer/system";

/** Wrong usage of the command line: one line, exit code 2. */
export function usageError(message: string): UserError {
  return new UserError(message, { code: "bad-argument", exitCode: 2 });
}
