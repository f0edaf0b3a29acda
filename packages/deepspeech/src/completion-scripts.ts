/**
 * What makes a shell complete a program's commands. Each script walks over the words that are typed to find the command
 * that they lead to, and offers what follows it: commands below, flags, a flag's words. Everywhere else file names do.
 */

/** A command, and what may follow it. */
export interface CompletedCommand {
  /** The words that lead to it; none for the program. */
  readonly path: readonly string[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly flags: readonly CompletedFlag[];
  /** What its arguments may be, where that is known. */
  readonly words: readonly string[];
}

export interface CompletedFlag {
  /** Such as "--output". */
  readonly name: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** What its value may be, where that is known; a path otherwise. */
  readonly words: readonly string[];
}

type Script = (program: string, commands: readonly CompletedCommand[]) => string;

export type Shell = "bash" | "zsh" | "fish";

export const completionScripts: Readonly<Record<Shell, Script>> = { bash, zsh, fish };

/** `complete -o default` falls back to file names where nothing is offered. */
function bash(program: string, commands: readonly CompletedCommand[]): string {
  const offers = commands.map(({ path, subcommands, flags, words }) => {
    const names = [...subcommands.map(({ name }) => name), ...words].join(" ");
    return `    ${quote(path.join(" "))}) names=${quote(names)}; flags=${quote(flags.map(({ name }) => name).join(" "))} ;;`;
  });
  return `${[
    `# Completion of ${program} for bash.`,
    `_${program}() {`,
    "  local before=$3 word=$2 command= names= flags= i",
    "  for ((i = 1; i < COMP_CWORD; i++)); do",
    `    case "$command \${COMP_WORDS[i]}" in`,
    ...walkCases(commands, "      "),
    "    esac",
    "  done",
    "  COMPREPLY=()",
    '  case "$command $before" in',
    ...valueCases(commands, (words) => `COMPREPLY=($(compgen -W ${quote(words.join(" "))} -- "$word")); return`),
    "  esac",
    '  case "$command" in',
    ...offers,
    "  esac",
    "  if [[ $word == -* ]]; then names=$flags; fi",
    '  COMPREPLY=($(compgen -W "$names" -- "$word"))',
    "}",
    `complete -o default -F _${program} ${program}`,
  ].join("\n")}\n`;
}

function zsh(program: string, commands: readonly CompletedCommand[]): string {
  const offers = commands.map(({ path, subcommands, flags, words }) => {
    const named = [...subcommands, ...words.map((name) => ({ name, description: "" }))];
    const list = (items: readonly { name: string; description: string }[]) =>
      items.map(({ name, description }) => quote(`${name.replaceAll(":", "\\:")}:${firstLine(description)}`)).join(" ");
    return `    ${quote(path.join(" "))}) names=(${list(named)}); flags=(${list(flags)}) ;;`;
  });
  return `${[
    `#compdef ${program}`,
    `_${program}() {`,
    "  local command= i",
    "  local -a names flags",
    "  for ((i = 2; i < CURRENT; i++)); do",
    '    case "$command $words[i]" in',
    ...walkCases(commands, "      "),
    "    esac",
    "  done",
    '  case "$command $words[CURRENT-1]" in',
    ...valueCases(commands, (words) => `compadd -- ${words.map(quote).join(" ")}; return`, "_files; return"),
    "  esac",
    '  case "$command" in',
    ...offers,
    "  esac",
    "  if [[ $words[CURRENT] == -* ]]; then _describe -o flag flags; return; fi",
    "  if (( $#names )); then _describe command names; else _files; fi",
    "}",
    // Sourced, or loaded by compinit from a file of this name, which is called at once.
    `if [[ $funcstack[1] == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi`,
  ].join("\n")}\n`;
}

function fish(program: string, commands: readonly CompletedCommand[]): string {
  const walker = `__${program}_command`;
  const lines = commands.flatMap(({ path, subcommands, flags, words }) => {
    const start = `complete -c ${program} -n ${quoteForFish(`test "$(${walker})" = "${path.join(" ")}"`)}`;
    const named = [...subcommands, ...words.map((name) => ({ name, description: "" }))];
    return [
      ...named.map(({ name, description }) => `${start} -f -a ${quoteForFish(name)}${described(description)}`),
      ...flags.map(({ name, description, takesValue, words: values }) => {
        const value = values.length > 0 ? ` -x -a ${quoteForFish(values.join(" "))}` : takesValue ? " -r -F" : "";
        return `${start} -l ${name.slice(2)}${value}${described(description)}`;
      }),
    ];
  });
  return `${[
    `# Completion of ${program} for fish.`,
    `function ${walker}`,
    "  set -l command",
    "  for word in (commandline -opc)[2..-1]",
    '    switch "$command $word"',
    ...commands.flatMap(({ path }) =>
      path.length === 0
        ? []
        : [`      case ${quoteForFish(walked(path))}`, `        set command ${quoteForFish(path.join(" "))}`],
    ),
    "    end",
    "  end",
    '  echo "$command"',
    "end",
    ...lines,
  ].join("\n")}\n`;

  function described(description: string): string {
    const text = firstLine(description);
    return text === "" ? "" : ` -d ${quoteForFish(text)}`;
  }
}

/** The command found so far and the next word, as the scripts compare them. */
function walked(path: readonly string[]): string {
  return `${path.slice(0, -1).join(" ")} ${path.at(-1)}`;
}

function walkCases(commands: readonly CompletedCommand[], indent: string): string[] {
  return commands.flatMap(({ path }) =>
    path.length === 0 ? [] : [`${indent}${quote(walked(path))}) command=${quote(path.join(" "))} ;;`],
  );
}

/** What follows a flag that takes a value: its words, or paths. */
function valueCases(
  commands: readonly CompletedCommand[],
  offer: (words: readonly string[]) => string,
  offerPaths = "return",
): string[] {
  return commands.flatMap(({ path, flags }) => {
    const taking = flags.filter(({ takesValue }) => takesValue);
    const patterns = (some: readonly CompletedFlag[]) =>
      some.map(({ name }) => quote(`${path.join(" ")} ${name}`)).join("|");
    const paths = taking.filter(({ words }) => words.length === 0);
    return [
      ...taking.flatMap((flag) => (flag.words.length > 0 ? [`    ${patterns([flag])}) ${offer(flag.words)} ;;`] : [])),
      ...(paths.length > 0 ? [`    ${patterns(paths)}) ${offerPaths} ;;`] : []),
    ];
  });
}

/** For POSIX shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quoteForFish(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
