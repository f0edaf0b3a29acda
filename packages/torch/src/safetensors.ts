/**
 * Safetensors files: an 8-byte little-endian header length, a JSON header (dtype, shape, data_offsets of each tensor;
 * `__metadata__` of strings), then the data. https://github.com/huggingface/safetensors. No code is ever run by reading.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fromTypedArray } from "./creation.js";
import { TorchError } from "./errors.js";
import type { Dtype } from "./native.js";
import type { Tensor } from "./tensor.js";
import { allocate } from "./typed-arrays.js";

const NAMES: Partial<Record<Dtype, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
};
const DTYPES = new Map(Object.entries(NAMES).map(([dtype, name]) => [name, dtype as Dtype]));

const LONGEST_QUOTE = 80;

/** Bytes that Node and the system read at once, at most. */
const MOST_READ = 2 ** 30;

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** What a safetensors file holds. */
export interface Safetensors {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

/** The file's bytes, in pieces: header, then each tensor. Tensors of any device; wide dtypes first, so all are aligned. */
export function* encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array, void, undefined> {
  const ordered = [...tensors].sort(([, a], [, b]) => bytesPerElement(b.dtype) - bytesPerElement(a.dtype));
  const header: Record<string, Entry | Record<string, string>> = { __metadata__: { ...metadata } };
  let offset = 0;
  for (const [name, tensor] of ordered) {
    const end = offset + tensor.numel * bytesPerElement(tensor.dtype);
    header[name] = { dtype: nameOf(tensor.dtype), shape: [...tensor.shape], data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  yield length;
  yield padded;
  for (const [, tensor] of ordered) {
    const array = tensor.toTypedArray();
    yield new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  }
}

function bytesPerElement(dtype: Dtype): number {
  return allocate(dtype, 1).byteLength;
}

function nameOf(dtype: Dtype): string {
  const name = NAMES[dtype];
  if (!name) throw new TorchError("SAFETENSORS", `safetensors cannot hold dtype ${dtype}`);
  return name;
}

/**
 * Reads a file's bytes.
 * @param source names the file in errors
 * @throws TorchError SAFETENSORS for a truncated or malformed file
 */
export function decodeSafetensors(bytes: Uint8Array, source = "safetensors data"): Safetensors {
  const { metadata, entries, dataStart } = readHeader(bytes, bytes.length, failureIn(source));
  const data = bytes.subarray(dataStart);
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, begin, end }] of entries) {
    tensors.set(name, fromTypedArray(data.subarray(begin, end), shape, { dtype }));
  }
  return { tensors, metadata };
}

type Fail = (reason: string) => never;

function failureIn(source: string): Fail {
  return (reason) => {
    throw new TorchError("SAFETENSORS", `${source}: ${reason}`);
  };
}

/** What a safetensors file holds, but for the values. */
export interface SafetensorsHeader {
  metadata: Record<string, string>;
  shapes: Map<string, readonly number[]>;
}

interface Header {
  metadata: Record<string, string>;
  entries: Map<string, { dtype: Dtype; shape: number[]; begin: number; end: number }>;
  /** The byte after the header. */
  dataStart: number;
}

/** Reads the header that `bytes` begin with, and checks it against the length of the whole file. */
function readHeader(bytes: Uint8Array, fileLength: number, fail: Fail): Header {
  const dataStart = headerEnd(bytes, fileLength, fail);
  const header = parseJson(bytes.subarray(8, dataStart));
  if (!isRecord(header)) return fail("not a safetensors file: its header is not a JSON object");
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    return fail("its __metadata__ is no object of strings");
  }
  const checked = Object.entries(entries).map(
    ([name, entry]) => [name, checkEntry(brief(name), entry, fileLength - dataStart, fail)] as const,
  );
  return { metadata: metadata as Record<string, string>, entries: new Map(checked), dataStart };
}

function headerEnd(bytes: Uint8Array, fileLength: number, fail: Fail): number {
  if (fileLength < 8) return fail(`not a safetensors file: ${fileLength} bytes long`);
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerLength > 100_000_000) return fail("not a safetensors file: its header length is absurd");
  if (8 + headerLength > fileLength) return fail("truncated: the file ends within its header");
  return 8 + headerLength;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isEntry(value: unknown): value is Entry {
  if (!isRecord(value) || typeof value.dtype !== "string") return false;
  return isSizes(value.shape) && isSizes(value.data_offsets) && value.data_offsets.length === 2;
}

/** Names, types and shapes are the file's own, and may be of any length. */
function brief(text: string): string {
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

function checkEntry(name: string, entry: unknown, dataLength: number, fail: Fail) {
  if (!isEntry(entry)) return fail(`'${name}' needs a dtype, a shape and two data_offsets`);
  const dtype = DTYPES.get(entry.dtype) ?? fail(`'${name}' has the unknown dtype ${brief(entry.dtype)}`);
  const [begin, end] = entry.data_offsets;
  const { shape } = entry;
  const numel = shape.reduce((product, size) => product * size, 1);
  if (end - begin !== numel * bytesPerElement(dtype))
    return fail(`'${name}' does not fit its shape [${brief(String(shape))}]`);
  if (end > dataLength) return fail(`truncated: '${name}' ends at byte ${end} of ${dataLength}`);
  return { dtype, shape, begin, end };
}

/**
 * Reads a file, tensor by tensor: a file may be larger than one array of Node's, and larger than what memory is left
 * beside its tensors. These are on the CPU and belong to the open scope.
 * @throws TorchError SAFETENSORS for a truncated or malformed file
 */
export function loadSafetensors(path: string): Safetensors {
  const fail = failureIn(path);
  return withFile(path, (file) => {
    const { metadata, entries, dataStart } = readFileHeader(file, fail);
    const tensors = new Map<string, Tensor>();
    for (const [name, { dtype, shape, begin, end }] of entries) {
      const bytes = readBytes(file, dataStart + begin, end - begin);
      if (bytes.length < end - begin) return fail(`truncated: the file ended within '${brief(name)}'`);
      tensors.set(name, fromTypedArray(bytes, shape, { dtype }));
    }
    return { tensors, metadata };
  });
}

/**
 * A file's metadata, and its tensors' shapes by name, without reading their elements; whether these are all there is
 * checked.
 * @throws TorchError SAFETENSORS for a truncated or malformed file
 */
export function loadSafetensorsHeader(path: string): SafetensorsHeader {
  return withFile(path, (file) => {
    const { metadata, entries } = readFileHeader(file, failureIn(path));
    return { metadata, shapes: new Map([...entries].map(([name, { shape }]) => [name, shape])) };
  });
}

function withFile<T>(path: string, read: (file: number) => T): T {
  const file = openSync(path, "r");
  try {
    return read(file);
  } finally {
    closeSync(file);
  }
}

function readFileHeader(file: number, fail: Fail): Header {
  const { size } = fstatSync(file);
  const header = readBytes(file, 0, headerEnd(readBytes(file, 0, 8), size, fail));
  return readHeader(header, size, fail);
}

/** Fewer where the file ends before. */
function readBytes(file: number, start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = readSync(file, bytes, at, Math.min(length - at, MOST_READ), start + at);
    if (count === 0) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

/** Writes a file whole or not at all: to a temporary name, synced, then renamed. */
export function saveSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, "w");
    try {
      for (const piece of encodeSafetensors(tensors, metadata)) writeFileSync(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
