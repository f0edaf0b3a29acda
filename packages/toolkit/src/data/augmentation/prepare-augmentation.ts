/**
 * Finds the user's recordings of noise and of rooms, and looks at every one before training begins: what is no
 * audio is named now, and not in the middle of the night.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { SUPPORTED_FORMATS } from "@deepspeech-ts/recognizer/audio";
import { explainReadError, UserError } from "@deepspeech-ts/recognizer/system";
import { formatPlural } from "@deepspeech-ts/speech";
import { statedDurationSeconds } from "../audio/duration.js";
import { audioBelow } from "../audio/find-files.js";
import { mapConcurrently } from "../concurrency.js";
import { reasonOf } from "../reason-of.js";
import type { AugmentationConfig } from "./augmentation-config.js";
import { overlength } from "./recording-problems.js";
import type { PreparedAugmentation } from "./utterance-augmentation.js";

/** Files looked at together. */
const CONCURRENCY = 16;

/**
 * Searches the folders of `noise` and `reverberation`, at any depth, and reads the headers of every file found. Their
 * sound is not decoded before it is needed (apply-augmentation.ts): a collection of noise lasts hours.
 *
 * @throws UserError naming the path that is missing, the folder without audio, or the first file that cannot be used
 */
export async function prepareAugmentation(config: AugmentationConfig): Promise<PreparedAugmentation> {
  const { noise, reverberation, ...settings } = config;
  const noiseFiles = await findAudioFiles(noise, "noise");
  const impulseResponseFiles = await findAudioFiles(reverberation, "reverberation");
  await checkHeaders(noiseFiles, "noise");
  await checkHeaders(impulseResponseFiles, "reverberation");
  return { ...settings, noiseFiles, impulseResponseFiles };
}

type Source = "noise" | "reverberation";

/** In an order that does not depend on the machine, each file once; a file that is named itself need not look like audio. */
async function findAudioFiles(sources: readonly string[], setting: Source): Promise<string[]> {
  const found = new Set<string>();
  for (const source of sources) {
    try {
      const files = (await stat(source)).isDirectory() ? await audioFilesIn(source, setting) : [source];
      for (const file of files) found.add(file);
    } catch (error) {
      throw explainReadError(source, error);
    }
  }
  return [...found].sort();
}

async function audioFilesIn(folder: string, setting: Source): Promise<string[]> {
  const audio = await audioBelow(folder);
  if (audio.length > 0) return audio.map((name) => join(folder, name));
  throw unusable(`${folder}: holds no audio file (${SUPPORTED_FORMATS}); give augmentation.${setting} another folder.`);
}

async function checkHeaders(paths: readonly string[], setting: Source): Promise<void> {
  const problems = await mapConcurrently(paths, CONCURRENCY, (path) => problemOf(path, setting));
  const [first, ...others] = problems.filter((problem) => problem !== undefined);
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more of ${formatPlural(paths.length, "file")})`;
  throw unusable(`augmentation.${setting}: ${first}${more}`);
}

async function problemOf(path: string, setting: Source): Promise<string | undefined> {
  try {
    const seconds = await statedDurationSeconds(path);
    const problem = setting === "reverberation" && seconds !== undefined ? overlength(seconds) : undefined;
    return problem && `${path}: ${problem}`;
  } catch (error) {
    return reasonOf(error);
  }
}

function unusable(message: string): UserError {
  return new UserError(message, { code: "bad-audio" });
}
