/** `deepspeech serve`: the server's own command, with the English model where no bundle is named. */
import { configure as configureServer } from "@deepspeech-ts/server/serve-command";
import type { Command } from "commander";
import { defaultModels } from "./default-model.js";

export function configure(command: Command): void {
  configureServer(command, { defaultBundle: defaultModels });
}
