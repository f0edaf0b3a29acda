/** A normaliser of one's own, through the real commands: training and evaluation run in threads of their own. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  audioFixture,
  temporaryFolder,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { loadNormaliser } from "@deepspeech-ts/toolkit/internal/data/normaliser.js";
import { deepspeech } from "./command.test.support.js";

const RECORDINGS = 24;
const TINY = ["--threads", "1", "--workers", "1"];

/** One recording many times over, with numbers that only German reads so, and one that the function gives up. */
function lines(): string {
  const texts = Array.from({ length: RECORDINGS }, (_, i) =>
    i === 0 ? "?" : `2 grüße ${"abcdefghijklmnopqrstuvwxyz"[i]}`,
  );
  return texts
    .map((text, i) => JSON.stringify({ audio_filepath: "a.wav", duration: 1.06, text, id: `u${i}` }))
    .join("\n");
}

const CONFIG = `
import { defineConfig } from "@deepspeech-ts/toolkit";
import { numbers } from "./numbers.ts";
export default defineConfig({
  alphabet: "abcdefghijklmnopqrstuvwxyzäöüß",
  normalise: (text: string) => (text === "?" ? null : text.replace(/\\d/g, (digit) => numbers[Number(digit)] ?? "")),
  epochs: 1, shortestFirstEpochs: 0, minDurationSeconds: 0,
  features: { numMels: 16 },
  model: { convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 8 },
});
`;

test("a configuration's function writes transcripts for train, evaluate and data check, by its file", async (t) => {
  const folder = await temporaryFolder(t);
  const path = (name: string) => join(folder, name);
  await writeFiles(folder, {
    "a.wav": { copyOf: audioFixture("speech-16k.wav") },
    "m.jsonl": lines(),
    "numbers.ts": 'export const numbers: string[] = ["null", "eins", "zwei"];\n',
    "config.ts": CONFIG,
    "other.mjs": "export const normalise = (text) => text.replace(/2/, 'zwo').replace('?', 'was');\n",
  });
  const data = ["--train", path("m.jsonl"), "--dev", path("m.jsonl"), "--runs", path("runs"), "--experiment", "de"];
  const trained = deepspeech("train", "--config", path("config.ts"), ...data, ...TINY);
  assert.equal(trained.status, 0, trained.stderr);
  const run = join(folder, "runs", "de", "version_0");
  const config = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
  assert.deepEqual([config.normalise, config.normaliser], [true, path("config.ts")]);

  const references = (...flags: string[]): Map<string, string> => {
    const { status, stdout, stderr } = deepspeech("evaluate", run, path("m.jsonl"), "--json", "-", ...TINY, ...flags);
    assert.equal(status, 0, stderr);
    const result = JSON.parse(stdout) as { utterances: { id: string; reference: string }[] };
    return new Map(result.utterances.map(({ id, reference }) => [id, reference]));
  };
  // The run's own, found again by its file.
  const own = references();
  assert.deepEqual([own.size, own.get("u1")], [RECORDINGS - 1, "zwei grüße b"]);
  const other = references("--normaliser", path("other.mjs"));
  assert.deepEqual([other.size, other.get("u1"), other.get("u0")], [RECORDINGS, "zwo grüße b", "was"]);

  const check = deepspeech("data", "check", path("m.jsonl"), "--no-audio", "--config", path("config.ts"));
  assert.match(check.stdout, /u0: the normaliser cannot tell how it is spoken/);
  assert.ok(!/u1:/.test(check.stdout), check.stdout);
});

test("lm build takes a normaliser of one's own, and a word on tags for sounds", async (t) => {
  const folder = await temporaryFolder(t);
  const path = (name: string) => join(folder, name);
  await writeFiles(folder, {
    "text.txt": "2 Türen\n[laughter] ja\n?\n2 ja\n",
    "own.mjs": "export default (text) => (text === '?' ? null : text.replace('2', 'zwei'));\n",
  });
  const wordsOf = (...flags: string[]) => {
    const { status, stdout, stderr } = deepspeech(
      ...["lm", "build", path("text.txt"), "--order", "1", "--output", path("out.arpa"), ...flags],
    );
    assert.equal(status, 0, stderr);
    const words = [...readFileSync(path("out.arpa"), "utf8").matchAll(/^-[\d.]+\t(\p{L}+)/gmu)].map(([, word]) => word);
    return { words: words.sort(), stdout };
  };
  const german = ["--alphabet", "abcdefghijklmnopqrstuvwxyzäöüß", "--normaliser", path("own.mjs")];
  const own = wordsOf(...german);
  assert.deepEqual(own.words, ["ja", "türen", "zwei"]);
  assert.match(own.stdout, /^1 sentence left out: the normaliser cannot tell how it is spoken \(first: line 3 of /m);
  assert.match(wordsOf(...german, "--sound-tags", "refuse").stdout, /\n2 sentences, 4 words\n/);
  assert.deepEqual(wordsOf("--no-normalise", "--normaliser", path("own.mjs")).words, ["Türen", "ja", "zwei"]);
});

test("a word on tags for sounds is refused where nothing is normalised", () => {
  const idle = ["--no-normalise", "--sound-tags", "drop"];
  for (const words of [
    ["lm", "build", "text.txt", "--output", "x"],
    ["lm", "tune", "run", "dev.jsonl", "--lm", "words.lm", "--output", "x"],
    ["evaluate", "run", "dev.jsonl"],
    ["export", "run", "--output", "x.dsb"],
  ]) {
    const { stderr } = deepspeech(...words, ...idle);
    assert.equal(stderr, "deepspeech: --sound-tags has no effect with --no-normalise; leave one of them out\n");
  }
});

test("modules without such a function are refused", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    "none.ts": "export default 5;\n",
    "bad.ts": "export default (\n",
    "default.ts": "export default (text: string): string => text.toUpperCase();\n",
  });
  assert.equal((await loadNormaliser(join(folder, "default.ts")))("ab"), "AB");
  await assert.rejects(loadNormaliser(join(folder, "none.ts")), {
    message: `${folder}/none.ts: has no function to normalise with; write \`export default (text) => …\`.`,
  });
  await assert.rejects(loadNormaliser(join(folder, "bad.ts")), {
    message: /^\S+bad\.ts: could not be loaded: \S.* \(\d+:\d+\)\.$/,
  });
  await assert.rejects(loadNormaliser(join(folder, "gone.ts")), { message: /gone\.ts: no such file/ });
});
