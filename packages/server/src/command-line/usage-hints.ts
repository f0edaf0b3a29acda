/** What wrong usage comes from, as far as the words tell: said with the complaint, for the complaint alone rarely helps. */
import { statSync } from "node:fs";
import { whatItIs } from "@deepspeech-ts/recognizer/system";
import type { Command } from "commander";

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
export function excessMessage(command: Command): string {
  const excess = command.args.slice(command.registeredArguments.length).join(" ");
  return `${command.name()} has no use for ${excess}; usage: ${pathOf(command)} ${command.usage()}`;
}

/** A flag that takes several words takes the arguments after it too. */
function swallowedHint(command: Command): string | undefined {
  for (const option of command.options) {
    const name = option.attributeName();
    if (!option.variadic || command.getOptionValueSource(name) !== "cli") continue;
    const words = [command.getOptionValue(name) as unknown].flat().map(String);
    if (words.length < 2) continue;
    return `; ${option.long} took ${words.join(" ")}: put the arguments before it, or -- after its own words`;
  }
  return undefined;
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
