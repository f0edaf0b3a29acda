/** The language model: n-grams of the corpora's text and of what is said in training, no larger than is asked for. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, readFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { buildLanguageModel } from "@deepspeech-ts/toolkit/language-model";
import { linesOf, run } from "./files.mjs";

const ORDER = 4;
/** Words that all books together hold less often are names and misprints for the most part. */
const LEAST_COUNT = 3;
const GIGABYTE = 2 ** 30;

/**
 * @typedef {object} TextSource
 * @property {string[]} files plain or gzip, one sentence a line
 * @property {Map<string, number>} counts of words
 * @property {string[]} vocabulary
 * @property {number} numWords
 * @property {string} digest of files and vocabulary
 */

/** @typedef {{ path: string, bytes: number, counts: number[] }} BuiltModel */

/**
 * Text of `corpora`/text, and the transcripts of the training.
 *
 * @param {string} corpora
 * @param {string} work folder for what is made on the way
 * @returns {Promise<TextSource>}
 */
export async function openText(corpora, work) {
  const folder = join(corpora, "text");
  const names = (await readdir(folder)).filter((name) => /\.txt(\.gz|\.xz)?$/.test(name)).sort();
  const files = [];
  for (const name of names) files.push(await readable(join(folder, name), work));
  const spoken = join(work, "transcripts.txt");
  const transcripts = linesOf(join(corpora, "train.jsonl")).map((line) => String(JSON.parse(line).text));
  await writeFile(spoken, `${transcripts.join("\n")}\n`);
  files.push(spoken);
  const counts = await countWords(files);
  const said = new Set(transcripts.flatMap((text) => text.split(" ")));
  const words = [...counts].filter(([word, count]) => count >= LEAST_COUNT || said.has(word)).map(([word]) => word);
  const vocabulary = words.filter((word) => word !== "").sort();
  const digest = createHash("sha256").update(vocabulary.join(" "));
  for (const file of files) digest.update(readFileSync(file));
  const numWords = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { files, counts, vocabulary, numWords, digest: digest.digest("hex") };
}

/**
 * Builds the model, or takes the one that was built of the same text before.
 *
 * @param {TextSource} text
 * @param {number | null} megabytes null for no limit
 * @param {string} work
 * @returns {Promise<BuiltModel>}
 */
export async function languageModelOf({ files, vocabulary, digest }, megabytes, work) {
  const path = join(work, `${ORDER}-gram-${megabytes ?? "full"}-${digest.slice(0, 12)}.lm`);
  const facts = `${path}.json`;
  if (existsSync(facts)) return JSON.parse(readFileSync(facts, "utf8"));
  const maxBytes = megabytes === null ? undefined : megabytes * 1e6;
  const options = { input: files, output: path, order: ORDER, vocabulary, maxBytes, memoryBytes: 4 * GIGABYTE };
  const { outputBytes, counts } = await buildLanguageModel(options);
  const built = { path, bytes: outputBytes, counts };
  await writeFile(facts, JSON.stringify(built));
  return built;
}

/**
 * What `lm build` can read: xz is unpacked.
 *
 * @param {string} path
 * @param {string} work
 */
async function readable(path, work) {
  if (!path.endsWith(".xz")) return path;
  const plain = join(work, basename(path, ".xz"));
  const { stdout, done } = run("xz", ["--decompress", "--stdout", path]);
  await Promise.all([pipeline(stdout, createWriteStream(plain)), done]);
  return plain;
}

/** @param {string[]} files */
async function countWords(files) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const file of files) {
    for await (const line of sentencesOf(file)) {
      for (const word of line.split(" ")) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

/** The lines of one of the text's files. @param {string} file */
export function sentencesOf(file) {
  const bytes = createReadStream(file);
  return createInterface({ input: file.endsWith(".gz") ? bytes.pipe(createGunzip()) : bytes });
}
