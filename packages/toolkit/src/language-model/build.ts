/** Builds a language model from text files, in a worker thread. */
import { dirname } from "node:path";
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { Alphabet, EstimatedDiscounts, QuantisationBits, TagTreatment } from "@deepspeech-ts/speech";
import { runTask } from "../worker-task.js";

/** The file formats of language models. */
export type LanguageModelFormat = "arpa" | "binary";

/** Whether a file's name says that it is an ARPA file, plain or gzip. */
export function isArpaName(path: string): boolean {
  return /\.arpa(\.gz)?$/i.test(path);
}

/** What language model is built of what text. */
export interface BuildLanguageModelOptions {
  /** Text files, plain or gzip: one sentence a line, words between blanks. */
  input: readonly string[];
  /**
   * The recogniser's: text is brought to it as transcripts are, and sentences that it cannot write are left out. Default:
   * the text is taken as it is.
   */
  alphabet?: Alphabet | undefined;
  /** The module of a normaliser of one's own, which goes before. Default: none. */
  normaliser?: string | undefined;
  /** What becomes of tags for sounds, where there is an alphabet. Default "drop". */
  soundTags?: TagTreatment | undefined;
  /** The file to write. An ARPA file is compressed when its name ends in `.gz`. */
  output: string;
  /** The longest n-gram, 1 to 6. Default 4. */
  order?: number | undefined;
  /**
   * For each order from 1, the largest count to leave out: `[0, 0, 1]` leaves out what is longer than two words and was
   * seen once. The last number holds for all longer n-grams; the numbers must not fall. Default: nothing.
   */
  prune?: readonly number[] | undefined;
  /**
   * The size that the binary form may have, in bytes, at its `quantisationBits`: the n-grams that matter least are left
   * out (relative entropy; Stolcke 1998). The text is read twice, and all n-grams are held in memory. Default: no limit.
   */
  maxBytes?: number | undefined;
  /** The only words that the model may hold. Default: all words of the text. */
  vocabulary?: readonly string[] | undefined;
  /** Default: ARPA where the output ends in `.arpa` or `.arpa.gz`, binary otherwise. */
  format?: LanguageModelFormat | undefined;
  /** Of a binary model: bits for each probability and back-off; 32 is exact. Default 8. */
  quantisationBits?: QuantisationBits | undefined;
  /** The memory that n-grams may take while the model is estimated, in bytes. Default 1 GiB. */
  memoryBytes?: number | undefined;
  /** Where n-grams go that do not fit it. Default: the folder of the output. */
  temporaryFolder?: string | undefined;
  onProgress?: ((progress: LanguageModelProgress) => void) | undefined;
  /** Aborting ends the work; the promise is rejected with the signal's reason, and nothing is written. */
  signal?: AbortSignal | undefined;
}

/** Where the work stands. While it counts or prunes, `fraction` says how much of the text was read. */
export interface LanguageModelProgress {
  stage: "count" | "adjust" | "discount" | "interpolate" | "prune" | "write";
  fraction?: number;
}

/** What was built. */
export interface LanguageModelSummary {
  /** The longest n-gram; shorter than asked for where pruning left none of the longest. */
  order: number;
  /** The number of n-grams of each order from 1. */
  counts: number[];
  /** Of each order; `fallback` says that the text was too small for an estimate. */
  discounts: EstimatedDiscounts[];
  numWords: number;
  numSentences: number;
  /** What was changed to bring the text to the alphabet, in lines for people; "" where nothing was. */
  normalisation: string;
  format: LanguageModelFormat;
  /** The size of the output. */
  outputBytes: number;
  /** Bytes that went through temporary files. */
  temporaryBytes: number;
}

/** What the worker is given: every choice made. */
export interface BuildRequest {
  input: readonly string[];
  alphabet: Alphabet | undefined;
  normaliser: string | undefined;
  soundTags: TagTreatment | undefined;
  output: string;
  order: number;
  prune: readonly number[];
  maxBytes: number | undefined;
  vocabulary: readonly string[] | undefined;
  format: LanguageModelFormat;
  quantisationBits: QuantisationBits;
  memoryBytes: number | undefined;
  temporaryFolder: string;
}

export type BuildEvent =
  | { kind: "progress"; progress: LanguageModelProgress }
  | { kind: "summary"; summary: LanguageModelSummary };

/**
 * Estimates an n-gram model with modified Kneser-Ney smoothing, as KenLM's `lmplz` does, and writes it.
 *
 * @throws UserError for a text that is missing, damaged, empty or holds `<s>`, `</s>` or `<unk>`; for an option out of
 * range; when the disk is full
 */
export async function buildLanguageModel(options: BuildLanguageModelOptions): Promise<LanguageModelSummary> {
  const { onProgress, signal } = options;
  signal?.throwIfAborted();
  let summary: LanguageModelSummary | undefined;
  const onEvent = (event: BuildEvent) => {
    if (event.kind === "summary") summary = event.summary;
    else onProgress?.(event.progress);
  };
  const worker = new URL("./build-worker.js", import.meta.url);
  await runTask<BuildRequest, BuildEvent>(worker, requestOf(options), { onEvent, ...(signal && { signal }) });
  // Stopped too late, the work was done: what was written stays, and is told.
  if (summary === undefined) signal?.throwIfAborted();
  return summary as LanguageModelSummary;
}

function requestOf(options: BuildLanguageModelOptions): BuildRequest {
  const {
    input,
    alphabet,
    normaliser,
    soundTags,
    output,
    order = 4,
    prune = [],
    maxBytes,
    vocabulary,
    format,
    quantisationBits = 8,
    memoryBytes,
  } = options;
  if (input.length === 0)
    throw new UserError("no text was given to build a language model from; name at least one file.");
  if (memoryBytes !== undefined && !(memoryBytes > 0)) {
    throw new UserError(`memoryBytes is ${memoryBytes}; it must be above 0.`);
  }
  if (maxBytes !== undefined && !(maxBytes > 0)) throw new UserError(`maxBytes is ${maxBytes}; it must be above 0.`);
  return {
    input,
    alphabet,
    normaliser,
    soundTags,
    output,
    order,
    prune,
    maxBytes,
    vocabulary,
    format: format ?? (isArpaName(output) ? "arpa" : "binary"),
    quantisationBits,
    memoryBytes,
    temporaryFolder: options.temporaryFolder ?? dirname(output),
  };
}
