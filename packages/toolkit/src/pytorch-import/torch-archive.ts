/**
 * What torch.save wrote, in either of its formats: since PyTorch 1.6 a zip container with the pickled object as data.pkl
 * and each storage in a file of its own under data/; before, five pickles one after another (magic number, protocol
 * version, the writing system, the object, the storages' keys), then each storage as its length and its elements.
 * Method: torch/serialization.py and caffe2/serialize/inline_container.cc of PyTorch.
 */
import zlib from "node:zlib";
import { whatItIs } from "@deepspeech-ts/recognizer/system";
import { ByteCursor, type CheckpointFile } from "./checkpoint-file.js";
import { KnownGlobal, Storage, StorageType, Unknown } from "./pickle-values.js";
import { unpickle } from "./unpickler.js";
import { dataOffset, readZipDirectory, type ZipEntry } from "./zip-archive.js";

export interface TorchArchive {
  /** The object that was saved; its tensors' elements have not been read. */
  value: unknown;
  /** Reads a storage's elements. */
  readStorage(storage: Storage): Uint8Array<ArrayBuffer>;
  /** How many of the storages that were read do not have their checksums. The old format has none. */
  numDamaged(): number;
}

const ZIP_START = 0x04034b50;
const PICKLE_START = 0x80;
/** Of a safetensors file: the header's length in eight bytes, then the header, which is JSON. */
const SAFETENSORS_START = 10;
const [CURLY_BRACKET, QUOTATION_MARK] = [0x7b, 0x22];
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;

/** @throws UserError for a file that torch.save did not write, is broken, or names what no checkpoint needs */
export function readTorchArchive(file: CheckpointFile): TorchArchive {
  refuseOthers(file);
  const start = file.read(0, 4);
  if (new DataView(start.buffer).getUint32(0, true) === ZIP_START) return readZipped(file);
  if (start[0] === PICKLE_START) return readLegacy(file);
  return file.fail("is not a file of torch.save: give a .ckpt of PyTorch Lightning, or a .pt or .pth");
}

/** What is told best before its bytes are taken for something else: a header's length may look like a pickle. */
function refuseOthers(file: CheckpointFile): void {
  if (file.size === 0) file.fail("is empty; give the file that torch.save wrote");
  if (file.size < 4) file.fail(`is no checkpoint: it has ${file.size} bytes; give the file that torch.save wrote`);
  const kind = whatItIs(file.path);
  if (kind === "bundle") file.fail("is a bundle of this project, and needs no import; give it to transcribe or serve");
  if (kind === "recording") file.fail("is a recording, and here a checkpoint is due: a .ckpt, .pt or .pth");
  const header = file.size < SAFETENSORS_START ? undefined : file.read(0, SAFETENSORS_START);
  if (header?.[8] !== CURLY_BRACKET || header[9] !== QUOTATION_MARK) return;
  file.fail(
    'is a safetensors file, and needs no import where "deepspeech train" wrote it: evaluate and export take it as it is',
  );
}

function readZipped(file: CheckpointFile): TorchArchive {
  const entries = readZipDirectory(file);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle) return file.fail("is a zip file, but none of torch.save: it holds no data.pkl");
  const folder = pickle.name.slice(0, -"data.pkl".length);
  refuseOtherArchives(file, entries, folder);
  const start = dataOffset(file, pickle);
  const value = unpickle(new ByteCursor(file, start, start + pickle.size), loadStorage);
  let numDamaged = 0;
  const readStorage = (storage: Storage) => {
    const entry = entries.get(`${folder}data/${storage.key}`);
    if (!entry) return file.fail(`is corrupt: storage ${storage.key} is missing`);
    if (entry.size !== numBytes(storage)) file.fail(`is corrupt: storage ${storage.key} has ${entry.size} bytes`);
    const bytes = file.read(dataOffset(file, entry), entry.size);
    // Node has it since 20.15. PyTorch can be told to leave checksums out, so a wrong one need not mean damage.
    if (zlib.crc32 && zlib.crc32(bytes) !== entry.crc32) numDamaged += 1;
    return bytes;
  };
  return { value, readStorage, numDamaged: () => numDamaged };
}

function refuseOtherArchives(file: CheckpointFile, entries: ReadonlyMap<string, ZipEntry>, folder: string): void {
  if (entries.has(`${folder}constants.pkl`)) {
    file.fail("is a TorchScript program, not a checkpoint; import what torch.save(model.state_dict(), …) writes");
  }
  const byteOrder = entries.get(`${folder}byteorder`);
  if (byteOrder && new TextDecoder().decode(file.read(dataOffset(file, byteOrder), byteOrder.size)) !== "little") {
    file.fail("was saved on a big-endian machine; save it again on another");
  }
}

function readLegacy(file: CheckpointFile): TorchArchive {
  const cursor = new ByteCursor(file, 0, file.size);
  const next = () => unpickle(cursor, loadStorage);
  if (next() !== LEGACY_MAGIC) {
    return file.fail("is a pickle, but none of torch.save; import what torch.save(model.state_dict(), …) writes");
  }
  const version = next();
  if (version !== LEGACY_PROTOCOL) file.fail("is of another version of torch.save's old format than 1001");
  next(); // the writing system: of no consequence, elements are little-endian in every such file
  const declared = new Map<string, Storage>();
  const value = unpickle(cursor, (id, fail) => {
    const storage = loadStorage(id, fail);
    if (storage instanceof Storage) declared.set(storage.key, storage);
    return storage;
  });
  const places = locateStorages(cursor, next(), declared);
  const readStorage = (storage: Storage) => {
    const place = places.get(storage.key) ?? file.fail(`is corrupt: storage ${storage.key} is missing`);
    return file.read(place, numBytes(storage));
  };
  return { value, readStorage, numDamaged: () => 0 };
}

/** Where each storage's elements start; up to the first whose type, and so its length in bytes, is unknown. */
function locateStorages(
  cursor: ByteCursor,
  keys: unknown,
  declared: ReadonlyMap<string, Storage>,
): Map<string, number> {
  const { file } = cursor;
  if (!Array.isArray(keys)) return file.fail("is corrupt: its list of storages is missing");
  const places = new Map<string, number>();
  for (const key of keys) {
    const storage = declared.get(key);
    if (!storage) break;
    const numElements = cursor.uint64();
    if (numElements !== storage.numElements) file.fail(`is corrupt: storage ${storage.key} has another length`);
    places.set(storage.key, cursor.position);
    cursor.position += numBytes(storage);
    if (cursor.position > file.size) file.fail(`is truncated: it ends within storage ${storage.key}`);
  }
  return places;
}

function numBytes({ numElements, type }: Storage): number {
  return numElements * type.elementBytes;
}

/** ("storage", class, key, device, number of elements, and in old files a view of it, which is always None since 0.4) */
function loadStorage(id: unknown, fail: (reason: string) => never): Storage | Unknown {
  const [kind, type, key, , numElements, view] = Array.isArray(id) ? id : [];
  if (type instanceof Unknown || type instanceof KnownGlobal) return new Unknown(type.typeName);
  if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string") {
    return fail("is corrupt: its pickle refers to what is no storage");
  }
  if (!Number.isSafeInteger(numElements) || numElements < 0) return fail(`is corrupt: storage ${key} has no length`);
  if (view) return fail("was saved by PyTorch before 0.4; load it with a newer one and save it again");
  return new Storage(key, type, numElements);
}
