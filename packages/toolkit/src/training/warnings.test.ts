/** What a run warns of before it begins. */
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { threadsWarning } from "@deepspeech-ts/recognizer/system";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import type { Utterance } from "../data/types.js";
import { readRunLog } from "./logging/read-log.js";
import { manifestIn, shortUtterances, tinyConfig, trainHere } from "./training.test.support.js";

/** What a run on these corpora warns of. */
async function warningsOf(t: TestContext, corpora: Record<"train" | "dev" | "test", readonly Utterance[]>) {
  const folder = await temporaryFolder(t);
  const paths = new Map<string, string>();
  for (const [name, utterances] of Object.entries(corpora)) {
    if (utterances.length > 0) paths.set(name, await manifestIn(folder, utterances, name));
  }
  const config = tinyConfig(folder, paths.get("train")!, { epochs: 1, dev: [paths.get("dev")!] });
  const run = await trainHere({ ...config, test: paths.has("test") ? [paths.get("test")!] : [] });
  const logged = (await readRunLog(run.runFolder)).filter((event) => event.kind === "warning");
  assert.deepEqual(
    logged.map(({ message }) => message),
    run.all("warning").map(({ message }) => message),
  );
  return run.all("warning").flatMap(({ message }) => (message.includes("plateau") ? [] : [message]));
}

describe("recordings in two corpora", () => {
  it("are told where a manifest is both trained on and measured on", async (t) => {
    const utterances = await shortUtterances(8);
    const [train, dev, test] = [utterances.slice(0, 4), utterances.slice(2, 6), utterances.slice(5)];
    assert.deepEqual(await warningsOf(t, { train, dev, test: [...test, train[0]!] }), [
      `2 of 4 dev recordings are trained on too (the first: ${train[2]!.id}): error rates on dev will look better than they are`,
      `1 of 4 test recordings are trained on too (the first: ${train[0]!.id}): error rates on test will look better than they are`,
      `1 of 4 test recordings are in dev too (the first: ${dev[3]!.id}): error rates on test will look better than they are`,
    ]);
  });

  it("are known under another name, with a length that was rounded; another recording of the same text is none", async (t) => {
    const folder = await temporaryFolder(t);
    const [first, second, third] = (await shortUtterances(3)) as [Utterance, Utterance, Utterance];
    const copy = join(folder, "copy.opus");
    await copyFile(first.audioPath, copy);
    const alias = {
      ...first,
      id: "alias",
      audioPath: copy,
      durationSeconds: Math.round(first.durationSeconds * 20) / 20,
    };
    const sameText = { ...third, text: second.text, durationSeconds: second.durationSeconds, id: "same-text" };
    const seconds = Math.abs(third.durationSeconds - second.durationSeconds);
    assert.ok(seconds < 0.5, `so much the stated length may be off, and it is by ${seconds}`);
    assert.deepEqual(await warningsOf(t, { train: [first, second], dev: [alias, sameText], test: [] }), [
      `1 of 2 dev recordings are trained on too (the first: alias, which is ${first.id} there): error rates on dev will look better than they are`,
    ]);
  });

  it("that are not there are none", async (t) => {
    const utterances = await shortUtterances(6);
    const corpora = { train: utterances.slice(0, 3), dev: utterances.slice(3), test: [] };
    assert.deepEqual(await warningsOf(t, corpora), []);
  });
});

describe("threads", () => {
  it("beyond the cores are told of", () => {
    assert.equal(
      threadsWarning("threads", 64, 2),
      "threads is 64, and this machine has 2 cores: threads beyond them slow each other down",
    );
    assert.match(threadsWarning("workers", 2, 1)!, /^workers is 2, and this machine has 1 core: /);
    assert.deepEqual(
      [threadsWarning("threads", undefined, 2), threadsWarning("threads", 2, 2)],
      [undefined, undefined],
    );
  });
});
