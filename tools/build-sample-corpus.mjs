/**
 * Builds sample-corpus/ from the English telephone prompts that Debian ships for Asterisk.
 *
 *     node tools/build-sample-corpus.mjs [--source DIR] [--out DIR]
 *
 * Only a maintainer runs this: the corpus itself is in the repository. It needs ffmpeg and the package
 * asterisk-core-sounds-en-g722, installed or unpacked. The layout is LibriSpeech's (Panayotov et al., 2015), so that the
 * corpus is read by the same code as the real one.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { checkFfmpeg, decodeG722, encodeOpus, sampleRate, trimSilence } from "./sample-corpus-audio.mjs";
import {
  chaptersTable,
  chapterTitles,
  leftOutTable,
  license,
  promptsTable,
  readme,
  speaker,
  speakersTable,
  splits,
} from "./sample-corpus-docs.mjs";
import { compare, splitPrompts, sumSeconds } from "./sample-corpus-split.mjs";
import { parseTranscripts, spokenForm } from "./sample-corpus-text.mjs";

/** @typedef {import("./sample-corpus-docs.mjs").CorpusUtterance} CorpusUtterance */
/** @typedef {import("./sample-corpus-docs.mjs").LeftOut} LeftOut */
/** @typedef {{ name: string, text: string, samples: Int16Array, durationSeconds: number }} SpokenPrompt */
/** @typedef {{ sounds: string, transcripts: string, copyright: string }} Source */

const bitRate = 32000;
/** What the repository can carry. */
const maxBytes = 8_000_000;
/** Pace of speech, in characters a second of sound; a transcript outside is not what is said. */
const pace = { min: 4, max: 25 };
/** Silence that frames each prompt, not counted in its pace. */
const framingSeconds = 0.2;

/** The place of each family of prompts in chapterTitles, from 1. @type {ReadonlyMap<string, number>} */
const chapterOfFamily = new Map([
  ["conf", 2],
  ["confbridge", 3],
  ["demo", 4],
  ["dir", 5],
  ["queue", 6],
  ["spy", 7],
  ["vm", 8],
  ["dictate", 9],
  ["digits", 10],
  ["followme", 11],
  ["letters", 12],
  ["phonetic", 13],
]);

/**
 * Finds the package's parts under the folder it was installed or unpacked to.
 * @param {string} root
 * @returns {Source}
 */
function findSource(root) {
  const source = {
    sounds: join(root, "usr/share/asterisk/sounds/en_US_f_Allison"),
    transcripts: join(root, "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"),
    copyright: join(root, "usr/share/doc/asterisk-core-sounds-en-g722/copyright"),
  };
  for (const path of Object.values(source)) {
    if (existsSync(path)) continue;
    throw new Error(
      `"${path}" was not found: install asterisk-core-sounds-en-g722, or unpack it and asterisk-core-sounds-en ` +
        "with dpkg -x into one folder and name that with --source",
    );
  }
  return source;
}

/**
 * Names every prompt of the package, recorded or only written down.
 * @param {Source} source
 * @param {ReadonlyMap<string, string>} transcripts
 * @returns {string[]} in order, such as "digits/5"
 */
function promptNames(source, transcripts) {
  const files = readdirSync(source.sounds, { recursive: true, encoding: "utf8" });
  const recorded = files.filter((file) => file.endsWith(".g722")).map((file) => file.slice(0, -".g722".length));
  return [...new Set([...recorded, ...transcripts.keys()])].sort(compare);
}

/**
 * Reads one prompt: its words as spoken and its trimmed sound.
 * @param {Source} source
 * @param {string} name
 * @param {string | undefined} transcript
 * @returns {SpokenPrompt | LeftOut}
 */
function readPrompt(source, name, transcript) {
  if (transcript === undefined) return { name, reason: "it has no transcript" };
  const path = join(source.sounds, `${name}.g722`);
  if (!existsSync(path)) return { name, reason: "it has a transcript but no recording" };
  const spoken = spokenForm(name, transcript);
  if ("leftOut" in spoken) return { name, reason: spoken.leftOut };
  const samples = trimSilence(decodeG722(readFileSync(path), name));
  const durationSeconds = samples.length / sampleRate;
  if (!isPlausiblePace(spoken.text, durationSeconds)) return { name, reason: "its length does not fit its transcript" };
  return { name, text: spoken.text, samples, durationSeconds };
}

/**
 * @param {string} text
 * @param {number} durationSeconds
 */
function isPlausiblePace(text, durationSeconds) {
  const charactersPerSecond = text.length / Math.max(durationSeconds - framingSeconds, 0.01);
  // A single letter or syllable has no pace to speak of.
  return charactersPerSecond <= pace.max && (charactersPerSecond >= pace.min || text.length <= 4);
}

/**
 * Gives every prompt its id and its split. Numbers run through a chapter across the splits, so that an id does not
 * depend on the draw.
 * @param {readonly SpokenPrompt[]} prompts in order of name
 * @returns {(CorpusUtterance & SpokenPrompt)[]} in order of id
 */
function nameUtterances(prompts) {
  const splitOf = splitPrompts(prompts);
  return chapterTitles.flatMap((_, index) => {
    const chapter = index + 1;
    const own = prompts.filter(
      ({ name }) => (chapterOfFamily.get(/^[^-/]+(?=[-/])/.exec(name)?.[0] ?? "") ?? 1) === chapter,
    );
    return own.map((prompt, number) => ({
      ...prompt,
      id: `${speaker}-${chapter}-${String(number).padStart(4, "0")}`,
      split: splitOf.get(prompt.name) ?? "train",
      chapter,
    }));
  });
}

/**
 * Writes the sound and the transcripts of every split.
 * @param {string} dir
 * @param {readonly (CorpusUtterance & SpokenPrompt)[]} utterances
 * @returns {number} bytes of sound
 */
function writeUtterances(dir, utterances) {
  let audioBytes = 0;
  for (const split of splits) {
    for (const chapter of chapterTitles.keys()) {
      const own = utterances.filter((utterance) => utterance.split === split && utterance.chapter === chapter + 1);
      if (own.length === 0) continue;
      const folder = join(dir, split, String(speaker), String(chapter + 1));
      mkdirSync(folder, { recursive: true });
      for (const { id, name, samples } of own) {
        const opus = encodeOpus(samples, bitRate, name);
        writeFileSync(join(folder, `${id}.opus`), opus);
        audioBytes += opus.length;
      }
      const lines = own.map(({ id, text }) => `${id} ${text}\n`);
      writeFileSync(join(folder, `${speaker}-${chapter + 1}.trans.txt`), lines.join(""));
    }
  }
  return audioBytes;
}

/**
 * Refuses to replace a folder that this script did not write.
 * @param {string} out
 */
function checkOut(out) {
  if (!existsSync(out) || readdirSync(out).length === 0 || existsSync(join(out, "prompts.tsv"))) return;
  throw new Error(`--out "${out}" holds files and is not a sample corpus: name a new or an empty folder`);
}

/**
 * Builds the corpus beside its place and moves it there when it is whole.
 * @param {Source} source
 * @param {string} out
 */
function build(source, out) {
  const transcripts = parseTranscripts(gunzipSync(readFileSync(source.transcripts)).toString("utf8"));
  const read = promptNames(source, transcripts).map((name) => readPrompt(source, name, transcripts.get(name)));
  const leftOut = read.filter((prompt) => "reason" in prompt);
  const utterances = nameUtterances(read.filter((prompt) => "samples" in prompt));
  const partial = `${out}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const audioBytes = writeUtterances(partial, utterances);
  if (audioBytes > maxBytes)
    throw new Error(`the sound takes ${audioBytes} bytes, more than ${maxBytes}: lower bitRate`);
  writeFileSync(join(partial, "prompts.tsv"), promptsTable(utterances));
  writeFileSync(join(partial, "left-out.tsv"), leftOutTable(leftOut));
  writeFileSync(join(partial, "SPEAKERS.TXT"), speakersTable(utterances));
  writeFileSync(join(partial, "CHAPTERS.TXT"), chaptersTable(utterances));
  writeFileSync(join(partial, "README.md"), readme(utterances, leftOut, audioBytes));
  writeFileSync(join(partial, "LICENSE"), license(readFileSync(source.copyright, "utf8")));
  rmSync(out, { recursive: true, force: true });
  renameSync(partial, out);
  report(utterances, leftOut, audioBytes);
}

/**
 * @param {readonly CorpusUtterance[]} utterances
 * @param {readonly LeftOut[]} leftOut
 * @param {number} audioBytes
 */
function report(utterances, leftOut, audioBytes) {
  for (const split of splits) {
    const own = utterances.filter((utterance) => utterance.split === split);
    console.log(`${split}: ${own.length} utterances, ${(sumSeconds(own) / 60).toFixed(2)} minutes`);
  }
  console.log(`${audioBytes} bytes of sound`);
  for (const { name, reason } of leftOut) console.log(`left out ${name}: ${reason}`);
}

function main() {
  const { values } = parseArgs({ options: { source: { type: "string" }, out: { type: "string" } } });
  const out = resolve(values.out ?? join(dirname(fileURLToPath(import.meta.url)), "../sample-corpus"));
  checkFfmpeg();
  checkOut(out);
  build(findSource(values.source ?? "/"), out);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
