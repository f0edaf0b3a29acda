/** How a program of this project is laid out: its help, its version, what it warns of. */
import { readFileSync } from "node:fs";
import { threadsWarning } from "@deepspeech-ts/recognizer/system";
import { Command } from "commander";
import { fitted, formatItem, helpWidth } from "./help-layout.js";

export interface ProgramOptions {
  name: string;
  description: string;
  /** The package.json that tells the version. */
  manifest: URL;
}

/** A program without commands and flags of its own yet; errors are thrown, for `runProgram` to tell. */
export function createProgram({ name, description, manifest }: ProgramOptions): Command {
  return new Command(name)
    .description(description)
    .version(versionOf(manifest), "-v, --version", "print the version")
    .option("--verbose", "show where an error came from (also: DEEPSPEECH_DEBUG=1)")
    .helpOption("--help", "show this text")
    .configureHelp({ showGlobalOptions: true, formatItem, minWidthToWrap: 1 })
    .showSuggestionAfterError(false)
    .configureOutput({
      outputError: () => {},
      writeOut: (text) => process.stdout.write(fitted(text)),
      writeErr: (text) => process.stderr.write(fitted(text)),
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
    })
    .exitOverride()
    .hook("preAction", (program, command) => warnOfThreads(program, command));
}

/** Training tells of it in its log too, and so by itself. */
function warnOfThreads(program: Command, command: Command): void {
  if (command.name() === "train") return;
  for (const key of ["threads", "workers"] as const) {
    const given = Number(command.getOptionValue(key));
    const warning = threadsWarning(key, Number.isNaN(given) ? undefined : given);
    if (warning) process.stderr.write(`${program.name()}: warning: --${warning}\n`);
  }
}

function versionOf(manifest: URL): string {
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
