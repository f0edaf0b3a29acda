/**
 * The kinds of files that are read. Each says what its damaged files are made of, what changes they can have beside those
 * of any file, and how they are read: a list of steps, each of which gives a value or an error of one line.
 */
import { archive } from "./archive.mjs";
import { bundle } from "./bundle.mjs";
import { pytorch, safetensors } from "./checkpoints.mjs";
import { manifest, packed, tables, transcripts } from "./corpora.mjs";
import { arpa, arpaGzip, binaryModel, languageModelText } from "./language-models.mjs";
import { runFolder } from "./run-folder.mjs";
import { alphabetFile, apiKeys, decodingSettings, trainingConfig } from "./settings.mjs";

export const FORMATS = [
  ...[
    bundle,
    safetensors,
    pytorch,
    arpa,
    arpaGzip,
    binaryModel,
    languageModelText,
    manifest,
    ...tables,
    transcripts,
    packed,
  ],
  ...[apiKeys, alphabetFile, decodingSettings, trainingConfig, runFolder, archive],
];

export function formatNamed(name) {
  const found = FORMATS.find((format) => format.name === name);
  if (found) return found;
  throw new Error(`--format is "${name}", expected one of ${FORMATS.map((format) => format.name).join(", ")}`);
}

/** What is damaged, and what only lies beside it. */
export async function filesOf(format) {
  const files = await format.seeds();
  return { seeds: files.filter(({ isCompanion }) => !isCompanion), companions: files };
}
