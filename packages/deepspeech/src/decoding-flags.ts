/** The flags of evaluate, export and transcribe that say how emissions become text. */

import { usageError } from "@deepspeech-ts/server/command-line";
import { type DecodingConfig, decodingSchema } from "@deepspeech-ts/toolkit/internal/evaluation/decoding-config.js";
import type { Command } from "commander";
import { readConfigFile } from "./config-file.js";
import { addFlags, givenSettings } from "./flags.js";
import { resolveConfig } from "./resolve-config.js";
import { type Setting, settingsOf } from "./settings.js";

const decodingSettings: readonly Setting[] = settingsOf(decodingSchema);

/** @param otherwise how decoding is without them, for --help */
export function addDecodingFlags(command: Command, otherwise = "greedy by default"): void {
  command.option("--decoding <file>", 'decoding settings from "deepspeech lm tune"; flags take precedence');
  addFlags(command, decodingSettings, [{ firstKey: "lm", heading: `Decoding (${otherwise}):` }]);
}

/**
 * What the flags and the file ask for.
 *
 * @throws UserError (exit 2) for a weight of hot words where there are none
 */
export async function givenDecoding(command: Command): Promise<DecodingConfig> {
  const { config, givenKeys } = await readDecoding(command);
  if (givenKeys.has("hotWordWeight")) requireHotWords(config.hotWords);
  return config;
}

/** The same for a bundle that is to be made: its hot words may come with a request. */
export async function decodingOfBundle(command: Command): Promise<DecodingConfig> {
  return (await readDecoding(command)).config;
}

/** @throws UserError (exit 2) where a weight would do nothing */
export function requireHotWords(hotWords: readonly string[]): void {
  if (hotWords.length === 0) throw usageError("hotWordWeight has no effect without hot words; give hotWords");
}

/** The same without defaults: what is absent is as a bundle has it. */
export async function givenDecodingAlone(command: Command): Promise<Partial<DecodingConfig>> {
  const { config, givenKeys } = await readDecoding(command);
  return Object.fromEntries(Object.entries(config).filter(([key]) => givenKeys.has(key)));
}

async function readDecoding(command: Command): Promise<{ config: DecodingConfig; givenKeys: Set<string> }> {
  const path = command.getOptionValue("decoding") as string | undefined;
  const file = path === undefined ? undefined : await readConfigFile(path, "--decoding");
  const flags = givenSettings(command, decodingSettings);
  const config = resolveConfig(decodingSchema, { file, flags });
  const givenKeys = new Set([...Object.keys(file?.content ?? {}), ...[...flags.keys()].map(({ key }) => key)]);
  return { config, givenKeys };
}
