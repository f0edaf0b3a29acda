import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { audioFixture, temporaryFolder } from "../fixtures.test.support.js";
import { loadUtterances } from "../manifest.js";
import { checkDiskSpace } from "./disk-space.js";
import { type DownloadStage, downloadSubset } from "./download-librispeech.js";
import { archiveUrls, findSubset, LIBRISPEECH_SUBSETS, type LibriSpeechSubset } from "./librispeech-subsets.js";
import { type Fault, type Mirror, md5, startMirror, type TarEntry, tarGz } from "./mirror.test.support.js";

const PATH = "/resources/31/dev-clean-2.tar.gz";

/** A small archive in LibriSpeech's layout, with a real recording. */
async function corpusEntries(): Promise<TarEntry[]> {
  return [
    { name: "LibriSpeech/", type: "directory" },
    { name: "LibriSpeech/README.TXT", content: "about the corpus" },
    { name: "LibriSpeech/dev-clean-2/1/2/1-2.trans.txt", content: "1-2-0000 GOOD MORNING\n" },
    { name: "LibriSpeech/dev-clean-2/1/2/1-2-0000.flac", content: await readFile(audioFixture("speech-16k.flac")) },
  ];
}

interface Scene {
  readonly folder: string;
  readonly subset: LibriSpeechSubset;
  readonly archive: Buffer;
  readonly mirror: Mirror;
  readonly stages: DownloadStage[];
  run(): Promise<string>;
}

async function prepare(
  t: TestContext,
  { entries, faults }: { entries?: TarEntry[]; faults?: Fault[] } = {},
): Promise<Scene> {
  const folder = join(await temporaryFolder(t), "data");
  const archive = await tarGz(entries ?? (await corpusEntries()));
  const subset = { ...findSubset("dev-clean-2"), md5: md5(archive) };
  const mirror = await startMirror(t, { [PATH]: archive }, faults);
  const stages: DownloadStage[] = [];
  const onProgress = (stage: DownloadStage) => {
    if (stages.at(-1) !== stage) stages.push(stage);
  };
  const run = () =>
    downloadSubset(subset, { folder, mirrors: [mirror.url], stallSeconds: 60, retrySeconds: 0.01, onProgress });
  return { folder, subset, archive, mirror, stages, run };
}

test("a subset arrives through cuts, and can be trained on", async (t) => {
  const scene = await prepare(t, { faults: [{ kind: "cut", afterBytes: 1000 }] });
  assert.equal(await scene.run(), "downloaded");
  assert.deepEqual(scene.stages, ["downloading", "verifying", "unpacking"]);
  const { utterances, leftOut } = await loadUtterances(join(scene.folder, "LibriSpeech/dev-clean-2"));
  assert.deepEqual(leftOut, []);
  assert.deepEqual(
    utterances.map(({ id, text, speaker }) => ({ id, text, speaker })),
    [{ id: "1-2-0000", text: "GOOD MORNING", speaker: "1" }],
  );
  assert.equal(await readFile(join(scene.folder, "LibriSpeech/README.TXT"), "utf8"), "about the corpus");
  assert.deepEqual(await readdir(join(scene.folder, "downloads")), []);
});

test("killed outright, the next command goes on, and nothing half is taken for whole", async (t) => {
  const scene = await prepare(t, { faults: [{ kind: "stall", afterBytes: 2000 }] });
  const options = { folder: scene.folder, mirrors: [scene.mirror.url], stallSeconds: 60 };
  const script = `
    const { downloadSubset } = await import(${JSON.stringify(new URL("./download-librispeech.js", import.meta.url))});
    const onProgress = (stage, done) => console.log(stage, done);
    await downloadSubset(${JSON.stringify(scene.subset)}, { ...${JSON.stringify(options)}, onProgress });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of child.stdout) if (String(line).includes("downloading 2000")) child.kill("SIGKILL");
  assert.deepEqual(await readdir(join(scene.folder, "downloads")), ["dev-clean-2.tar.gz.part"]);
  assert.deepEqual(await readdir(join(scene.folder, "LibriSpeech")), []);
  assert.equal(await scene.run(), "downloaded");
  assert.deepEqual(
    scene.mirror.requests.map(({ range }) => range),
    [undefined, "bytes=2000-"],
  );
  assert.equal((await loadUtterances(join(scene.folder, "LibriSpeech/dev-clean-2"))).utterances.length, 1);
});

test("what is there is not downloaded again", async (t) => {
  const scene = await prepare(t);
  await scene.run();
  assert.equal(await scene.run(), "already-there");
  assert.equal(scene.mirror.requests.length, 1);
});

test("what a call that was killed at its very end left is removed, and an archive of the user's own is not", async (t) => {
  const scene = await prepare(t);
  await scene.run();
  const downloads = join(scene.folder, "downloads");
  await writeFile(join(downloads, "dev-clean-2.tar.gz"), scene.archive);
  assert.equal(await scene.run(), "already-there");
  assert.deepEqual(await readdir(downloads), ["dev-clean-2.tar.gz"]);
  await mkdir(join(downloads, "dev-clean-2.unpacking/LibriSpeech"), { recursive: true });
  assert.equal(await scene.run(), "already-there");
  assert.deepEqual(await readdir(downloads), []);
});

test("the next subset keeps the notes that are there", async (t) => {
  const scene = await prepare(t);
  await mkdir(join(scene.folder, "LibriSpeech"), { recursive: true });
  await writeFile(join(scene.folder, "LibriSpeech/README.TXT"), "mine");
  await scene.run();
  assert.equal(await readFile(join(scene.folder, "LibriSpeech/README.TXT"), "utf8"), "mine");
});

test("an archive that lies there is used when its MD5 is right, and replaced when not", async (t) => {
  for (const isRight of [true, false]) {
    const scene = await prepare(t);
    await mkdir(join(scene.folder, "downloads"), { recursive: true });
    const bytes = isRight ? scene.archive : scene.archive.subarray(0, 500);
    await writeFile(join(scene.folder, "downloads/dev-clean-2.tar.gz"), bytes);
    assert.equal(await scene.run(), "downloaded");
    assert.equal(scene.mirror.requests.length, isRight ? 0 : 1);
  }
});

test("half an unpacking is thrown away, never taken for whole", async (t) => {
  const scene = await prepare(t);
  const left = join(scene.folder, "downloads/dev-clean-2.unpacking/LibriSpeech/dev-clean-2");
  await mkdir(left, { recursive: true });
  await writeFile(join(left, "9-9.trans.txt"), "9-9-0000 LEFT BEHIND\n");
  await scene.run();
  assert.deepEqual(await readdir(join(scene.folder, "LibriSpeech/dev-clean-2")), ["1"]);
});

test("an unsafe archive leaves no subset and nothing unpacked", async (t) => {
  const entries = [...(await corpusEntries()), { name: "LibriSpeech/dev-clean-2/../../../../evil.txt", content: "x" }];
  const scene = await prepare(t, { entries });
  await assert.rejects(scene.run(), { code: "bad-archive" });
  assert.deepEqual(await readdir(join(scene.folder, "LibriSpeech")), []);
  assert.deepEqual(await readdir(join(scene.folder, "downloads")), ["dev-clean-2.tar.gz"]);
  assert.ok(!existsSync(join(scene.folder, "../evil.txt")));
});

test("an archive of something else is refused", async (t) => {
  const scene = await prepare(t, { entries: [{ name: "music/song.txt", content: "la" }] });
  await assert.rejects(scene.run(), /holds no folder LibriSpeech\/dev-clean-2\.$/);
});

test("a corrupt archive leaves no subset", async (t) => {
  const scene = await prepare(t, { faults: [{ kind: "corrupt" }] });
  await assert.rejects(scene.run(), { code: "bad-download" });
  assert.deepEqual(await readdir(join(scene.folder, "LibriSpeech")), []);
  assert.deepEqual(await readdir(join(scene.folder, "downloads")), []);
});

test("a folder that cannot be made is named", async (t) => {
  const scene = await prepare(t);
  await writeFile(scene.folder, "a file, where the folder should be");
  await assert.rejects(scene.run(), { name: "UserError", code: "file-not-writable" });
});

test("a disk that is too small is told before the work", async (t) => {
  const folder = await temporaryFolder(t);
  await assert.rejects(
    checkDiskSpace({ folder, archiveBytes: 1e18, presentBytes: 0 }),
    /2100000000\.0 GB are needed to download and unpack, and \d+\.\d GB are free; free some space, or choose/,
  );
  await checkDiskSpace({ folder, archiveBytes: 1000, presentBytes: 0 });
});

test("every subset is named, has a checksum of its own, and an address on each mirror", () => {
  assert.equal(new Set(LIBRISPEECH_SUBSETS.map((subset) => subset.md5)).size, LIBRISPEECH_SUBSETS.length);
  for (const subset of LIBRISPEECH_SUBSETS) assert.match(subset.md5, /^[0-9a-f]{32}$/);
  assert.equal(
    archiveUrls(findSubset("train-clean-100"))[0],
    "https://www.openslr.org/resources/12/train-clean-100.tar.gz",
  );
  assert.equal(
    archiveUrls(findSubset("train-clean-5"))[0],
    "https://www.openslr.org/resources/31/train-clean-5.tar.gz",
  );
  assert.throws(() => findSubset("dev"), /^UserError: --subset is "dev", expected one or more of train-clean-100, /);
});
