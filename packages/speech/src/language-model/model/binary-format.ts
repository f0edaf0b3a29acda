/**
 * The binary form of a model: what `NgramModel` searches, byte for byte, so that loading is reading. Little-endian.
 *
 *     offset  bytes
 *     0       8      "DSNGRAM\0"
 *     8       4      format version, 1
 *     12      4      order N
 *     16      4      bits of a quantised value: 8, 16 or 32
 *     20      4      checksum of bytes 24 to the end
 *     24      4      bytes of the vocabulary's text
 *     28      4      slots of the vocabulary's hash table, a power of two
 *     32      4 N    the number of n-grams of each order from 1; the first is also the size of the vocabulary
 *             ...    sections, each starting at a multiple of 8, in this order:
 *       words of the vocabulary: UTF-8, by id, end to end; ids 0 to 2 are <unk>, <s> and </s>
 *       their offsets:           Uint32, one more than there are words
 *       their hash table:        Uint32, see vocabulary.ts
 *       for each order n from 1:
 *         last words             packed; none for unigrams
 *         probabilities          for unigrams, and where values take 32 bits: Float32 for each n-gram;
 *                                otherwise a Float32 for each code, then a code for each n-gram
 *         back-offs              the same; none at order N
 *         first children         packed, one more than there are n-grams; none at order N
 *         links                  packed, states; none for unigrams
 *
 * "Packed" is `PackedArray`, each with the fewest bits that its largest possible value takes; the meaning of the arrays
 * stands in trie.ts. Logarithms are natural.
 */

import { SpeechError } from "../../errors.js";
import { Vocabulary } from "../vocabulary.js";
import { structuralProblem } from "./check-structure.js";
import { Checksum } from "./checksum.js";
import { bitsFor, PackedArray, packedWords } from "./packed-array.js";
import { type QuantisationBits, QuantisedValues } from "./quantised-values.js";
import type { TrieLevel } from "./trie.js";

/** "DSNGRAM\0" read as two little-endian numbers. */
const MAGIC = [0x474e5344, 0x004d4152] as const;
const VERSION = 1;
const FIXED_HEADER_WORDS = 8;
const CHECKSUM_WORD = 5;
/** The byte after the checksum. */
const CHECKED_FROM = 24;
/** The longest n-grams that a model may hold, whatever its file. */
export const LARGEST_MODEL_ORDER = 16;

/** The parts of a model. */
export interface ModelParts {
  bits: QuantisationBits;
  vocabulary: Vocabulary;
  levels: readonly TrieLevel[];
}

/** The bytes of a model, in pieces for writing one after another. They are views: write them before changing anything. */
export function modelChunks({ bits, vocabulary, levels }: ModelParts): Uint8Array<ArrayBuffer>[] {
  const { bytes, offsets, table } = vocabulary.arrays();
  const counts = levels.map(({ count }) => count);
  const header = Uint32Array.from([...MAGIC, VERSION, levels.length, bits, 0, bytes.length, table.length, ...counts]);
  const sections = [header, bytes, offsets, table, ...levels.flatMap(levelSections)].map(padded);
  const [first, ...rest] = sections as [Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]];
  const checksum = new Checksum();
  for (const part of [first.subarray(CHECKED_FROM), ...rest]) checksum.update(part);
  new Uint32Array(first.buffer, first.byteOffset)[CHECKSUM_WORD] = checksum.value;
  return sections;
}

/** The bytes that a model of so many n-grams of each order takes, without making it. */
export function modelBytes({
  vocabulary,
  bits,
  counts,
}: Pick<ModelParts, "vocabulary" | "bits"> & { counts: readonly number[] }): number {
  const { bytes, offsets, table } = vocabulary.arrays();
  const header = 4 * (FIXED_HEADER_WORDS + counts.length);
  let firstState = 1;
  const levels = counts.flatMap((count, index) => {
    const next = counts[index + 1];
    const values = valueBytes(count, index === 0 ? 32 : bits);
    const children = next === undefined ? [] : [...values, 4 * packedWords(count + 1, bitsFor(next))];
    const own =
      index === 0
        ? []
        : [vocabulary.size - 1, firstState - 1].map((largest) => 4 * packedWords(count, bitsFor(largest)));
    firstState += count;
    return [...own, ...values, ...children];
  });
  const sections = [header, bytes.length, offsets.byteLength, table.byteLength, ...levels];
  return sections.reduce((sum, length) => sum + Math.ceil(length / 8) * 8, 0);
}

/** Probabilities or back-offs of `count` n-grams: the table and the codes, or the values themselves. */
function valueBytes(count: number, bits: QuantisationBits): number[] {
  return bits === 32 ? [4 * count] : [4 * 2 ** bits, (count * bits) / 8];
}

type Section =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>;

function levelSections({ words, probabilities, backoffs, firstChildren, links }: TrieLevel): Section[] {
  const values = [probabilities, backoffs].flatMap((value) => [value?.table, value?.codes]);
  return [words?.words, ...values, firstChildren?.words, links?.words].filter((section) => section !== undefined);
}

/** The bytes of a section, filled up to a multiple of 8. */
function padded(section: Section): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(section.buffer, section.byteOffset, section.byteLength);
  if (bytes.length % 8 === 0) return bytes;
  const filled = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  filled.set(bytes);
  return filled;
}

/** Hands out the sections of a buffer in turn. */
class SectionReader {
  readonly #buffer: ArrayBuffer;
  #at: number;

  constructor(buffer: ArrayBuffer, start: number) {
    this.#buffer = buffer;
    this.#at = start;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, this.#take(length), length);
  }

  codes(length: number, bits: 8 | 16): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
    return bits === 8 ? this.bytes(length) : new Uint16Array(this.#buffer, this.#take(length * 2), length);
  }

  numbers(length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#buffer, this.#take(length * 4), length);
  }

  packed(length: number, largest: number): PackedArray {
    const bits = bitsFor(largest);
    return new PackedArray(this.numbers(packedWords(length, bits)), bits);
  }

  values(length: number, bits: QuantisationBits): QuantisedValues {
    const tableLength = bits === 32 ? length : 2 ** bits;
    const table = new Float32Array(this.#buffer, this.#take(tableLength * 4), tableLength);
    return new QuantisedValues(table, bits === 32 ? undefined : this.codes(length, bits));
  }

  end(): void {
    if (this.#at === this.#buffer.byteLength) return;
    throw damaged(`it has ${this.#buffer.byteLength} bytes, its header speaks of ${this.#at}`);
  }

  #take(byteLength: number): number {
    const start = this.#at;
    this.#at = start + Math.ceil(byteLength / 8) * 8;
    if (this.#at > this.#buffer.byteLength) {
      throw damaged(`it has ${this.#buffer.byteLength} bytes, its header speaks of ${this.#at} or more; was it cut?`);
    }
    return start;
  }
}

function damaged(what: string): SpeechError {
  return new SpeechError("invalid-language-model", `the binary language model is damaged: ${what}`);
}

/** Whether the bytes begin as a binary model does. */
export function isBinaryModel(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return MAGIC.every((word, index) => view.getUint32(index * 4, true) === word);
}

/**
 * The parts of a binary model, as views of `buffer`.
 *
 * @param verify whether to compare the checksum and to check the arrays, which reads the whole buffer
 * @throws SpeechError `invalid-language-model`
 */
export function readModel(buffer: ArrayBuffer, verify: boolean): ModelParts {
  const { order, bits, textBytes, slots, counts } = readHeader(buffer, verify);
  const headerBytes = Math.ceil((FIXED_HEADER_WORDS + order) / 2) * 8;
  const reader = new SectionReader(buffer, headerBytes);
  const size = counts[0] as number;
  const bytes = reader.bytes(textBytes);
  const vocabulary = Vocabulary.over({ bytes, offsets: reader.numbers(size + 1), table: reader.numbers(slots) });
  const levels = counts.map((_, index) => readLevel(reader, counts, index + 1, bits));
  reader.end();
  const parts = { bits, vocabulary, levels };
  const problem = verify ? structuralProblem(parts) : undefined;
  if (problem !== undefined) throw damaged(`${problem} cannot be right; build it again`);
  return parts;
}

function readHeader(buffer: ArrayBuffer, verify: boolean) {
  if (!isBinaryModel(new Uint8Array(buffer)) || buffer.byteLength % 8 !== 0) {
    throw new SpeechError("invalid-language-model", "this is no binary language model, or one that was cut");
  }
  const words = new Uint32Array(buffer);
  if (words[0] !== MAGIC[0]) {
    throw new SpeechError("invalid-language-model", "binary language models need a little-endian processor");
  }
  const [, , version, order = 0, bits, sum, textBytes = 0, slots = 0] = words;
  if (version !== VERSION) {
    throw new SpeechError(
      "invalid-language-model",
      `the binary language model has format version ${version}, this program reads ${VERSION}; build it again`,
    );
  }
  if (order < 1 || order > LARGEST_MODEL_ORDER) throw damaged(`its order is ${order}`);
  if (bits !== 8 && bits !== 16 && bits !== 32) throw damaged(`its values have ${bits} bits`);
  if (verify && checksumOf(buffer) !== sum) {
    throw damaged("its checksum does not fit its content; copy or build it again");
  }
  const counts = [...words.subarray(FIXED_HEADER_WORDS, FIXED_HEADER_WORDS + order)];
  return { order, bits: bits as QuantisationBits, textBytes, slots, counts };
}

function checksumOf(buffer: ArrayBuffer): number {
  const checksum = new Checksum();
  checksum.update(new Uint8Array(buffer, CHECKED_FROM));
  return checksum.value;
}

function readLevel(reader: SectionReader, counts: readonly number[], order: number, bits: QuantisationBits): TrieLevel {
  const count = counts[order - 1] as number;
  const firstState = 1 + counts.slice(0, order - 1).reduce((sum, below) => sum + below, 0);
  const isUnigram = order === 1;
  const isHighest = order === counts.length;
  const valueBits = isUnigram ? 32 : bits;
  return {
    count,
    firstState,
    words: isUnigram ? undefined : reader.packed(count, (counts[0] as number) - 1),
    probabilities: reader.values(count, valueBits),
    backoffs: isHighest ? undefined : reader.values(count, valueBits),
    firstChildren: isHighest ? undefined : reader.packed(count + 1, counts[order] as number),
    links: isUnigram ? undefined : reader.packed(count, firstState - 1),
  };
}
