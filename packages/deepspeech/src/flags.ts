/**
 * Flags made from settings: `model.hiddenSize` becomes `--model.hidden-size <n>`, with the schema's description and
 * default in --help. Values are only brought to their type here; whether they are allowed, the schema says later.
 */
import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import type { Setting } from "./settings.js";

export interface FlagSection {
  /** The heading in --help. */
  heading: string;
  /** The section holds the settings from this key on, until the next section's. */
  firstKey: string;
}

/** A flag that knows the words it takes, which its description tells people. */
export class SettingOption extends Option {
  readonly words: readonly string[];

  constructor(flags: string, description: string, words: readonly string[] = []) {
    super(flags, description);
    this.words = words;
  }
}

/** The flag of a setting: `--model.hidden-size`. */
export function flagOf({ key }: Pick<Setting, "key">): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Gives `command` a flag for each setting, in sections. */
export function addFlags(command: Command, settings: readonly Setting[], sections: readonly FlagSection[]): void {
  let heading = "Options:";
  for (const setting of settings) {
    heading = sections.find(({ firstKey }) => firstKey === setting.key)?.heading ?? heading;
    for (const option of optionsOf(setting)) command.addOption(option.helpGroup(heading));
  }
}

/** The settings that the command line gave, keyed like the configuration, for `resolveConfig`. */
export function givenSettings(command: Command, settings: readonly Setting[]): Map<Setting, unknown> {
  const given = new Map<Setting, unknown>();
  for (const setting of settings) {
    // Commander names an option by its flag in camel case, which is the setting's key again.
    if (command.getOptionValueSource(setting.key) !== "cli") continue;
    given.set(setting, parseValue(setting, command.getOptionValue(setting.key)));
  }
  return given;
}

/** A boolean has two flags, --x and --no-x, and one line in --help. */
function optionsOf(setting: Setting): Option[] {
  const flag = flagOf(setting);
  if (setting.kind !== "boolean") {
    return [new SettingOption(`${flag} <${placeholderOf(setting)}>`, helpOf(setting), setting.choices)];
  }
  const positive = new Option(flag, helpOf(setting));
  positive.flags = flag.replace("--", "--[no-]");
  return [positive, new Option(flag.replace("--", "--no-")).hideHelp()];
}

function placeholderOf({ kind, elementKind, choices }: Setting): string {
  if (choices) return kind === "list" ? "name..." : "name";
  if (kind !== "list") return elementKind;
  // Other lists of text are lists of paths everywhere in the configuration.
  return elementKind === "text" ? "path..." : `${elementKind}...`;
}

function helpOf({ description, kind, choices, defaultValue }: Setting): string {
  const details = [
    ...(choices ? [`${kind === "list" ? "any" : "one"} of ${choices.join(", ")}`] : []),
    ...(defaultValue === undefined ? [] : [`default: ${describeDefault(defaultValue)}`]),
  ];
  return details.length === 0 ? description : `${description} (${details.join("; ")})`;
}

function describeDefault(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return [value].flat().join(" ") || "none";
}

/** Lists come as the words after a flag, or as its repetitions, and each may hold several values between commas. */
function parseValue({ kind, elementKind, choices }: Setting, given: unknown): unknown {
  if (kind === "boolean") return given;
  if (kind !== "list") return parseElement(elementKind, String(given));
  const isFreeText = elementKind === "text" && !choices;
  const parts = [given].flat().flatMap((text) => (isFreeText ? phrasesIn(String(text)) : String(text).split(",")));
  return parts.filter((part) => part !== "").map((part) => parseElement(elementKind, part.trim()));
}

/** A comma that is part of a file's name, a number or a phrase separates nothing: "1,000 dollars", "Smith, John". */
function phrasesIn(text: string): string[] {
  return existsSync(text) ? [text] : text.split(/(?<!\d(?=,\d)),(?!\s)/);
}

/** A text that is no number stays a text, and the schema refuses it by name. */
function parseElement(kind: Setting["elementKind"], text: string): unknown {
  if (kind !== "number") return text;
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? text : value;
}
