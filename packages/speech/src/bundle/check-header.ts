/** Checks a bundle's header, value by value: a recogniser may rely on every field. */
import { isCalibration } from "../decoding/confidence.js";
import { calibrationOfTemperature } from "../decoding/fit-confidence.js";
import { quote, quoteValue, SpeechError } from "../errors.js";
import { validateAlphabet } from "../text/alphabet.js";
import { BundleError } from "./bundle-error.js";
import {
  BUNDLE_FORMAT,
  BUNDLE_PRECISIONS,
  BUNDLE_SECTIONS,
  BUNDLE_VERSIONS,
  type BundleHeader,
  type DecodingSettings,
  writesPhones,
} from "./bundle-header.js";

/** Whether a value is allowed, and in which words that is said. */
interface Check {
  readonly wanted: string;
  holds(value: unknown): boolean;
}

type Fields = Readonly<Record<string, Check>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const number: Check = { wanted: "a number", holds: (value) => typeof value === "number" && Number.isFinite(value) };
const text: Check = { wanted: "text", holds: (value) => typeof value === "string" };

function whole(least: number, most = Number.POSITIVE_INFINITY): Check {
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  return {
    wanted: `a whole number ${range}`,
    holds: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  };
}

/** For what is asked of a processor or its memory, far above all that models have. */
const MOST_SAMPLES = 2 ** 20;
const MOST_FRAMES = 10_000;
const MOST_NUMBERS = 2 ** 26;

const positive: Check = { wanted: "a number above 0", holds: (value) => number.holds(value) && (value as number) > 0 };
const atMost = (most: number): Check => ({
  wanted: `a number above 0, and at most ${most}`,
  holds: (value) => positive.holds(value) && (value as number) <= most,
});
const share: Check = {
  wanted: "a number of at least 0",
  holds: (value) => number.holds(value) && (value as number) >= 0,
};

function oneOf(values: readonly unknown[]): Check {
  return {
    wanted: values.map((value) => JSON.stringify(value)).join(" or "),
    holds: (value) => values.includes(value),
  };
}

function listOf(element: Check): Check {
  return {
    wanted: `a list, each of it ${element.wanted}`,
    holds: (value) => Array.isArray(value) && value.every(element.holds),
  };
}

const dimensions: Check = {
  wanted: "an object of numbers and texts",
  holds: (value) => isObject(value) && Object.values(value).every((own) => number.holds(own) || text.holds(own)),
};

const object: Check = { wanted: "an object", holds: isObject };

const HEADER: Fields = {
  format: oneOf([BUNDLE_FORMAT]),
  version: oneOf(BUNDLE_VERSIONS),
  alphabet: object,
  sampleRate: whole(1000, 384_000),
  minSamples: whole(1, MOST_SAMPLES),
  frameSeconds: atMost(60),
  model: dimensions,
  features: dimensions,
  precision: oneOf(BUNDLE_PRECISIONS),
  decoding: object,
  training: object,
  sections: listOf(object),
};

const HEADER_OPTIONAL: Fields = { streaming: object };

const STREAMING: Fields = {
  windowSamples: whole(2, MOST_SAMPLES),
  hopSamples: whole(1, MOST_SAMPLES),
  stride: whole(1, MOST_FRAMES),
  delayFrames: whole(0, MOST_FRAMES),
  stateSize: whole(1, MOST_NUMBERS),
};

const ALPHABET: Fields = { tokens: listOf(text), blankId: whole(0) };

const DECODING: Fields = { hotWords: listOf(text), hotWordWeight: number };
const DECODING_OPTIONAL: Fields = {
  beamSize: whole(1),
  lmWeight: share,
  wordScore: number,
  unknownWordScore: number,
  confidenceCalibration: { wanted: "three numbers, the second and third at least 0", holds: isCalibration },
  confidenceTemperature: positive,
};

const TRAINING: Fields = {
  exportedAt: text,
  projectVersion: text,
  numParameters: whole(1),
  corpora: listOf(text),
};
const TRAINING_OPTIONAL: Fields = { license: text, epochs: whole(0), steps: whole(0), dev: object, evaluation: object };

const RATES: Fields = { wer: share, cer: share };
const EVALUATION: Fields = { ...RATES, corpora: listOf(text), numUtterances: whole(1), audioSeconds: positive };

const SECTION: Fields = {
  name: oneOf(BUNDLE_SECTIONS),
  offset: { wanted: "a multiple of 64", holds: (value) => whole(0).holds(value) && (value as number) % 64 === 0 },
  size: whole(1),
  sha256: { wanted: "64 hexadecimal digits", holds: (value) => /^[0-9a-f]{64}$/.test(String(value)) },
};

/**
 * The header, if it is one.
 * @throws BundleError `invalid-header` that names the first field which is missing, unknown or not allowed
 */
export function checkHeader(value: unknown): BundleHeader {
  if (!isObject(value)) throw invalid("the header is not a JSON object");
  checkFields(value, "", HEADER, HEADER_OPTIONAL);
  if (value.streaming !== undefined) checkFields(value.streaming, "streaming.", STREAMING);
  checkFields(value.alphabet, "alphabet.", ALPHABET);
  checkFields(value.decoding, "decoding.", DECODING, DECODING_OPTIONAL);
  checkFields(value.training, "training.", TRAINING, TRAINING_OPTIONAL);
  const { dev, evaluation } = value.training as Record<string, unknown>;
  if (dev !== undefined) checkFields(dev, "training.dev.", RATES);
  if (evaluation !== undefined) checkFields(evaluation, "training.evaluation.", EVALUATION);
  const header = { ...value, decoding: withCalibration(value.decoding as EarlierDecoding) } as unknown as BundleHeader;
  for (const [i, section] of header.sections.entries()) checkFields(section, `sections.${i}.`, SECTION);
  checkSections(header);
  checkTimes(header);
  checkAlphabet(header);
  return header;
}

/** Bundles of earlier versions have a temperature. */
type EarlierDecoding = DecodingSettings & { readonly confidenceTemperature?: number };

function withCalibration({ confidenceTemperature, ...settings }: EarlierDecoding): DecodingSettings {
  if (confidenceTemperature === undefined || settings.confidenceCalibration !== undefined) return settings;
  return { ...settings, confidenceCalibration: calibrationOfTemperature(confidenceTemperature) };
}

function checkFields(value: unknown, prefix: string, required: Fields, optional: Fields = {}): void {
  const fields = value as Record<string, unknown>;
  for (const [name, check] of Object.entries(required)) checkField(prefix + name, fields[name], check);
  for (const [name, check] of Object.entries(optional)) {
    if (fields[name] !== undefined) checkField(prefix + name, fields[name], check);
  }
  const unknown = Object.keys(fields).find((name) => !Object.hasOwn(required, name) && !Object.hasOwn(optional, name));
  if (unknown !== undefined) throw invalid(`${quote(prefix + unknown)} is no field of it`);
}

function checkField(name: string, value: unknown, check: Check): void {
  if (!check.holds(value))
    throw invalid(`"${name}" must be ${check.wanted}, not ${value === undefined ? "absent" : quoteValue(value)}`);
}

/** Sections follow one another, and the graph is among them; that for steps, where the header says how it is run. */
function checkSections({ sections, streaming, model }: BundleHeader): void {
  const names = sections.map(({ name }) => name);
  if (!names.includes("model.onnx")) throw invalid("there is no section model.onnx");
  if (names.includes("step.onnx") !== (streaming !== undefined)) {
    throw invalid('the section step.onnx and the field "streaming" go together');
  }
  if (names.includes("pronunciations.txt") && !(names.includes("language-model.bin") && writesPhones({ model }))) {
    throw invalid("the section pronunciations.txt goes with a language model, and a model that writes phones");
  }
  if (new Set(names).size < names.length) throw invalid("two sections have one name");
  let end = 0;
  for (const { name, offset, size } of sections) {
    if (offset < end) throw invalid(`section ${name} overlaps the one before it`);
    end = offset + size;
  }
}

/** Times that are wrong would be told of every word: what the header says twice of them must be the same. */
function checkTimes({ sampleRate, frameSeconds, features, model, streaming }: BundleHeader): void {
  if ((features.sampleRate ?? sampleRate) !== sampleRate) {
    throw invalid(`"sampleRate" is ${sampleRate}, and "features.sampleRate" ${quoteValue(features.sampleRate)}`);
  }
  const steps = [
    [features.hopSamples, model.timeStride],
    [streaming?.hopSamples, streaming?.stride],
  ] as const;
  for (const [hopSamples, stride] of steps) {
    if (hopSamples === undefined || stride === undefined) continue;
    const due = (Number(hopSamples) * Number(stride)) / sampleRate;
    if (!(Math.abs(frameSeconds - due) <= 1e-6 * due)) {
      throw invalid(`"frameSeconds" is ${frameSeconds}, where its hops and strides make ${due}`);
    }
  }
}

function checkAlphabet({ alphabet }: BundleHeader): void {
  try {
    validateAlphabet(alphabet);
  } catch (error) {
    throw error instanceof SpeechError ? invalid(error.message) : error;
  }
}

function invalid(reason: string): BundleError {
  return new BundleError("invalid-header", `has a header that is not in order: ${reason}; export the model again`);
}
