/**
 * Finds the user's recordings of noise and of rooms, and listens to every one before training begins: a file that
 * cannot be used is named now, and not in the middle of the night.
 */
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { AUDIO_EXTENSIONS } from "@deepspeech-ts/recognizer/audio";
import { UserError } from "../../errors.js";
import { explainReadError } from "../../files.js";
import type { AudioFacts } from "../check/audio-facts.js";
import { measureCorpus } from "../check/measure-corpus.js";
import type { AugmentationConfig } from "./augmentation-config.js";
import type { PreparedAugmentation } from "./utterance-augmentation.js";

/** The longest echoes of real rooms last some ten seconds; a longer recording is something else. */
const LONGEST_IMPULSE_RESPONSE_SECONDS = 20;

export interface PrepareAugmentationOptions {
  /** Threads that listen. Default: one for each core. */
  numWorkers?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Searches the folders of `noise` and `reverberation`, at any depth, and decodes every file found.
 *
 * @throws UserError naming the path that is missing, the folder without audio, or the first file that cannot be used
 */
export async function prepareAugmentation(
  config: AugmentationConfig,
  options: PrepareAugmentationOptions = {},
): Promise<PreparedAugmentation> {
  const { noise, reverberation, ...settings } = config;
  const noiseFiles = await findAudioFiles(noise, "noise");
  const impulseResponseFiles = await findAudioFiles(reverberation, "reverberation");
  await checkFiles(noiseFiles, { ...options, setting: "noise", problemOf: silence });
  await checkFiles(impulseResponseFiles, {
    ...options,
    setting: "reverberation",
    problemOf: (facts) => silence(facts) ?? overlength(facts),
  });
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
  const names = await readdir(folder, { recursive: true });
  const audio = names.filter((name) => AUDIO_EXTENSIONS.has(extname(name).toLowerCase()));
  if (audio.length > 0) return audio.map((name) => join(folder, name));
  const endings = [...AUDIO_EXTENSIONS].join(", ");
  throw unusable(`${folder}: holds no audio file (${endings}); give augmentation.${setting} another folder.`);
}

interface CheckOptions extends PrepareAugmentationOptions {
  setting: Source;
  problemOf: (facts: AudioFacts) => string | undefined;
}

async function checkFiles(paths: readonly string[], { setting, problemOf, ...options }: CheckOptions): Promise<void> {
  if (paths.length === 0) return;
  // How long a file is only shows once it is decoded; until then all count alike.
  const responses = await measureCorpus(
    paths.map((audioPath) => ({ audioPath, durationSeconds: 1 })),
    options,
  );
  const problems = responses.flatMap((response, i) => {
    const problem = "reason" in response ? response.reason : problemOf(response);
    if (problem === undefined) return [];
    return ["reason" in response ? problem : `${paths[i]}: ${problem}`];
  });
  const [first, ...others] = problems;
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more of ${paths.length} files)`;
  throw unusable(`augmentation.${setting}: ${first}${more}`);
}

function silence({ peak }: AudioFacts): string | undefined {
  return peak > 0 ? undefined : "holds nothing but silence; take it out.";
}

function overlength({ durationSeconds }: AudioFacts): string | undefined {
  if (durationSeconds <= LONGEST_IMPULSE_RESPONSE_SECONDS) return undefined;
  const limit = `no room's impulse response lasts over ${LONGEST_IMPULSE_RESPONSE_SECONDS} s`;
  return `lasts ${durationSeconds.toFixed(1)} s, and ${limit}; is it noise?`;
}

function unusable(message: string): UserError {
  return new UserError(message, { code: "bad-audio" });
}
