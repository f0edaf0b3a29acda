/**
 * Reads ARPA files of any tool, sorted or not, as a stream: only the model itself takes memory. Text before `\data\` is
 * passed over, blanks may be spaces or tabs, and an n-gram that nothing extends needs no back-off. Files go round that lack
 * a sentence mark, hold one twice, or leave back-offs out: they are read, and `notices` says what was assumed. What would give wrong
 * scores in silence is refused, by line: a count that does not hold, a number that is none, a word outside the unigrams,
 * an n-gram whose context is missing, a file that was cut.
 */

import { quote, SpeechError } from "../../errors.js";
import { LineSplitter } from "../lines.js";
import { LARGEST_MODEL_ORDER } from "../model/binary-format.js";
import { NgramModel } from "../model/ngram-model.js";
import type { QuantisationBits } from "../model/quantised-values.js";
import { TrieBuilder } from "../model/trie-builder.js";
import type { RunStorage } from "../records.js";
import { END_ID, SENTENCE_END, SENTENCE_START, START_ID, UNKNOWN_ID } from "../special-words.js";
import { Vocabulary } from "../vocabulary.js";
import { arpaError, Fields, parseCount, parseSection } from "./arpa-lines.js";
import { LOG10_ZERO, parseNumber } from "./arpa-number.js";

/** How an ARPA file becomes a model. */
export interface ArpaReaderOptions {
  /** Bits for each probability and back-off of two words and more. Default 32: exact. */
  bits?: QuantisationBits | undefined;
  /** The memory for sorting the n-grams of one order, in bytes. Default 256 MiB. */
  memoryBytes?: number | undefined;
  /** Where n-grams go that do not fit it. Default: memory all the same. */
  storage?: RunStorage | undefined;
}

/** The probability of unknown words in a file that has none, as in KenLM. */
const LOG10_UNKNOWN = -100;
/** Of the end of a sentence in a file that has none: a sentence of ten words. */
const LOG10_MISSING_END = -1;
/** Rounding may lift a log-probability this far above 0. */
const TOLERANCE = 1e-3;
/** More than any estimate comes to, and far from where sums lose their digits. */
const LOG10_LARGEST_BACKOFF = 99;
const LARGEST_COUNT = 2 ** 31 - 1;
/** In bytes; n-grams take a few hundred. */
const LONGEST_LINE = 1_000_000;
const decoder = new TextDecoder();

/** Push the file's text, in UTF-8, then `finish`. */
export class ArpaReader {
  readonly #options: ArpaReaderOptions;
  readonly #lines = new LineSplitter(
    (bytes, start, end, line) => this.#onLine(bytes, start, end, line),
    (bytes, line) => this.#onUnended(bytes, line),
  );
  readonly #fields = new Fields();
  readonly #vocabulary = Vocabulary.create();
  /** What the header announces, by order from 1, and in which line. */
  readonly #announced: { count: number; line: number }[] = [];
  readonly #words = new Uint32Array(LARGEST_MODEL_ORDER);
  #unigramProbabilities: number[] = [];
  #unigramBackoffs: number[] = [];
  #builder: TrieBuilder | undefined;
  /** 0 before the first section. */
  #order = 0;
  #read = 0;
  #numMissingBackoffs = 0;
  /** What was assumed, in words for people; complete once `finish` was called. */
  readonly notices: string[] = [];
  #phase: "preamble" | "header" | "ngrams" | "end" = "preamble";

  constructor(options: ArpaReaderOptions = {}) {
    this.#options = options;
  }

  /** @throws SpeechError `invalid-arpa`, naming the line */
  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /**
   * The model.
   *
   * @throws SpeechError `no-arpa` when nothing of the file is ARPA; `invalid-arpa` when it ended too early
   */
  finish(): NgramModel {
    this.#lines.finish();
    if (this.#phase !== "end") throw this.#cutError();
    if (this.#numMissingBackoffs > 0) {
      this.notices.push(`${this.#numMissingBackoffs} n-grams have no back-off weight; it is taken to be 1`);
    }
    const { bits = 32 } = this.#options;
    return new NgramModel({ bits, vocabulary: this.#vocabulary, levels: this.#trie().levels });
  }

  #cutError(): SpeechError {
    const { lineNumber } = this.#lines;
    if (this.#phase === "preamble")
      return new SpeechError("no-arpa", `line ${lineNumber}: it is no ARPA file: it ends without \\data\\`);
    const count = this.#announced[this.#order - 1]?.count ?? 0;
    const where = this.#order === 0 ? "its header" : `its ${this.#order}-grams, after ${this.#read} of ${count}`;
    return arpaError(lineNumber, `the file ends in ${where}; it was cut, \\end\\ is missing`);
  }

  /** What is no text at all may go on for as long as it likes, which a few kilobytes by gzip can hold. */
  #onUnended(bytes: number, line: number): void {
    if (bytes > LONGEST_LINE) throw arpaError(line, `it has more than ${LONGEST_LINE} bytes; is this an ARPA file?`);
  }

  #onLine(bytes: Uint8Array, start: number, end: number, line: number): void {
    if (this.#phase === "end") return;
    this.#fields.split(bytes, start, end);
    if (this.#fields.count === 0) return;
    const first = this.#fields.start(0);
    const isCommand = bytes[first] === 0x5c;
    if (this.#phase === "ngrams" && !isCommand) this.#readNgram(bytes, line);
    else this.#readDirective(decoder.decode(bytes.subarray(first, end)).trim(), line);
  }

  #readDirective(text: string, line: number): void {
    if (this.#phase === "preamble") {
      if (text === "\\data\\") this.#phase = "header";
      return;
    }
    const section = parseSection(text);
    if (section !== undefined) this.#beginSection(section, line);
    else if (text === "\\end\\") this.#end(line);
    else this.#readCount(text, line);
  }

  #readCount(text: string, line: number): void {
    const count = parseCount(text);
    if (this.#phase === "ngrams" || count === undefined) {
      throw arpaError(line, `${quote(text)} is neither "ngram 1=…", "\\1-grams:" nor "\\end\\"`);
    }
    if (count.order > LARGEST_MODEL_ORDER) {
      throw arpaError(line, `${quote(text)}: n-grams of more than ${LARGEST_MODEL_ORDER} words cannot be read`);
    }
    if (count.order !== this.#announced.length + 1) {
      throw arpaError(line, `${quote(text)} stands where ngram ${this.#announced.length + 1} should`);
    }
    if (count.count > LARGEST_COUNT) throw arpaError(line, `${quote(text)} announces more n-grams than can be held`);
    this.#announced.push({ count: count.count, line });
  }

  #beginSection(order: number, line: number): void {
    if (order !== this.#order + 1 || order > this.#announced.length) {
      const expected = this.#order < this.#announced.length ? `\\${this.#order + 1}-grams:` : "\\end\\";
      throw arpaError(line, `\\${order}-grams: stands where ${expected} should`);
    }
    this.#endSection(line);
    this.#phase = "ngrams";
    this.#order = order;
    this.#read = 0;
    if (order > 1) this.#trie().beginOrder();
  }

  #end(line: number): void {
    if (this.#order < this.#announced.length || this.#order === 0) {
      throw arpaError(line, `\\end\\ stands where \\${this.#order + 1}-grams: should`);
    }
    this.#endSection(line);
    this.#phase = "end";
  }

  /** Checks the number of n-grams in the section that ends before `line`, and finishes it. */
  #endSection(line: number): void {
    if (this.#order === 0) return;
    const announced = this.#announced[this.#order - 1] as { count: number; line: number };
    if (this.#read < announced.count) {
      const found = `there are ${this.#read} ${this.#order}-grams before this line`;
      throw arpaError(line, `${found}, line ${announced.line} announces ${announced.count}`);
    }
    if (this.#order === 1) this.#finishUnigrams(line);
    else this.#endOrder(line);
  }

  /** Twins meet only when all n-grams of an order are sorted. */
  #endOrder(line: number): void {
    try {
      this.#trie().endOrder();
    } catch (error) {
      if (!(error instanceof SpeechError) || error.code !== "invalid-arpa") throw error;
      throw arpaError(line, `before this line, ${error.message}`);
    }
  }

  #finishUnigrams(line: number): void {
    this.#assumeMissingMarks(line);
    this.#unigramProbabilities[UNKNOWN_ID] ??= LOG10_UNKNOWN * Math.LN10;
    this.#unigramBackoffs[UNKNOWN_ID] ??= Number.NaN;
    const order = this.#announced.length;
    const { bits = 32, memoryBytes = 2 ** 28, storage } = this.#options;
    this.#builder = new TrieBuilder(this.#vocabulary, { order, bits, memoryBytes, storage });
    const probabilities = Float32Array.from(this.#unigramProbabilities);
    this.#builder.setUnigrams(probabilities, Float32Array.from(this.#unigramBackoffs));
    this.#unigramProbabilities = [];
    this.#unigramBackoffs = [];
  }

  /** Without its marks a model still knows which words follow which; with neither it may not be one of sentences at all. */
  #assumeMissingMarks(line: number): void {
    const isMissing = (id: number) => this.#unigramProbabilities[id] === undefined;
    if (this.#unigramProbabilities.length === 0) throw arpaError(line, "there are no 1-grams");
    if (isMissing(START_ID)) {
      this.#assumeUnigram(START_ID, LOG10_ZERO);
      this.notices.push(`the 1-grams do not hold ${SENTENCE_START}; sentences are taken to begin with any word`);
    }
    if (isMissing(END_ID)) {
      this.#assumeUnigram(END_ID, LOG10_MISSING_END);
      this.notices.push(`the 1-grams do not hold ${SENTENCE_END}; sentences are taken to end after any word`);
    }
  }

  #assumeUnigram(id: number, log10: number): void {
    this.#unigramProbabilities[id] = log10 * Math.LN10;
    this.#unigramBackoffs[id] = Number.NaN;
  }

  #readNgram(bytes: Uint8Array, line: number): void {
    const order = this.#order;
    const announced = this.#announced[order - 1] as { count: number; line: number };
    if (this.#read === announced.count) {
      throw arpaError(
        line,
        `there are more ${order}-grams than the ${announced.count} that line ${announced.line} announces`,
      );
    }
    const numFields = this.#fields.count;
    if (numFields !== order + 1 && numFields !== order + 2) {
      throw arpaError(line, `a ${order}-gram has ${order + 1} or ${order + 2} fields, this line ${numFields}`);
    }
    const probability = this.#number(bytes, 0, line, "probability");
    if (probability > TOLERANCE) throw arpaError(line, `the log-probability is ${probability}; it must not be above 0`);
    const backoff = numFields === order + 2 ? this.#number(bytes, order + 1, line, "back-off") : Number.NaN;
    if (backoff > LOG10_LARGEST_BACKOFF) {
      throw arpaError(line, `the back-off is ${backoff}; it must not be above ${LOG10_LARGEST_BACKOFF}`);
    }
    this.#read += 1;
    if (order === 1) this.#addUnigram(bytes, line, Math.min(0, probability) * Math.LN10, backoff * Math.LN10);
    else this.#addNgram(bytes, line, Math.min(0, probability) * Math.LN10, backoff * Math.LN10);
  }

  #number(bytes: Uint8Array, field: number, line: number, name: string): number {
    const start = this.#fields.start(field);
    const end = this.#fields.end(field);
    const value = parseNumber(bytes, start, end);
    if (!Number.isNaN(value)) return value;
    throw arpaError(line, `the ${name} is ${quote(decoder.decode(bytes.subarray(start, end)))}, which is no number`);
  }

  #addUnigram(bytes: Uint8Array, line: number, probability: number, backoff: number): void {
    const start = this.#fields.start(1);
    const end = this.#fields.end(1);
    const word = decoder.decode(bytes.subarray(start, end));
    const id = word === "<UNK>" ? UNKNOWN_ID : this.#vocabulary.findOrAdd(bytes, start, end);
    const before = this.#unigramProbabilities[id];
    if (before !== undefined) {
      if (id !== START_ID && id !== END_ID) throw arpaError(line, `the 1-gram ${quote(word)} stands in the file twice`);
      const isBetter = isPlausibleEnd(probability) && (!isPlausibleEnd(before) || id === START_ID);
      this.notices.push(
        `line ${line}: ${word} stands in the 1-grams twice; ${isBetter ? "this" : "the first"} is used`,
      );
      if (!isBetter) return;
    }
    this.#unigramProbabilities[id] = probability;
    this.#unigramBackoffs[id] = backoff;
  }

  #addNgram(bytes: Uint8Array, line: number, probability: number, backoff: number): void {
    const order = this.#order;
    for (let i = 0; i < order; i++) this.#words[i] = this.#wordId(bytes, i + 1, line);
    let refusal = this.#trie().add(this.#words, 0, probability, backoff);
    if (refusal === "no-backoff") {
      this.#numMissingBackoffs += 1;
      this.#trie().assumeBackoff();
      refusal = this.#trie().add(this.#words, 0, probability, backoff);
    }
    if (refusal === undefined) return;
    const context = decoder.decode(bytes.subarray(this.#fields.start(1), this.#fields.end(order - 1)));
    throw arpaError(line, `this ${order}-gram continues ${quote(context)}, which is none of the ${order - 1}-grams`);
  }

  #wordId(bytes: Uint8Array, field: number, line: number): number {
    const start = this.#fields.start(field);
    const end = this.#fields.end(field);
    const id = this.#vocabulary.find(bytes, start, end);
    if (id !== -1) return id;
    const word = decoder.decode(bytes.subarray(start, end));
    if (word === "<UNK>") return UNKNOWN_ID;
    throw arpaError(line, `the word ${quote(word)} is none of the 1-grams`);
  }

  #trie(): TrieBuilder {
    return this.#builder as TrieBuilder;
  }
}

/** A mark that was copied from another has the other's probability: 0 or 1. */
function isPlausibleEnd(logProb: number): boolean {
  return logProb < 0 && logProb > LOG10_ZERO * Math.LN10;
}
