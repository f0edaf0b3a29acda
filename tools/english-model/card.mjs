/** The model's card, and the line about it in the README: every figure out of metrics.json. */

/** @typedef {import("./measure.mjs").SourceRates} SourceRates */
/** @typedef {import("./measure.mjs").Rates} Rates */
/** @typedef {import("./metrics.mjs").Metrics} Metrics */

/** @type {Record<string, { what: string, licence: string }>} */
const SOURCES = {
  "librispeech-train-clean-100-part": {
    what: "[LibriSpeech](https://www.openslr.org/12), part of train-clean-100: audiobooks (Panayotov et al. 2015)",
    licence: "CC BY 4.0",
  },
  "librispeech-dev-clean-part": {
    what: "[LibriSpeech](https://www.openslr.org/12), part of dev-clean: audiobooks (Panayotov et al. 2015)",
    licence: "CC BY 4.0",
  },
  ljspeech: { what: "[LJ Speech](https://keithito.com/LJ-Speech-Dataset/): audiobooks", licence: "public domain" },
  "ljspeech-more": { what: "LJ Speech, more of it", licence: "public domain" },
  kathleen: { what: "CMU ARCTIC's prompts, read by Kathleen", licence: "CC0 1.0" },
  speechocean762: {
    what: "[speechocean762](https://www.openslr.org/101): sentences read by native speakers of Mandarin, half of them children (Zhang et al. 2021)",
    licence: "free for any use",
  },
  "commonvoice-en": {
    what: "[Common Voice](https://commonvoice.mozilla.org), English: sentences, many accents",
    licence: "CC0 1.0",
  },
  "picovoice-barista": {
    what: "Picovoice's spoken coffee orders; its speakers, more than 50, have one label",
    licence: "Apache-2.0",
  },
  "fsdd-joined": {
    what: "[Free Spoken Digit Dataset](https://github.com/Jakobovski/free-spoken-digit-dataset), digits joined to strings",
    licence: "CC BY-SA 4.0",
  },
  synthetic: {
    what: "sentences of the language model's books, read by eight voices of flite, festival and SVOX Pico",
    licence: "free for any use; Pico's Apache-2.0",
  },
};

/** @type {Record<string, string>} */
const SPEAKERS = {
  dev: "native readers of audiobooks (LibriSpeech), three speakers",
  "dev-commonvoice": "short sentences in many accents (Common Voice), fifty speakers",
};

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)}%`;
const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const count = (/** @type {number} */ value) => value.toLocaleString("en-US");

/**
 * What the model is today, in one line.
 *
 * @param {Metrics} metrics
 */
export function headline({ training, results }) {
  const [native] = results.dev ?? [];
  if (!native) throw new Error("metrics.json holds no rates of dev");
  const { decoded, greedy } = native;
  return (
    `After ${training.passes} passes over its training data it gets ${percent(decoded.wer)} of the words ` +
    `of unseen native readers wrong (${percent(greedy.wer)} without its language model)${judgement(decoded.wer)}.`
  );
}

/** @param {number} wer */
function judgement(wer) {
  if (wer > 0.5) return ": a work in progress, which writes down the sound of speech and few of its words";
  return wer > 0.25 ? ": enough to find one's way in a recording, not to quote it" : "";
}

/** @param {Metrics} metrics */
export function renderCard(metrics) {
  const { training, model, languageModel } = metrics;
  return `# @deepspeech-ts/model-english

A model of read English for [deepspeech-ts](https://github.com/deepspeech-ts/deepspeech-ts).

${headline(metrics)}

\`\`\`ts
import { englishModel } from "@deepspeech-ts/model-english";
import { Recognizer } from "@deepspeech-ts/recognizer";

const recognizer = await Recognizer.load(englishModel);
console.log((await recognizer.transcribe("recording.wav")).text);
await recognizer.close();
\`\`\`

The command line uses it by default. In Node, \`englishModel\` is the path of \`english.dsb\`; for bundlers of web pages it is
the URL of \`english-web.dsb\`. \`englishWebModel\` is the latter's path in Node.

| file | size | weights | language model |
|---|---:|---|---:|
${metrics.bundles.map(({ name, bytes, precision, languageModelBytes }) => `| \`${name}\` | ${megabytes(bytes)} | ${precision} | ${megabytes(languageModelBytes)} |`).join("\n")}

## Word error rates

Measured with the recogniser and \`english.dsb\` as shipped, on recordings and speakers that are not in the training data.
95% confidence intervals in brackets, by bootstrap over utterances; with few speakers, they say nothing about others.

| recordings | utterances | words | greedy | with language model |
|---|---:|---:|---|---|
${Object.entries(metrics.results)
  .flatMap(([list, sources]) => sources.map((source) => rateRow(list, source)))
  .join("\n")}

The checkpoint was chosen on the first row's recordings, and the language model's weights on ${metrics.tunedOn} of them, so that
this row is optimistic; the second played no part in any choice.

${sizesTable(metrics)}
## Speed

For ten seconds of speech, the model takes ${metrics.speed.modelMilliseconds.toFixed(0)} ms of one core, and the search with the language model another ${metrics.speed.searchMilliseconds.toFixed(0)} ms
(${metrics.speed.processor}; CPU time, minimum of ten runs).

## What it cannot do

- Languages other than English, punctuation, capitals or digits: it writes a–z, apostrophe and space.
- Telephone audio, distant microphones, noise, spontaneous or overlapping speech: its training data has next to none.
- Names and words that are not in its training books: with the language model, it writes no others but hot words.
  \`--hot-words\` takes them to be spoken as their letters sound; \`--no-pronunciations\` spells freely, and gets more wrong.
- Reliable confidences for other speakers: they were calibrated on native readers only.

## How it was made

A DeepSpeech 2 model of ${(model.numParameters / 1e6).toFixed(1)} million parameters, trained on nothing but the data listed below: ${training.passes} passes in ${training.hours.toFixed(1)} hours,
${count(training.steps)} steps, in ${training.runs} runs that each began with the weights of the one before.${meanOf(training)} [metrics.json](metrics.json) holds the last
one's recipe, which was given ${count(training.recordings)} of the recordings${splicesOf(training)}. To train one from fresh weights by
[english.config.ts](english.config.ts), with a folder that holds \`train.jsonl\` and \`dev.jsonl\`:

\`\`\`sh
npx deepspeech data splice corpora/train.jsonl --to corpora/spliced
npx deepspeech train --config packages/model-english/english.config.ts --train corpora/train.jsonl corpora/spliced --dev corpora/dev.jsonl --shortest-first-epochs 1
\`\`\`

The project's \`tools/build-english-model.mjs\` makes bundles, language model and this card from a run; the figures are those it
measured, from [metrics.json](metrics.json). The ${languageModel.order}-grams were estimated from ${(languageModel.words / 1e6).toFixed(1)} million words of public-domain books and the
training transcripts, with a vocabulary of ${count(languageModel.vocabulary)} words, pruned by relative entropy and quantised to 8 bits. With
the language model, words are found by their pronunciations, from CMU's dictionary.

## Data and credits

| source | hours | utterances | speakers | licence |
|---|---:|---:|---:|---|
${metrics.data.map(dataRow).join("\n")}

[CREDITS.md](CREDITS.md) repeats this for redistribution. The files of this package are under the
[Apache License 2.0](LICENSE); none of the recordings is in it.
`;
}

/**
 * @param {string} list
 * @param {Metrics["results"][string][number]} source
 */
function rateRow(list, { utterances, words, greedy, decoded }) {
  return `| ${SPEAKERS[list] ?? list} | ${count(utterances)} | ${count(words)} | ${rateOf(greedy)} | ${rateOf(decoded)} |`;
}

/** @param {Rates} rates */
function rateOf({ wer, werInterval: [low, high] }) {
  return `${percent(wer)} (${percent(low)}–${percent(high)})`;
}

/** @param {Metrics["training"]} training */
function meanOf({ timesInMean = 0 }) {
  if (timesInMean === 0) return "";
  const times = timesInMean === 1 ? "" : `, counted ${timesInMean} times,`;
  return ` The weights are the mean of the last run's${times} and of those of the model before.`;
}

/** @param {Metrics["training"]} training */
function splicesOf({ splices = 0 }) {
  return splices === 0
    ? ""
    : ` and ${count(splices)} [splices](https://github.com/deepspeech-ts/deepspeech-ts/blob/main/docs/data.md#splice-it) of them`;
}

/** @param {Metrics} metrics */
function sizesTable({ languageModelSizes }) {
  if (languageModelSizes.length === 0) return "";
  const rows = languageModelSizes.map(
    ({ bytes, ngrams, rates }) => `| ${megabytes(bytes)} | ${count(ngrams)} | ${rateOf(rates)} |`,
  );
  return `The effect of the language model's size, on the first row's recordings, with the weights that were tuned for the shipped one:

| language model | n-grams | WER |
|---:|---:|---|
${rows.join("\n")}

`;
}

/** @param {Metrics["data"][number]} source */
function dataRow({ source, hours, utterances, speakers }) {
  const { what, licence } = SOURCES[source] ?? {};
  if (what === undefined)
    throw new Error(`no credits are known for ${source}; add them to tools/english-model/card.mjs`);
  return `| ${what} | ${hours.toFixed(2)} | ${count(utterances)} | ${count(speakers)} | ${licence} |`;
}
