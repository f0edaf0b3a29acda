/** A run's own records, as the page shows them and as a resumed run reads them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JSON_CHANGES, TEXT_CHANGES } from "./text-changes.mjs";

const READ = ["log.jsonl", "config.json", "steps.csv", "epochs.csv"];

export const runFolder = {
  name: "run-folder",
  mayChangeInput: true,
  async seeds() {
    const support = await import("../../../packages/toolkit/dist/training/training.test.support.js");
    const folder = mkdtempSync(join(tmpdir(), "deepspeech-fuzz-"));
    const corpus = await support.manifestIn(folder, await support.shortUtterances(4));
    const { runFolder: made } = await support.trainHere(support.tinyConfig(folder, corpus, { epochs: 2, seed: 1 }));
    const files = READ.filter((name) => readdirSync(made).includes(name)).map((name) => ({
      name,
      bytes: readFileSync(join(made, name)),
    }));
    rmSync(folder, { recursive: true });
    return files;
  },
  dialect: { markers: ["kind", "time", "step"], mutators: { ...JSON_CHANGES, ...TEXT_CHANGES } },
  async read({ input }) {
    const dist = "../../../packages/toolkit/dist";
    const { Catalogue } = await import(`${dist}/dashboard/catalogue.js`);
    const { configDifferences } = await import(`${dist}/dashboard/config-differences.js`);
    const { readRunLog } = await import(`${dist}/training/logging/read-log.js`);
    const { restoreLog } = await import(`${dist}/training/logging/restore.js`);
    const { readRunConfig } = await import(`${dist}/training/training-state.js`);
    return [
      async () => {
        const catalogue = new Catalogue([input]);
        await catalogue.look();
        const runs = catalogue.summaries().map(({ id }) => catalogue.get(id));
        JSON.stringify([catalogue.summaries(), ...runs.map((run) => run.detail())]);
        configDifferences(await Promise.all([...runs, ...runs].map((run) => run.config())));
      },
      () => readRunLog(input),
      () => readRunConfig(input),
      () => restoreLog(join(input, "log.jsonl"), { step: 3, epoch: 1 }),
    ];
  },
};
