/** What may not be read or written is told by name, by commands that nobody but a plain user runs: the system lets root do all. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  audioFixture,
  temporaryFolder,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { BINARY, BUNDLE } from "./command.test.support.js";

/** The user "nobody", where root runs the tests. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

function run(words: readonly string[], cwd?: string) {
  return spawnSync(process.execPath, [BINARY, ...words], { encoding: "utf8", ...NOBODY, ...(cwd && { cwd }) });
}

const cannotRun =
  process.platform === "win32"
    ? "Windows has permissions of another kind"
    : run(["--version"]).status !== 0 && "the user nobody cannot run the program here";

test("what may not be read or written is named", { skip: cannotRun }, async (t) => {
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);
  await mkdir(join(folder, "locked"));
  await writeFiles(folder, {
    "model.dsb": { copyOf: BUNDLE },
    "speech.wav": { copyOf: audioFixture("speech-16k.wav") },
    "text.txt": "good morning\n",
    "secret.dsb": { copyOf: BUNDLE },
    "secret.wav": { copyOf: audioFixture("speech-16k.wav") },
    "secret.safetensors": "weights",
    "secret.json": "{}",
  });
  const locked = ["secret.dsb", "secret.wav", "secret.safetensors", "secret.json", "locked"];
  for (const name of locked) await chmod(join(folder, name), 0);

  const unreadable = (name: string) => `${name}: may not be read; check its permissions.`;
  const cases: [words: string, message: string][] = [
    ["transcribe secret.dsb speech.wav", unreadable("secret.dsb")],
    ["transcribe model.dsb secret.wav", unreadable("secret.wav")],
    ["info secret.safetensors", unreadable("secret.safetensors")],
    ["info locked", unreadable("locked")],
    ["export secret.safetensors --output /tmp/none.dsb", unreadable("secret.safetensors")],
    ["summary --config secret.json", unreadable("secret.json")],
    ["dashboard locked --port 0", unreadable("locked")],
    ["data check locked", unreadable("locked")],
    ["lm build text.txt --output locked/o.lm", "locked/o.lm: could not be written; check the permissions of locked."],
  ];
  try {
    for (const [words, message] of cases) {
      const { status, stderr } = run(words.split(" "), folder);
      assert.ok(status === 1 || status === 2, words);
      // Of a recording among several, it is a line of a list, without a full stop.
      assert.equal(stderr.replace(/\.?\n$/, "."), `deepspeech: ${message}`, words);
    }
  } finally {
    // Or the folder could not be removed.
    await chmod(join(folder, "locked"), 0o755);
  }
});
