/**
 * Damaged files for tests, and for bench/fuzz: each is a seed file with one to four changes, told by a seed and an index
 * alone, so that a failure can be had again.
 *
 * Random bits seldom get past a checksum or a magic number. So the changes know where headers lie and what extremes
 * their fields have, and a dialect adds what it takes to get further into files of its kind.
 */
import { joinBytes } from "./audio/join-arrays.js";
import { randomNumbers } from "./fixtures.test.support.js";

export interface SeedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface MutatedFile {
  /** The seed file and the changes, for messages. */
  readonly description: string;
  /** The seed file's name. */
  readonly name: string;
  readonly bytes: Bytes;
}

/** A number from 0 up to, and without, `below`. */
export type Pick = (below: number) => number;
export type Bytes = Uint8Array<ArrayBuffer>;

export interface MutationContext {
  readonly pick: Pick;
  readonly seeds: readonly SeedFile[];
  /** The file that is changed. */
  readonly name: string;
}

export type Mutator = (bytes: Bytes, context: MutationContext) => Bytes;

/** What one kind of files has of its own. */
export interface Dialect {
  /** Names of chunks, boxes, pages and packets, after or before which a length or another field stands. */
  readonly markers: readonly string[];
  /** Changes that only such files can have; half of all changes are of these. */
  readonly mutators?: Readonly<Record<string, Mutator>>;
  /** Makes checksums right again in half of the files, in place. Says whether there were any. */
  readonly repair?: (bytes: Bytes, name: string) => boolean;
}

/** Headers of nearly all formats lie here; most changes should fall on them. */
const HEADER_BYTES = 256;
const MOST_CHANGES = 4;
const EXTREMES = [
  0, 1, 2, 7, 8, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

const MUTATORS: Readonly<Record<string, (bytes: Bytes, context: MutationContext & { dialect: Dialect }) => Bytes>> = {
  flipBits(bytes, { pick }) {
    for (let count = 1 + pick(8); count > 0; count--) flip(bytes, somewhere(bytes, pick), 1 << pick(8));
    return bytes;
  },

  overwriteRun(bytes, { pick }) {
    const start = somewhere(bytes, pick);
    const value = [0, 0xff, pick(256)][pick(3)] as number;
    return bytes.fill(value, start, start + 1 + pick(64));
  },

  randomRun(bytes, { pick }) {
    const start = somewhere(bytes, pick);
    for (let i = start; i < Math.min(bytes.length, start + 1 + pick(64)); i++) bytes[i] = pick(256);
    return bytes;
  },

  truncate: (bytes, { pick }) => bytes.slice(0, pick(8) === 0 ? pick(64) : pick(bytes.length + 1)),

  insert(bytes, { pick }) {
    const at = somewhere(bytes, pick);
    const inserted = Uint8Array.from({ length: 1 + pick(300) }, () => pick(256));
    return joinBytes([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
  },

  remove(bytes, { pick }) {
    const at = somewhere(bytes, pick);
    return joinBytes([bytes.subarray(0, at), bytes.subarray(at + 1 + pick(300))]);
  },

  repeat(bytes, { pick }) {
    const at = somewhere(bytes, pick);
    const part = bytes.subarray(at, at + 1 + pick(5000));
    return joinBytes([bytes.subarray(0, at), ...Array.from({ length: 1 + pick(6) }, () => part), bytes.subarray(at)]);
  },

  /** An extreme number in place of a header's field, in either byte order and of one to four bytes. */
  extremeField(bytes, { pick }) {
    writeNumber(bytes, pick(Math.min(bytes.length, HEADER_BYTES)), pick);
    return bytes;
  },

  /** The same near the name of a chunk or box: lengths that lie, counts that fit no file. */
  extremeNearMarker(bytes, { pick, dialect }) {
    const places = markerPlaces(bytes, dialect.markers);
    if (places.length === 0) return bytes;
    writeNumber(bytes, Math.max(0, (places[pick(places.length)] as number) - 4 + pick(28)), pick);
    return bytes;
  },

  swapBlocks(bytes, { pick }) {
    const cuts = [pick(bytes.length + 1), pick(bytes.length + 1), pick(bytes.length + 1)].sort((a, b) => a - b);
    const [a = 0, b = 0, c = 0] = cuts;
    return joinBytes([bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)]);
  },

  /** The beginning of one file and the end of another, of any format. */
  splice(bytes, { pick, seeds }) {
    const other = (seeds[pick(seeds.length)] as SeedFile).bytes;
    return joinBytes([bytes.subarray(0, pick(bytes.length + 1)), other.subarray(pick(other.length + 1))]);
  },

  /** A whole second file after the first. */
  append: (bytes, { pick, seeds }) => joinBytes([bytes, (seeds[pick(seeds.length)] as SeedFile).bytes]),
};

/** File `index` of the sequence that belongs to `seed`. */
export function mutatedFile(
  seeds: readonly SeedFile[],
  { seed, index }: { seed: number; index: number },
  dialect: Dialect,
): MutatedFile {
  const random = randomNumbers(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const pick: Pick = (below) => Math.floor(random() * below);
  const { name, bytes: original } = seeds[pick(seeds.length)] as SeedFile;
  const own = Object.entries(dialect.mutators ?? {});
  const common = Object.entries(MUTATORS);
  const choose = () => {
    const mutators: readonly [string, (bytes: Bytes, context: never) => Bytes][] =
      own.length > 0 && pick(2) === 0 ? own : common;
    return mutators[pick(mutators.length)] as (typeof common)[number];
  };
  const chosen = Array.from({ length: 1 + pick(MOST_CHANGES) }, choose);
  let bytes = Uint8Array.from(original);
  for (const [, mutate] of chosen) if (bytes.length > 0) bytes = mutate(bytes, { pick, seeds, name, dialect });
  const repaired = dialect.repair !== undefined && pick(2) === 0 && dialect.repair(bytes, name);
  const changes = chosen.map(([change]) => change).join(", ");
  return { description: `${name}, ${changes}${repaired ? ", checksums repaired" : ""}`, name, bytes };
}

/** Half of the time in the header. */
function somewhere(bytes: Bytes, pick: Pick): number {
  return pick(pick(2) === 0 ? Math.min(bytes.length, HEADER_BYTES) : bytes.length);
}

function flip(bytes: Bytes, at: number, bits: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ bits;
}

/** An extreme number of one to four bytes, in either byte order. */
export function writeNumber(bytes: Bytes, at: number, pick: Pick): void {
  const value = EXTREMES[pick(EXTREMES.length)] as number;
  const size = [1, 2, 3, 4][pick(4)] as number;
  const isBigEndian = pick(2) === 0;
  for (let i = 0; i < size && at + i < bytes.length; i++) {
    bytes[at + i] = value >>> (8 * (isBigEndian ? size - 1 - i : i));
  }
}

/** Where the first of them stand. */
export function markerPlaces(bytes: Bytes, markers: readonly string[]): number[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const places: number[] = [];
  for (const marker of markers) {
    for (let at = text.indexOf(marker); at >= 0 && places.length < 64; at = text.indexOf(marker, at + 1))
      places.push(at);
  }
  return places;
}
