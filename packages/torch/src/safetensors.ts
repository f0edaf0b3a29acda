/**
 * Safetensors files: an 8-byte little-endian header length, a JSON header (dtype, shape, data_offsets of each tensor;
 * `__metadata__` of strings), then the data. https://github.com/huggingface/safetensors. No code is ever run by reading.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

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
  const fail = (reason: string): never => {
    throw new TorchError("SAFETENSORS", `${source}: ${reason}`);
  };
  if (bytes.length < 8) return fail(`not a safetensors file: ${bytes.length} bytes long`);
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerLength > 100_000_000) return fail("not a safetensors file: its header length is absurd");
  if (8 + headerLength > bytes.length) return fail("truncated: the file ends within its header");
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, 8 + headerLength), fail);
  const data = bytes.subarray(8 + headerLength);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) return fail(`'${name}' needs a shape and two data_offsets`);
    tensors.set(name, readEntry(name, entry, data, fail));
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(bytes: Uint8Array, fail: (reason: string) => never): Record<string, unknown> {
  const header = parseJson(bytes);
  return isRecord(header) ? header : fail("not a safetensors file: its header is not a JSON object");
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
  return isRecord(value) && isSizes(value.shape) && isSizes(value.data_offsets) && value.data_offsets.length === 2;
}

function readEntry(name: string, entry: Entry, data: Uint8Array, fail: (reason: string) => never): Tensor {
  const dtype = DTYPES.get(entry.dtype) ?? fail(`'${name}' has the unknown dtype ${entry.dtype}`);
  const [begin, end] = entry.data_offsets;
  const numel = entry.shape.reduce((product, size) => product * size, 1);
  if (end - begin !== numel * bytesPerElement(dtype)) return fail(`'${name}' does not fit its shape [${entry.shape}]`);
  if (end > data.length) return fail(`truncated: '${name}' ends at byte ${end} of ${data.length}`);
  return fromTypedArray(data.subarray(begin, end), entry.shape, { dtype });
}

/** Reads a file; the tensors are on the CPU and belong to the open scope. */
export function loadSafetensors(path: string): Safetensors {
  return decodeSafetensors(readFileSync(path), path);
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
