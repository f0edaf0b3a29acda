/** `deepspeech train --dashboard`: the page is there while the run goes on, and goes with it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { manifestIn, shortUtterances } from "@deepspeech-ts/toolkit/internal/training/training.test.support.js";

const BINARY = fileURLToPath(new URL("../bin/deepspeech.mjs", import.meta.url));
const TINY = [
  ...["--features.num-mels", "16", "--model.conv-channels", "2", "--model.residual-layers", "1"],
  ...["--model.recurrent-layers", "1", "--model.hidden-size", "8", "--threads", "1", "--epochs", "2"],
];

test("the run's page is served while it trains, with its curves, and is gone after it", async (t) => {
  const folder = await temporaryFolder(t);
  const manifest = await manifestIn(folder, await shortUtterances(4));
  const words = [
    "train",
    "--dashboard",
    "--train",
    manifest,
    "--dev",
    manifest,
    "--runs",
    join(folder, "runs"),
    ...TINY,
  ];
  const child = spawn(process.execPath, [BINARY, ...words], { cwd: folder });
  const ended = once(child, "exit");
  let url = "";
  let seen: unknown;
  for await (const line of createInterface({ input: child.stdout })) {
    url = /^Page +(http:\S+)$/.exec(line)?.[1] ?? url;
    if (line.startsWith("epoch 1/2")) seen = await (await fetch(new URL("/api/runs", url))).json();
  }
  assert.deepEqual(await ended, [0, null]);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/?$/);
  assert.match(JSON.stringify(seen), /version_0/);
  await assert.rejects(fetch(url), "nobody answers there any more");
});
