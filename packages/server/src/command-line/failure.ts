/** Turns whatever a command threw into one line and an exit code. */

import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";
import { printable } from "@deepspeech-ts/speech";
import { type Command, CommanderError } from "commander";
import { nearestName } from "./nearest-name.js";
import { excessMessage, missingArgumentHint, pathOf } from "./usage-hints.js";

export interface Failure {
  /** Empty where there is nothing to say: help was printed. */
  message: string;
  exitCode: number;
}

const WRONG_USAGE = 2;
/** Errors of other packages that speak to people already; told by name, for importing TorchError loads libtorch. */
const SPEAKING_ERRORS = new Set(["TorchError", "SpeechError", "RecognizerError"]);

/** @param command the command that ran, for its flags' names */
export function describeFailure(error: unknown, program: Command, command: Command | undefined): Failure {
  if (error instanceof CommanderError) return describeUsage(error, program, command);
  if (error instanceof UserError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof Error && SPEAKING_ERRORS.has(error.name))
    return { message: printable(errorMessage(error)), exitCode: 1 };
  return { message: `internal error: ${printable(errorMessage(error))} (--verbose shows where)`, exitCode: 1 };
}

function describeUsage(error: CommanderError, program: Command, command: Command | undefined): Failure {
  if (error.exitCode === 0) return { message: "", exitCode: 0 };
  if (error.code === "commander.help") return { message: "", exitCode: WRONG_USAGE };
  const message = error.message.replace(/^error: /, "").replace(/\.$/, "");
  const unknown = /'([^'=]*)/.exec(message)?.[1] ?? "";
  if (error.code === "commander.unknownOption") {
    const flags = [...(command?.options ?? []), ...program.options].flatMap(({ long }) => long ?? []);
    return { message: message + suggest(unknown, [...flags, "--help"], command ?? program), exitCode: WRONG_USAGE };
  }
  if (error.code === "commander.unknownCommand") {
    const parent = command ?? program;
    const names = parent.commands.map((known) => known.name());
    return { message: message + suggest(unknown, names, parent), exitCode: WRONG_USAGE };
  }
  if (error.code === "commander.missingArgument" && command) {
    return { message: message + missingArgumentHint(command), exitCode: WRONG_USAGE };
  }
  if (error.code === "commander.excessArguments" && command) {
    return { message: excessMessage(command), exitCode: WRONG_USAGE };
  }
  return { message, exitCode: WRONG_USAGE };
}

function suggest(name: string, candidates: readonly string[], command: Command): string {
  const nearest = nearestName(name, candidates);
  if (nearest) return `; did you mean '${nearest}'?`;
  return `; \`${pathOf(command)} --help\` lists what there is`;
}
