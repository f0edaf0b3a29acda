/**
 * From a checkpoint to bundles: build each graph, hold it against the model that was trained, measure it; and write the
 * files when all of that is done.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { UserError, writeFileAtomicallySync } from "@deepspeech-ts/recognizer/system";
import {
  type Alphabet,
  type BundlePrecision,
  type ConfidenceFit,
  type CorpusErrorRates,
  encodeBundle,
  fitConfidence,
  isUncalibrated,
  type TrainingFacts,
} from "@deepspeech-ts/speech";
import { setNumThreads } from "@deepspeech-ts/torch";
import type { CheckpointHeader } from "../acoustic-model/index.js";
import { AudioLoader } from "../data/loader.js";
import type { LeftOut } from "../data/types.js";
import { type Decode, openDecoding, spelledHotWords } from "../evaluation/decoding.js";
import { type DecodingConfig, greedyDecoding } from "../evaluation/decoding-config.js";
import { loadLanguageModel } from "../language-model/load.js";
import { isPronounced } from "../language-model/pronounced.js";
import { describeCheckpoint } from "./describe.js";
import { type EvaluationData, loadEvaluationData, parityWaveforms } from "./evaluation-data.js";
import { modelGraphs } from "./graph/step-graph.js";
import { languageModelSections } from "./language-model-section.js";
import { measureErrorRates } from "./measure.js";
import { OnnxSession } from "./onnx-session.js";
import { type OpenCheckpoint, openCheckpoint } from "./open-checkpoint.js";
import { outputPaths } from "./output-paths.js";
import { FEATURE_TOLERANCE, measureParity, type Parity, WRONG_DIFFERENCE } from "./parity.js";
import type { ExportedVariant, ExportRequest, ExportResult } from "./run-export.js";

export interface ExportHost {
  onProgress(precision: BundlePrecision, done: number, total: number): void;
  /** Asked between batches: true ends the export, and nothing is written. */
  shouldStop(): boolean;
}

/** What every variant is built from and measured with. */
interface Materials {
  decoding: DecodingConfig;
  checkpoint: OpenCheckpoint;
  data: EvaluationData;
  loader: AudioLoader;
  decode: Decode;
  waveforms: readonly Float32Array[];
  threads: number;
}

interface Variant {
  precision: BundlePrecision;
  graphs: ReturnType<typeof modelGraphs>;
  parity: Parity;
  rates: CorpusErrorRates | undefined;
  leftOut: LeftOut[];
  /** Absent where nothing was measured, or the calibration was given. */
  confidence: ConfidenceFit | undefined;
}

/** Blocks its thread while libtorch works; `runExport` gives it one of its own. Undefined where it was asked to stop. */
export async function exportCheckpoint(request: ExportRequest, host: ExportHost): Promise<ExportResult | undefined> {
  const { precisions = ["fp32"], workers } = request;
  const { threads = availableParallelism() } = request;
  const paths = outputPaths(request.output, precisions, [request.checkpoint]);
  setNumThreads(threads);
  using checkpoint = openCheckpoint(request.checkpoint);
  const { header } = checkpoint;
  const decoding = spelled(request.decoding ?? greedyDecoding, header.alphabet);
  const decode = await openDecoding(decoding, header);
  const data = await loadEvaluationData(request.evaluate, header, request);
  await using loader = new AudioLoader({
    sampleRate: header.features.sampleRate,
    ...(workers !== undefined && { numWorkers: workers }),
  });
  const waveforms = await parityWaveforms(data, loader, header);
  const materials = { decoding, checkpoint, data, loader, decode, waveforms, threads };
  if (!precisions.includes("fp32")) await checkExactGraph(materials);
  const variants: Variant[] = [];
  for (const precision of precisions) {
    variants.push(await makeVariant(precision, materials, host));
    if (host.shouldStop()) return undefined;
  }
  return {
    variants: await writeVariants(variants, { header, decoding, paths, data, license: request.license }),
    corpora: data.corpora,
    numUtterances: variants[0]?.rates?.numUtterances ?? 0,
    audioSeconds: data.audioSeconds,
    leftOut: [...data.leftOut, ...(variants[0]?.leftOut ?? [])],
  };
}

/** Bundles hold hot words as their model writes them. */
function spelled(decoding: DecodingConfig, alphabet: Alphabet): DecodingConfig {
  return { ...decoding, hotWords: spelledHotWords(decoding.hotWords, alphabet) };
}

/** Rounded weights differ from the trained ones by nature; whether the rest is right, the exact graph tells. */
async function checkExactGraph(materials: Materials): Promise<void> {
  const { session } = await openGraph("fp32", materials);
  await session[Symbol.asyncDispose]();
}

async function makeVariant(precision: BundlePrecision, materials: Materials, host: ExportHost): Promise<Variant> {
  const { data, checkpoint, decoding } = materials;
  const { graphs, session, parity } = await openGraph(precision, materials);
  await using _ = session;
  const { rates, leftOut, words } = await measureErrorRates(session, data.utterances, {
    ...materials,
    features: checkpoint.header.features,
    onProgress: (done) => host.onProgress(precision, done, data.utterances.length),
    shouldStop: host.shouldStop,
  });
  const isFitted = rates !== undefined && decoding.confidenceCalibration === undefined;
  return { precision, graphs, parity, rates, leftOut, confidence: isFitted ? fitConfidence(words) : undefined };
}

/** The graphs, opened, and held against the trained model. Dispose the session. */
async function openGraph(precision: BundlePrecision, { checkpoint, waveforms, threads }: Materials) {
  const { model, features } = checkpoint.header;
  const { weights } = checkpoint;
  const graphs = modelGraphs({ model, features, weights, precision, producerVersion: projectVersion() });
  const session = await OnnxSession.open(graphs.model, threads, graphs.step);
  const parity = await measureParity(session, checkpoint, waveforms);
  if (precision === "fp32") refuseDisagreement(parity);
  return { graphs, session, parity };
}

function refuseDisagreement({ features, model, fromBatch, inSteps = 0 }: Parity): void {
  const complaints = [
    features > FEATURE_TOLERANCE &&
      `${features.toExponential(1)} in half of the features (${FEATURE_TOLERANCE} is allowed)`,
    model > WRONG_DIFFERENCE && `${model.toExponential(1)} in a log-probability (${WRONG_DIFFERENCE} is allowed)`,
    fromBatch > WRONG_DIFFERENCE &&
      `${fromBatch.toExponential(1)} by an utterance's batch (${WRONG_DIFFERENCE} is allowed)`,
    inSteps > WRONG_DIFFERENCE && `${inSteps.toExponential(1)} in steps (${WRONG_DIFFERENCE} is allowed)`,
  ].filter((complaint) => complaint !== false);
  if (complaints.length === 0) return;
  throw new UserError(
    `the exported graph differs from the trained model: by ${complaints.join(", by ")}; nothing was written. ` +
      "Please report it with the checkpoint's JSON file.",
    { code: "export-disagrees" },
  );
}

function evaluationFacts(
  { wer, cer, numUtterances }: CorpusErrorRates,
  { corpora, audioSeconds }: EvaluationData,
): NonNullable<TrainingFacts["evaluation"]> {
  return { wer, cer, numUtterances, audioSeconds, corpora: corpora.map((path) => basename(path)) };
}

interface Wrapping extends Pick<OpenCheckpoint, "header"> {
  decoding: DecodingConfig;
  paths: ReadonlyMap<BundlePrecision, string>;
  data: EvaluationData;
  license: string | undefined;
}

async function writeVariants(
  variants: readonly Variant[],
  { header, decoding, paths, data, license }: Wrapping,
): Promise<ExportedVariant[]> {
  const languageModel = await languageModelContent(decoding, header);
  const facts = { license, exportedAt: new Date(), projectVersion: projectVersion() };
  const written: ExportedVariant[] = [];
  for (const { precision, graphs, parity, rates, confidence } of variants) {
    const settings = confidence ? withCalibration(decoding, confidence) : decoding;
    const evaluation = rates && evaluationFacts(rates, data);
    const description = describeCheckpoint(header, {
      ...facts,
      decoding: settings,
      precision,
      ...(evaluation && { evaluation }),
    });
    const sections = {
      "model.onnx": graphs.model,
      ...(graphs.step && { "step.onnx": graphs.step }),
      ...languageModel,
    };
    const parts = await encodeBundle(description, sections);
    const path = paths.get(precision)!;
    writeFileAtomicallySync(path, parts);
    const measured = { ...(rates && { rates: { wer: rates.wer, cer: rates.cer } }), ...(confidence && { confidence }) };
    const size = parts.reduce((total, { length }) => total + length, 0);
    written.push({ precision, path, size, parity, ...measured });
  }
  return written;
}

/** The sections of a language model and of how its words are spoken, as `openDecoding` has them. */
async function languageModelContent({ lm, pronunciations }: DecodingConfig, { model }: CheckpointHeader) {
  if (lm === undefined) return {};
  const words = await loadLanguageModel(lm);
  const asked = { pronunciations, writesPhones: model.numPhones > 0 };
  return languageModelSections(words, { path: lm, isPronounced: isPronounced(words, asked) });
}

function withCalibration(decoding: DecodingConfig, { calibration }: ConfidenceFit): DecodingConfig {
  if (isUncalibrated(calibration)) return decoding;
  const [offset, slope, slopeOfDoubt] = calibration.map((value) => Number(value.toFixed(3))) as [
    number,
    number,
    number,
  ];
  return { ...decoding, confidenceCalibration: [offset, slope, slopeOfDoubt] };
}

function projectVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
