import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { calibrateConfidence, UNCALIBRATED } from "../decoding/confidence.js";
import { phoneAlphabet } from "../pronunciation/phones.js";
import { englishAlphabet } from "../text/alphabet.js";
import {
  type BundleDescription,
  BundleError,
  encodeBundle,
  isBundle,
  openBundle,
  outputBlanks,
  outputWidth,
  readBundleHeader,
} from "./index.js";

const DESCRIPTION: BundleDescription = {
  alphabet: englishAlphabet,
  sampleRate: 16_000,
  minSamples: 201,
  frameSeconds: 0.025,
  model: { hiddenSize: 8, recurrence: "time" },
  features: { kind: "log-mel", hopSamples: 200 },
  precision: "int8",
  decoding: { beamSize: 32, lmWeight: 0.7, wordScore: -0.5, hotWords: ["good morning"], hotWordWeight: 4 },
  training: {
    exportedAt: "2026-01-02T03:04:05.000Z",
    projectVersion: "0.1.0",
    numParameters: 123,
    corpora: ["train-clean-100"],
    epochs: 3,
    dev: { wer: 0.25, cer: 0.1 },
    evaluation: { wer: 0.2, cer: 0.1, corpora: ["dev-clean"], numUtterances: 7, audioSeconds: 12.5 },
  },
};
const GRAPH = Uint8Array.from({ length: 130 }, (_, i) => (i * 7) % 256);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const LANGUAGE_MODEL = Uint8Array.from({ length: 64 }, (_, i) => 255 - i);

async function bundleBytes(description: BundleDescription = DESCRIPTION): Promise<Uint8Array<ArrayBuffer>> {
  const parts = await encodeBundle(description, { "model.onnx": GRAPH, "language-model.bin": LANGUAGE_MODEL });
  return new Uint8Array(Buffer.concat(parts));
}

// biome-ignore lint/suspicious/noExplicitAny: the cases below put anything anywhere
type LooseHeader = Record<string, any>;

/** A sound container around a changed header. */
async function withHeader(change: (header: LooseHeader) => void): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await bundleBytes();
  const header = structuredClone(readBundleHeader(bytes)) as LooseHeader;
  change(header);
  const json = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(Math.ceil((48 + json.length) / 64) * 64);
  start.set(bytes.subarray(0, 12));
  start.writeUInt32LE(json.length, 12);
  start.set(createHash("sha256").update(json).digest(), 16);
  start.set(json, 48);
  return new Uint8Array(Buffer.concat([start, GRAPH, new Uint8Array(62), LANGUAGE_MODEL]));
}

function refused(code: string, message?: string | RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof BundleError, String(error));
    assert.equal(error.code, code, error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else if (message) assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"));
    return true;
  };
}

describe("a bundle", () => {
  it("reads the temperature of earlier versions as a calibration", async () => {
    const { decoding } = (await openBundle(await withHeader((h) => (h.decoding.confidenceTemperature = 2)))).header;
    assert.ok(!("confidenceTemperature" in decoding));
    const confidence = calibrateConfidence(0.25, decoding.confidenceCalibration ?? UNCALIBRATED);
    assert.ok(Math.abs(confidence - 0.5) < 0.03, `${confidence} is about the root of 0.25`);
    const own = await bundleBytes({
      ...DESCRIPTION,
      decoding: { ...DESCRIPTION.decoding, confidenceCalibration: [1, 2, 3] },
    });
    assert.deepEqual((await openBundle(own)).header.decoding.confidenceCalibration, [1, 2, 3]);
  });

  it("gives back what was put into it", async () => {
    const bytes = await bundleBytes();
    const bundle = openBundle(bytes);
    const { sections, format, version, ...description } = bundle.header;
    assert.deepEqual(description, DESCRIPTION);
    assert.deepEqual([format, version], ["deepspeech-ts bundle", 1]);
    assert.deepEqual(bundle.section("model.onnx"), GRAPH);
    assert.deepEqual(bundle.section("language-model.bin"), LANGUAGE_MODEL);
    assert.deepEqual(
      sections.map(({ name, offset, size }) => [name, offset, size]),
      [
        ["model.onnx", 0, 130],
        ["language-model.bin", 192, 64],
      ],
    );
    assert.equal(bundle.section("model.onnx")!.byteOffset % 64, 0, "sections are aligned");
    assert.equal(bundle.section("model.onnx")!.buffer, bytes.buffer, "sections are views");
    await bundle.verify();
    bundle.verifyWith(sha256);
  });

  it("may lack a language model, and lie anywhere in memory", async () => {
    const parts = await encodeBundle(DESCRIPTION, { "model.onnx": GRAPH });
    const bytes = Buffer.concat(parts);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    const bundle = openBundle(shifted);
    assert.deepEqual(bundle.section("model.onnx"), GRAPH);
    assert.equal(bundle.section("language-model.bin"), undefined);
    await bundle.verify();
  });

  it("tells its header by its first bytes", async () => {
    const bytes = await bundleBytes();
    assert.deepEqual(readBundleHeader(bytes.slice(0, 2048)), openBundle(bytes).header);
    assert.ok(isBundle(bytes.slice(0, 8)));
  });

  it("is not mistaken for another file", () => {
    const message = 'is no model bundle; give a .dsb file that "deepspeech export" wrote';
    for (const bytes of [new Uint8Array(0), GRAPH, new TextEncoder().encode('{"format": "deepspeech-ts bundle"}')]) {
      assert.throws(() => openBundle(bytes), refused("not-a-bundle", message));
      assert.throws(() => readBundleHeader(bytes), refused("not-a-bundle", message));
      assert.equal(isBundle(bytes), false);
    }
  });

  it("is refused when its line ends were converted", async () => {
    const mangled = Buffer.from((await bundleBytes()).filter((byte) => byte !== 0x0d));
    assert.throws(() => openBundle(new Uint8Array(mangled)), refused("not-a-bundle"));
  });

  it("is refused wherever it was cut", async () => {
    const bytes = await bundleBytes();
    for (let length = 8; length < bytes.length; length++) {
      assert.throws(
        () => openBundle(bytes.slice(0, length)),
        refused("truncated", /^ends after \d+ bytes of at least \d+; /),
      );
    }
    openBundle(bytes);
  });

  it("is found out whichever byte was changed", async () => {
    const bytes = await bundleBytes();
    const { sections } = openBundle(bytes).header;
    const size = new DataView(bytes.buffer).getUint32(12, true);
    const start = bytes.length - 192 - 64;
    const isPadding = (i: number) =>
      i >= 48 + size && !sections.some(({ offset, size }) => i >= start + offset && i < start + offset + size);
    for (let i = 0; i < bytes.length; i++) {
      if (isPadding(i)) continue;
      const changed = bytes.slice();
      changed[i]! ^= 0x20;
      await assert.rejects(async () => openBundle(changed).verify(), BundleError, `byte ${i}`);
      assert.throws(() => openBundle(changed).verifyWith(sha256), BundleError, `byte ${i}`);
    }
  });

  it("names the damaged section", async () => {
    const bytes = await bundleBytes();
    bytes[bytes.length - 1]! ^= 1;
    const message = "is damaged: the checksum of its language-model.bin differs; copy or download it again";
    await assert.rejects(openBundle(bytes).verify(), refused("damaged", message));
    assert.throws(() => openBundle(bytes).verifyWith(sha256), refused("damaged", message));
  });

  it("is found out where its first bytes and its header say different versions", async () => {
    const bytes = await bundleBytes();
    bytes[8] = 3;
    const message = "is damaged: its first bytes say version 3, its header 1; copy or download it again";
    assert.throws(() => openBundle(bytes), refused("damaged", message));
    assert.throws(() => readBundleHeader(bytes), refused("damaged", message));
  });

  it("of a later version asks for a newer release", async () => {
    const bytes = await bundleBytes();
    bytes[8] = 4;
    const message = "is a bundle of version 4, this release reads versions 1, 2 and 3; install the newest release";
    assert.throws(() => openBundle(bytes), refused("unsupported-version", message));
  });

  it("says so where there are no digests", async (t) => {
    const bundle = openBundle(await bundleBytes());
    const own = Object.getOwnPropertyDescriptor(globalThis, "crypto")!;
    t.after(() => Object.defineProperty(globalThis, "crypto", own));
    Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
    await assert.rejects(bundle.verify(), refused("no-digest"));
  });
});

describe("a bundle whose model writes phones", () => {
  const phoned: BundleDescription = { ...DESCRIPTION, model: { ...DESCRIPTION.model, numPhones: 41 } };
  const pronunciations = new TextEncoder().encode("hAlo\n");

  it("is of a version that earlier releases refuse, and has pronunciations beside a language model alone", async () => {
    const sections = {
      "model.onnx": GRAPH,
      "language-model.bin": LANGUAGE_MODEL,
      "pronunciations.txt": pronunciations,
    };
    const bytes = new Uint8Array(Buffer.concat(await encodeBundle(phoned, sections)));
    const { header, section } = openBundle(bytes);
    assert.equal(header.version, 3);
    assert.deepEqual(section("pronunciations.txt"), pronunciations);
    assert.equal(outputWidth(header), englishAlphabet.tokens.length + phoneAlphabet.tokens.length);
    assert.deepEqual(outputBlanks(header), [28, 69]);
    const complaint = refused(
      "invalid-header",
      /section pronunciations.txt goes with a language model, and a model that writes phones/,
    );
    await assert.rejects(encodeBundle(DESCRIPTION, sections), complaint);
    await assert.rejects(
      encodeBundle(phoned, { "model.onnx": GRAPH, "pronunciations.txt": pronunciations }),
      complaint,
    );
  });

  it("is told from others by what its frames hold", async () => {
    const { header } = openBundle(await bundleBytes());
    assert.equal(header.version, 1);
    assert.equal(outputWidth(header), englishAlphabet.tokens.length);
    assert.deepEqual(outputBlanks(header), [28]);
  });
});

describe("a bundle's header", () => {
  const cases: [name: string, change: (header: LooseHeader) => void, complaint: string][] = [
    [
      "a field missing",
      (h) => delete h.sampleRate,
      '"sampleRate" must be a whole number from 1000 to 384000, not absent',
    ],
    [
      "a field of another type",
      (h) => (h.minSamples = "201"),
      '"minSamples" must be a whole number from 1 to 1048576, not "201"',
    ],
    ["a field unknown", (h) => (h.colour = "red"), '"colour" is no field of it'],
    ["another format", (h) => (h.format = "zip"), '"format" must be "deepspeech-ts bundle", not "zip"'],
    [
      "no precision of ours",
      (h) => (h.precision = "int4"),
      '"precision" must be "fp32" or "fp16" or "int8" or "web", not "int4"',
    ],
    [
      "frames of no length",
      (h) => (h.frameSeconds = 0),
      '"frameSeconds" must be a number above 0, and at most 60, not 0',
    ],
    [
      "frames of years",
      (h) => (h.frameSeconds = 1e9),
      '"frameSeconds" must be a number above 0, and at most 60, not 1000000000',
    ],
    [
      "more samples than there is memory for",
      (h) => (h.minSamples = 1e12),
      '"minSamples" must be a whole number from 1 to 1048576, not 1000000000000',
    ],
    [
      "a rate that nobody records at",
      (h) => (h.sampleRate = 1),
      '"sampleRate" must be a whole number from 1000 to 384000, not 1',
    ],
    ["two rates", (h) => (h.features.sampleRate = 8000), '"sampleRate" is 16000, and "features.sampleRate" 8000'],
    [
      "frames of another length than its hops make",
      (h) => (h.model.timeStride = 3),
      '"frameSeconds" is 0.025, where its hops and strides make 0.0375',
    ],
    [
      "nested dimensions",
      (h) => (h.model = { a: [1] }),
      '"model" must be an object of numbers and texts, not {"a":[1]}',
    ],
    [
      "a blank outside the alphabet",
      (h) => (h.alphabet.blankId = 29),
      "the alphabet's blankId is 29; it must be a whole number from 0 to 28",
    ],
    ["a decoding setting unknown", (h) => (h.decoding.beam = 3), '"decoding.beam" is no field of it'],
    [
      "a decoding setting out of range",
      (h) => (h.decoding.beamSize = 0),
      '"decoding.beamSize" must be a whole number of at least 1, not 0',
    ],
    [
      "hot words not a list",
      (h) => (h.decoding.hotWords = "a"),
      '"decoding.hotWords" must be a list, each of it text, not "a"',
    ],
    [
      "rates without numbers",
      (h) => (h.training.dev = { wer: 1 }),
      '"training.dev.cer" must be a number of at least 0, not absent',
    ],
    ["no graph", (h) => h.sections.shift(), "there is no section model.onnx"],
    ["a section of two names", (h) => (h.sections[1].name = "model.onnx"), "two sections have one name"],
    [
      "sections that overlap",
      (h) => (h.sections[1].offset = 64),
      "section language-model.bin overlaps the one before it",
    ],
    ["an odd offset", (h) => (h.sections[1].offset = 190), '"sections.1.offset" must be a multiple of 64, not 190'],
  ];
  for (const [name, change, complaint] of cases) {
    it(`is refused with ${name}`, async () => {
      const message = `has a header that is not in order: ${complaint}; export the model again`;
      const bytes = await withHeader(change);
      assert.throws(() => openBundle(bytes), refused("invalid-header", message));
    });
  }

  it("that says how steps are run needs the graph for them, and is of a version that earlier releases refuse", async () => {
    const streaming = { windowSamples: 400, hopSamples: 200, stride: 2, delayFrames: 7, stateSize: 10 };
    const message =
      'has a header that is not in order: the section step.onnx and the field "streaming" go together; export the model again';
    await assert.rejects(
      encodeBundle({ ...DESCRIPTION, streaming }, { "model.onnx": GRAPH }),
      refused("invalid-header", message),
    );
    const sections = { "model.onnx": GRAPH, "step.onnx": GRAPH };
    await assert.rejects(encodeBundle(DESCRIPTION, sections), refused("invalid-header", message));
    const parts = await encodeBundle({ ...DESCRIPTION, streaming }, sections);
    const { header } = openBundle(new Uint8Array(Buffer.concat(parts)));
    assert.deepEqual([header.version, header.streaming], [2, streaming]);
    for (const [wrong, complaint] of [
      [{ stride: 0 }, /"streaming.stride" must be/],
      [{ stride: 3 }, /"frameSeconds" is 0.025, where its hops and strides make 0.0375/],
      [{ stateSize: 1e12 }, /"streaming.stateSize" must be/],
    ] as const) {
      await assert.rejects(
        encodeBundle({ ...DESCRIPTION, streaming: { ...streaming, ...wrong } }, sections),
        refused("invalid-header", complaint),
      );
    }
  });

  it("is refused before it is written", async () => {
    const wrong = { ...DESCRIPTION, sampleRate: 0 };
    await assert.rejects(encodeBundle(wrong, { "model.onnx": GRAPH }), refused("invalid-header"));
  });
});
