import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./data/fixtures.test.support.js";
import { readFileOrExplain, writeFileAtomically, writeFileAtomicallySync } from "./files.js";
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
