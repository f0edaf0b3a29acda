import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { CheckpointFile } from "./checkpoint-file.js";
import { complaintOf, fileOf, fixtureBytes } from "./pytorch-import.test.support.js";
import { dataOffset, readZipDirectory } from "./zip-archive.js";

/** Little-endian fields: [value, bytes]. */
function fields(...values: [number, number][]): Buffer {
  return Buffer.concat(
    values.map(([value, bytes]) => {
      const field = Buffer.alloc(8);
      field.writeBigUInt64LE(BigInt(value));
      return field.subarray(0, bytes);
    }),
  );
}

/**
 * As a writer does that cannot go back and that does not know how large a file will be: sizes after the data, and every
 * field of the directory in its ZIP64 form.
 */
function streamedZip64(files: Record<string, string>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const position = () => parts.reduce((total, part) => total + part.length, 0);
  for (const [name, text] of Object.entries(files)) {
    const [title, data, offset] = [Buffer.from(name), Buffer.from(text), position()];
    const padding = fields([0x4246, 2], [13, 2], [0, 8], [0, 5]); // as torch aligns data
    const lengths: [number, number][] = [
      [title.length, 2],
      [padding.length, 2],
    ];
    parts.push(fields([0x04034b50, 4], [45, 2], [8, 2], [0, 2], [0, 8], [0, 8], ...lengths), title, padding, data);
    parts.push(fields([0x08074b50, 4], [0, 4], [data.length, 8], [data.length, 8]));
    const extra = fields([0x5455, 2], [1, 2], [0, 1], [1, 2], [24, 2], [data.length, 8], [data.length, 8], [offset, 8]);
    const sizes: [number, number][] = [
      [0xffffffff, 4],
      [0xffffffff, 4],
      [title.length, 2],
      [extra.length, 2],
      [0, 2],
    ];
    const head = fields([0x02014b50, 4], [45, 2], [45, 2], [8, 2], [0, 2], [0, 8], ...sizes, [0xffff, 2], [0, 6]);
    directory.push(head, fields([0xffffffff, 4]), title, extra);
  }
  const start = position();
  const entries = Buffer.concat(directory);
  const count = Object.keys(files).length;
  const tail: [number, number][] = [
    [count, 8],
    [count, 8],
    [entries.length, 8],
    [start, 8],
  ];
  const record = fields([0x06064b50, 4], [44, 8], [45, 2], [45, 2], [0, 4], [0, 4], ...tail);
  const locator = fields([0x07064b50, 4], [0, 4], [start + entries.length, 8], [1, 4]);
  const end = fields(
    [0x06054b50, 4],
    [0xffff, 2],
    [0xffff, 2],
    [0xffff, 2],
    [0xffff, 2],
    [0xffffffff, 4],
    [0xffffffff, 4],
  );
  return Buffer.concat([...parts, entries, record, locator, end, fields([7, 2]), Buffer.from("comment")]);
}

function contentsOf(path: string): Map<string, string> {
  using file = new CheckpointFile(path);
  const entries = [...readZipDirectory(file).values()];
  return new Map(
    entries.map((entry) => [entry.name, Buffer.from(file.read(dataOffset(file, entry), entry.size)).toString()]),
  );
}

async function complaint(t: TestContext, bytes: Uint8Array): Promise<string> {
  const path = await fileOf(t, bytes);
  return complaintOf(path, () => contentsOf(path));
}

describe("zip archives", () => {
  it("of torch.save: every entry's data at a multiple of 64", async (t) => {
    using file = new CheckpointFile(await fileOf(t, fixtureBytes("plain.pt")));
    const entries = readZipDirectory(file);
    assert.deepEqual([...entries.keys()].slice(0, 2), ["plain/data.pkl", "plain/data/0"]);
    for (const entry of entries.values()) assert.equal(dataOffset(file, entry) % 64, 0);
    assert.deepEqual(Buffer.from(file.read(dataOffset(file, entries.get("plain/version")!), 2)).toString(), "3\n");
  });

  it("with data descriptors, ZIP64 fields and a comment", async (t) => {
    const files = { "a/data.pkl": "one", "a/data/0": "", "a/data/1": "three PK\x05\x06" };
    assert.deepEqual(contentsOf(await fileOf(t, streamedZip64(files))), new Map(Object.entries(files)));
  });

  it("say in one line what is broken", async (t) => {
    const whole = streamedZip64({ "a/data.pkl": "one", "a/data/1": "two" });
    const changed = (at: number, value: number) => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      return bytes;
    };
    const directory = whole.indexOf("PK\x01\x02");
    assert.match(
      await complaint(t, whole.subarray(0, -40)),
      /the directory at the end of its zip container is missing/,
    );
    assert.match(await complaint(t, changed(whole.indexOf("PK\x06\x07") + 8, 0)), /no ZIP64 directory/);
    assert.match(await complaint(t, changed(whole.indexOf("PK\x06\x07") + 14, 0xff)), /ends too early/);
    assert.match(await complaint(t, changed(directory, 0)), /its zip container's directory is broken/);
    assert.match(await complaint(t, changed(directory + 8, 9)), /is encrypted \(a\/data.pkl\)/);
    assert.match(await complaint(t, changed(directory + 10, 8)), /is compressed \(a\/data.pkl\)/);
    assert.match(await complaint(t, changed(directory + 34, 3)), /one part of a split zip container/);
    assert.match(await complaint(t, changed(0, 0)), /a\/data.pkl is not where its directory says/);
    assert.match(await complaint(t, changed(directory + 46 + 10 + 5 + 4 + 2, 0xff)), /reaches beyond its end/);
  });
});
