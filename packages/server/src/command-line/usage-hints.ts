/** What wrong usage comes from, as far as the words tell: said with the complaint, for the complaint alone rarely helps. */
import { statSync } from "node:fs";
import { whatItIs } from "@deepspeech-ts/recognizer/system";
import type { Command, Option } from "commander";

/** After a complaint that an argument is missing. */
export function missingArgumentHint(command: Command): string {
  const [first] = command.registeredArguments;
  const [given] = command.args;
  if (first && given !== undefined && takesModel(first.name()) && isRecording(given)) {
    return `; ${given} is a recording, and the ${first.name()} comes before it`;
  }
  return swallowedHint(command) ?? `; usage: ${pathOf(command)} ${command.usage()}`;
}

/** Of words that no argument takes. */
export function excessMessage(
  command: Command,
  excess: readonly string[] = command.args.slice(command.registeredArguments.length),
): string {
  return `${command.name()} has no use for ${excess.join(" ")}; usage: ${pathOf(command)} ${command.usage()}`;
}

/**
 * Where a model may be left out: the complaint that a flag of several words took one; undefined where none did.
 */
export function swallowedModelHint(command: Command): string | undefined {
  for (const { option, words } of swallowingFlags(command)) {
    if (words.some(isModelFile)) return `${option.long} took ${words.join(" ")}: ${PUT_BEFORE}`;
  }
  return undefined;
}

function isModelFile(word: string): boolean {
  return word.endsWith(".dsb") || ["bundle", "run"].includes(whatItIs(word));
}

const PUT_BEFORE = "put the arguments before it, or -- after its own words";

/** A flag that takes several words takes the arguments after it too. */
function swallowedHint(command: Command): string | undefined {
  const [flag] = swallowingFlags(command);
  return flag && `; ${flag.option.long} took ${flag.words.join(" ")}: ${PUT_BEFORE}`;
}

function swallowingFlags(command: Command): { option: Option; words: string[] }[] {
  return command.options.flatMap((option) => {
    const name = option.attributeName();
    if (!option.variadic || command.getOptionValueSource(name) !== "cli") return [];
    const words = [command.getOptionValue(name) as unknown].flat().map(String);
    return words.length < 2 ? [] : [{ option, words }];
  });
}

function takesModel(name: string): boolean {
  return ["model", "bundle", "checkpoint"].includes(name);
}

function isRecording(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true && whatItIs(path) === "recording";
}

/** "deepspeech data check" */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
