/**
 * The commands and how they load. Of all commands only the one that was asked for is imported, so `--help` and `doctor`
 * answer at once, on a machine without libtorch too.
 */

import { createProgram } from "@deepspeech-ts/server/command-line";
import type { Command } from "commander";

/** What each command's module exports. */
interface CommandModule {
  /**
   * Gives the command its arguments, flags, examples and action.
   *
   * @param wholeProgram gives the program with every command that this machine can load, for what is made of all of them
   */
  configure(command: Command, wholeProgram: () => Promise<Command>): void;
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
    description: "train a model on LibriSpeech or on your own recordings",
    load: () => import("./train.js"),
  },
  {
    name: "dashboard",
    description: "show training runs in the browser, live and side by side",
    load: () => import("./dashboard.js"),
  },
  {
    name: "evaluate",
    description: "measure a checkpoint's word and character error rates",
    load: () => import("./evaluate.js"),
  },
  {
    name: "transcribe",
    description: "transcribe recordings",
    load: () => import("./transcribe.js"),
  },
  {
    name: "align",
    description: "find the times of each word of a known text",
    load: () => import("./align.js"),
  },
  {
    name: "export",
    description: "export a bundle, which needs no libtorch, for Node and browsers",
    load: () => import("./export.js"),
  },
  {
    name: "serve",
    description: "serve OpenAI's audio API and live audio with a bundle",
    load: () => import("./serve.js"),
  },
  {
    name: "lm",
    description: "build a language model from text, and tune decoding with it",
    load: () => import("./lm.js"),
  },
  {
    name: "import",
    description: "convert a PyTorch checkpoint of the reference",
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
    name: "info",
    description: "show what a bundle, run, checkpoint or language model contains",
    load: () => import("./info.js"),
  },
  {
    name: "completion",
    description: "print a completion script for bash, zsh or fish",
    load: () => import("./completion.js"),
  },
  {
    name: "setup",
    description: "find or install libtorch, and compile the native add-on for training",
    load: () => import("./setup.js"),
  },
  {
    name: "doctor",
    description: "check this machine, and say what to fix",
    load: () => import("./doctor.js"),
  },
];

/** The whole program; of its commands, those that `words` name are ready to run, the others have a name alone. */
export async function buildProgram(words: readonly string[]): Promise<Command> {
  const program = emptyProgram();
  for (const { name, description, load } of COMMANDS) {
    const command = program.command(name).description(description);
    if (words.includes(name)) (await load()).configure(command, wholeProgram);
  }
  return program;
}

/** Where libtorch is missing, commands that need it have a name alone. */
async function wholeProgram(): Promise<Command> {
  const program = emptyProgram();
  for (const { name, description, load } of COMMANDS) {
    const command = program.command(name).description(description);
    const module = await load().catch(() => undefined);
    module?.configure(command, wholeProgram);
  }
  return program;
}

function emptyProgram(): Command {
  return createProgram({
    name: "deepspeech",
    description: "End-to-end speech recognition: train, evaluate and run DeepSpeech 2 models.",
    manifest: new URL("../package.json", import.meta.url),
  })
    .helpCommand("help [command]", "show a command's help")
    .addHelpText("after", `\n${EXAMPLES}`);
}

const EXAMPLES = `Examples:
  $ npx deepspeech-ts doctor
  $ npx deepspeech-ts train --config examples/quickstart.config.ts
  $ npx deepspeech-ts evaluate runs/deepspeech/version_0 sample-corpus/test
  $ npx deepspeech-ts transcribe runs/deepspeech/version_0 recording.wav

\`deepspeech <command> --help\` shows a command's flags and examples.`;
