/** What is given to a command is often not what it takes: each says in one line which, and nothing that was there is lost. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  audioFixture,
  temporaryFolder,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { babblingCheckpoint } from "@deepspeech-ts/toolkit/internal/evaluation/evaluation.test.support.js";
import { BUNDLE, deepspeech } from "./command.test.support.js";

const LINE = { audio_filepath: "speech.flac", duration: 1.064, text: "good morning", speaker: "a", id: "a" };

/** A folder of what commands read; each call runs a command there and gives its one line. */
async function surroundings(t: TestContext) {
  const folder = await temporaryFolder(t);
  const noSound = (await readFile(audioFixture("speech-16k.wav"))).subarray(0, 44);
  // Of the fixture's header: no bytes of sound.
  noSound.writeUInt32LE(36, 4);
  noSound.writeUInt32LE(0, 40);
  await mkdir(join(folder, "folder"));
  await writeFiles(folder, {
    "speech.flac": { copyOf: audioFixture("speech-16k.flac") },
    "m.jsonl": `${JSON.stringify(LINE)}\n`,
    "text.txt": "good morning\ngood night\n",
    "clips/none.wav": noSound,
    "clips/none.txt": "hello",
    "clips/a.flac": { copyOf: audioFixture("speech-16k.flac") },
    "clips/a.txt": "good morning",
    "a.safetensors": "no weights",
    "b.dsb": { copyOf: BUNDLE },
    "run/config.json": "{}",
    "run/checkpoints/best.safetensors": "no weights",
    "package.json": '{"name": "mine", "version": "1.0.0"}',
    "empty.bin": "",
  });
  const path = (name: string) => join(folder, name);
  const refusal = (words: string) => {
    const before = contents(folder);
    const { status, stderr } = deepspeech(...words.split(" ").map((word) => (/[./]/.test(word) ? path(word) : word)));
    assert.deepEqual(contents(folder), before, words);
    assert.match(stderr, /^deepspeech: [^\n]*\n$/, words);
    return [status, stderr.slice("deepspeech: ".length, -1).replaceAll(`${folder}/`, "")];
  };
  return { folder, path, refusal };
}

function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "latin1")]),
  );
}

test("an output that cannot be written, or is what is read, is refused before the work", async (t) => {
  const { refusal } = await surroundings(t);
  const read = "could not be written, it is what is read; choose another name.";
  const isFolder = "folder: could not be written, a folder has that name; choose another.";
  const cases: [string, string][] = [
    ["data import nemo ./m.jsonl --to ./m.jsonl", `m.jsonl: ${read}`],
    ["data import nemo ./m.jsonl --to ./folder", isFolder],
    ["data import nemo ./m.jsonl --to ./m.txt", "m.txt: a manifest's name ends in .jsonl; choose such a name."],
    [
      "data import nemo ./m.jsonl --to ./text.txt/m.jsonl",
      "text.txt/m.jsonl: could not be written, text.txt is a file and no folder; choose another place.",
    ],
    ["data check ./m.jsonl --fix ./m.jsonl", `m.jsonl: ${read}`],
    [
      "data check ./m.jsonl --fix ./none/m.jsonl",
      "none/m.jsonl: could not be written, there is no folder none; create it first.",
    ],
    ["data check ./m.jsonl --fix ./fixed.csv", "fixed.csv: a manifest's name ends in .jsonl; choose such a name."],
    [
      "data stats ./m.jsonl --picture ./none/a.svg",
      "none/a.svg: could not be written, there is no folder none; create it first.",
    ],
    ["lm build ./text.txt --output ./text.txt", `text.txt: ${read}`],
    ["lm build ./text.txt --output ./folder", isFolder],
    ["lm tune ./a.safetensors ./m.jsonl --lm ./text.txt --output ./m.jsonl", `m.jsonl: ${read}`],
    ["average ./a.safetensors ./a.safetensors --output ./a.safetensors", `a.safetensors: ${read}`],
    ["average ./run ./run --output ./run/checkpoints/best.safetensors", `run/checkpoints/best.safetensors: ${read}`],
    ["evaluate ./run ./m.jsonl --json ./run/checkpoints/best.safetensors", `run/checkpoints/best.safetensors: ${read}`],
    ["evaluate ./run ./m.jsonl --lm ./text.txt --report ./text.txt", `text.txt: ${read}`],
    [
      "lm tune ./run ./m.jsonl --lm ./text.txt --output ./run/checkpoints/best.safetensors",
      `run/checkpoints/best.safetensors: ${read}`,
    ],
    ["export ./run --output ./o.onnx", "o.onnx: a bundle's name ends in .dsb; choose such a name."],
    [
      "import ./text.txt --alphabet reference --output ./o.bin",
      "o.bin: a checkpoint's name ends in .safetensors; choose such a name.",
    ],
    ["export ./b.dsb --output ./b.dsb", `b.dsb: ${read}`],
    ["evaluate ./a.safetensors ./m.jsonl --json ./m.jsonl", `m.jsonl: ${read}`],
    ["evaluate ./a.safetensors ./m.jsonl --report ./folder", isFolder],
  ];
  for (const [words, message] of cases) {
    assert.deepEqual(refusal(words), [2, message], words);
  }
});

test("one thing where another is due, by each command that takes it", async (t) => {
  const { path, refusal } = await surroundings(t);
  babblingCheckpoint(path(""), "model");
  const weights = await readFile(path("model.safetensors"));
  await writeFiles(path(""), { "cut.safetensors": weights.subarray(0, weights.length >> 1) });
  const asReference = "--alphabet reference --output ./o.safetensors";
  const bundle =
    "is a bundle, which is for recognisers and for train's --init-from; give the run's folder or the checkpoint that it was exported from.";
  const noModel = 'and here a language model is due; "deepspeech lm build" makes one.';
  const cases: [words: string, status: number, message: string | RegExp][] = [
    [`import ./empty.bin ${asReference}`, 1, "empty.bin: is empty; give the file that torch.save wrote."],
    [
      `import ./speech.flac ${asReference}`,
      1,
      "speech.flac: is a recording, and here a checkpoint is due: a .ckpt, .pt or .pth.",
    ],
    [
      `import ./b.dsb ${asReference}`,
      1,
      "b.dsb: is a bundle of this project, and needs no import; give it to transcribe or serve.",
    ],
    [`import ./model.safetensors ${asReference}`, 1, /^model.safetensors: is a safetensors file, and needs no import/],
    ["average ./model.safetensors ./b.dsb --output ./o.safetensors", 1, `b.dsb: ${bundle}`],
    [
      "average ./model.safetensors ./cut.safetensors --output ./o.safetensors",
      1,
      /^cut.safetensors: truncated: .*; use another checkpoint\.$/,
    ],
    ["export ./cut.safetensors --output ./o.dsb", 1, /^cut.safetensors: truncated: .*; use another checkpoint\.$/],
    [
      "export ./model.safetensors --output ./o.dsb --decoding ./package.json",
      2,
      /^package.json: unknown key "name"; there are lm, .*beamSize/,
    ],
    ["dashboard ./model.safetensors", 2, "model.safetensors: is no folder; name a run, or a folder of runs."],
    ["lm tune ./model.safetensors ./m.jsonl --lm ./b.dsb --output ./d.json", 1, `b.dsb: is a bundle, ${noModel}`],
    [
      "lm tune ./model.safetensors ./m.jsonl --lm ./speech.flac --output ./d.json",
      1,
      `speech.flac: is a recording, ${noModel}`,
    ],
    ["lm tune ./model.safetensors ./m.jsonl --lm ./empty.bin --output ./d.json", 1, `empty.bin: is empty, ${noModel}`],
    [
      "evaluate ./model.safetensors ./m.jsonl --lm ./text.txt",
      1,
      'text.txt: line 2: it is no ARPA file: it ends without \\data\\; "deepspeech lm build" makes a language model of text.',
    ],
    ["lm build ./text.txt --output ./o.lm --alphabet aa", 2, /^--alphabet: the alphabet "aa" has "a" twice; /],
    ["train --alphabet aa", 2, /^--alphabet: the alphabet "aa" has "a" twice; name each character once$/],
  ];
  for (const [words, status, message] of cases) {
    const [code, line] = refusal(words);
    assert.equal(code, status, words);
    if (typeof message === "string") assert.equal(line, message, words);
    else assert.match(String(line), message, words);
  }
});

test("a file where a folder is due, numbers without measure", async (t) => {
  const { refusal } = await surroundings(t);
  const isFile = "m.jsonl: is a file, expected a folder.";
  assert.deepEqual(refusal("data import folder ./m.jsonl --to ./o.jsonl"), [1, isFile]);
  assert.deepEqual(refusal("data import ljspeech ./m.jsonl --to ./o.jsonl"), [1, isFile]);
  for (const words of ["data check ./m.jsonl", "data pack ./m.jsonl --to ./p"]) {
    const complaint = '--workers must be a whole number from 1 to 1024, not "100000"';
    assert.deepEqual(refusal(`${words} --workers 100000`), [2, complaint]);
  }
  assert.deepEqual(refusal("lm build ./text.txt --output ./o.lm --order 7"), [
    2,
    '--order must be a whole number from 1 to 6, not "7"',
  ]);
  for (const flag of ["--workers", "--threads"]) {
    const [status, message] = refusal(`train ${flag} 100000`);
    assert.equal(status, 2);
    assert.match(String(message), new RegExp(`^${flag} must be .*1024`));
  }
});

test("more threads than cores are warned of by every command that takes a number of them", async (t) => {
  const { path } = await surroundings(t);
  const warning = (key: string) =>
    new RegExp(`^deepspeech: warning: --${key} is 500, and this machine has \\d+ cores?: `);
  const missing = path("none.dsb");
  for (const words of [
    ["align", missing],
    ["transcribe", missing, "a.wav"],
    ["export", missing, "--output", path("o.dsb")],
    ["evaluate", missing, "x"],
    ["serve", missing],
  ]) {
    const { status, stderr } = deepspeech(...words, "--threads", "500");
    assert.match(stderr, warning("threads"), words.join(" "));
    assert.notEqual(status, 0);
  }
  assert.match(deepspeech("data", "check", path("m.jsonl"), "--workers", "500").stderr, warning("workers"));
  assert.equal(deepspeech("data", "check", path("m.jsonl"), "--workers", "1").stderr, "");
});

test("a recording without sound is left out of an import, and the manifest can be read", async (t) => {
  const { path } = await surroundings(t);
  const { stdout, stderr } = deepspeech("data", "import", "folder", path("clips"), "--to", path("o.jsonl"));
  assert.equal(stderr, `1 utterance left out:\n  none: ${path("clips/none.wav")}: holds no sound.\n`);
  assert.match(stdout, /o\.jsonl: 1 utterance/);
  assert.equal(deepspeech("data", "stats", path("o.jsonl")).status, 0);
});

test("a folder that takes nothing ends a command that makes folders there", {
  skip: process.platform !== "linux",
}, async (t) => {
  const { path } = await surroundings(t);
  const { status, stderr } = deepspeech("data", "pack", path("m.jsonl"), "--to", "/proc/a/b");
  assert.equal(status, 1);
  assert.match(stderr, /^deepspeech: \/proc\/a: the folder cannot be made \(.*\); choose another\.\n$/);
});
