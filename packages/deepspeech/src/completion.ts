/** `deepspeech completion`. */
import { Argument, type Command, type Option } from "commander";
import { type CompletedCommand, type CompletedFlag, completionScripts, type Shell } from "./completion-scripts.js";
import { SettingOption } from "./flags.js";

const HELP = `
The script is generated from the program's own commands and flags: print it again after an update. It completes
"deepspeech", as installed by npm install --global deepspeech-ts.

Examples:
  $ npx deepspeech-ts completion bash > ~/.local/share/bash-completion/completions/deepspeech
  $ npx deepspeech-ts completion zsh > ~/.zfunc/_deepspeech    # with fpath+=~/.zfunc before compinit in ~/.zshrc
  $ npx deepspeech-ts completion fish > ~/.config/fish/completions/deepspeech.fish`;

export function configure(command: Command, wholeProgram: () => Promise<Command>): void {
  command
    .addArgument(new Argument("<shell>", "whose script to print").choices(Object.keys(completionScripts)))
    .addHelpText("after", HELP)
    .action(async (shell: Shell) => {
      const program = await wholeProgram();
      process.stdout.write(completionScripts[shell](program.name(), commandsOf(program)));
    });
}

/** The command and all below it; `path` are the words that lead there. */
function commandsOf(command: Command, path: readonly string[] = []): CompletedCommand[] {
  const { commands } = command;
  const isProgram = path.length === 0;
  const own = {
    path,
    subcommands: commands.map((below) => ({ name: below.name(), description: below.description() })),
    flags: [...command.options.flatMap(flagsOf), ...(isProgram ? [] : globalFlags(command)), HELP_FLAG],
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  return [own, ...commands.flatMap((below) => commandsOf(below, [...path, below.name()]))];
}

const HELP_FLAG: CompletedFlag = { name: "--help", description: "show a command's help", takesValue: false, words: [] };

/** Of the program, those that every command takes. */
function globalFlags(command: Command): CompletedFlag[] {
  let program = command;
  while (program.parent) program = program.parent;
  return program.options.flatMap(flagsOf).filter(({ name }) => name !== "--version");
}

function flagsOf(option: Option): CompletedFlag[] {
  if (option.long === undefined || option.long === null) return [];
  const words = option instanceof SettingOption ? option.words : (option.argChoices ?? []);
  const { description, required, optional } = option;
  return [{ name: option.long.replace("[no-]", ""), description, takesValue: required || optional, words }];
}
