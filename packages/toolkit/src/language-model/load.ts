/** Loads language models from files: the binary form as it is, ARPA files of any tool by reading them. */
import { statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { explainReadError, UserError, whatItIs } from "@deepspeech-ts/recognizer/system";
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

/**
 * Loads a binary model, or an ARPA file, plain or gzip; the content decides, not the name.
 *
 * @throws UserError when the file is missing, is no language model, was cut or is damaged; of an ARPA file with the line;
 * and where the alphabet can spell next to none of its words
 */
export async function loadLanguageModel(path: string, options: LoadLanguageModelOptions = {}): Promise<NgramModel> {
  const { alphabet, onNotice = (line) => void process.stderr.write(`${line}\n`) } = options;
  try {
    refuseOthers(path);
    const buffer = await readBinary(path);
    const model =
      buffer === undefined
        ? await readArpa(path, options.quantisationBits, onNotice)
        : NgramModel.fromBuffer(buffer, { verify: options.verify });
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

/** The whole file if it is a binary model. */
async function readBinary(path: string): Promise<ArrayBuffer | undefined> {
  try {
    await using file = await open(path);
    const start = new Uint8Array(8);
    await file.read(start, 0, start.length, 0);
    if (!isBinaryModel(start)) return undefined;
    return await readWhole(file);
  } catch (error) {
    throw explainReadError(path, error);
  }
}

async function readWhole(file: FileHandle): Promise<ArrayBuffer> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(size - at, LARGEST_READ), at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.buffer;
}

async function readArpa(
  path: string,
  bits: QuantisationBits | undefined,
  onNotice: (line: string) => void,
): Promise<NgramModel> {
  const reader = new ArpaReader({ bits });
  for await (const chunk of readBytes(path)) reader.push(chunk);
  const model = reader.finish();
  for (const notice of reader.notices) onNotice(`${path}: ${notice}.`);
  return model;
}
