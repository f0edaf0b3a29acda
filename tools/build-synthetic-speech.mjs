/**
 * Has the voices of Debian's packages read books aloud: speech whose words a small corpus of recordings does not have.
 *
 *     node tools/build-synthetic-speech.mjs --corpora ../corpora --hours 20 --out ../synthetic
 *
 * Only a maintainer runs this, before a training of the English model: docs/training.md tells what such speech is worth.
 * It writes OUT/synthetic.jsonl and the recordings beside it. The sentences are those of the corpora's text in which words stand
 * that the recordings of train.jsonl have seldom or never; every voice reads its share, each sentence at a pace and pitch of its own.
 *
 * It needs flite, festival with festvox-kdlpc16k and festvox-us-slt-hts, and pico2wave of libttspico-utils (Debian's non-free),
 * and reads with those of them that are installed.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { headerDurationSeconds, inMemory } from "@deepspeech-ts/recognizer/audio";
import { writeFileAtomically } from "@deepspeech-ts/recognizer/system";
import { Random } from "@deepspeech-ts/toolkit/internal/data/random.js";
import { linesOf } from "./english-model/files.mjs";
import { openText, sentencesOf } from "./english-model/language-model.mjs";

const start = promisify(execFile);

/** Sentences that a voice reads in one breath, in characters. */
const LENGTH = { min: 40, max: 200 };
/** Characters a second of the average voice, for the choice of how many sentences make so many hours. */
const PACE = 17;
/** A word is worth reading if the books have it so often, */
const COMMON = 100;
/** and training has it less often than this. */
const SELDOM = 6;
/** Of such words a sentence has two, or it is one of the few that are taken as they come. */
const WORTH = 2;
const AS_THEY_COME = 0.1;
/** Factors of pace and pitch, drawn evenly from their logarithms. */
const STRETCH = { min: 0.85, max: 1.2 };
const PITCH = { min: 0.82, max: 1.25 };
const BATCH = 40;

/**
 * One sentence to read.
 *
 * @typedef {object} Reading
 * @property {string} text
 * @property {string} path of the WAV file
 * @property {number} stretch how much longer than the voice's own pace
 * @property {number} pitch times the voice's own
 */

/** @param {string} voice @param {number} hertz the voice's own pitch; clustergen voices shift theirs instead */
function flite(voice, hertz) {
  return (/** @type {Reading[]} */ readings) =>
    each(readings, ({ text, path, stretch, pitch }) => {
      const settings = { duration_stretch: stretch, int_f0_target_mean: hertz * pitch, f0_shift: pitch };
      const words = Object.entries(settings).flatMap(([name, value]) => ["--setf", `${name}=${value.toFixed(3)}`]);
      return start("flite", ["-voice", voice, ...words, "-t", text, "-o", path]);
    });
}

/** @param {string} language */
function pico(language) {
  return (/** @type {Reading[]} */ readings) =>
    each(readings, ({ text, path, stretch, pitch }) => {
      const levels = { speed: Math.round(100 / stretch), pitch: Math.round(100 * pitch) };
      const marked = `<speed level="${levels.speed}"><pitch level="${levels.pitch}">${text}</pitch></speed>`;
      return start("pico2wave", ["-l", language, "-w", path, marked]);
    });
}

/**
 * Festival reads many sentences in one process, which takes longer to start than to read one.
 *
 * @param {string} voice
 * @param {string} [pitched] its target for a pitch, in Scheme, with HERTZ for the number
 * @param {number} [hertz] the voice's own pitch
 */
function festival(voice, pitched = "", hertz = 0) {
  return async (/** @type {Reading[]} */ readings) => {
    const lines = readings.flatMap(({ text, path, stretch, pitch }) => [
      `(Parameter.set 'Duration_Stretch ${stretch.toFixed(3)})`,
      pitched.replace("HERTZ", (hertz * pitch).toFixed(1)),
      `(utt.save.wave (utt.synth (Utterance Text "${text}")) "${path}" 'riff)`,
    ]);
    const script = `${/** @type {Reading} */ (readings[0]).path}.scm`;
    writeFileSync(script, `(${voice})\n${lines.join("\n")}\n`);
    await start("festival", ["-b", script]);
    rmSync(script);
  };
}

const DIPHONES =
  "(set! int_lr_params '((target_f0_mean HERTZ) (target_f0_std 14) (model_f0_mean 170) (model_f0_std 34)))";

/** @type {Record<string, { program: string, probe: string[], read: (readings: Reading[]) => Promise<unknown> }>} */
const VOICES = {
  "flite-awb": { program: "flite", probe: ["-lv"], read: flite("awb", 120) },
  "flite-kal": { program: "flite", probe: ["-lv"], read: flite("kal16", 95) },
  "flite-rms": { program: "flite", probe: ["-lv"], read: flite("rms", 95) },
  "flite-slt": { program: "flite", probe: ["-lv"], read: flite("slt", 170) },
  "festival-ked": {
    program: "festival",
    probe: ["-b", "(voice_ked_diphone)"],
    read: festival("voice_ked_diphone", DIPHONES, 105),
  },
  "festival-slt-hts": {
    program: "festival",
    probe: ["-b", "(voice_cmu_us_slt_arctic_hts)"],
    read: festival("voice_cmu_us_slt_arctic_hts"),
  },
  "pico-en-gb": { program: "pico2wave", probe: ["--help"], read: pico("en-GB") },
  "pico-en-us": { program: "pico2wave", probe: ["--help"], read: pico("en-US") },
};

const { corpora, out, hours, seed } = parseRequest();
const random = new Random(seed, "synthetic speech");
const voices = await installedVoices();
console.error(`voices: ${voices.join(", ")}`);
mkdirSync(out, { recursive: true });
const sentences = await chooseSentences();
console.error(`${sentences.length} sentences of ${new Set(sentences.flatMap((text) => text.split(" "))).size} words`);
const entries = await readAll();
const list = join(out, "synthetic.jsonl");
await writeFileAtomically(list, `${entries.map((entry) => JSON.stringify(entry)).join("\n")}\n`);
const seconds = entries.reduce((sum, { duration }) => sum + duration, 0);
console.error(`${entries.length} recordings, ${(seconds / 3600).toFixed(1)} h: ${list}`);

function parseRequest() {
  const text = /** @type {const} */ ({ type: "string" });
  const { values } = parseArgs({ options: { corpora: text, out: text, hours: text, seed: text } });
  const { corpora = "", out = "" } = values;
  const [hours, seed] = [Number(values.hours ?? 20), Number(values.seed ?? 1)];
  if (corpora === "" || out === "" || !(hours > 0) || !Number.isInteger(seed)) {
    console.error("usage: node tools/build-synthetic-speech.mjs --corpora FOLDER --out FOLDER [--hours 20] [--seed 1]");
    process.exit(2);
  }
  return { corpora: resolve(corpora), out: resolve(out), hours, seed };
}

/** Those whose program runs and, of festival's, whose voice is there. */
async function installedVoices() {
  const found = await Promise.all(
    Object.entries(VOICES).map(([name, { program, probe }]) =>
      start(program, probe).then(
        ({ stderr }) => (/unbound variable/.test(stderr) ? [] : [name]),
        // pico2wave has no way to be asked that ends with 0.
        (error) => (error.code === "ENOENT" || program !== "pico2wave" ? [] : [name]),
      ),
    ),
  );
  if (found.flat().length === 0) throw new Error("no voice is installed; apt-get install flite");
  return found.flat();
}

async function chooseSentences() {
  const { files, counts: inBooks } = await openText(corpora, out);
  /** @type {string[]} */
  const all = [];
  for (const file of files) {
    for await (const line of sentencesOf(file)) {
      if (line.length >= LENGTH.min && line.length <= LENGTH.max && /^[a-z' ]+$/.test(line)) all.push(line);
    }
  }
  /** @type {Map<string, number>} */
  const read = new Map();
  const note = (/** @type {string} */ text) => {
    for (const word of text.split(" ")) read.set(word, (read.get(word) ?? 0) + 1);
  };
  const recorded = linesOf(join(corpora, "train.jsonl")).map((line) => String(JSON.parse(line).text));
  for (const text of recorded) note(text);
  const isWorthIt = (/** @type {string} */ word) =>
    (inBooks.get(word) ?? 0) >= COMMON && (read.get(word) ?? 0) < SELDOM;
  const chosen = new Set();
  // The transcripts are part of the text, and the recordings have them.
  const known = new Set(recorded);
  let missing = hours * 3600 * PACE;
  for (let left = 20 * all.length; left > 0 && missing > 0; left--) {
    const text = /** @type {string} */ (all[Math.floor(random.next() * all.length)]);
    if (chosen.has(text) || known.has(text)) continue;
    if (new Set(text.split(" ").filter(isWorthIt)).size < WORTH && random.next() > AS_THEY_COME) continue;
    chosen.add(text);
    note(text);
    missing -= text.length;
  }
  return [...chosen];
}

/** Every voice reads its share, in batches, as many at once as there are cores. */
async function readAll() {
  /** @type {{ voice: string, readings: Reading[] }[]} */
  const batches = [];
  voices.forEach((voice, index) => {
    mkdirSync(join(out, voice), { recursive: true });
    const own = sentences.filter((_, place) => place % voices.length === index);
    const readings = own.map((text, place) => ({
      text,
      path: join(out, voice, `${String(place).padStart(5, "0")}.wav`),
      stretch: draw(STRETCH),
      pitch: draw(PITCH),
    }));
    for (let first = 0; first < readings.length; first += BATCH) {
      batches.push({ voice, readings: readings.slice(first, first + BATCH) });
    }
  });
  /** @type {{ audio_filepath: string, duration: number, text: string, speaker: string, source: string }[]} */
  const entries = [];
  let failed = 0;
  const queue = batches.values();
  const worker = async () => {
    for (const { voice, readings } of queue) {
      await VOICES[voice]?.read(readings);
      for (const { text, path } of readings) {
        const duration = existsSync(path) ? await secondsOf(path) : 0;
        if (duration < text.length / 40) failed++;
        else
          entries.push({
            audio_filepath: path.slice(out.length + 1),
            duration,
            text,
            speaker: voice,
            source: "synthetic",
          });
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (failed > 0) console.error(`${failed} sentences were not read, or not to their end, and are left out`);
  return entries.sort((a, b) => (a.audio_filepath < b.audio_filepath ? -1 : 1));
}

/** 0 for what a voice broke off. @param {string} path */
async function secondsOf(path) {
  const seconds = headerDurationSeconds(inMemory(new Uint8Array(readFileSync(path))));
  return (await seconds.catch(() => undefined)) ?? 0;
}

/** @param {Reading[]} readings @param {(reading: Reading) => Promise<unknown>} read */
async function each(readings, read) {
  for (const reading of readings) await read(reading);
}

/** @param {{ min: number, max: number }} range */
function draw({ min, max }) {
  return min * (max / min) ** random.next();
}
