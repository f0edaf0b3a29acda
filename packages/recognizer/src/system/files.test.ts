import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { temporaryFolder } from "../fixtures.test.support.js";
import {
  createFolder,
  readFileOrExplain,
  requireDistinct,
  requireWritable,
  writeFileAtomically,
  writeFileAtomicallySync,
} from "./files.js";
import { temporaryPathFor } from "./leftovers.js";

test("writes strings, bytes and streams, and replaces what was there", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.txt");
  await writeFileAtomically(path, "first");
  assert.equal(await readFile(path, "utf8"), "first");
  await writeFileAtomically(path, new TextEncoder().encode("second"));
  assert.equal(await readFile(path, "utf8"), "second");
  await writeFileAtomically(path, async (file) => {
    await file.write("th");
    await file.write("ird");
  });
  assert.equal(await readFile(path, "utf8"), "third");
  writeFileAtomicallySync(path, [new TextEncoder().encode("fou"), new TextEncoder().encode("rth")]);
  assert.equal(await readFile(path, "utf8"), "fourth");
  assert.deepEqual(await readdir(folder), ["a.txt"]);
});

test("a writer that fails leaves the old file and nothing else", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.txt");
  await writeFileAtomically(path, "old");
  const failing = async (): Promise<void> => {
    throw new Error("ran out of ideas");
  };
  await assert.rejects(writeFileAtomically(path, failing), /ran out of ideas/);
  function* chunks(): Generator<Uint8Array> {
    yield new Uint8Array(10);
    throw new Error("ran out of bytes");
  }
  assert.throws(() => writeFileAtomicallySync(path, chunks()), /ran out of bytes/);
  assert.equal(await readFile(path, "utf8"), "old");
  assert.deepEqual(await readdir(folder), ["a.txt"]);
});

test("what killed processes left goes with the next write; what others write now stays", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.txt");
  const leftovers = JSON.stringify(new URL("./leftovers.js", import.meta.url));
  const script = `console.log((await import(${leftovers})).temporaryPathFor(${JSON.stringify(path)}))`;
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).stdout.trim();
  const elsewhere = ended.replace(/txt\.[0-9a-f]{8}-/, "txt.00000000-");
  const kept = [
    temporaryPathFor(path),
    elsewhere,
    `${path}.tmp`,
    `${path}.mine-1-2.tmp`,
    temporaryPathFor(`${path}.b`),
  ];
  for (const leftover of [ended, ...kept]) await writeFile(leftover, "half");
  await writeFileAtomically(path, "whole");
  const names = [path, ...kept].map((name) => basename(name)).toSorted();
  assert.deepEqual((await readdir(folder)).toSorted(), names);
  await writeFile(ended, "half");
  writeFileAtomicallySync(path, [new Uint8Array(1)]);
  assert.deepEqual((await readdir(folder)).toSorted(), names);
});

test("a missing folder, and a folder in the file's place, are named", async (t) => {
  const folder = await temporaryFolder(t);
  const missing = join(folder, "nowhere", "a.txt");
  await assert.rejects(writeFileAtomically(missing, ""), {
    name: "UserError",
    code: "file-not-writable",
    message: `${missing}: could not be written, there is no folder ${join(folder, "nowhere")}; create it first.`,
  });
  await mkdir(join(folder, "sub"));
  await assert.rejects(writeFileAtomically(join(folder, "sub"), ""), { code: "file-not-writable" });
});

test("a file on the way, and a folder that takes none, are named, for reading and writing", async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, "a.txt");
  await writeFile(file, "a");
  const below = join(file, "sub", "b.txt");
  const written = {
    code: "file-not-writable",
    message: `${below}: could not be written, ${file} is a file and no folder; choose another place.`,
  };
  await assert.rejects(writeFileAtomically(below, ""), written);
  assert.throws(() => writeFileAtomicallySync(below, []), written);
  assert.throws(() => requireWritable(below), written);
  await assert.rejects(readFileOrExplain(below), { message: `${file}: is a file, expected a folder.` });
  assert.throws(() => createFolder(join(file, "sub")), { code: "file-not-writable" });
  const long = join(folder, "a".repeat(300));
  await assert.rejects(writeFileAtomically(long, ""), { code: "file-not-writable" });
  if (process.platform !== "linux") return;
  assert.throws(() => createFolder("/proc/a/b"), { code: "file-not-writable" });
  assert.throws(() => writeFileAtomicallySync("/proc/a", []), {
    message: "/proc/a: could not be written, /proc takes no new files; choose another folder.",
  });
});

test("a folder is made with those above it, and may be there", async (t) => {
  const folder = join(await temporaryFolder(t), "a", "b", "c");
  for (let i = 0; i < 2; i++) {
    createFolder(folder);
    assert.deepEqual(await readdir(folder), []);
  }
});

test("what is read is not written over, by any of its names; what can be written is said beforehand", async (t) => {
  const folder = await temporaryFolder(t);
  const [file, link, other] = ["a.txt", "link.txt", "b.txt"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(file, "a");
  await symlink("a.txt", link);
  requireWritable(other, [file]);
  requireWritable(file);
  for (const output of [file, link, join(folder, ".", "a.txt")]) {
    assert.throws(() => requireWritable(output, [other, file]), {
      code: "file-not-writable",
      message: `${output}: could not be written, it is what is read; choose another name.`,
    });
  }
  assert.throws(() => requireWritable(folder), /a folder has that name; choose another/);
  assert.throws(() => requireWritable(join(folder, "nowhere", "a")), /there is no folder .*nowhere; create it first/);
  assert.deepEqual((await readdir(folder)).toSorted(), ["a.txt", "link.txt"]);
});

test("two results need two files, by whatever names", async (t) => {
  const folder = await temporaryFolder(t);
  const [file, link] = [join(folder, "a"), join(folder, "link")];
  await symlink("a", link);
  requireDistinct([file, join(folder, "b"), "/dev/null", "/dev/null"]);
  for (const other of [file, link, join(folder, ".", "a")]) {
    assert.throws(() => requireDistinct([file, other]), {
      code: "file-not-writable",
      message: `${other}: is where two results are to be written; give each a file of its own.`,
    });
  }
});

test("a link stays, and what it leads to is written, there or not", async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, "far"));
  await symlink(join("far", "a.txt"), join(folder, "one"));
  await symlink("one", join(folder, "two"));
  for (const text of ["first", "second"]) {
    await writeFileAtomically(join(folder, "two"), text);
    assert.equal(await readFile(join(folder, "far", "a.txt"), "utf8"), text);
    writeFileAtomicallySync(join(folder, "one"), [new TextEncoder().encode(`${text} too`)]);
    assert.equal(await readFile(join(folder, "far", "a.txt"), "utf8"), `${text} too`);
  }
  assert.deepEqual((await readdir(folder)).toSorted(), ["far", "one", "two"]);
  for (const name of ["one", "two"]) assert.ok((await lstat(join(folder, name))).isSymbolicLink());
  assert.deepEqual(await readdir(join(folder, "far")), ["a.txt"]);
});

test("a link in a linked folder leads to where the system says", async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ["shared", "data/v3", "runs"]) await mkdir(join(folder, name), { recursive: true });
  await symlink("../../shared/a.txt", join(folder, "data/v3/a.txt"));
  await symlink("../data/v3", join(folder, "runs/latest"));
  const path = join(folder, "runs/latest/a.txt");
  for (const text of ["first", "second"]) {
    await writeFileAtomically(path, text);
    assert.equal(await readFile(path, "utf8"), text);
  }
  assert.deepEqual(await readdir(join(folder, "shared")), ["a.txt"]);
  assert.deepEqual(await readdir(join(folder, "runs")), ["latest"]);
});

test("a file in shared memory is the old one or the new one, as everywhere", {
  skip: existsSync("/dev/shm") ? false : "there is no /dev/shm",
}, async (t) => {
  const folder = await mkdtemp("/dev/shm/deepspeech-version_0-");
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "a.txt");
  writeFileAtomicallySync(path, [new TextEncoder().encode("old")]);
  const chunks = function* () {
    yield new TextEncoder().encode("ne");
    throw new Error("broke off");
  };
  assert.throws(() => writeFileAtomicallySync(path, chunks()), { message: "broke off" });
  assert.equal(await readFile(path, "utf8"), "old");
  assert.throws(() => requireWritable(path, [path]), /it is what is read/);
  assert.deepEqual(await readdir(folder), ["a.txt"]);
});

test("a device and a pipe take the bytes, and stay what they are", {
  skip: process.platform === "win32",
}, async (t) => {
  const folder = await temporaryFolder(t);
  const pipe = join(folder, "pipe");
  spawnSync("mkfifo", [pipe]);
  const reader = spawn("cat", [pipe], { stdio: ["ignore", "pipe", "inherit"] });
  const read = text(reader.stdout);
  await writeFileAtomically(pipe, "through a pipe");
  assert.equal(await read, "through a pipe");
  assert.ok((await lstat(pipe)).isFIFO());
  const files = JSON.stringify(new URL("./files.js", import.meta.url));
  const script = `const { writeFileAtomically, writeFileAtomicallySync } = await import(${files});
    await writeFileAtomically("/dev/stdout", "one ");
    writeFileAtomicallySync("/dev/stdout", [Buffer.from("two")]);
    await writeFileAtomically("/dev/null", "nothing");`;
  const words = ["-c", '"$0" --input-type=module -e "$1" | cat', process.execPath, script];
  const { stdout, stderr } = spawnSync("sh", words, { encoding: "utf8" });
  assert.equal(stdout, "one two", stderr);
  assert.ok((await lstat("/dev/null")).isCharacterDevice());
});

test("a path that no file can have is named", async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ["a".repeat(300), "a\0b"]) {
    await assert.rejects(readFileOrExplain(join(folder, name)), { name: "UserError", code: "file-not-readable" });
  }
});

test("reading a file that is missing or a folder says so", async (t) => {
  const folder = await temporaryFolder(t);
  const missing = join(folder, "a.txt");
  await assert.rejects(readFileOrExplain(missing), {
    name: "UserError",
    code: "file-not-found",
    message: `${missing}: no such file; check the path.`,
  });
  await assert.rejects(readFileOrExplain(folder), { message: `${folder}: is a folder, expected a file.` });
});

/** A real full disk: 64 KiB of memory, mounted where only the child process sees it. */
const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

test("a full disk leaves the old file as it was", { skip: canMount ? false : "cannot mount here" }, async (t) => {
  const folder = await temporaryFolder(t);
  const script = join(folder, "fill.mjs");
  await writeFile(
    script,
    `import { readdirSync, readFileSync, writeFileSync } from "node:fs";
     import { writeFileAtomically, writeFileAtomicallySync } from ${JSON.stringify(new URL("./files.js", import.meta.url))};
     writeFileSync("/mnt/model", "old");
     const large = new Uint8Array(1 << 20);
     const messages = [];
     try { await writeFileAtomically("/mnt/model", large); } catch (error) { messages.push(error.code, error.message); }
     try { writeFileAtomicallySync("/mnt/model", [large]); } catch (error) { messages.push(error.code); }
     console.log(JSON.stringify([messages, readFileSync("/mnt/model", "utf8"), readdirSync("/mnt")]));`,
  );
  const command = 'mount -t tmpfs -o size=64k none /mnt && exec "$0" "$1"';
  const child = spawnSync("unshare", ["-rm", "sh", "-c", command, process.execPath, script], { encoding: "utf8" });
  const message =
    "/mnt/model: could not be written, the disk is full (or a quota is spent); free some space and try again. " +
    "If the file existed before, it is untouched.";
  assert.deepEqual(JSON.parse(child.stdout), [["disk-full", message, "disk-full"], "old", ["model"]]);
});
