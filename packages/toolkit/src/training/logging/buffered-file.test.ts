import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { temporaryFolder } from "../../data/fixtures.test.support.js";
import { AppendFile } from "./append-file.js";
import { BufferedFile } from "./buffered-file.js";

const isLinux = { skip: !existsSync("/dev/full") && "needs /dev/full" };

test("pieces gather, and are written in their order", async (t) => {
  const path = join(await temporaryFolder(t), "log");
  const file = new BufferedFile(path);
  for (const piece of ["one ", "two ", "three"]) file.add(Buffer.from(piece));
  file.flush();
  assert.equal(readFileSync(path, "utf8"), "one two three");
  file.add(Buffer.from("!"));
  file.close();
  assert.equal(readFileSync(path, "utf8"), "one two three!");
});

test("many pieces do not wait to be flushed", async (t) => {
  const path = join(await temporaryFolder(t), "log");
  const file = new BufferedFile(path);
  const piece = Buffer.alloc(1000, "x");
  for (let i = 0; i < 200; i++) file.add(piece);
  assert.ok(readFileSync(path).length >= 200_000 - 65_536);
  file.close();
  assert.equal(readFileSync(path).length, 200_000);
});

test("a new file must not be there; an old one is gone on with where that is asked for", async (t) => {
  const path = join(await temporaryFolder(t), "log");
  writeFileSync(path, "old ");
  assert.throws(() => new BufferedFile(path), { constructor: UserError, message: /^cannot create .*log: EEXIST/ });
  const file = new BufferedFile(path, "a");
  file.add(Buffer.from("new"));
  file.close();
  assert.equal(readFileSync(path, "utf8"), "old new");
});

test("a full disk is reported in one line", isLinux, () => {
  const file = new AppendFile("/dev/full", "a");
  assert.throws(() => file.append(Buffer.from("x")), {
    constructor: UserError,
    code: "disk-full",
    message: "cannot write /dev/full: the disk is full; free some space, or choose another folder",
  });
  file.close();
});

test("what a full disk did not take is not tried again at the end", isLinux, () => {
  const file = new BufferedFile("/dev/full", "a");
  assert.throws(() => file.add(Buffer.from("x")), { code: "disk-full" });
  file.close();
});
