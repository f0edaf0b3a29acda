/** The flags of evaluate and transcribe that say how emissions become text. */
import type { Command } from "commander";
import { type DecodingConfig, decodingSchema } from "../evaluation/decoding-config.js";
import { readConfigFile } from "./config-file.js";
import { addFlags, givenSettings } from "./flags.js";
import { resolveConfig } from "./resolve-config.js";
import { type Setting, settingsOf } from "./settings.js";

const decodingSettings: readonly Setting[] = settingsOf(decodingSchema);

export function addDecodingFlags(command: Command): void {
  command.option("--decoding <file>", 'decoding settings, as "deepspeech lm tune" writes them; flags go before it');
  addFlags(command, decodingSettings, [{ firstKey: "lm", heading: "Decoding (greedy unless told):" }]);
}

/** What the flags and the file ask for. */
export async function givenDecoding(command: Command): Promise<DecodingConfig> {
  const path = command.getOptionValue("decoding") as string | undefined;
  const file = path === undefined ? undefined : await readConfigFile(path);
  return resolveConfig(decodingSchema, { file, flags: givenSettings(command, decodingSettings) });
}
