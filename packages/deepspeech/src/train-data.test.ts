/**
 * `deepspeech train` where LibriSpeech is missing: a real process, a mirror on this machine, and archives in
 * LibriSpeech's layout. Only the table of what OpenSLR has published is another one in that process.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  type Fault,
  type Mirror,
  md5,
  startMirror,
  type TarEntry,
  tarGz,
} from "@deepspeech-ts/toolkit/internal/data/download/mirror.test.support.js";
import {
  audioFixture,
  sampleCorpus,
  temporaryFolder,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";

const BINARY = fileURLToPath(new URL("../bin/deepspeech.mjs", import.meta.url));
const TABLE = import.meta.resolve("@deepspeech-ts/toolkit/internal/data/download/librispeech-subsets.js");
const TINY = [
  ...["--epochs", "1", "--max-batch-seconds", "15", "--threads", "1", "--workers", "1", "--features.num-mels", "16"],
  ...["--model.conv-channels", "2", "--model.residual-layers", "1", "--model.recurrent-layers", "1"],
  ...["--model.hidden-size", "8"],
];
const CHAPTER = join(sampleCorpus("dev"), "1/3");

/** A chapter of the sample corpus, and one utterance in FLAC, in a subset's archive. */
async function entriesOf(subset: string): Promise<TarEntry[]> {
  const folder = `LibriSpeech/${subset}/1`;
  const transcript = await readFile(join(CHAPTER, "1-3.trans.txt"), "utf8");
  const lines = transcript.split("\n").slice(0, 4);
  const recordings = lines.map(async (line): Promise<TarEntry> => {
    const name = `${line.split(" ", 1)[0]}.opus`;
    return { name: `${folder}/3/${name}`, content: await readFile(join(CHAPTER, name)) };
  });
  return [
    { name: `${folder}/3/1-3.trans.txt`, content: lines.join("\n") },
    ...(await Promise.all(recordings)),
    { name: `${folder}/2/1-2.trans.txt`, content: "1-2-0000 GOOD MORNING\n" },
    { name: `${folder}/2/1-2-0000.flac`, content: await readFile(audioFixture("speech-16k.flac")) },
  ];
}

interface Scene {
  readonly folder: string;
  readonly mirror: Mirror;
  start(...words: string[]): ChildProcess & { output: Promise<{ status: number | null; stderr: string }> };
}

/** A working folder, and a mirror that has archives of the named subsets. */
async function prepare(t: TestContext, subsets: readonly string[], faults: Fault[] = []): Promise<Scene> {
  const folder = await temporaryFolder(t);
  const archives = new Map<string, Buffer>();
  for (const name of subsets) archives.set(name, await tarGz(await entriesOf(name)));
  const files = Object.fromEntries(
    [...archives].flatMap(([name, archive]) => [12, 31].map((n) => [`/resources/${n}/${name}.tar.gz`, archive])),
  );
  const mirror = await startMirror(t, files, faults);
  const published = [...archives].map(([name, archive]) => [name, { md5: md5(archive), archiveBytes: archive.length }]);
  await writeFiles(folder, {
    "published.mjs": `
      import { LIBRISPEECH_SUBSETS, OPENSLR_MIRRORS } from ${JSON.stringify(TABLE)};
      const archives = ${JSON.stringify(Object.fromEntries(published))};
      for (const subset of LIBRISPEECH_SUBSETS) Object.assign(subset, archives[subset.name]);
      OPENSLR_MIRRORS.splice(0, Infinity, ${JSON.stringify(mirror.url)});`,
  });
  const start: Scene["start"] = (...words) => {
    const flags = ["--import", join(folder, "published.mjs"), BINARY, "train", ...words];
    const child = spawn(process.execPath, flags, { cwd: folder });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdout.resume();
    return Object.assign(child, { output: once(child, "close").then(([status]) => ({ status, stderr })) });
  };
  return { folder, mirror, start };
}

/** Waits until a file has so many bytes; fails where the process ends before. */
async function grown(path: string, bytes: number, child: ChildProcess): Promise<void> {
  while (!existsSync(path) || statSync(path).size < bytes) {
    assert.equal(child.exitCode, null, `the process ended before ${path} had ${bytes} bytes`);
    await setTimeout(20);
  }
}

test("with no data flags, LibriSpeech is fetched, through Ctrl-C and leftovers, and trained on", async (t) => {
  const subsets = ["train-clean-100", "train-clean-360", "train-other-500", "dev-clean", "test-clean"];
  const scene = await prepare(t, subsets, [{ kind: "no-ranges" }, { kind: "stall", afterBytes: 4000 }]);
  const corpus = join(scene.folder, "data/LibriSpeech");
  // One subset was unpacked by hand, and of another there is nothing but a folder.
  for (const { name, content } of await entriesOf("train-other-500")) {
    await writeFiles(join(scene.folder, "data"), { [name]: content! });
  }
  await mkdir(join(corpus, "dev-clean"));

  const first = scene.start(...TINY);
  await grown(join(scene.folder, "data/downloads/train-clean-360.tar.gz.part"), 4000, first);
  first.kill("SIGINT");
  const interrupted = await first.output;
  assert.equal(interrupted.status, 130);
  assert.match(
    interrupted.stderr,
    /^data\/LibriSpeech: not there yet, and fetched first: train-clean-100 \(0 MB\), train-clean-360 \(0 MB\), dev-clean \(0 MB\), test-clean \(0 MB\)\n0 MB to download; unpacked one by one, 0 MB of disk, and .* are free\nCtrl-C stops; the same command resumes from there\.\n/,
  );
  assert.match(interrupted.stderr, /\ntrain-clean-100: is ready in data\/LibriSpeech\/train-clean-100\n/);
  assert.match(interrupted.stderr, /deepspeech: interrupted; the same command resumes where it stopped\n$/);
  assert.deepEqual((await readdir(corpus)).sort(), ["dev-clean", "train-clean-100", "train-other-500"]);
  // Half an unpacking, as a crash leaves it.
  await writeFiles(join(scene.folder, "data/downloads/train-clean-360.unpacking/LibriSpeech/train-clean-360/9/9"), {
    "9-9.trans.txt": "9-9-0000 LEFT BEHIND\n",
  });

  const { status, stderr } = await scene.start(...TINY).output;
  assert.equal(status, 0, stderr);
  assert.match(
    stderr,
    /^data\/LibriSpeech: not there yet, and fetched first: train-clean-360 .*\n.*, of which 0 MB are/,
  );
  assert.deepEqual(
    scene.mirror.requests.map(({ path, range }) => [path.slice("/resources/12/".length), range]),
    [
      ["train-clean-100.tar.gz", undefined],
      ["train-clean-360.tar.gz", undefined],
      ["train-clean-360.tar.gz", "bytes=4000-"],
      ["dev-clean.tar.gz", undefined],
      ["test-clean.tar.gz", undefined],
    ],
  );
  assert.deepEqual(await readdir(join(corpus, "train-clean-360")), ["1"]);
  assert.deepEqual(await readdir(join(scene.folder, "data/downloads")), []);
  const { training } = JSON.parse(
    await readFile(join(scene.folder, "runs/deepspeech/version_0/checkpoints/best.json"), "utf8"),
  );
  assert.equal(training.progress.epoch, 1);
});

test("Mini LibriSpeech is fetched too, into whichever data folder is there", async (t) => {
  const scene = await prepare(t, ["train-clean-5", "dev-clean-2"]);
  await mkdir(join(scene.folder, "disk"));
  const words = ["--train", "disk/LibriSpeech/train-clean-5", "--dev", "disk/LibriSpeech/dev-clean-2/", ...TINY];
  const { status, stderr } = await scene.start(...words).output;
  assert.equal(status, 0, stderr);
  assert.deepEqual(
    scene.mirror.requests.map(({ path }) => path),
    ["/resources/31/train-clean-5.tar.gz", "/resources/31/dev-clean-2.tar.gz"],
  );
});

test("what may not or cannot be fetched is refused before anything is", async (t) => {
  const folder = await temporaryFolder(t);
  const huge = join(folder, "huge.mjs");
  await writeFile(huge, `import { LIBRISPEECH_SUBSETS as s } from "${TABLE}"; s[0].archiveBytes = 1e18;`);
  const train = (words: string[], flags: string[] = []) =>
    spawnSync(process.execPath, [...flags, BINARY, "train", ...words], { cwd: folder, encoding: "utf8" });
  assert.equal(
    train(["--no-download"]).stderr,
    'deepspeech: data/LibriSpeech/train-clean-100: no such folder; "npx deepspeech-ts data download librispeech" fetches it, ' +
      "or name your own with --train, --dev and --test\n",
  );
  assert.equal(train(["--dev", "my/dev.jsonl"]).stderr, "deepspeech: my/dev.jsonl: no such file; check the path.\n");
  assert.equal(
    train(["--train", "dsik/LibriSpeech/train-clean-100"]).stderr,
    "deepspeech: dsik/LibriSpeech/train-clean-100: no such file; check the path.\n",
  );
  const { status, stderr } = train([], ["--import", huge]);
  assert.equal(status, 1);
  assert.match(stderr, /\ndeepspeech: data: 2[\d.]+ GB of disk are needed and [\d.]+ [GM]B are free; free some space/);
  assert.deepEqual(await readdir(folder), ["huge.mjs"]);
});
