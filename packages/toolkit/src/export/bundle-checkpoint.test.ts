/** Bundles as starting points of training: every weight comes back, and what cannot be one is named. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type BundleDescription, encodeBundle, openBundle } from "@deepspeech-ts/speech";
import { tidy } from "@deepspeech-ts/torch";
import {
  type Checkpoint,
  type CheckpointHeader,
  loadCheckpoint,
  modelFromCheckpoint,
} from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { checkpointFromBundle } from "./bundle-checkpoint.js";
import { FORWARD, randomCheckpoint } from "./export.test.support.js";
import { PARITY_TOLERANCE } from "./parity.js";
import { runExport } from "./run-export.js";

interface Contents {
  header: CheckpointHeader;
  weights: Map<string, { shape: readonly number[]; data: Float32Array }>;
}

function contentsOf(open: () => Checkpoint): Contents {
  return tidy(() => {
    const { header, tensors } = open();
    const weights = [...tensors].map(
      ([name, tensor]) => [name, { shape: [...tensor.shape], data: tensor.toFloat32Array() }] as const,
    );
    return { header, weights: new Map(weights) };
  });
}

describe("a bundle as a checkpoint", () => {
  let checkpoint: Contents;
  const bundles = new Map<string, string>();
  let folder: string;
  after(() => rm(folder, { recursive: true, force: true }));
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "deepspeech-bundles-"));
    const path = randomCheckpoint(folder, {
      model: { residualLayers: 2, timeStride: 3 },
      features: { hopSamples: 160 },
    });
    checkpoint = contentsOf(() => loadCheckpoint(path));
    const output = join(folder, "model.dsb");
    const precisions = ["fp32", "fp16", "int8", "web"] as const;
    const { variants } = await runExport({
      checkpoint: path,
      output,
      precisions,
      evaluate: [],
      threads: 1,
      workers: 1,
    });
    for (const { precision, path } of variants) bundles.set(precision, path);
  });

  it("of fp32 has every weight bit for bit, and the same header", () => {
    const { header, weights } = contentsOf(() => checkpointFromBundle(bundles.get("fp32")!));
    assert.deepEqual(header, checkpoint.header);
    assert.deepEqual([...weights.keys()].sort(), [...checkpoint.weights.keys()].sort());
    for (const [name, weight] of checkpoint.weights) assert.deepEqual(weights.get(name), weight, name);
  });

  it("of fp16 has them as near as halves come", () => {
    const { header, weights } = contentsOf(() => checkpointFromBundle(bundles.get("fp16")!));
    assert.deepEqual(header, checkpoint.header);
    assert.deepEqual([...weights.keys()].sort(), [...checkpoint.weights.keys()].sort());
    for (const [name, { shape, data }] of checkpoint.weights) {
      const found = weights.get(name)!;
      assert.deepEqual(found.shape, shape, name);
      for (const [i, value] of data.entries()) {
        // Half a step: of 2^-10 of the value's power of two, and no finer than halves near zero.
        const step = Math.max(Math.abs(value) * 2 ** -11, 2 ** -25);
        assert.ok(Math.abs(found.data[i]! - value) <= step, `${name}[${i}]: ${found.data[i]} for ${value}`);
      }
    }
  });

  it("of web has them as near as 8 bits come, those of few weights as halves", () => {
    const { header, weights } = contentsOf(() => checkpointFromBundle(bundles.get("web")!));
    assert.deepEqual(header, checkpoint.header);
    assert.deepEqual([...weights.keys()].sort(), [...checkpoint.weights.keys()].sort());
    for (const [name, { shape, data }] of checkpoint.weights) {
      const found = weights.get(name)!;
      assert.deepEqual(found.shape, shape, name);
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const isMatrix = /fully_connected\.weight|classifier\.0\.weight|BiGRU\.weight/.test(name);
      const step = (largest * (1 + 2 ** -10)) / (isMatrix ? 254 : 2048);
      for (const [i, value] of data.entries()) {
        assert.ok(Math.abs(found.data[i]! - value) <= step, `${name}[${i}]: ${found.data[i]} for ${value}`);
      }
    }
  });

  it("of a model that streams has its statistics and its row convolution too", async (t) => {
    const own = await temporaryFolder(t);
    const path = randomCheckpoint(own, FORWARD);
    const output = join(own, "forward.dsb");
    const request = { checkpoint: path, output, evaluate: [], threads: 1, workers: 1 };
    const { variants } = await runExport(request);
    assert.ok(variants[0]!.parity.inSteps! <= PARITY_TOLERANCE, `${variants[0]!.parity.inSteps}`);
    const [expected, { header, weights }] = [
      contentsOf(() => loadCheckpoint(path)),
      contentsOf(() => checkpointFromBundle(output)),
    ];
    assert.deepEqual(header, expected.header);
    assert.deepEqual(weights, expected.weights);
    const bundle = openBundle(new Uint8Array(readFileSync(output)));
    assert.equal(bundle.header.version, 2);
    assert.deepEqual(
      bundle.header.sections.map(({ name }) => name),
      ["model.onnx", "step.onnx"],
    );
    // 1 + 2 frames of convolutions that hear ahead, of which the first waits for none, and 5 of the row convolution.
    const { stateSize, ...streaming } = bundle.header.streaming!;
    assert.deepEqual(streaming, { windowSamples: 400, hopSamples: 200, stride: 2, delayFrames: 7 });
    assert.ok(stateSize > 0);
  });

  it("makes a model", () => {
    tidy(() => modelFromCheckpoint(checkpointFromBundle(bundles.get("fp32")!)).dispose());
  });

  it("of int8 is refused", () => {
    const path = bundles.get("int8")!;
    const message = `${path}: is in int8; fine-tune from the checkpoint, or from a bundle in fp32, fp16 or web.`;
    assert.throws(() => checkpointFromBundle(path), { name: "UserError", code: "bad-bundle", message });
  });

  it("is refused where bytes were changed or lost", async (t) => {
    const bytes = readFileSync(bundles.get("fp32")!);
    const path = join(await temporaryFolder(t), "model.dsb");
    const refusedWith = (content: Uint8Array, message: RegExp) => {
      writeFileSync(path, content);
      assert.throws(() => checkpointFromBundle(path), { name: "UserError", code: "bad-bundle", message });
    };
    const changed = Uint8Array.from(bytes);
    changed[bytes.length - 5000]! ^= 1;
    const advice = "copy or download it again\\.$";
    refusedWith(changed, new RegExp(`^${path}: is damaged: the checksum of its model\\.onnx differs; ${advice}`));
    refusedWith(bytes.subarray(0, 5000), new RegExp(`^${path}: ends after 5000 bytes of at least \\d+; ${advice}`));
  });

  it("whose header speaks of a model far larger than its weights is refused before room is made for it", async (t) => {
    const bundle = openBundle(new Uint8Array(readFileSync(bundles.get("fp32")!)));
    const { format, version, sections, ...description } = bundle.header;
    const path = join(await temporaryFolder(t), "huge.dsb");
    for (const [change, message] of [
      [
        { hiddenSize: 10_000_000 },
        /huge\.dsb: says that its model is far larger than its weights are; use another checkpoint\.$/,
      ],
      [{ recurrentLayers: 1e12 }, /huge\.dsb: its graph holds no floats by the name birnn_layers\.\d\./],
    ] as const) {
      const own = { ...description, model: { ...description.model, ...change } };
      writeFileSync(path, Buffer.concat(await encodeBundle(own, { "model.onnx": bundle.section("model.onnx")! })));
      assert.throws(() => tidy(() => void checkpointFromBundle(path)), { name: "UserError", message });
    }
  });

  it("of another make is refused", async (t) => {
    const { header } = openBundle(new Uint8Array(readFileSync(bundles.get("fp32")!)));
    const { format, version, sections, ...description } = header;
    const path = join(await temporaryFolder(t), "other.dsb");
    const refusedWith = async (own: BundleDescription, graph: Uint8Array<ArrayBuffer>, message: string) => {
      writeFileSync(path, Buffer.concat(await encodeBundle(own, { "model.onnx": graph })));
      const expected = { name: "UserError", code: "bad-bundle", message: `${path}: ${message}` };
      assert.throws(() => checkpointFromBundle(path), expected);
    };
    const noise = Uint8Array.from({ length: 100 }, (_, i) => 255 - i);
    await refusedWith(description, noise, "its model.onnx is no ONNX file; export it again.");
    await refusedWith(
      { ...description, model: { ...description.model, heads: 8 } },
      noise,
      "has a model or features that this release cannot train; fine-tune with the release that exported it.",
    );
  });
});
