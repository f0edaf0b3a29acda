/**
 * The commands and how they load. Of all commands only the one that was asked for is imported, so `--help` and `doctor`
 * answer at once, on a machine without libtorch too.
 */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { threadsWarning } from "../threads-warning.js";
import { fitted, formatItem, helpWidth } from "./help-layout.js";

/** What each command's module exports. */
interface CommandModule {
  /** Gives the command its arguments, flags, examples and action. */
  configure(command: Command): void;
}

interface CommandEntry {
  name: string;
  description: string;
  load(): Promise<CommandModule>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: "data",
    description: "download, import, check, describe and pack corpora",
    load: () => import("./data.js"),
  },
  {
    name: "train",
    description: "train a model on LibriSpeech or on recordings of your own",
    load: () => import("./train.js"),
  },
  {
    name: "dashboard",
    description: "show runs in the browser, live and side by side",
    load: () => import("./dashboard.js"),
  },
  {
    name: "evaluate",
    description: "measure a checkpoint's word and character error rates",
    load: () => import("./evaluate.js"),
  },
  {
    name: "transcribe",
    description: "write down what is said in recordings",
    load: () => import("./transcribe.js"),
  },
  {
    name: "align",
    description: "tell when each word of a known text is spoken",
    load: () => import("./align.js"),
  },
  {
    name: "export",
    description: "write a bundle that recognises without libtorch, in Node and in a browser",
    load: () => import("./export.js"),
  },
  {
    name: "serve",
    description: "answer OpenAI's audio API and live sound with a bundle",
    load: () => import("./serve.js"),
  },
  {
    name: "lm",
    description: "build a language model from text, and tune decoding with it",
    load: () => import("./lm.js"),
  },
  {
    name: "import",
    description: "turn a PyTorch checkpoint of the reference into one of this project",
    load: () => import("./import-checkpoint.js"),
  },
  {
    name: "average",
    description: "average the weights of several checkpoints",
    load: () => import("./average.js"),
  },
  {
    name: "summary",
    description: "show a model's layers, shapes and parameter counts",
    load: () => import("./summary.js"),
  },
  {
    name: "doctor",
    description: "check this machine, and say what to mend",
    load: () => import("./doctor.js"),
  },
];

/** The whole program; of its commands, those that `words` name are ready to run, the others have a name alone. */
export async function buildProgram(words: readonly string[]): Promise<Command> {
  const program = new Command("deepspeech")
    .description("End-to-end speech recognition: train, evaluate and run DeepSpeech 2 models.")
    .version(packageVersion(), "--version", "print the version")
    .option("--verbose", "show where an error came from (also: DEEPSPEECH_DEBUG=1)")
    .helpOption("--help", "show this text")
    .helpCommand("help [command]", "show a command's help")
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
    .hook("preAction", (_, command) => warnOfThreads(command))
    .addHelpText("after", `\n${EXAMPLES}`);
  for (const { name, description, load } of COMMANDS) {
    const command = program.command(name).description(description);
    if (words.includes(name)) (await load()).configure(command);
  }
  return program;
}

/** Training tells of it in its log too, and so by itself. */
function warnOfThreads(command: Command): void {
  if (command.name() === "train") return;
  for (const key of ["threads", "workers"] as const) {
    const given = Number(command.getOptionValue(key));
    const warning = threadsWarning(key, Number.isNaN(given) ? undefined : given);
    if (warning) process.stderr.write(`deepspeech: warning: --${warning}\n`);
  }
}

const EXAMPLES = `Examples:
  $ npx deepspeech doctor
  $ npx deepspeech train --config examples/quickstart.config.ts
  $ npx deepspeech evaluate runs/deepspeech/version_0 sample-corpus/test
  $ npx deepspeech transcribe runs/deepspeech/version_0 recording.wav

\`deepspeech <command> --help\` shows a command's flags and examples.`;

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
