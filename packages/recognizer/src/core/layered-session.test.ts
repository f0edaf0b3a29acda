/** A model in parts, beside the same in one piece: by ONNX Runtime for Node, as parts are the same wherever they run. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { openBundle } from "@deepspeech-ts/speech";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { BUNDLE, STREAMING_BUNDLE, samplesOf, sampleUtterances } from "../fixtures.test.support.js";
import { cutModel } from "./cut-model.js";
import { type FoldedGraph, foldConstants, takeApart } from "./folded-constants.js";
import { LayeredSession } from "./layered-session.js";
import type { TensorData } from "./tensor-data.js";

const WEB_BUNDLE = new URL("../../../model-english/english-web.dsb", import.meta.url);
const open = ({ graph, externalData }: FoldedGraph) =>
  InferenceSession.create(graph, { externalData: [...externalData] });
const toTensor = ({ type, data, dims }: TensorData) => new Tensor(type as never, data as never, dims);
const graphOf = (path: string | URL) => openBundle(new Uint8Array(readFileSync(path))).section("model.onnx")!;

let graph: Uint8Array;
let inParts: LayeredSession<Tensor>;

before(async () => {
  graph = graphOf(WEB_BUNDLE);
  inParts = (await LayeredSession.open(takeApart(graph), { open, toTensor }))!;
});

async function inputsOf(numUtterances: number) {
  const sounds = await Promise.all(
    sampleUtterances("test")
      .slice(0, numUtterances)
      .map(({ path }) => samplesOf(path)),
  );
  const width = Math.max(...sounds.map(({ length }) => length));
  const waveforms = new Float32Array(sounds.length * width);
  for (const [row, sound] of sounds.entries()) waveforms.set(sound, row * width);
  const lengths = BigInt64Array.from(sounds, ({ length }) => BigInt(length));
  return {
    waveforms: toTensor({ type: "float32", data: waveforms, dims: [sounds.length, width] }),
    lengths: toTensor({ type: "int64", data: lengths, dims: [sounds.length] }),
  };
}

test("its outputs are those of the model in one piece, of one utterance and of several", async () => {
  const whole = await open(foldConstants(graph));
  for (const numUtterances of [1, 3]) {
    const inputs = await inputsOf(numUtterances);
    const [found, expected] = [await inParts.run(inputs), await whole.run(inputs)];
    assert.deepEqual(Object.keys(found).toSorted(), Object.keys(expected).toSorted());
    for (const [name, { dims, data }] of Object.entries(expected)) {
      assert.deepEqual(found[name]!.dims, dims);
      const own = found[name]!.data as typeof data;
      const furthest = Math.max(
        ...Array.from(data as Float32Array, (value, i) => Math.abs(Number(value) - Number(own[i]))),
      );
      assert.ok(furthest < 5e-4, `${name}: ${furthest} off`);
    }
  }
});

test("what takes longest is cut out of it", () => {
  const { layers } = cutModel(takeApart(graph))!;
  const kinds = layers.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["residual", "residual", "product", "gru", "gru", "gru", "product"]);
  const norms = layers.flatMap((layer) => (layer.kind === "gru" ? [layer.ofInputs.norm !== undefined] : []));
  assert.deepEqual(norms, [true, true, true]);
});

test("only what is asked for is given", async () => {
  const found = await inParts.run(await inputsOf(1), ["log_prob_lengths", "log_probs"]);
  assert.deepEqual(Object.keys(found), ["log_prob_lengths", "log_probs"]);
});

test("graphs without layers of 8-bit weights are to be run whole", async () => {
  for (const path of [BUNDLE, STREAMING_BUNDLE]) {
    const never = () => assert.fail("a part was opened");
    assert.equal(await LayeredSession.open(takeApart(graphOf(path)), { open: never, toTensor }), undefined);
  }
});
