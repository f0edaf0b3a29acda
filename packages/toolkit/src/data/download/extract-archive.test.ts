import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../fixtures.test.support.js";
import { extractArchive } from "./extract-archive.js";
import { type TarEntry, tarGz } from "./mirror.test.support.js";

/** An archive, and the empty folder that it is unpacked to, in a folder that nothing may be written to. */
async function prepare(
  t: TestContext,
  entries: TarEntry[],
): Promise<{ outer: string; archive: string; inner: string }> {
  const outer = await temporaryFolder(t);
  const [archive, inner] = [join(outer, "a.tar.gz"), join(outer, "inner")];
  await writeFile(archive, await tarGz(entries));
  await mkdir(inner);
  return { outer, archive, inner };
}

test("folders and files come out as they went in", async (t) => {
  const long = `${"folder/".repeat(30)}file.txt`;
  const content = Buffer.alloc(300_000, "sound");
  const { archive, inner } = await prepare(t, [
    { name: "a/", type: "directory" },
    { name: "./a/b.txt", content: "b" },
    { name: "a/empty.txt" },
    { name: "big.bin", content },
    { name: long, content: "far down" },
  ]);
  const read: number[] = [];
  const names = await extractArchive(archive, inner, { onBytes: (bytes) => read.push(bytes) });
  assert.deepEqual(names, ["a/b.txt", "a/empty.txt", "big.bin", long]);
  assert.equal(await readFile(join(inner, "a/b.txt"), "utf8"), "b");
  assert.equal(await readFile(join(inner, "a/empty.txt"), "utf8"), "");
  assert.ok(content.equals(await readFile(join(inner, "big.bin"))));
  assert.equal(await readFile(join(inner, long), "utf8"), "far down");
  assert.equal(read.at(-1), (await readFile(archive)).length);
});

const UNSAFE: [string, TarEntry, string][] = [
  ["a path upwards", { name: "../evil.txt", content: "x" }, "its path leaves the folder"],
  ["a path upwards in the middle", { name: "a/../../evil.txt", content: "x" }, "its path leaves the folder"],
  ["an absolute path", { name: "/tmp/evil.txt", content: "x" }, "its path leaves the folder"],
  ["a drive", { name: "C:/evil.txt", content: "x" }, "its path leaves the folder"],
  ["a backslash", { name: "..\\evil.txt", content: "x" }, "its path has an unsafe character"],
  ["a symbolic link", { name: "link", type: "symlink", linkname: "/etc" }, "it is a symlink"],
  ["a hard link", { name: "link", type: "link", linkname: "good.txt" }, "it is a link"],
  ["a device", { name: "device", type: "character-device" }, "it is a character-device"],
  ["a file twice", { name: "good.txt", content: "other" }, "it is there twice"],
];

for (const [what, entry, reason] of UNSAFE) {
  test(`${what} is refused`, async (t) => {
    const { outer, archive, inner } = await prepare(t, [{ name: "good.txt", content: "good" }, entry]);
    await assert.rejects(extractArchive(archive, inner), {
      name: "UserError",
      message: `${archive}: is not unpacked, the entry ${JSON.stringify(entry.name)} is unsafe: ${reason}.`,
    });
    assert.deepEqual((await readdir(outer)).sort(), ["a.tar.gz", "inner"]);
    assert.deepEqual(await readdir(inner), ["good.txt"]);
    assert.ok(!existsSync("/tmp/evil.txt"));
  });
}

test("nothing is written through a link that is already there", async (t) => {
  const { outer, archive, inner } = await prepare(t, [{ name: "file.txt", content: "evil" }]);
  await writeFile(join(outer, "precious.txt"), "precious");
  await symlink(join(outer, "precious.txt"), join(inner, "file.txt"));
  await assert.rejects(extractArchive(archive, inner), /it is there twice/);
  assert.equal(await readFile(join(outer, "precious.txt"), "utf8"), "precious");
});

test("archives that are cut short or damaged are named", async (t) => {
  const { archive, inner } = await prepare(t, [
    { name: "a.txt", content: Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) % 251)) },
  ]);
  const bytes = await readFile(archive);
  await writeFile(archive, bytes.subarray(0, bytes.length / 2));
  const expected = { name: "UserError", code: "bad-archive" };
  await assert.rejects(extractArchive(archive, inner), expected);
  await writeFile(archive, "no archive at all");
  await assert.rejects(extractArchive(archive, inner), expected);
});

test("an abort stops it with its reason", async (t) => {
  const { archive, inner } = await prepare(t, [{ name: "a.txt", content: Buffer.alloc(1000) }]);
  await assert.rejects(extractArchive(archive, inner, { signal: AbortSignal.abort(new Error("stopped")) }), {
    message: "stopped",
  });
});
