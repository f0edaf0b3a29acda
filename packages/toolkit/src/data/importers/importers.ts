/** The formats that can be imported. A new one is a file beside this, and a line here. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { commonVoice } from "./common-voice.js";
import { folder } from "./folder.js";
import type { Importer } from "./importer.js";
import { ljspeech } from "./ljspeech.js";
import { mozillaCsv } from "./mozilla-csv.js";
import { nemo } from "./nemo.js";

/** All importers, by the order in which help lists them. */
export const IMPORTERS: readonly Importer[] = [commonVoice, ljspeech, folder, mozillaCsv, nemo];

/** The importer of that name; a UserError lists the names where there is none. */
export function findImporter(name: string): Importer {
  const found = IMPORTERS.find((importer) => importer.name === name);
  if (found) return found;
  const names = IMPORTERS.map((importer) => importer.name).join(", ");
  throw new UserError(`format is "${name}", expected one of ${names}.`, { exitCode: 2 });
}
