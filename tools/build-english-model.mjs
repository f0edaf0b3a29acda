/**
 * Makes packages/model-english of a run: language model, tuned decoding, bundles, what they get wrong, and the card.
 *
 *     node tools/build-english-model.mjs runs/english/version_1 --corpora ../corpora
 *
 * Only a maintainer runs this, after each long piece of training: the result is in the repository. It replaces the model
 * there only with one that is better on dev. A run that goes on meanwhile does not mind: its best checkpoint is copied first.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { NgramModel, openBundle, writesPhones } from "@deepspeech-ts/speech";
import { averageCheckpoints, loadCheckpointHeader, saveCheckpoint } from "@deepspeech-ts/toolkit/acoustic-model";
import { runTuning } from "@deepspeech-ts/toolkit/evaluation";
import { runExport } from "@deepspeech-ts/toolkit/export";
import { checkpointFromBundle } from "@deepspeech-ts/toolkit/internal/export/bundle-checkpoint.js";
import { languageModelSections } from "@deepspeech-ts/toolkit/internal/export/language-model-section.js";
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { headline, renderCard } from "./english-model/card.mjs";
import { sourcesOf, trainingFacts } from "./english-model/facts.mjs";
import { linesOf, sha256 } from "./english-model/files.mjs";
import { languageModelOf, openText } from "./english-model/language-model.mjs";
import { firstSeconds, hear, measureSpeed, ratesBySource, ratesOf, withDecoding } from "./english-model/measure.mjs";
import { MOST_BYTES, reasonToKeep } from "./english-model/metrics.mjs";

/** @typedef {import("./english-model/metrics.mjs").Metrics} Metrics */
/** @typedef {{ run: string, corpora: string, package: string, work: string, synthetic: string | undefined, force: boolean, mean: number, sizes: (number | null)[], beam: number, tuneOn: number }} Request */
/** @typedef {{ name: string, precision: "int8" | "web", languageModel: import("./english-model/language-model.mjs").BuiltModel, bytes: Uint8Array<ArrayBuffer> }} Made */

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const HELP = `Usage: node tools/build-english-model.mjs <run> --corpora <folder> [options]

<run> is a run's folder or a checkpoint; the corpora's folder holds train.jsonl, dev.jsonl, dev-commonvoice.jsonl and text/.

  --mean <n>          ship the mean of the run's weights, counted n times, and of the shipped model's, with which the run,
                      or the one before it, began
  --synthetic <list>  what tools/build-synthetic-speech.mjs made, if the run had it: the card tells it among the data
  --force             replace the shipped model even where it is better on dev
  --lm-sizes <list>   measure language models of these sizes too, in MB or "full": full,25,10,5
  --tune-on <n>       tune on so many of dev's recordings, evenly spread, which is quicker (default: all)
  --beam-size <n>     of tuning and of the bundles (default: 100)
  --package <folder>  what to write (default: packages/model-english)
  --work <folder>     for what is made on the way, language models among it (default: build/english-model)
`;

/** What of the corpora is measured on; the first chooses. */
const LISTS = ["dev", "dev-commonvoice"];
/** In MB: with the weights of a model of eight million parameters, what the package may hold. */
const BUNDLES = /** @type {const} */ ([
  { name: "english.dsb", precision: "int8", megabytes: 20 },
  { name: "english-web.dsb", precision: "web", megabytes: 5 },
]);
const MARKS = ["<!-- the English model today -->", "<!-- end -->"];

const say = (/** @type {string} */ line) => console.error(line);

/** @returns {Request} */
function parseRequest() {
  const text = /** @type {const} */ ({ type: "string" });
  const flag = /** @type {const} */ ({ type: "boolean" });
  const options = {
    ...{
      corpora: text,
      package: text,
      work: text,
      synthetic: text,
      mean: text,
      "lm-sizes": text,
      "beam-size": text,
      "tune-on": text,
    },
    ...{ force: flag, help: flag },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [run, ...others] = positionals;
  const mean = Number(values.mean ?? 0);
  const isMeant = Number.isInteger(mean) && others.length === 0;
  if (values.help || run === undefined || !isMeant || values.corpora === undefined) {
    say(HELP);
    process.exit(values.help ? 0 : 2);
  }
  return {
    run,
    corpora: resolve(values.corpora),
    package: resolve(values.package ?? join(ROOT, "packages/model-english")),
    work: resolve(values.work ?? join(ROOT, "build/english-model")),
    synthetic: values.synthetic === undefined ? undefined : resolve(values.synthetic),
    force: values.force ?? false,
    mean,
    sizes: (values["lm-sizes"] ?? "")
      .split(",")
      .filter(Boolean)
      .map((size) => (size === "full" ? null : Number(size))),
    beam: Number(values["beam-size"] ?? 100),
    tuneOn: Number(values["tune-on"] ?? Number.POSITIVE_INFINITY),
  };
}

/**
 * The checkpoint as it is now, while its run may go on.
 *
 * @param {Request} request
 */
function copyCheckpoint({ run, work, mean, package: folder }) {
  const { path } = loadCheckpointHeader(run);
  const copy = join(work, "checkpoint.safetensors");
  copyFileSync(path, copy);
  if (mean > 0) writeMean(copy, mean, join(folder, "english-web.dsb"), work);
  return copy;
}

/**
 * Makes of a checkpoint's weights the mean of them and of the bundle's: where one run goes on from the other's weights, what
 * lies between makes fewer errors than either (M. Wortsman et al., "Model soups", ICML 2022).
 *
 * @param {string} checkpoint
 * @param {number} times how often it counts
 * @param {string} bundle
 * @param {string} work
 */
function writeMean(checkpoint, times, bundle, work) {
  const shipped = join(work, "shipped.safetensors");
  noGrad(() =>
    tidy(() => {
      const { header, tensors } = checkpointFromBundle(bundle);
      saveCheckpoint(shipped, header, tensors);
      const mean = averageCheckpoints([...Array(times).fill(checkpoint), shipped]);
      saveCheckpoint(checkpoint, mean.header, mean.tensors);
    }),
  );
}

/**
 * Dev's list, or as much of it as is tuned on.
 *
 * @param {Request} request
 */
function tuningList({ corpora, work, tuneOn }) {
  const list = join(corpora, "dev.jsonl");
  const lines = linesOf(list);
  if (lines.length <= tuneOn) return list;
  const chosen = Array.from({ length: tuneOn }, (_, i) =>
    JSON.parse(lines[Math.floor((i * lines.length) / tuneOn)] ?? ""),
  );
  const entries = chosen.map((entry) => ({ ...entry, audio_filepath: resolve(corpora, entry.audio_filepath) }));
  const part = join(work, "tuned-on.jsonl");
  writeFileSync(part, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  return part;
}

/**
 * @param {string} checkpoint
 * @param {string} lm
 * @param {Request} request
 */
async function tune(checkpoint, lm, request) {
  const { beam } = request;
  const data = [tuningList(request)];
  /** @type {Extract<import("@deepspeech-ts/toolkit/evaluation").TuningEvent, { kind: "best" }> | undefined} */
  let result;
  await runTuning(
    { checkpoint, data, lm, beamSize: beam, normalise: true },
    {
      onEvent: (event) => {
        if (event.kind === "best") result = event;
        if (event.kind !== "trial") return;
        const { lmWeight, wordScore, unknownWordScore = "", rates } = event.trial;
        say(`  ${lmWeight} ${wordScore} ${unknownWordScore}: ${(100 * rates.wer).toFixed(2)}%`);
      },
    },
  );
  if (!result) throw new Error("tuning ended without a result");
  const { rates: _, ...scores } = result.best;
  const [offset = 0, slope = 1, slopeOfDoubt = 1] = result.confidence.calibration.map((value) =>
    Number(value.toFixed(3)),
  );
  const confidenceCalibration = /** @type {[number, number, number]} */ ([offset, slope, slopeOfDoubt]);
  return {
    beamSize: beam,
    ...scores,
    confidenceCalibration,
    hotWords: [],
    hotWordWeight: 4,
  };
}

/**
 * @param {Made} made
 * @param {Request} request
 */
async function measureLists({ bytes }, { corpora }) {
  const greedy = await withDecoding(bytes);
  /** @type {Metrics["results"]} */
  const results = {};
  for (const list of LISTS) {
    say(`Hearing ${list} …`);
    const manifest = join(corpora, `${list}.jsonl`);
    const before = ratesBySource(await hear(greedy, manifest));
    const decoded = ratesBySource(await hear(bytes, manifest));
    results[list] = decoded.map(({ rates, ...facts }, i) => {
      const own = before[i];
      if (!own) throw new Error(`${list}: no greedy rates of ${facts.source}`);
      return { ...facts, greedy: own.rates, decoded: rates };
    });
  }
  return results;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bundle
 * @param {import("./english-model/language-model.mjs").TextSource} text
 * @param {Request} request
 */
async function measureSizes(bundle, text, { sizes, work, corpora }) {
  const { header } = openBundle(bundle);
  const { decoding } = header;
  /** @type {Metrics["languageModelSizes"]} */
  const rows = [];
  for (const size of sizes) {
    say(`Hearing dev with a language model of ${size ?? "all n-grams"} MB …`);
    const { path, bytes, counts } = await languageModelOf(text, size, work);
    const model = NgramModel.fromBuffer(new Uint8Array(readFileSync(path)).buffer);
    const languageModel = await languageModelSections(model, { path, isPronounced: writesPhones(header) });
    const bundled = await withDecoding(bundle, { decoding, languageModel });
    const rates = ratesOf(await hear(bundled, join(corpora, "dev.jsonl")));
    rows.push({ bytes, ngrams: counts.reduce((sum, count) => sum + count, 0), rates });
  }
  return rows.sort((a, b) => b.bytes - a.bytes);
}

/**
 * @param {string} checkpoint
 * @param {import("./english-model/language-model.mjs").TextSource} text
 * @param {Request} request
 * @returns {Promise<Made[]>}
 */
async function makeBundles(checkpoint, text, request) {
  const built = [];
  for (const { megabytes } of BUNDLES) built.push(await languageModelOf(text, megabytes, request.work));
  const [largest] = built;
  if (!largest) throw new Error("no bundle is wanted");
  say("Tuning decoding on dev …");
  const decoding = await tune(checkpoint, largest.path, request);
  const made = [];
  for (const [i, { name, precision }] of BUNDLES.entries()) {
    const languageModel = /** @type {import("./english-model/language-model.mjs").BuiltModel} */ (built[i]);
    const output = join(request.work, name);
    const options = { decoding: { ...decoding, lm: languageModel.path }, evaluate: [], threads: 1, workers: 1 };
    await runExport({ checkpoint, output, precisions: [precision], ...options });
    made.push({ name, precision, languageModel, bytes: new Uint8Array(readFileSync(output)) });
  }
  return made;
}

/**
 * @param {Request} request
 * @returns {Promise<{ metrics: Metrics, made: Made[] }>}
 */
async function build(request) {
  const checkpoint = copyCheckpoint(request);
  // Before all that takes long: a run may have begun with one that is gone.
  const training = { ...trainingFacts(checkpoint), timesInMean: request.mean };
  say("Reading the text …");
  const text = await openText(request.corpora, request.work);
  const made = await makeBundles(checkpoint, text, request);
  const [main] = made;
  if (!main) throw new Error("no bundle was made");
  const { header } = openBundle(main.bytes);
  const speech = await firstSeconds(longRecording(request.corpora));
  const metrics = {
    measuredAt: new Date().toISOString(),
    training,
    data: dataOf(request),
    model: { numParameters: header.training.numParameters },
    bundles: made.map(({ name, precision, bytes, languageModel }) => ({
      ...{ name, bytes: bytes.length, sha256: sha256(bytes), precision, languageModelBytes: languageModel.bytes },
    })),
    languageModel: {
      order: main.languageModel.counts.length,
      words: text.numWords,
      vocabulary: text.vocabulary.length,
    },
    decoding: header.decoding,
    tunedOn: Math.min(request.tuneOn, linesOf(join(request.corpora, "dev.jsonl")).length),
    results: await measureLists(main, request),
    speed: await measureSpeed(main.bytes, speech),
    languageModelSizes: await measureSizes(main.bytes, text, request),
  };
  return { metrics, made };
}

/**
 * What the weights have had: of the corpora, of what was made, and what else earlier runs had.
 *
 * @param {Request} request
 * @returns {Metrics["data"]}
 */
function dataOf({ corpora, synthetic, package: folder }) {
  const lists = [join(corpora, "train.jsonl"), ...(synthetic === undefined ? [] : [synthetic])];
  const data = lists.flatMap((list) => sourcesOf(list));
  const known = new Set(data.map(({ source }) => source));
  return [...data, ...(shippedMetrics(folder)?.data ?? []).filter(({ source }) => !known.has(source))];
}

/**
 * @param {string} folder
 * @returns {Metrics | undefined}
 */
function shippedMetrics(folder) {
  const path = join(folder, "metrics.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

/** The first of dev's that is long enough to measure speed with. @param {string} corpora */
function longRecording(corpora) {
  const entries = linesOf(join(corpora, "dev.jsonl")).map((line) => JSON.parse(line));
  const long = entries.find(({ duration }) => duration > 10);
  if (!long) throw new Error("dev.jsonl holds no recording of ten seconds");
  return resolve(corpora, long.audio_filepath);
}

/**
 * @param {{ metrics: Metrics, made: Made[] }} built
 * @param {Request} request
 */
function write({ metrics, made }, request) {
  mkdirSync(request.package, { recursive: true });
  for (const { name, bytes } of made) replace(join(request.package, name), bytes);
  replace(join(request.package, "README.md"), renderCard(metrics));
  replace(join(request.package, "metrics.json"), `${JSON.stringify(metrics, null, 2)}\n`);
  const readme = join(ROOT, "README.md");
  if (request.package === join(ROOT, "packages/model-english")) replace(readme, withHeadline(readme, metrics));
}

/**
 * The README with what the model is today between its marks.
 *
 * @param {string} path
 * @param {Metrics} metrics
 */
function withHeadline(path, metrics) {
  const text = readFileSync(path, "utf8");
  const [start = "", end = ""] = MARKS;
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} lacks ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n${headline(metrics)}\n${text.slice(to)}`;
}

/**
 * @param {string} path
 * @param {string | Uint8Array} content
 */
function replace(path, content) {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
  say(`wrote ${relative(process.cwd(), path)}: ${(statSync(path).size / 1e6).toFixed(2)} MB`);
}

const request = parseRequest();
mkdirSync(request.work, { recursive: true });
const built = await build(request);
writeFileSync(join(request.work, "metrics.json"), `${JSON.stringify(built.metrics, null, 2)}\n`);
console.log(headline(built.metrics));
const total = built.made.reduce((sum, { bytes }) => sum + bytes.length, 0);
if (total > MOST_BYTES) throw new Error(`the bundles take ${total} bytes; at most ${MOST_BYTES} are allowed`);
const reason = reasonToKeep(built.metrics, shippedMetrics(request.package));
if (reason !== undefined && !request.force) {
  say(`Nothing was replaced: ${reason}. --force replaces it all the same.`);
  process.exit(1);
}
write(built, request);
