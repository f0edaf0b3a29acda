/** Loads language models from files: the binary form as it is, ARPA files of any tool by reading them. */
import { statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { explainReadError, readTextChunks, UserError, whatItIs } from "@deepspeech-ts/recognizer/system";
import {
  type Alphabet,
  ArpaReader,
  isBinaryModel,
  NgramModel,
  type QuantisationBits,
  SpeechError,
} from "@deepspeech-ts/speech";
import { describeMisfit } from "./misfit.js";
import { readBytes } from "./read-bytes.js";

/** How a language model's file is read. */
export interface LoadLanguageModelOptions {
  /** Of an ARPA file: bits for each probability and back-off. Default 32: exact. */
  quantisationBits?: QuantisationBits | undefined;
  /** Of a binary file: whether to compare its checksum. Default true. */
  verify?: boolean | undefined;
  /** The recogniser's: a model of which it can write next to nothing is refused. Default: any model is taken. */
  alphabet?: Alphabet | undefined;
  /** Told, in a line, what was assumed of the file or does not fit the alphabet. Default: it goes to standard error. */
  onNotice?: ((line: string) => void) | undefined;
}

/** One read call takes at most 2 GiB. */
const LARGEST_READ = 2 ** 30;
/** What an ARPA file's n-grams stand behind. */
const ARPA_START = /^[\t ]*\\data\\[\t ]*$/m;

const encoder = new TextEncoder();

/**
 * Whether `loadLanguageModel` would take a file for a language model, whole or damaged. One without any sign of it is read
 * to its end.
 *
 * @throws UserError when the file is missing or not readable
 */
export async function isLanguageModel(path: string): Promise<boolean> {
  if (await startsAsBinary(path)) return true;
  try {
    for await (const chunk of readArpaText(path)) if (ARPA_START.test(chunk)) return true;
  } catch (error) {
    // No text, or none that a language model could be read from.
    if (error instanceof UserError) return false;
    throw error;
  }
  return false;
}

/**
 * Loads a binary model, or an ARPA file, plain or gzip and in any encoding that is certain; the content decides, not the
 * name.
 *
 * @throws UserError when the file is missing, is no language model, was cut or is damaged, or is text in an encoding that
 * is not certain; of an ARPA file with the line; and where the alphabet can spell next to none of its words
 */
export async function loadLanguageModel(path: string, options: LoadLanguageModelOptions = {}): Promise<NgramModel> {
  const { alphabet, onNotice = (line) => void process.stderr.write(`${line}\n`) } = options;
  try {
    refuseOthers(path);
    const model = (await startsAsBinary(path))
      ? NgramModel.fromBuffer(await readWhole(path), { verify: options.verify })
      : await readArpa(path, options.quantisationBits, onNotice);
    const misfit = alphabet && describeMisfit(model, alphabet);
    if (misfit !== undefined) onNotice(`${path}: ${misfit}.`);
    return model;
  } catch (error) {
    if (!(error instanceof SpeechError)) throw error;
    const wayOut = error.code === "no-arpa" ? '; "deepspeech lm build" makes a language model of text' : "";
    throw new UserError(`${path}: ${error.message}${wayOut}.`, { code: "bad-language-model", cause: error });
  }
}

/** What would be searched for an ARPA file's beginning to its end. */
function refuseOthers(path: string): void {
  const kind = whatItIs(path);
  const isEmpty = kind === "file" && statSync(path).size === 0;
  const found = kind === "bundle" || kind === "recording" ? `is a ${kind}` : isEmpty ? "is empty" : undefined;
  if (found === undefined) return;
  throw new UserError(`${path}: ${found}, and here a language model is due; "deepspeech lm build" makes one.`, {
    code: "bad-language-model",
  });
}

function startsAsBinary(path: string): Promise<boolean> {
  return withFile(path, async (file) => {
    const start = new Uint8Array(8);
    await file.read(start, 0, start.length, 0);
    return isBinaryModel(start);
  });
}

function readWhole(path: string): Promise<ArrayBuffer> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(size - at, LARGEST_READ), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.buffer;
  });
}

async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  try {
    await using file = await open(path);
    return await use(file);
  } catch (error) {
    throw explainReadError(path, error);
  }
}

/** Whole lines, their letters in one piece, as the texts of our own models and the recogniser's have them. */
async function* readArpaText(path: string): AsyncGenerator<string> {
  for await (const chunk of readTextChunks(path, readBytes(path))) yield chunk.normalize("NFC");
}

async function readArpa(
  path: string,
  bits: QuantisationBits | undefined,
  onNotice: (line: string) => void,
): Promise<NgramModel> {
  const reader = new ArpaReader({ bits });
  for await (const chunk of readArpaText(path)) reader.push(encoder.encode(chunk));
  const model = reader.finish();
  for (const notice of reader.notices) onNotice(`${path}: ${notice}.`);
  return model;
}
