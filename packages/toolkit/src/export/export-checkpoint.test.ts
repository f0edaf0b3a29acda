import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Recognizer, type TranscribeOptions } from "@deepspeech-ts/recognizer";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { largestGap, NgramModel, openBundle } from "@deepspeech-ts/speech";
import { tidy } from "@deepspeech-ts/torch";
import { loadCheckpoint, saveCheckpoint } from "../acoustic-model/index.js";
import { audioFixture, sampleCorpus, temporaryFolder } from "../data/fixtures.test.support.js";
import { loadUtterances } from "../data/manifest.js";
import { decodingSchema } from "../evaluation/decoding-config.js";
import { runEvaluation } from "../evaluation/run-evaluation.js";
import { buildLanguageModel } from "../language-model/build.js";
import { rawManifestIn } from "../training/training.test.support.js";
import { nothingDone } from "../training/training-state.js";
import { randomCheckpoint } from "./export.test.support.js";
import { exportCheckpoint } from "./export-checkpoint.js";
import { type ExportOptions, runExport } from "./run-export.js";

const quiet = { threads: 1, workers: 1 };
const data = [join(sampleCorpus("dev"), "1/3")];

async function bundleAt(path: string) {
  const bundle = openBundle(new Uint8Array(await readFile(path)));
  await bundle.verify();
  return bundle;
}

describe("runExport", () => {
  it("writes a bundle for each precision, with the error rates that the training half measures", async (t) => {
    const folder = await temporaryFolder(t);
    // Weights must be the most of it for their precision to show in the size.
    const checkpoint = randomCheckpoint(folder, { model: { hiddenSize: 64 } });
    const progress: string[] = [];
    const result = await runExport({
      ...{
        checkpoint,
        output: join(folder, "model.dsb"),
        precisions: ["fp32", "fp16", "int8", "web"],
        evaluate: data,
        ...quiet,
      },
      onProgress: (precision, done, total) => progress.push(`${precision} ${done}/${total}`),
    });
    const { rates, audioSeconds } = await runEvaluation({ checkpoint, data, ...quiet });
    assert.deepEqual(
      readdirSync(folder)
        .filter((name) => name.endsWith(".dsb"))
        .sort(),
      ["model-fp16.dsb", "model-fp32.dsb", "model-int8.dsb", "model-web.dsb"],
    );
    assert.deepEqual(result.variants[0]!.rates, { wer: rates.wer, cer: rates.cer });
    assert.equal(result.numUtterances, rates.numUtterances);
    assert.equal(result.audioSeconds, audioSeconds);
    assert.deepEqual(progress.slice(-1), [`web ${rates.numUtterances}/${rates.numUtterances}`]);
    for (const { precision, path, size, rates: own } of result.variants) {
      const { header } = await bundleAt(path);
      assert.equal(header.precision, precision);
      assert.equal((await readFile(path)).length, size);
      assert.ok(Math.abs(own!.cer - rates.cer) < 0.05, `${precision} has ${own!.cer}, training ${rates.cer}`);
      assert.deepEqual(header.training.evaluation, {
        ...{ wer: own!.wer, cer: own!.cer, corpora: ["3"] },
        ...{ numUtterances: rates.numUtterances, audioSeconds },
      });
    }
    const sizes = result.variants.map(({ size }) => size);
    const [fp32, fp16, int8, web] = sizes as [number, number, number, number];
    assert.ok(web < fp16 && int8 < fp16 && fp16 < fp32, `${web}, ${int8}, ${fp16}, ${fp32} bytes`);
  });

  it("fits confidences to what the bundle gets right, unless a calibration is given", async (t) => {
    const folder = await temporaryFolder(t);
    const checkpoint = randomCheckpoint(folder, { logitScale: 100 });
    const output = join(folder, "model.dsb");
    const settingsOf = async (request: Partial<ExportOptions>) => {
      const { variants } = await runExport({ checkpoint, output, evaluate: data, ...request, ...quiet });
      return { ...variants[0]!, decoding: (await bundleAt(output)).header.decoding };
    };
    const { decoding, confidence } = await settingsOf({});
    assert.ok(confidence!.before.bins.at(-1)!.confidence > 0.1, "weights made by chance are sure of something");
    assert.ok(
      confidence!.before.bins.every(({ correct }) => correct === 0),
      "and right about nothing",
    );
    assert.ok(largestGap(confidence!.after) < 0.25, JSON.stringify(confidence!.after));
    await using recognizer = await Recognizer.load(output, { threads: 1 });
    const [recording] = (await loadUtterances(data[0]!)).utterances;
    const { timedWords } = await recognizer.transcribe(recording!.audioPath, { wordTimes: true });
    assert.ok(
      timedWords!.length > 0 && timedWords!.every((word) => word.confidence < 0.25),
      "what it says, it has fitted",
    );
    assert.deepEqual(decoding.confidenceCalibration?.length, 3);
    const given = await settingsOf({ decoding: decodingSchema.parse({ confidenceCalibration: [1, 2, 3] }) });
    assert.deepEqual([given.decoding.confidenceCalibration, given.confidence], [[1, 2, 3], undefined]);
  });

  it("tells all that a recogniser must know", async (t) => {
    const folder = await temporaryFolder(t);
    const checkpoint = randomCheckpoint(folder, {
      model: { timeStride: 3 },
      features: { fftSamples: 512, hopSamples: 160 },
    });
    const out = join(folder, "model.dsb");
    await runExport({ checkpoint, output: out, evaluate: [], ...quiet });
    const { header } = await bundleAt(out);
    const { training, sections, alphabet, ...facts } = header;
    assert.deepEqual(facts, {
      format: "deepspeech-ts bundle",
      version: 1,
      sampleRate: 16_000,
      minSamples: 257,
      frameSeconds: 0.03,
      model: tidy(() => loadCheckpoint(checkpoint).header.model),
      features: tidy(() => loadCheckpoint(checkpoint).header.features),
      precision: "fp32",
      decoding: { hotWords: [], hotWordWeight: 4 },
    });
    assert.equal(alphabet.tokens.length, 29);
    assert.deepEqual(Object.keys(training), ["exportedAt", "projectVersion", "numParameters", "corpora"]);
    assert.deepEqual(
      sections.map(({ name }) => name),
      ["model.onnx"],
    );
  });

  it("keeps the run's own facts, and measures on its development data where they are still there", async (t) => {
    const folder = await temporaryFolder(t);
    const run = (dev: string[]) => ({
      config: { train: ["/somewhere/private/train-clean-100"], dev },
      progress: { ...nothingDone(), epoch: 4, step: 321, kept: [{ epoch: 4, wer: 0.5, cer: 0.25, loss: 1 }] },
    });
    for (const [dev, numUtterances] of [
      [data, 5],
      [[join(folder, "gone")], 0],
    ] as const) {
      const path = join(folder, "run.safetensors");
      tidy(() => {
        const { header, tensors } = loadCheckpoint(randomCheckpoint(folder));
        saveCheckpoint(path, { ...header, training: run([...dev]) }, tensors);
      });
      const out = join(folder, "model.dsb");
      const result = await runExport({ checkpoint: path, output: out, ...quiet });
      assert.equal(result.numUtterances, numUtterances);
      const { training } = (await bundleAt(out)).header;
      assert.deepEqual([training.corpora, training.epochs, training.steps], [["train-clean-100"], 4, 321]);
      assert.deepEqual(training.dev, { wer: 0.5, cer: 0.25 });
      assert.equal(training.evaluation?.numUtterances, numUtterances || undefined);
    }
  });

  it("refuses to measure on recordings that all lack words, and writes nothing", async (t) => {
    const folder = await temporaryFolder(t);
    const lines = [1, 2].map((id) => ({
      audio_filepath: audioFixture("speech-16k.flac"),
      duration: 1.064,
      text: "",
      id,
    }));
    const evaluate = [rawManifestIn(folder, "wordless", lines)];
    const output = join(folder, "model.dsb");
    await assert.rejects(runExport({ checkpoint: randomCheckpoint(folder), output, evaluate, ...quiet }), {
      name: "UserError",
      message: /^none of the 2 recordings has words, so there is no error rate; words were recognised in \d of them /,
    });
    assert.ok(!existsSync(output));
  });

  it("takes the language model and the decoding settings along", async (t) => {
    const folder = await temporaryFolder(t);
    const [text, arpa] = [join(folder, "words.txt"), join(folder, "words.arpa")];
    writeFileSync(text, "please hold the line\npress one to hold\n".repeat(10));
    await buildLanguageModel({ input: [text], output: arpa, order: 2 });
    const decoding = decodingSchema.parse({ lm: arpa, lmWeight: 0.8, wordScore: 0.1, hotWords: ["Press 1"] });
    const out = join(folder, "model.dsb");
    const checkpoint = randomCheckpoint(folder);
    const result = await runExport({ checkpoint, output: out, decoding, evaluate: data, ...quiet });
    const bundle = await bundleAt(out);
    assert.deepEqual(bundle.header.decoding, {
      lmWeight: 0.8,
      wordScore: 0.1,
      hotWords: ["press one"],
      hotWordWeight: 4,
    });
    const languageModel = NgramModel.fromBuffer(bundle.section("language-model.bin")!.slice().buffer);
    assert.equal(languageModel.order, 2);
    assert.notEqual(languageModel.wordId("hold"), languageModel.unknownId);
    const { rates } = await runEvaluation({ checkpoint, data, decoding, ...quiet });
    assert.equal(result.variants[0]!.rates!.wer, rates.wer);
  });

  it("of a model that writes phones takes its language model's pronunciations along, unless told not to", async (t) => {
    const folder = await temporaryFolder(t);
    const [text, lm] = [join(folder, "words.txt"), join(folder, "words.lm")];
    writeFileSync(text, "please hold the line\npress one to hold\nzorb the line\n".repeat(10));
    await buildLanguageModel({ input: [text], output: lm, order: 2 });
    const checkpoint = randomCheckpoint(folder, { model: { numPhones: 41 } });
    const search = { lm, lmWeight: 0.8, beamSize: 16 };
    const textsOf = async (path: string, options: TranscribeOptions = {}) => {
      await using recognizer = await Recognizer.load(path, { threads: 1 });
      const { utterances } = await loadUtterances(data[0]!);
      const transcripts = utterances.map(({ audioPath }) => recognizer.transcribe(audioPath, options));
      return (await Promise.all(transcripts)).map((transcript) => transcript.text);
    };
    const found = new Map<boolean, string[]>();
    for (const pronunciations of [true, false]) {
      const decoding = decodingSchema.parse({ ...search, pronunciations });
      const out = join(folder, `model-${pronunciations}.dsb`);
      const result = await runExport({ checkpoint, output: out, decoding, evaluate: data, ...quiet });
      const evaluated = await runEvaluation({ checkpoint, data, decoding, ...quiet });
      assert.equal(result.variants[0]!.rates!.wer, evaluated.rates.wer);
      const { header, section } = await bundleAt(out);
      const { confidenceCalibration: _, ...settings } = header.decoding;
      assert.deepEqual(settings, { beamSize: 16, lmWeight: 0.8, hotWords: [], hotWordWeight: 4 });
      assert.deepEqual([header.version, header.model.numPhones], [3, 41]);
      const lines = section("pronunciations.txt");
      assert.equal(lines !== undefined, pronunciations);
      if (lines) assert.equal(new TextDecoder().decode(lines).split("\n").length, 9);
      const texts = await textsOf(out);
      assert.deepEqual(
        texts,
        evaluated.utterances.map(({ hypothesis }) => hypothesis),
      );
      found.set(pronunciations, texts);
    }
    const vocabulary = new Set(["please", "hold", "the", "line", "press", "one", "to", "zorb"]);
    const words = (texts: readonly string[]) => texts.join(" ").split(" ").filter(Boolean);
    assert.ok(words(found.get(true)!).length > 0 && words(found.get(true)!).every((word) => vocabulary.has(word)));
    const byLetters = await textsOf(join(folder, "model-true.dsb"), { decoding: "greedy" });
    assert.deepEqual(byLetters, await textsOf(join(folder, "model-false.dsb"), { decoding: "greedy" }));
    assert.ok(words(byLetters).some((word) => !vocabulary.has(word)));
    const refused = (options: TranscribeOptions, message: string) =>
      assert.rejects(textsOf(join(folder, "model-true.dsb"), options), { code: "bad-argument", message });
    await refused(
      { unknownWordScore: -1 },
      "unknownWordScore has no effect: this bundle finds words by their pronunciations, and knows those of its language model alone; leave it out",
    );
    const decoding = decodingSchema.parse({ ...search, pronunciations: true, unknownWordScore: -1 });
    await assert.rejects(runEvaluation({ checkpoint, data, decoding, ...quiet }), {
      message:
        "unknownWordScore has no effect: this model finds words by their pronunciations, and knows those of the language model alone; leave it out, or set pronunciations to false.",
    });
  });

  it("refuses what no bundle can hold, before it works", async (t) => {
    const folder = await temporaryFolder(t);
    const checkpoint = randomCheckpoint(folder, { model: { recurrence: "batch" } });
    const out = join(folder, "model.dsb");
    const refusals: [request: Parameters<typeof runExport>[0], message: string][] = [
      [
        { checkpoint, output: out },
        `${checkpoint}: its recurrent layers run over the batch (recurrence: "batch"), so its output for an utterance ` +
          'depends on the others; a bundle needs a model trained with recurrence: "time".',
      ],
      [
        { checkpoint, output: join(folder, "model.onnx") },
        `${folder}/model.onnx: a bundle's name ends in .dsb; choose such a name.`,
      ],
      [
        { checkpoint, output: join(folder, "a/b.dsb") },
        `${folder}/a/b.dsb: could not be written, there is no folder ${folder}/a; create it first.`,
      ],
    ];
    for (const [request, message] of refusals) {
      await assert.rejects(runExport({ ...request, ...quiet }), (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.message, message);
        return true;
      });
    }
    assert.ok(!existsSync(out));
  });

  it("refuses a graph that disagrees with the trained model, whichever precision is asked for", async (t) => {
    const folder = await temporaryFolder(t);
    // Log-probabilities in the thousands: rounding alone makes them differ by more than is allowed.
    const checkpoint = randomCheckpoint(folder, { logitScale: 1e4 });
    for (const precision of ["fp32", "int8"] as const) {
      const request = {
        checkpoint,
        output: join(folder, "model.dsb"),
        precisions: [precision],
        evaluate: [],
        ...quiet,
      };
      await assert.rejects(runExport(request), (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.code, "export-disagrees");
        assert.match(
          error.message,
          /^the exported graph differs from the trained model: by \d\.\de[+-]\d in a log-probability \(0\.001 is allowed\); nothing/,
        );
        return true;
      });
    }
    assert.deepEqual(readdirSync(folder).sort(), ["random.safetensors"]);
  });

  it("leaves nothing behind when it is interrupted", async (t) => {
    const folder = await temporaryFolder(t);
    const controller = new AbortController();
    const exporting = runExport({
      ...{ checkpoint: randomCheckpoint(folder), output: join(folder, "model.dsb"), evaluate: data, ...quiet },
      precisions: ["fp32", "int8"],
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await assert.rejects(exporting, { name: "AbortError" });
    assert.deepEqual(readdirSync(folder).sort(), ["random.safetensors"]);
  });

  it("keeps an older bundle when it is interrupted", async (t) => {
    const folder = await temporaryFolder(t);
    const out = join(folder, "model.dsb");
    writeFileSync(out, "older");
    const request = { checkpoint: randomCheckpoint(folder), output: out, evaluate: data, ...quiet };
    assert.equal(await exportCheckpoint(request, { onProgress() {}, shouldStop: () => true }), undefined);
    assert.equal(await readFile(out, "utf8"), "older");
  });
});
