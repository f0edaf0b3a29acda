/** Fine-tuning from a bundle: a run that starts with it starts with the model that was exported. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { alphabetOf } from "@deepspeech-ts/speech";
import { tidy } from "@deepspeech-ts/torch";
import { loadCheckpoint } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { runExport } from "../export/run-export.js";
import { manifestIn, shortUtterances, tinyConfig, trainHere, weightsOf } from "./training.test.support.js";

it("a run begins with a bundle's weights and alphabet, and none begins with a damaged bundle", async (t) => {
  const folder = await temporaryFolder(t);
  const manifest = await manifestIn(folder, await shortUtterances(6));
  const alphabet = "ETAOINSHRDLUCMFWYPVBGKQJXZ";
  const base = await trainHere(tinyConfig(folder, manifest, { learningRate: 3e-3, alphabet }));
  const bundle = join(folder, "base.dsb");
  await runExport({ checkpoint: base.runFolder, output: bundle, evaluate: [], threads: 1, workers: 1 });

  // So small a rate that the weights stay where they start.
  const still = { learningRate: 1e-30, weightDecay: 0, emaDecay: 0, epochs: 1 };
  const config = tinyConfig(folder, manifest, { initFrom: bundle, ...still });
  const tuned = await trainHere(config);
  assert.deepEqual(tuned.one("start").freshParameters, []);
  assert.deepEqual(weightsOf(tuned, "last"), weightsOf(base, "best"));
  assert.deepEqual(tidy(() => loadCheckpoint(tuned.runFolder)).header.alphabet, alphabetOf(alphabet));
  const best = base.all("epoch").find(({ epoch }) => epoch === base.one("finished").best?.epoch)!;
  assert.deepEqual(tuned.all("epoch")[0]!.dev.rates, best.dev.rates);
  assert.equal(tuned.all("epoch")[0]!.dev.loss, best.dev.loss);

  const bytes = readFileSync(bundle);
  bytes[bytes.length - 2000]! ^= 1;
  writeFileSync(bundle, bytes);
  const runs = readdirSync(join(config.runs, config.experiment));
  await assert.rejects(trainHere(config), {
    name: "UserError",
    message: `${bundle}: is damaged: the checksum of its model.onnx differs; copy or download it again.`,
  });
  assert.deepEqual(readdirSync(join(config.runs, config.experiment)), runs, "no folder is made for it");
});
