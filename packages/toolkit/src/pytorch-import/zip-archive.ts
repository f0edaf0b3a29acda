/**
 * The zip container of torch.save since PyTorch 1.6. Entries are stored, never compressed, and their data start at
 * multiples of 64 bytes, with padding in the local headers. Sizes are taken from the directory at the file's end, which
 * has them even where data descriptors follow the entries; large files are ZIP64.
 * Format: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.
 */
import { ByteCursor, type CheckpointFile } from "./checkpoint-file.js";

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_END = 0x06054b50;
const DIRECTORY_END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const MAX_COMMENT_BYTES = 0xffff;
/** Says of a field of 32 bits: see the ZIP64 extra field. */
const IN_EXTRA_32 = 0xffffffff;
const IN_EXTRA_16 = 0xffff;
const EXTRA_64 = 1;
const ENCRYPTED = 1;

export interface ZipEntry {
  name: string;
  size: number;
  /** 0 for stored data. */
  method: number;
  crc32: number;
  /** Where the entry's own header is. */
  headerOffset: number;
}

interface Directory {
  offset: number;
  size: number;
  numEntries: number;
}

/**
 * The entries of a zip file by name.
 * @throws UserError for a file that is truncated or corrupt
 */
export function readZipDirectory(file: CheckpointFile): Map<string, ZipEntry> {
  const { offset, size, numEntries } = findDirectory(file);
  if (offset + size > file.size) file.fail("is truncated or corrupt: its directory is not within it");
  const cursor = new ByteCursor(file, offset, offset + size);
  const entries = new Map<string, ZipEntry>();
  for (let i = 0; i < numEntries; i++) {
    const entry = readEntry(cursor);
    entries.set(entry.name, entry);
  }
  return entries;
}

/**
 * Where an entry's data start: its own header may have another length than its directory entry.
 * @throws UserError for an entry that is compressed, or not where it should be
 */
export function dataOffset(file: CheckpointFile, { name, size, method, headerOffset }: ZipEntry): number {
  if (method !== 0) file.fail(`is compressed (${name}), which torch.save never does; import the file that it wrote`);
  const header = new ByteCursor(file, headerOffset, file.size).view(30);
  if (header.getUint32(0, true) !== LOCAL_HEADER) file.fail(`is corrupt: ${name} is not where its directory says`);
  const start = headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (size > file.size - start) file.fail(`is truncated or corrupt: ${name} reaches beyond its end`);
  return start;
}

function findDirectory(file: CheckpointFile): Directory {
  const tailStart = Math.max(0, file.size - END_BYTES - MAX_COMMENT_BYTES);
  const tail = file.read(tailStart, file.size - tailStart);
  const view = new DataView(tail.buffer);
  let at = tail.length - END_BYTES;
  while (at >= 0 && view.getUint32(at, true) !== DIRECTORY_END) at -= 1;
  if (at < 0) file.fail("is truncated: the directory at the end of its zip container is missing");
  const end = tailStart + at;
  const isLocated = at >= LOCATOR_BYTES && view.getUint32(at - LOCATOR_BYTES, true) === LOCATOR_64;
  if (isLocated) return readEnd64(file, Number(view.getBigUint64(at - LOCATOR_BYTES + 8, true)), end);
  const numEntries = view.getUint16(at + 10, true);
  return { offset: view.getUint32(at + 16, true), size: view.getUint32(at + 12, true), numEntries };
}

function readEnd64(file: CheckpointFile, offset: number, end: number): Directory {
  const record = new ByteCursor(file, Math.min(offset, end), end).view(56);
  if (record.getUint32(0, true) !== DIRECTORY_END_64) file.fail("is corrupt: its zip container has no ZIP64 directory");
  const [numEntries, size, start] = [32, 40, 48].map((at) => Number(record.getBigUint64(at, true)));
  return { offset: start!, size: size!, numEntries: numEntries! };
}

function readEntry(cursor: ByteCursor): ZipEntry {
  const { file } = cursor;
  const header = cursor.view(46);
  const field16 = (at: number) => header.getUint16(at, true);
  const field32 = (at: number) => header.getUint32(at, true);
  if (field32(0) !== DIRECTORY_ENTRY) file.fail("is corrupt: its zip container's directory is broken");
  const [flags, method] = [field16(8), field16(10)];
  const [compressedSize, fullSize, disk, offset] = [field32(20), field32(24), field16(34), field32(42)];
  const [extraBytes, commentBytes] = [field16(30), field16(32)];
  const name = new TextDecoder().decode(cursor.take(field16(28)));
  const extra = cursor.take(extraBytes);
  cursor.take(commentBytes);
  if ((flags & ENCRYPTED) !== 0) file.fail(`is encrypted (${name}); import the file that torch.save wrote`);
  const large = zip64Values(extra);
  // In this order, and only those that did not fit their own fields. APPNOTE 4.5.3
  const resolve = (value: number, marker: number) => (value === marker ? (large.shift() ?? value) : value);
  const size = resolve(fullSize, IN_EXTRA_32);
  resolve(compressedSize, IN_EXTRA_32);
  const headerOffset = resolve(offset, IN_EXTRA_32);
  if (disk !== 0 && disk !== IN_EXTRA_16) file.fail("is one part of a split zip container");
  return { name, size, method, crc32: field32(16), headerOffset };
}

/** The numbers of a ZIP64 extra field; none where there is no such field. */
function zip64Values(extra: Uint8Array): number[] {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.length);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== EXTRA_64) continue;
    const count = Math.floor(Math.min(view.getUint16(at + 2, true), extra.length - at - 4) / 8);
    return Array.from({ length: count }, (_, i) => Number(view.getBigUint64(at + 4 + 8 * i, true)));
  }
  return [];
}
