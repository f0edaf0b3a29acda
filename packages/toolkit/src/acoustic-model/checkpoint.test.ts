import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { encodeSafetensors, manualSeed, noGrad, ones, tidy } from "@deepspeech-ts/torch";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { averageCheckpoints } from "./average-checkpoints.js";
import {
  loadCheckpoint,
  loadCheckpointHeader,
  loadTrainingState,
  modelFromCheckpoint,
  modelTensors,
  saveCheckpoint,
  saveRunCheckpoint,
} from "./checkpoint.js";
import { DeepSpeech } from "./deepspeech.js";
import { featureConfigSchema } from "./feature-config.js";
import { type ModelConfig, modelConfigSchema } from "./model-config.js";

const tiny = { numMels: 8, convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 4 };
const config = modelConfigSchema.parse(tiny);
const features = featureConfigSchema.parse({ numMels: 8, normalisation: "none" });

function save(path: string, model: DeepSpeech, header: { model?: ModelConfig } = {}): void {
  const rest = { features, alphabet: englishAlphabet, training: { progress: { epoch: 3 } } };
  saveCheckpoint(path, { model: model.config, ...header, ...rest }, modelTensors(model));
}

function freshModel(overrides: Partial<ModelConfig> = {}): DeepSpeech {
  manualSeed(1);
  return new DeepSpeech({ ...config, ...overrides });
}

async function savedCheckpoint(t: TestContext): Promise<string> {
  const path = join(await temporaryFolder(t), "a.safetensors");
  save(path, freshModel());
  return path;
}

/** What reading the checkpoint and rebuilding its model throws. */
function failureOf(path: string): UserError {
  try {
    tidy(() => void modelFromCheckpoint(loadCheckpoint(path)).dispose());
  } catch (error) {
    assert.ok(error instanceof UserError, `${error}`);
    return error;
  }
  return assert.fail(`${path} was read`);
}

describe("checkpoints", () => {
  it("give back the model, its features and alphabet, and the run's records", async (t) => {
    const path = await savedCheckpoint(t);
    const model = freshModel();
    tidy(() => {
      const checkpoint = loadCheckpoint(path);
      assert.deepEqual(checkpoint.header, {
        format: "deepspeech-ts checkpoint",
        version: 1,
        model: config,
        features,
        alphabet: englishAlphabet,
        training: { progress: { epoch: 3 } },
      });
      const loaded = modelFromCheckpoint(checkpoint);
      assert.equal(loaded.training, false);
      const input = ones([1, 20, 8]);
      const answer = (candidate: DeepSpeech) =>
        noGrad(() => candidate.eval().forward(input, [20]).logProbs.toNumbers());
      assert.deepEqual(answer(loaded), answer(model));
      loaded.dispose();
    });
  });

  it("recognise with the running average where a run goes on from has one, and go on from the weights that are trained", async (t) => {
    const path = await savedCheckpoint(t);
    const last = join(await temporaryFolder(t), "last.safetensors");
    tidy(() => {
      const { header, tensors } = loadCheckpoint(path);
      const averages = [...tensors].map(
        ([name, tensor]) => [name.replace(/^model/, "average"), tensor.add(1)] as const,
      );
      saveCheckpoint(last, header, new Map([...tensors, ...averages, ["optimizer.step", ones([1])]]));
      const name = "model.cnn.weight";
      const weight = (found: { tensors: typeof tensors }) =>
        found.tensors.get(name)!.sub(tensors.get(name)!).toNumbers();
      assert.ok(weight(loadCheckpoint(last)).every((difference) => Math.abs(difference - 1) < 1e-6));
      assert.deepEqual([...loadCheckpoint(last).tensors.keys()].sort(), [...tensors.keys(), "optimizer.step"].sort());
      assert.ok(weight(loadTrainingState(last)).every((difference) => difference === 0));
      // So is an average of several checkpoints, of which it is one.
      assert.ok(weight(averageCheckpoints([path, last])).every((difference) => Math.abs(difference - 0.5) < 1e-6));
    });
  });

  it("have a twin in JSON, for people, in a run's folder", async (t) => {
    const path = await savedCheckpoint(t);
    tidy(() => {
      const { header, tensors } = loadCheckpoint(path);
      saveRunCheckpoint(path, header, tensors);
    });
    const twin = JSON.parse(await readFile(path.replace(".safetensors", ".json"), "utf8"));
    tidy(() => assert.deepEqual(twin, loadCheckpoint(path).header));
    assert.deepEqual(loadCheckpointHeader(path), { path, header: twin });
  });

  it("are replaced whole, and touch no file beside them", async (t) => {
    const path = await savedCheckpoint(t);
    await writeFile(path.replace(".safetensors", ".json"), "somebody else's");
    const other = freshModel({ hiddenSize: 6 });
    save(path, other);
    tidy(() => assert.equal(modelFromCheckpoint(loadCheckpoint(path)).config.hiddenSize, 6));
    assert.deepEqual(await readdir(join(path, "..")), ["a.json", "a.safetensors"]);
    assert.equal(await readFile(path.replace(".safetensors", ".json"), "utf8"), "somebody else's");
  });

  it("are refused while they are written, where a number of theirs could not be read again", async (t) => {
    const path = await savedCheckpoint(t);
    tidy(() => {
      const { header, tensors } = loadCheckpoint(path);
      const training = { progress: { loss: Number.NaN } };
      assert.throws(() => saveCheckpoint(path, { ...header, training }, tensors), {
        message: "a checkpoint's 'loss' must be a finite number, not NaN",
      });
      assert.deepEqual(loadCheckpoint(path).header, header);
    });
  });

  it("a run's folder stands for its best", async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, "checkpoints"));
    assert.deepEqual(
      failureOf(folder).message,
      `${folder}: holds no checkpoints/best.safetensors; give a run's folder or a checkpoint file.`,
    );
    save(join(folder, "checkpoints", "last.safetensors"), freshModel({ hiddenSize: 5 }));
    save(join(folder, "checkpoints", "best.safetensors"), freshModel());
    tidy(() => assert.equal(loadCheckpoint(folder).path, join(folder, "checkpoints", "best.safetensors")));
  });
});

describe("a checkpoint that cannot be used is named", () => {
  it("missing", async (t) => {
    const path = join(await temporaryFolder(t), "none.safetensors");
    const error = failureOf(path);
    assert.equal(error.message, `${path}: no such checkpoint; check the path.`);
    assert.equal(error.code, "file-not-found");
  });

  it("truncated, wherever it is cut", async (t) => {
    const path = await savedCheckpoint(t);
    const whole = await readFile(path);
    const headerBytes = 8 + Number(whole.readBigUInt64LE());
    const cuts = [0, 1, 7, 8, 9, headerBytes - 1, headerBytes, headerBytes + 1, whole.length - 1];
    for (let share = 0.05; share < 1; share += 0.05) cuts.push(Math.floor(share * whole.length));
    for (const length of cuts) {
      await writeFile(path, whole.subarray(0, length));
      const { message, code } = failureOf(path);
      assert.equal(code, "bad-checkpoint", `cut to ${length} bytes`);
      const reason = length < 8 ? `not a safetensors file: ${length} bytes long` : "truncated: .*";
      assert.match(message, new RegExp(`^${path}: ${reason}; use another checkpoint\\.$`));
      assert.throws(() => loadCheckpointHeader(path), { message, code });
    }
  });

  it("another kind of file", async (t) => {
    const path = join(await temporaryFolder(t), "a.safetensors");
    await writeFile(path, `{"weights": "${"x".repeat(100)}"}`);
    assert.equal(
      failureOf(path).message,
      `${path}: not a safetensors file: its header length is absurd; use another checkpoint.`,
    );
    const header = Buffer.from("not JSON");
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await writeFile(path, Buffer.concat([length, header]));
    assert.equal(
      failureOf(path).message,
      `${path}: not a safetensors file: its header is not a JSON object; use another checkpoint.`,
    );
  });

  it("a bundle, with what to give instead", async (t) => {
    const path = join(await temporaryFolder(t), "model.dsb");
    await writeFile(path, Buffer.from("\x89DSB\r\n\x1a\n, and more", "latin1"));
    assert.equal(
      failureOf(path).message,
      `${path}: is a bundle, which is for recognisers and for train's --init-from; ` +
        "give the run's folder or the checkpoint that it was exported from.",
    );
  });

  it("tensors of another program", async (t) => {
    const path = join(await temporaryFolder(t), "a.safetensors");
    for (const metadata of [{}, { checkpoint: "{" }, { checkpoint: '{"format": "other"}' }]) {
      await writeFile(path, Buffer.concat([...encodeSafetensors(new Map([["weight", ones([2])]]), metadata)]));
      const expected = `${path}: is not a checkpoint of this project; give one that "deepspeech train" wrote.`;
      assert.equal(failureOf(path).message, expected);
    }
  });

  it("weights that do not fit the dimensions it states", async (t) => {
    const path = join(await temporaryFolder(t), "a.safetensors");
    const messageWith = (stated: Partial<ModelConfig>) => {
      save(path, freshModel(), { model: { ...config, ...stated } });
      return failureOf(path).message;
    };
    const start = `${path}: holds a model of another architecture: `;
    assert.equal(
      messageWith({ hiddenSize: 5 }),
      `${start}'fully_connected.weight' has shape [4, 8], the module needs [5, 8].`,
    );
    assert.equal(
      messageWith({ recurrentLayers: 2 }),
      `${start}the state dict lacks 'birnn_layers.1.BiGRU.weight_ih_l0', 'birnn_layers.1.BiGRU.weight_hh_l0', ` +
        "'birnn_layers.1.BiGRU.bias_ih_l0' and 7 more.",
    );
    assert.match(
      messageWith({ residualLayers: 0 }),
      /the state dict holds 'rescnn_layers\.0\.cnn1\.weight', .* and 5 more, which the module does not have\.$/,
    );
  });

  it("parts that do not belong together", async (t) => {
    const path = join(await temporaryFolder(t), "a.safetensors");
    const model = freshModel();
    const whole = { model: model.config, features, alphabet: englishAlphabet, training: {} };
    const messageWith = (changed: Partial<typeof whole>) => {
      saveCheckpoint(path, { ...whole, ...changed }, modelTensors(model));
      const { message } = failureOf(path);
      assert.throws(() => loadCheckpointHeader(path), { code: "bad-checkpoint", message });
      return message;
    };
    const { tokens } = englishAlphabet;
    assert.equal(
      messageWith({ alphabet: { tokens: tokens.slice(1), blankId: 0 } }),
      `${path}: its model writes ${tokens.length} tokens, and its alphabet has ${tokens.length - 1}; use another checkpoint.`,
    );
    assert.equal(
      messageWith({ features: { ...features, numMels: 9 } }),
      `${path}: its model reads 8 mel bands, and its features have 9; use another checkpoint.`,
    );
    assert.equal(
      messageWith({ alphabet: { tokens, blankId: tokens.length } }),
      `${path}: its blank is token ${tokens.length} of ${tokens.length}; use another checkpoint.`,
    );
  });

  it("whose model is far larger than their weights are refused before room is made for it", async (t) => {
    const path = join(await temporaryFolder(t), "huge.safetensors");
    for (const change of [{ hiddenSize: 10_000_000 }, { residualLayers: 2 ** 40 }, { convChannels: 100_000 }]) {
      save(path, freshModel(), { model: { ...config, ...change } });
      const message = `${path}: says that its model is far larger than its weights are; use another checkpoint.`;
      assert.equal(failureOf(path).message, message);
      assert.throws(() => loadCheckpointHeader(path), { code: "bad-checkpoint", message });
    }
  });
});

/** A real full disk: memory mounted where only the child process sees it. */
const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

describe("a full disk", { skip: canMount ? false : "cannot mount here" }, () => {
  it("leaves the old checkpoint as it was, and is named", async (t) => {
    const script = join(await temporaryFolder(t), "fill.mjs");
    await writeFile(script, scriptThatFills());
    const command = 'mount -t tmpfs -o size=256k none /mnt && exec "$0" "$1"';
    const child = spawnSync("unshare", ["-rm", "sh", "-c", command, process.execPath, script], { encoding: "utf8" });
    assert.equal(child.status, 0, child.stderr);
    const { error, same, files, bands } = JSON.parse(child.stdout);
    assert.equal(
      error,
      "/mnt/last.safetensors: could not be written, the disk is full (or a quota is spent); free some space and try " +
        "again. If the file existed before, it is untouched.",
    );
    assert.equal(same, true);
    assert.deepEqual(files, ["last.safetensors"]);
    assert.equal(bands, 8);
  });
});

/** Saves a small checkpoint, then one that has no room, and reports what is there. */
function scriptThatFills(): string {
  const urlOf = (name: string) => JSON.stringify(new URL(name, import.meta.url));
  const torch = JSON.stringify(import.meta.resolve("@deepspeech-ts/torch"));
  const header = JSON.stringify({ model: config, features, alphabet: englishAlphabet, training: null });
  return `
    import { readdirSync, readFileSync } from "node:fs";
    import { zeros } from ${torch};
    import { loadCheckpoint, modelTensors, saveCheckpoint } from ${urlOf("./checkpoint.js")};
    import { DeepSpeech } from ${urlOf("./deepspeech.js")};
    const header = ${header};
    const path = "/mnt/last.safetensors";
    const tensors = modelTensors(new DeepSpeech(header.model));
    saveCheckpoint(path, header, tensors);
    const before = readFileSync(path);
    let error;
    try { saveCheckpoint(path, header, tensors.set("optimizer.large", zeros([1 << 20]))); } catch (e) { error = e.message; }
    const { header: read } = loadCheckpoint(path);
    const same = before.equals(readFileSync(path));
    console.log(JSON.stringify({ error, same, files: readdirSync("/mnt"), bands: read.model.numMels }));`;
}
