/**
 * New utterances from a corpus's own: cut between words, and the pieces of a speaker joined anew. A recurrent model that hears
 * a few hours often learns what is said in them by heart; what is said here it has never heard, by voices that it has.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { TimedWord } from "@deepspeech-ts/speech";
import { loadWaveform } from "../audio/waveform.js";
import { mapConcurrently } from "../concurrency.js";
import { type PackedCorpus, type ShardWriter, writePackedCorpus } from "../packing/packed-corpus.js";
import { Random } from "../random.js";
import { reasonOf } from "../reason-of.js";
import { type LeftOut, MODEL_SAMPLE_RATE, type Utterance, type Waveform } from "../types.js";
import { groupsOfSpeakers } from "./groups-of-speakers.js";
import { joinPieces } from "./join-pieces.js";
import { type CuttableUtterance, type Piece, planSplices } from "./plan-splices.js";

export interface SpliceOptions {
  /** The folder to make, a packed corpus; it must not exist. */
  readonly folder: string;
  /**
   * When an utterance's words are said, in order.
   * @param samples at 16 kHz
   * @returns the words, or why the utterance cannot be used
   */
  readonly findWords: (samples: Float32Array, utterance: Utterance) => Promise<readonly TimedWord[] | string>;
  /** How many times as long as what could be cut all splices are together. Default: 3. */
  readonly times?: number;
  /** What is drawn depends on it, and on the corpus. Default: 1. */
  readonly seed?: number;
  /** Utterances whose words are looked for at a time. Default: 4. */
  readonly jobs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface SpliceResult extends PackedCorpus {
  /** Of the corpus. */
  readonly leftOut: LeftOut[];
}

/** An utterance in memory. */
interface CutUtterance extends CuttableUtterance {
  readonly samples: Float32Array;
  readonly speaker: string;
}

/** What of the silence around an utterance is kept: recordings that begin or end with much of it are no longer speech. */
const SILENCE_SECONDS = 0.3;

/**
 * Splices utterances into a new corpus. As much of a speaker is in memory as half an hour.
 *
 * @throws UserError where the folder exists, or nothing could be cut; then nothing is left behind. Also what `findWords` throws.
 */
export async function spliceCorpus(utterances: readonly Utterance[], options: SpliceOptions): Promise<SpliceResult> {
  const { folder, seed = 1, times = 3, signal, onProgress } = options;
  const leftOut: LeftOut[] = [];
  const packed = await writePackedCorpus(folder, undefined, async (writer) => {
    const spliced: Utterance[] = [];
    let numDone = 0;
    for (const [index, group] of groupsOfSpeakers(utterances, new Random(seed, "groups")).entries()) {
      const cut = await mapConcurrently(group, options.jobs ?? 4, async (utterance) => {
        signal?.throwIfAborted();
        const found = await cutUtterance(utterance, options);
        if ("reason" in found) leftOut.push(found);
        onProgress?.(++numDone, utterances.length);
        return "reason" in found ? [] : [found];
      });
      const random = new Random(seed, "splices", index);
      for (const splice of splicesOf(cut.flat(), times, random)) {
        spliced.push(await write(splice, `splice-${String(spliced.length).padStart(6, "0")}`, writer));
      }
    }
    if (spliced.length > 0) return spliced;
    const first = leftOut[0];
    throw new UserError(`${folder}: nothing could be spliced${first ? `; the first: ${first.reason}` : "."}`, {
      code: "bad-corpus",
    });
  });
  return { ...packed, leftOut };
}

function splicesOf(utterances: readonly CutUtterance[], times: number, random: Random): Piece<CutUtterance>[][] {
  const seconds = utterances.reduce((sum, { cuts }) => sum + cuts.at(-1)! - cuts[0]!, 0) / MODEL_SAMPLE_RATE;
  return planSplices(utterances, { seconds: times * seconds, sampleRate: MODEL_SAMPLE_RATE, random });
}

async function write(splice: readonly Piece<CutUtterance>[], id: string, writer: ShardWriter): Promise<Utterance> {
  const pieces = splice.map(({ utterance: { samples, cuts }, first, end }) => samples.subarray(cuts[first], cuts[end]));
  const samples = joinPieces(pieces, MODEL_SAMPLE_RATE);
  const speakers = new Set(splice.map(({ utterance }) => utterance.speaker));
  return {
    id,
    audioPath: await writer.add(samples),
    durationSeconds: samples.length / MODEL_SAMPLE_RATE,
    text: splice.flatMap(({ utterance, first, end }) => utterance.words.slice(first, end)).join(" "),
    speaker: speakers.size === 1 ? [...speakers][0]! : "",
  };
}

async function cutUtterance(utterance: Utterance, { findWords }: SpliceOptions): Promise<CutUtterance | LeftOut> {
  const { id, speaker } = utterance;
  const sound = await soundOf(utterance);
  if ("reason" in sound) return sound;
  const words = await findWords(sound.samples, utterance);
  if (typeof words === "string") return { id, reason: words };
  if (words.length === 0) return { id, reason: "has no words" };
  return { speaker, samples: sound.samples, ...cutsOf(words, sound.samples.length) };
}

async function soundOf({ id, audioPath }: Utterance): Promise<Waveform | LeftOut> {
  try {
    return await loadWaveform(audioPath, { sampleRate: MODEL_SAMPLE_RATE });
  } catch (error) {
    return { id, reason: reasonOf(error) };
  }
}

/** In the middle of what lies between two words, and at both ends: what is there belongs to the words beside it. */
function cutsOf(timedWords: readonly TimedWord[], numSamples: number): CuttableUtterance {
  const sampleAt = (seconds: number) => Math.max(0, Math.min(numSamples, Math.round(seconds * MODEL_SAMPLE_RATE)));
  const between = timedWords.slice(1).map(({ startSeconds }, i) => [timedWords[i]!.endSeconds, startSeconds] as const);
  return {
    words: timedWords.map(({ word }) => word),
    cuts: [
      sampleAt(timedWords[0]!.startSeconds - SILENCE_SECONDS),
      ...between.map(([end, start]) => sampleAt((end + start) / 2)),
      sampleAt(timedWords.at(-1)!.endSeconds + SILENCE_SECONDS),
    ],
    pauses: [Number.POSITIVE_INFINITY, ...between.map(([end, start]) => start - end), Number.POSITIVE_INFINITY],
  };
}
