import assert from "node:assert/strict";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import {
  type Dtype,
  decodeSafetensors,
  encodeSafetensors,
  fromTypedArray,
  loadSafetensors,
  loadSafetensorsHeader,
  ones,
  saveSafetensors,
  type Tensor,
  tensor,
  zeros,
} from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "safetensors-"));
after(() => rmSync(folder, { recursive: true }));

const DTYPES: Dtype[] = [
  "float64",
  "float32",
  "float16",
  "bfloat16",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint8",
  "bool",
];

const concatenated = (tensors: ReadonlyMap<string, Tensor>) => Buffer.concat([...encodeSafetensors(tensors)]);

/** A file with this header, as JSON text or as a value, before these data. */
function fileWith(header: unknown, data = new Uint8Array(0)): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

describe("safetensors files", () => {
  it("give back every dtype to the bit, with shapes, order within a width, and metadata", () => {
    const path = join(folder, "all.safetensors");
    const bytes = Uint8Array.from({ length: 48 }, (_, i) => (i * 37 + 11) % 256);
    const tensors = new Map<string, Tensor>(
      DTYPES.map((dtype) => [dtype, fromTypedArray(bytes, [48], { dtype: "uint8" }).to(dtype).reshape([2, 3, 8])]),
    );
    tensors.set("empty", zeros([0, 4]));
    tensors.set("scalar", tensor(-1.5));
    tensors.set("ünïcödé.0/ä", ones([1]));
    const metadata = { model: "deepspeech", note: 'quotes " and ünïcödé' };
    saveSafetensors(path, tensors, metadata);
    const found = loadSafetensors(path);
    assert.deepEqual(found.metadata, metadata);
    assert.deepEqual([...found.tensors.keys()].sort(), [...tensors.keys()].sort());
    for (const [name, expected] of tensors) {
      const loaded = found.tensors.get(name)!;
      assert.equal(loaded.dtype, expected.dtype, name);
      assert.deepEqual(loaded.shape, expected.shape, name);
      assert.deepEqual(loaded.toTypedArray(), expected.toTypedArray(), name);
    }
  });

  it("hold the bits of not-a-numbers", () => {
    const bits = Uint32Array.of(0x7fc00001, 0xff800000, 0x80000000);
    const { tensors } = decodeSafetensors(
      concatenated(new Map([["odd", fromTypedArray(new Float32Array(bits.buffer))]])),
    );
    const loaded = tensors.get("odd")!.toTypedArray();
    assert.deepEqual(new Uint32Array(loaded.buffer), bits);
  });

  it("hold views in row-major order", () => {
    const turned = tensor([
      [1, 2],
      [3, 4],
    ]).transpose(0, 1);
    const { tensors } = decodeSafetensors(concatenated(new Map([["turned", turned]])));
    assert.deepEqual(tensors.get("turned")!.toNumbers(), [1, 3, 2, 4]);
  });

  it("align every array, widest first, without holes", () => {
    const file = concatenated(
      new Map([
        ["bytes", ones([3], { dtype: "uint8" })],
        ["halves", ones([3], { dtype: "bfloat16" })],
        ["doubles", ones([3], { dtype: "float64" })],
        ["floats", ones([3])],
      ]),
    );
    const headerLength = Number(file.readBigUInt64LE(0));
    assert.equal(headerLength % 8, 0);
    const header = JSON.parse(file.subarray(8, 8 + headerLength).toString());
    const offsets = ["doubles", "floats", "halves", "bytes"].map((name) => header[name].data_offsets);
    assert.deepEqual(offsets, [
      [0, 24],
      [24, 36],
      [36, 42],
      [42, 45],
    ]);
    assert.equal(file.length, 8 + headerLength + 45);
    assert.deepEqual(header.__metadata__, {});
  });

  it("may be read from any offset in memory", () => {
    const file = concatenated(new Map([["a", tensor([1, 2])]]));
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    assert.deepEqual(decodeSafetensors(shifted.subarray(3)).tensors.get("a")!.toNumbers(), [1, 2]);
  });

  it("are read where they are larger than one array may be", () => {
    const path = join(folder, "beyond.safetensors");
    const begin = 2 ** 33;
    const head = fileWith({
      first: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
      last: { dtype: "F32", shape: [2], data_offsets: [begin, begin + 8] },
    });
    const file = openSync(path, "w");
    writeSync(file, head);
    writeSync(file, Float32Array.of(1, 2), 0, 8, head.length);
    writeSync(file, Float32Array.of(3, 4), 0, 8, head.length + begin);
    closeSync(file);
    const { tensors } = loadSafetensors(path);
    assert.deepEqual(
      [tensors.get("first")!.toNumbers(), tensors.get("last")!.toNumbers()],
      [
        [1, 2],
        [3, 4],
      ],
    );
    rmSync(path);
  });

  it("tell their metadata without reading what no memory would hold", () => {
    const path = join(folder, "large.safetensors");
    const numBytes = 2 ** 40;
    const a = { dtype: "U8", shape: [numBytes], data_offsets: [0, numBytes] };
    const head = fileWith({ __metadata__: { note: "large" }, a });
    writeFileSync(path, head);
    truncateSync(path, head.length + numBytes);
    assert.deepEqual(loadSafetensorsHeader(path).metadata, { note: "large" });
    truncateSync(path, head.length + numBytes - 1);
    assert.throws(() => loadSafetensorsHeader(path), {
      code: "SAFETENSORS",
      message: `${path}: truncated: 'a' ends at byte ${numBytes} of ${numBytes - 1}`,
    });
    rmSync(path);
  });

  it("made by Python are read", () => {
    const { tensors, metadata } = loadSafetensors(
      new URL("../../../test/fixtures/layers.safetensors", import.meta.url).pathname,
    );
    assert.match(metadata.torch!, /^\d+\.\d+/);
    assert.deepEqual(tensors.get("gru_lengths.lengths")!.toTypedArray(), BigInt64Array.of(4n, 7n, 1n));
    assert.deepEqual(tensors.get("gelu.input")!.toNumbers().slice(0, 3), [-6, -5.75, -5.5]);
    assert.equal(tensors.get("ctc.loss.mean")!.dtype, "float64");
  });
});

describe("malformed safetensors files", () => {
  const entry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const data = new Uint8Array(8);
  const whole = fileWith({ a: entry }, data);
  const absurd = Buffer.alloc(64, 0xff);
  const cases: [string, Buffer, string][] = [
    ["too short", Buffer.from("RIFF"), "not a safetensors file: 4 bytes long"],
    ["with an absurd header length", absurd, "not a safetensors file: its header length is absurd"],
    ["cut within the header", whole.subarray(0, 20), "truncated: the file ends within its header"],
    ["cut within the data", whole.subarray(0, -3), "truncated: 'a' ends at byte 8 of 5"],
    ["without JSON", fileWith("not json"), "not a safetensors file: its header is not a JSON object"],
    [
      "with a type that is a list",
      fileWith({ a: { ...entry, dtype: [["F32"]] } }, data),
      "'a' needs a dtype, a shape and two data_offsets",
    ],
    [
      "with a name of thousands of letters",
      fileWith({ ["a".repeat(9000)]: 1 }, data),
      `'${"a".repeat(80)}…' needs a dtype, a shape and two data_offsets`,
    ],
    [
      "with a shape of thousands of sizes",
      fileWith({ a: { ...entry, shape: Array(9000).fill(1) } }, data),
      `'a' does not fit its shape [${"1,".repeat(40)}…]`,
    ],
    [
      "with metadata that are none",
      fileWith({ __metadata__: null, a: entry }, data),
      "its __metadata__ is no object of strings",
    ],
    [
      "with a list in the metadata",
      fileWith({ __metadata__: { note: [1] }, a: entry }, data),
      "its __metadata__ is no object of strings",
    ],
    ["with a list for a header", fileWith([1]), "not a safetensors file: its header is not a JSON object"],
    ["with null for a header", fileWith("null"), "not a safetensors file: its header is not a JSON object"],
    ["with an unknown dtype", fileWith({ a: { ...entry, dtype: "F8" } }, data), "'a' has the unknown dtype F8"],
    ["with another shape", fileWith({ a: { ...entry, shape: [3] } }, data), "'a' does not fit its shape [3]"],
    ["without a shape", fileWith({ a: { dtype: "F32" } }, data), "'a' needs a dtype, a shape and two data_offsets"],
    [
      "with negative sizes",
      fileWith({ a: { ...entry, shape: [-2], data_offsets: [8, 0] } }, data),
      "'a' needs a dtype, a shape and two data_offsets",
    ],
  ];
  for (const [what, bytes, reason] of cases) {
    it(`${what} are refused by name`, () => {
      const path = join(folder, "bad.safetensors");
      writeFileSync(path, bytes);
      const expected = { name: "TorchError", code: "SAFETENSORS", message: `${path}: ${reason}` };
      assert.throws(() => loadSafetensors(path), expected);
      assert.throws(() => loadSafetensorsHeader(path), expected);
      assert.throws(() => decodeSafetensors(bytes), { message: `safetensors data: ${reason}` });
    });
  }
});

describe("saveSafetensors()", () => {
  const files = () => readdirSync(folder).filter((name) => name !== "bad.safetensors" && name !== "all.safetensors");

  it("replaces a file whole and leaves no temporary one", () => {
    const path = join(folder, "kept.safetensors");
    saveSafetensors(path, new Map([["a", ones([1000])]]));
    saveSafetensors(path, new Map([["a", tensor([7])]]));
    assert.deepEqual(loadSafetensors(path).tensors.get("a")!.toNumbers(), [7]);
    assert.ok(statSync(path).size < 200);
    assert.deepEqual(files(), ["kept.safetensors"]);
  });

  it("leaves the old file as it was when writing fails, before or amid the data", () => {
    const path = join(folder, "kept.safetensors");
    const before = readFileSync(path);
    const complex = new Map([
      ["a", ones([1])],
      ["c", zeros([1], { dtype: "complex64" })],
    ]);
    assert.throws(() => saveSafetensors(path, complex), {
      code: "SAFETENSORS",
      message: "safetensors cannot hold dtype complex64",
    });
    const vanishing = zeros([4]);
    const first = ones([4], { dtype: "float64" });
    const toTypedArray = first.toTypedArray.bind(first);
    first.toTypedArray = () => {
      vanishing.dispose(); // the header and the first array are written by now
      return toTypedArray();
    };
    assert.throws(
      () =>
        saveSafetensors(
          path,
          new Map([
            ["first", first],
            ["vanishing", vanishing],
          ]),
        ),
      { code: "DISPOSED" },
    );
    assert.deepEqual(readFileSync(path), before);
    assert.deepEqual(files(), ["kept.safetensors"]);
  });

  it("names a folder that is not there", () => {
    const path = join(folder, "missing", "a.safetensors");
    assert.throws(() => saveSafetensors(path, new Map()), { code: "ENOENT", message: /missing/ });
  });
});
