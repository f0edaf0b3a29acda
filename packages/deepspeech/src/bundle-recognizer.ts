/**
 * A bundle ready to run, with a person's decoding wishes on top of the bundle's own. What a request to the recogniser can
 * ask for is asked there. The rest (another language model, another calibration) belongs to the bundle, so it is put into
 * a copy of it in memory.
 */
import {
  type DecodingOptions,
  type LoadOptions,
  openBundleFile,
  Recognizer,
  RecognizerError,
} from "@deepspeech-ts/recognizer";
import { UserError, whatItIs } from "@deepspeech-ts/recognizer/system";
import { checkBundlePath, usageError } from "@deepspeech-ts/server/command-line";
import {
  type BundleSectionName,
  type DecodingSettings,
  encodeBundle,
  NgramModel,
  withoutUndefined,
  writesPhones,
} from "@deepspeech-ts/speech";
import type { DecodingConfig } from "@deepspeech-ts/toolkit/internal/evaluation/decoding-config.js";
import { languageModelSections } from "@deepspeech-ts/toolkit/internal/export/language-model-section.js";
import { loadLanguageModel } from "@deepspeech-ts/toolkit/internal/language-model/load.js";
import { idlePronunciations, isPronounced } from "@deepspeech-ts/toolkit/internal/language-model/pronounced.js";
import { requireHotWords } from "./decoding-flags.js";

export interface OpenBundle extends AsyncDisposable {
  recognizer: Recognizer;
  /** What to ask of it with each request. */
  decoding: DecodingOptions;
}

/**
 * Loads the bundle; dispose what it returns.
 *
 * @param given what the bundle's own settings yield to
 * @throws UserError for a language model, or a weight of hot words where there are none; RecognizerError for a bundle that
 * cannot be read
 */
export async function openRecognizer(
  path: string,
  given: Partial<DecodingConfig> = {},
  options: LoadOptions = {},
): Promise<OpenBundle> {
  const { lm, pronunciations, confidenceCalibration, hotWordWeight, ...decoding } = given;
  const settings = withoutUndefined({ confidenceCalibration, hotWordWeight });
  checkBundlePath(path);
  const isChanged = lm !== undefined || pronunciations !== undefined || Object.keys(settings).length > 0;
  const changes = { lm, pronunciations, hotWords: decoding.hotWords };
  const bundle = isChanged ? await changedBundle(path, settings, changes) : path;
  const recognizer = await Recognizer.load(bundle, options);
  return { recognizer, decoding: withoutUndefined(decoding), [Symbol.asyncDispose]: () => recognizer.close() };
}

/** Whether the file is a bundle, by its name or its content. */
export function isBundleFile(path: string): boolean {
  return path.endsWith(".dsb") || whatItIs(path) === "bundle";
}

/** Errors that are one recording's; any other would be the same for all of them. */
const ERRORS_OF_RECORDINGS: ReadonlySet<string> = new Set([
  "bad-audio",
  "file-not-found",
  "file-not-readable",
  "alignment-infeasible",
]);

/**
 * What an error says of one recording, which it names.
 *
 * @throws the error itself where it is not one recording's; one about an option becomes a UserError (exit 2)
 */
export function complaintOf(file: string, error: unknown): string {
  if (!(error instanceof RecognizerError || error instanceof UserError)) throw error;
  if (error instanceof RecognizerError && error.code === "bad-argument") throw usageError(error.message);
  if (!ERRORS_OF_RECORDINGS.has(error.code)) throw error;
  return error.message.startsWith(`${file}:`) ? error.message : `${file}: ${error.message}`;
}

async function changedBundle(
  path: string,
  settings: Partial<DecodingSettings>,
  { lm, pronunciations, hotWords = [] }: ChangedSearch,
): Promise<Uint8Array<ArrayBuffer>> {
  const { header, section } = await openBundleFile(path);
  const { format: _format, version: _version, sections, ...description } = header;
  if (settings.hotWordWeight !== undefined) requireHotWords([...header.decoding.hotWords, ...hotWords]);
  const content: Partial<Record<BundleSectionName, Uint8Array<ArrayBuffer>>> = {};
  for (const { name } of sections) content[name] = section(name)!;
  const decoding = { ...description.decoding, ...settings };
  if (lm !== undefined || pronunciations !== undefined) {
    const own = content["language-model.bin"];
    const asked = { pronunciations, writesPhones: writesPhones(header) };
    const idle = idlePronunciations(asked, (lm ?? own) !== undefined);
    if (idle !== undefined) throw usageError(idle);
    const { alphabet } = header;
    const model =
      lm === undefined ? NgramModel.fromBuffer(new Uint8Array(own!).buffer) : await loadLanguageModel(lm, { alphabet });
    // As it was, unless told, if the words may be the only ones; where it had no language model, nobody has said.
    const wasPronounced = !own || "pronunciations.txt" in content;
    const wanted = { ...asked, writesPhones: asked.writesPhones && wasPronounced };
    delete content["pronunciations.txt"];
    const options = { path: lm ?? path, isPronounced: isPronounced(model, wanted) };
    Object.assign(content, await languageModelSections(model, options));
  }
  return Buffer.concat(await encodeBundle({ ...description, decoding }, content));
}

interface ChangedSearch {
  lm: string | undefined;
  pronunciations: boolean | undefined;
  hotWords?: readonly string[] | undefined;
}
