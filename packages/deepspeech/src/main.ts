/**
 * The command line's one way in and out. Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted.
 *
 * An error is one line on stderr. Its stack trace is shown with --verbose or DEEPSPEECH_DEBUG=1 alone.
 */
import type { Command } from "commander";
import { systemErrorCode } from "../errors.js";
import { describeFailure } from "./failure.js";
import { buildProgram } from "./program.js";

async function main(words: readonly string[]): Promise<number> {
  const program = await loadProgram(words);
  if (!program) return 1;
  try {
    await program.parseAsync(words, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const { message, exitCode } = describeFailure(error, program, namedCommand(program, words));
    if (message) report(message, error);
    return exitCode;
  }
}

/** The command that the words name, or one of its own commands where they go on to name that; undefined for none. */
function namedCommand(parent: Command, words: readonly string[]): Command | undefined {
  const command = parent.commands.find((candidate) => words.includes(candidate.name()));
  return command && (namedCommand(command, words) ?? command);
}

/** Undefined where the command's own module cannot be loaded, which has been reported then: libtorch is missing. */
async function loadProgram(words: readonly string[]): Promise<Command | undefined> {
  try {
    return await buildProgram(words.filter((word) => !word.startsWith("-")).slice(0, 2));
  } catch (error) {
    const program = await buildProgram([]);
    report(describeFailure(error, program, undefined).message, error);
    return undefined;
  }
}

function report(message: string, error: unknown): void {
  process.stderr.write(`deepspeech: ${message}\n`);
  const isVerbose = process.argv.includes("--verbose") || process.env.DEEPSPEECH_DEBUG === "1";
  if (isVerbose && error instanceof Error) process.stderr.write(`${inspectStack(error)}\n`);
}

/** The stack traces of an error and of its causes. */
function inspectStack(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${inspectStack(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

/** Whoever reads our output may stop reading (`| head`); that is no failure. */
process.stdout.on("error", (error) => {
  if (systemErrorCode(error) !== "EPIPE") throw error;
  process.exit(0);
});

const exitCode = await main(process.argv.slice(2));
// What was written is flushed first: a pipe may still hold it back.
process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
