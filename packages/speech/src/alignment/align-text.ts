/**
 * Forced alignment: when was each word of a known text spoken? Serves subtitles of a known text, and finds bad
 * transcripts: their score is far below that of others.
 */

import { type ConfidenceCalibration, checkCalibration, UNCALIBRATED } from "../decoding/confidence.js";
import type { TimedTokens } from "../decoding/decided-tokens.js";
import { type Emissions, letterEmissions, validateEmissions } from "../decoding/emissions.js";
import { checkEveryFrameIsPossible } from "../decoding/frame-tokens.js";
import { type TimedWord, timedWordsOf } from "../decoding/timed-word.js";
import { quote, SpeechError } from "../errors.js";
import { finished, type Steps } from "../steps.js";
import { type Alphabet, encodeText, minimumFrames } from "../text/alphabet.js";
import { spokenAsWritten, type WrittenWord, writtenWords } from "../text/written-words.js";
import { type BestPath, bestPath } from "./best-path.js";
import { Trellis } from "./trellis.js";

export interface AlignTextOptions {
  /** Seconds from one frame of the emissions to the next: hop samples × the model's stride / sample rate. */
  frameSeconds: number;
  /** Mends the words' confidences; see `fitConfidence`. Default: raw ones. */
  confidenceCalibration?: ConfidenceCalibration;
  /** The text is a recogniser's: its words are taken as they stand, none as short for another. Default false. */
  isSpelt?: boolean;
}

/** Where a text lies in a recording. */
export interface TextAlignment {
  /** The text as its author wrote it, with single spaces. */
  text: string;
  /** The author's words, each with the characters that are spoken for it, in order. */
  timedWords: TimedWord[];
  /** Natural log of the probability of the likeliest alignment. */
  logProb: number;
  /** `logProb` per frame: comparable between recordings; 0 is perfect, and also what no frames give. */
  score: number;
}

/**
 * The likeliest alignment of `text`. It is spelt out as transcripts are, and its words are told as they were written: see
 * `writtenWords`. Time is the product of the frames and the text's length: about a minute
 * for an hour of speech, in 60 MB.
 *
 * @throws SpeechError `alignment-infeasible` where the text needs more frames than there are, or has probability 0;
 *   `unknown-character`, `invalid-emissions`, `invalid-alphabet`, `number-out-of-range`
 */
export function alignText(
  emissions: Emissions,
  text: string,
  alphabet: Alphabet,
  options: AlignTextOptions,
): TextAlignment {
  return finished(alignTextInSteps(emissions, text, alphabet, options));
}

/** `alignText`, with pauses. */
export function* alignTextInSteps(
  output: Emissions,
  text: string,
  alphabet: Alphabet,
  options: AlignTextOptions,
): Steps<TextAlignment> {
  const { frameSeconds, confidenceCalibration = UNCALIBRATED, isSpelt = false } = options;
  checkPositive("frameSeconds", frameSeconds);
  checkCalibration("confidenceCalibration", confidenceCalibration);
  const emissions = letterEmissions(output, alphabet);
  validateEmissions(emissions);
  checkEveryFrameIsPossible(emissions);
  const writing = isSpelt ? { words: spokenAsWritten(text) } : writtenWords(text, alphabet);
  if ("reason" in writing) throw new SpeechError("unknown-character", `the text ${quote(text)} ${writing.reason}`);
  const spoken = writing.words.flatMap(({ spoken }) => spoken).join(" ");
  const tokenIds = encodeText(spoken, alphabet);
  const { states, logProb } = yield* feasiblePath(emissions, tokenIds, alphabet, spoken);
  const tokens = timedTokens(states, tokenIds, emissions);
  return {
    text: writing.words.map(({ written }) => written).join(" "),
    timedWords: asWritten(timedWordsOf(tokens, alphabet, { frameSeconds, confidenceCalibration }), writing.words),
    logProb,
    score: emissions.numFrames === 0 ? 0 : logProb / emissions.numFrames,
  };
}

/** The spoken words of each written one in one piece, as sure as the least sure of them. */
function asWritten(timedWords: readonly TimedWord[], writing: readonly WrittenWord[]): TimedWord[] {
  let next = 0;
  return writing.map(({ written, spoken }) => {
    const parts = timedWords.slice(next, next + spoken.length);
    next += spoken.length;
    return {
      word: written,
      startSeconds: (parts[0] as TimedWord).startSeconds,
      endSeconds: (parts.at(-1) as TimedWord).endSeconds,
      confidence: Math.min(...parts.map(({ confidence }) => confidence)),
      characters: parts.flatMap(({ characters }) => characters),
    };
  });
}

function checkPositive(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new SpeechError("number-out-of-range", `${name} is ${value}; it must be a finite number above 0`);
}

function* feasiblePath(
  emissions: Emissions,
  tokenIds: readonly number[],
  alphabet: Alphabet,
  text: string,
): Steps<BestPath> {
  const { numFrames } = emissions;
  const needed = minimumFrames(tokenIds);
  if (numFrames < needed) {
    throw new SpeechError(
      "alignment-infeasible",
      `the text ${quote(text)} needs ${needed} frames, the recording has ${numFrames}; is it the text of this recording?`,
    );
  }
  if (numFrames === 0) return { states: new Int32Array(0), logProb: 0 };
  const trellis = new Trellis(emissions, tokenIds, alphabet);
  const path = yield* bestPath(trellis);
  if (path.logProb > Number.NEGATIVE_INFINITY) return path;
  throw new SpeechError(
    "alignment-infeasible",
    `the emissions give the text ${quote(text)} probability 0: no alignment gets past frame ${lastReachedFrame(trellis)}`,
  );
}

/** The frame after which every path has probability 0. */
function lastReachedFrame(trellis: Trellis): number {
  const row = new Float64Array(trellis.numStates);
  trellis.start(row);
  for (let frame = 0; frame < trellis.numFrames; frame++) {
    const [lowest, highest] = [trellis.lowest(frame), trellis.highest(frame)];
    if (frame > 0) trellis.advance(row, frame);
    if (row.subarray(lowest, highest + 1).every((value) => value === Number.NEGATIVE_INFINITY)) return frame - 1;
  }
  return trellis.numFrames - 1;
}

/** The frames of each token, and how doubtful it is: see `TimedTokens`. */
function timedTokens(states: Int32Array, tokenIds: number[], { logProbs, numTokens }: Emissions): TimedTokens {
  const starts: number[] = [];
  const ends: number[] = [];
  const doubts: number[] = [];
  for (const [frame, state] of states.entries()) {
    if (state % 2 === 1) {
      const token = state >> 1;
      if (starts.length === token) {
        starts.push(frame);
        doubts.push(0);
      }
      ends[token] = frame;
    }
    const current = starts.length - 1;
    if (current < 0) continue;
    const probability = Math.exp(logProbs[frame * numTokens + (tokenIds[current] as number)] as number);
    doubts[current] = (doubts[current] as number) + Math.log1p(-Math.min(1, probability));
  }
  return { tokenIds, starts, ends, doubts };
}
