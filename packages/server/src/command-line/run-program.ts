/**
 * A program's one way in and out. Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted.
 *
 * An error is one line on stderr. Its stack trace is shown with --verbose or DEEPSPEECH_DEBUG=1 alone.
 */
import { writeSync } from "node:fs";
import { errorMessage, systemErrorCode } from "@deepspeech-ts/recognizer/system";
import type { Command } from "commander";
import { describeFailure } from "./failure.js";

/** Gives the program; of its commands, those that `words` name are ready to run. */
export type BuildProgram = (words: readonly string[]) => Promise<Command>;

/** Runs the program on the words of the command line, and ends the process. */
export async function runProgram(buildProgram: BuildProgram): Promise<void> {
  process.stdout.on("error", endWithoutOutput);
  const exitCode = await run(buildProgram, process.argv.slice(2));
  // What was written is flushed first: a pipe may still hold it back.
  process.stdout.write("", () => {
    // An error that the stream is yet to tell.
    if (process.stdout.errored) endWithoutOutput(process.stdout.errored);
    process.stderr.write("", () => process.exit(exitCode));
  });
}

function endWithoutOutput(error: Error): never {
  // Whoever reads our output may stop reading (`| head`); that is no failure.
  if (systemErrorCode(error) === "EPIPE") process.exit(0);
  const reason = systemErrorCode(error) === "ENOSPC" ? "the disk is full; free some space" : errorMessage(error);
  writeSync(process.stderr.fd, `the output could not be written: ${reason}\n`);
  process.exit(1);
}

async function run(buildProgram: BuildProgram, words: readonly string[]): Promise<number> {
  const program = await loadProgram(buildProgram, words);
  if (!program) return 1;
  try {
    await program.parseAsync(words, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const { message, exitCode } = describeFailure(error, program, namedCommand(program, words));
    if (message) report(program, message, error);
    return exitCode;
  }
}

/**
 * The command that the words name, or one of its own commands where they go on to name that; undefined for none. A
 * program without commands is one itself.
 */
function namedCommand(parent: Command, words: readonly string[]): Command | undefined {
  if (parent.commands.length === 0) return parent;
  const command = parent.commands.find((candidate) => words.includes(candidate.name()));
  return command && (namedCommand(command, words) ?? command);
}

/** Undefined where the command's own module cannot be loaded, which has been reported then: libtorch is missing. */
async function loadProgram(buildProgram: BuildProgram, words: readonly string[]): Promise<Command | undefined> {
  try {
    return await buildProgram(words.filter((word) => !word.startsWith("-")).slice(0, 2));
  } catch (error) {
    const program = await buildProgram([]);
    report(program, describeFailure(error, program, undefined).message, error);
    return undefined;
  }
}

function report(program: Command, message: string, error: unknown): void {
  process.stderr.write(`${program.name()}: ${message}\n`);
  const isVerbose = process.argv.includes("--verbose") || process.env.DEEPSPEECH_DEBUG === "1";
  if (isVerbose && error instanceof Error) process.stderr.write(`${inspectStack(error)}\n`);
}

/** The stack traces of an error and of its causes. */
function inspectStack(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${inspectStack(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
