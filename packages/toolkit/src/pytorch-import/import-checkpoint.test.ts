import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { type Dtype, loadSafetensors, noGrad, type Tensor, tidy } from "@deepspeech-ts/torch";
import { loadCheckpoint, loadCheckpointHeader, modelFromCheckpoint } from "../acoustic-model/checkpoint.js";
import { DeepSpeech } from "../acoustic-model/deepspeech.js";
import { defaultModelConfig, type ModelConfig } from "../acoustic-model/model-config.js";
import { expectedShapes } from "../acoustic-model/weight-shapes.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { importCheckpoint } from "./import-checkpoint.js";
import { checkpointFixture, complaintOf, fileOf, fixtureBytes, importFile } from "./pytorch-import.test.support.js";

/** Of which golden.safetensors has the weights, and PyTorch's outputs. */
const SAME_MODEL = [
  ...["plain.pt", "legacy.pt", "protocol-5.pt", "data-parallel.pt", "wrapped.pth"],
  ...["lightning.ckpt", "views.pt", "views-legacy.pt"],
];

const asReference = { alphabet: "reference", recurrence: "batch" } as const;

function golden(): Map<string, Tensor> {
  return loadSafetensors(checkpointFixture("golden.safetensors")).tensors;
}

function goldenWeights(dtype: Dtype = "float32"): [string, number[]][] {
  const weights = [...golden()].filter(([name]) => name.startsWith("weight."));
  return weights.map(([name, tensor]) => [
    name.replace("weight.", "model."),
    tensor.to(dtype).to("float32").toNumbers(),
  ]);
}

function importedWeights(path: string): Map<string, number[]> {
  return new Map([...loadCheckpoint(path).tensors].map(([name, tensor]) => [name, tensor.toNumbers()]));
}

/** Where in a file a weight's values are. */
function placeOf(name: string, file: Uint8Array): number {
  const values = golden().get(`weight.${name}`)!.toTypedArray();
  const place = Buffer.from(file).indexOf(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  assert.ok(place > 0, `${name} is not in the file`);
  return place;
}

/** What is wrong with a fixture; nothing is written then. */
async function complaint(folder: string, name: string): Promise<string> {
  const source = checkpointFixture(name);
  const output = join(folder, "x.safetensors");
  const said = complaintOf(source, () => importCheckpoint({ source, output, ...asReference }));
  assert.deepEqual(readdirSync(folder), []);
  return said;
}

describe("an imported model", () => {
  for (const name of ["plain.pt", "lightning.ckpt"]) {
    it(`gives PyTorch's log-probabilities, alone and in a batch (${name})`, async (t) => {
      const { output } = await importFile(t, checkpointFixture(name));
      noGrad(() =>
        tidy(() => {
          using model = modelFromCheckpoint(loadCheckpoint(output));
          const features = golden().get("features")!.squeeze(1).transpose(1, 2); // [3, T, mels]
          for (const [rows, expected] of [
            [3, "log_probs.together"],
            [1, "log_probs.alone"],
          ] as const) {
            const { logProbs } = model.forward(features.narrow(0, 0, rows), Array(rows).fill(features.size(1)));
            const difference = logProbs.sub(golden().get(expected)!).abs().max().item();
            assert.deepEqual(logProbs.shape, golden().get(expected)!.shape);
            assert.ok(difference < 1e-5, `${expected} differs by ${difference}`);
          }
        }),
      );
    });
  }

  for (const name of SAME_MODEL) {
    it(`has every weight of ${name}, to the bit`, async (t) => {
      const { output, summary } = await importFile(t, checkpointFixture(name));
      tidy(() => {
        const weights = importedWeights(output);
        assert.deepEqual([...weights].sort(), goldenWeights().sort());
        const count = [...weights.values()].reduce((total, values) => total + values.length, 0);
        assert.equal(summary.numParameters, count);
      });
    });
  }

  for (const dtype of ["float16", "bfloat16", "float64"] as const) {
    it(`has its ${dtype} weights as float32`, async (t) => {
      const name = { float16: "half.pt", bfloat16: "bfloat16.pt", float64: "double.pt" }[dtype];
      const { output, summary } = await importFile(t, checkpointFixture(name));
      assert.deepEqual(summary.dtypes, [dtype]);
      tidy(() => {
        assert.deepEqual([...importedWeights(output)].sort(), goldenWeights(dtype).sort());
        assert.ok([...loadCheckpoint(output).tensors.values()].every((tensor) => tensor.dtype === "float32"));
      });
    });
  }

  it("carries its dimensions, the reference's features, and where it came from", async (t) => {
    const { output, summary } = await importFile(t, checkpointFixture("wrapped.pth"), { recurrence: "time" });
    const model: ModelConfig = {
      ...{ numMels: 8, convChannels: 2, kernelSize: 3, timeStride: 2, frequencyStride: 2, residualLayers: 1 },
      ...{ recurrentLayers: 3, hiddenSize: 4, dropout: 0.1, numTokens: 29, numPhones: 0, recurrence: "time" },
      ...{ direction: "bidirectional", lookaheadFrames: 0 },
    };
    tidy(() =>
      assert.deepEqual(loadCheckpoint(output).header, {
        ...{ format: "deepspeech-ts checkpoint", version: 1, model, alphabet: englishAlphabet },
        features: {
          ...{ kind: "mel", sampleRate: 16_000, fftSamples: 400, hopSamples: 200, numMels: 8, normalisation: "none" },
        },
        training: { importedFrom: "wrapped.pth" },
      }),
    );
    assert.deepEqual(summary.model, model);
    assert.deepEqual(summary.found, { key: "state_dict", prefix: "model." });
    assert.equal(summary.warnings.length, 1);
    assert.match(summary.warnings[0]!, /^the weights were trained with a recurrence over the batch and will now run/);
  });

  it("comes with what one should know", async (t) => {
    const batch = /^the recurrence runs over the batch/;
    const warningsOf = async (name: string, alphabet: string) =>
      (await importFile(t, checkpointFixture(name), { alphabet })).summary.warnings;
    const plain = await warningsOf("plain.pt", "reference");
    assert.equal(plain.length, 1);
    assert.match(plain[0]!, batch);
    const newest = await warningsOf("newest.pt", "reference");
    assert.equal(newest.length, 2);
    assert.match(
      newest[1]!,
      /default of the reference's newest version.* import again with --alphabet reference-newest/,
    );
    const known = await warningsOf("newest.pt", "reference-newest");
    assert.equal(known.length, 2);
    assert.match(known[1]!, /gives y the id of the blank and z one outside the classes/);
  });

  it("of a file whose checksums are wrong is imported with a warning, where Node can tell", async (t) => {
    const bytes = fixtureBytes("plain.pt");
    bytes[placeOf("cnn.weight", bytes)]! ^= 1;
    const { summary } = await importFile(t, await fileOf(t, bytes));
    if (!("crc32" in (await import("node:zlib")))) return t.skip("Node before 20.15 has no CRC-32");
    assert.match(summary.warnings[0]!, /^1 of the file's parts do not have their checksums: it was damaged/);
  });
});

describe("import refuses", () => {
  const refused: Record<string, string> = {
    "attack-system.ckpt":
      "holds posix.system, which this importer does not execute; Python would, so open the file there only if you trust its source.",
    "attack-eval.pt":
      "holds __builtin__.eval, which this importer does not execute; Python would, so open the file there only if you trust its source.",
    "attack-getattr.pt":
      "holds builtins.getattr, which this importer does not execute; Python would, so open the file there only if you trust its source.",
    "whole-model.pt":
      "holds tiny_reference.TinyReference, a whole object of Python's, which this importer does not execute; import what torch.save(model.state_dict(), …) writes.",
    "scripted.pt": "is a TorchScript program, not a checkpoint; import what torch.save(model.state_dict(), …) writes.",
    "plain-pickle.pt": "is a pickle, but none of torch.save; import what torch.save(model.state_dict(), …) writes.",
    "golden.safetensors":
      'is a safetensors file, and needs no import where "deepspeech train" wrote it: evaluate and export take it as it is.',
  };
  for (const [name, message] of Object.entries(refused)) {
    it(`${name}, and runs nothing`, async (t) => {
      assert.equal(await complaint(await temporaryFolder(t), name), message);
      assert.equal(existsSync("executed-by-unpickling"), false);
    });
  }

  it("files that are missing, folders, and outputs of another kind", async (t) => {
    const folder = await temporaryFolder(t);
    const options = { output: join(folder, "x.safetensors"), ...asReference };
    const missing = join(folder, "none.pt");
    assert.equal(
      complaintOf(missing, () => importCheckpoint({ ...options, source: missing })),
      "no such file; check the path.",
    );
    assert.equal(
      complaintOf(folder, () => importCheckpoint({ ...options, source: folder })),
      "is a folder, expected a file.",
    );
    const source = checkpointFixture("plain.pt");
    assert.equal(
      complaintOf("out.pt", () => importCheckpoint({ ...options, source, output: "out.pt" })),
      "a checkpoint's name ends in .safetensors; choose such a name.",
    );
  });

  it("models whose training diverged", async (t) => {
    const bytes = fixtureBytes("plain.pt");
    new DataView(bytes.buffer, bytes.byteOffset).setFloat32(placeOf("cnn.weight", bytes), Number.NaN, true);
    const source = await fileOf(t, bytes);
    const folder = await temporaryFolder(t);
    assert.equal(
      complaintOf(source, () => importCheckpoint({ source, output: join(folder, "x.safetensors"), ...asReference })),
      "holds cnn.weight with values that are no finite numbers: its training diverged; import an earlier one.",
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it("alphabets with another number of tokens, or that are none", async (t) => {
    const source = checkpointFixture("plain.pt");
    const wrong = (alphabet: string) => assert.rejects(importFile(t, source, { alphabet }), { name: "UserError" });
    await assert.rejects(importFile(t, source, { alphabet: "abc" }), {
      message:
        'the model has 29 classes, and the alphabet "abc" (no file of that name) has 4 tokens, the blank counted; give the alphabet that the model was trained with.',
    });
    await wrong("");
    await wrong("aa");
    await wrong("constructor");
    const path = join(dirname(await fileOf(t, "")), "tokens.txt");
    writeFileSync(path, "a\nbc\n");
    await assert.rejects(importFile(t, source, { alphabet: path }), /token 1 is "bc"; a token must be a single char/);
    writeFileSync(path, "a\n\u0007\n\u00a0\n");
    const message = `--alphabet ${path}: the alphabet has U+0007, which no text can have as a letter; leave it out.`;
    await assert.rejects(importFile(t, source, { alphabet: path }), { message });
  });
});

describe("alphabets", () => {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const source = checkpointFixture("plain.pt");

  it("are given as characters, the blank last or where it is written", async (t) => {
    const last = await importFile(t, source, { alphabet: `' ${letters}` });
    assert.deepEqual(last.summary.alphabet, englishAlphabet);
    const first = await importFile(t, source, { alphabet: `<blank>' ${letters}` });
    assert.deepEqual(first.summary.alphabet, { tokens: ["<blank>", "'", " ", ...letters], blankId: 0 });
  });

  it("are given as files, a token a line", async (t) => {
    const alphabet = await fileOf(t, ["_", " ", ...letters, "<blank>"].join("\r\n"));
    const { summary } = await importFile(t, source, { alphabet });
    assert.deepEqual(summary.alphabet, { tokens: ["_", " ", ...letters, "<blank>"], blankId: 28 });
  });

  it("of the newest reference stand two places later", async (t) => {
    const { output } = await importFile(t, source, { alphabet: "reference-newest" });
    // And nothing but what was asked for was written.
    assert.deepEqual(readdirSync(dirname(output)), [basename(output)]);
    const { tokens, blankId } = loadCheckpointHeader(output).header.alphabet;
    assert.deepEqual([tokens.length, blankId, tokens[2], tokens[4], tokens[27]], [29, 28, "'", "a", "x"]);
  });
});

describe("expected shapes", () => {
  it("are those of the models that are built", () => {
    for (const dimensions of [{}, { residualLayers: 0, recurrentLayers: 1 }, { kernelSize: 5, numMels: 17 }]) {
      const config: ModelConfig = { ...defaultModelConfig, hiddenSize: 16, ...dimensions };
      tidy(() => {
        using model = new DeepSpeech(config);
        const shapes = [...model.stateDict()].map(([name, { shape }]) => [name, [...shape]]);
        assert.deepEqual([...expectedShapes(config)], shapes);
      });
    }
  });
});
