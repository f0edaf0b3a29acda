/** Checks that need no audio: what is written, how long it takes, and who speaks. */
import { encodeText, formatPlural, minimumFrames, unknownCharacters } from "@deepspeech-ts/speech";
import { normaliseTranscript, type TranscriptOptions as SpellingOptions } from "../prepare.js";
import type { Utterance } from "../types.js";
import type { Problem } from "./problems.js";

export interface TranscriptOptions extends SpellingOptions {
  /** Frames of output that the model gives for a length of audio. */
  readonly framesOf: (durationSeconds: number) => number;
  /** The fastest that training will play an utterance; 1 is its own speed. */
  readonly fastestSpeed: number;
}

/** The problem of a transcript, if it has one, and the text that would be trained on. */
export function checkTranscript(
  { id, text, durationSeconds }: Utterance,
  options: TranscriptOptions,
): { problem?: Problem; targetText: string } {
  const { alphabet, framesOf, fastestSpeed } = options;
  const normalised = normaliseTranscript(text, options);
  const targetText = typeof normalised === "string" ? "" : normalised.text;
  const found = (kind: Problem["kind"], detail: string) => ({ targetText, problem: { kind, utteranceId: id, detail } });
  if (typeof normalised === "string") return found("odd-characters", `${normalised}: ${JSON.stringify(text)}`);
  const odd = normalised.refused.length > 0 ? normalised.refused : unknownCharacters(targetText, alphabet);
  if (odd.length > 0) {
    const characters = [...new Set(odd.map(({ character }) => JSON.stringify(character)))].join(", ");
    return found("odd-characters", `${characters} in ${JSON.stringify(text)}`);
  }
  if (targetText.trim() === "") return found("no-words", `${JSON.stringify(text)} has no words`);
  const needed = minimumFrames(encodeText(targetText, alphabet));
  const frames = framesOf(durationSeconds / fastestSpeed);
  if (frames >= needed) return { targetText };
  const speed = fastestSpeed === 1 ? "" : ` at ${fastestSpeed} times its speed`;
  return found(
    "too-few-frames",
    `needs ${needed} frames, and ${durationSeconds.toFixed(2)} s${speed} give ${frames}: ${JSON.stringify(targetText)}`,
  );
}

/** How far from the median, in robust standard deviations of the logarithm, speech is odd. */
const ODD_DEVIATIONS = 5;
/** A fifth faster or slower than the rest is never odd, however alike the rest are. */
const LEAST_LOG_DEVIATION = 0.2 / ODD_DEVIATIONS;
/** Fewer utterances have no rest to be far from. */
const LEAST_UTTERANCES = 20;

/**
 * Utterances with far more or fewer characters a second than the others: most often, sound and text do not belong
 * together. Deviations are measured by the median of their magnitudes (Hampel 1974), which outliers do not move.
 */
export function findOddSpeeds(
  items: readonly { readonly utterance: Utterance; readonly targetText: string }[],
): Problem[] {
  if (items.length < LEAST_UTTERANCES) return [];
  const speeds = items.map(({ utterance, targetText }) => targetText.length / utterance.durationSeconds);
  const logs = speeds.map((speed) => Math.log(speed));
  const centre = median(logs);
  // 1.4826 makes it the standard deviation of normally distributed values.
  const deviation = Math.max(1.4826 * median(logs.map((log) => Math.abs(log - centre))), LEAST_LOG_DEVIATION);
  return items.flatMap(({ utterance }, index) => {
    if (Math.abs((logs[index] as number) - centre) <= ODD_DEVIATIONS * deviation) return [];
    const speed = (speeds[index] as number).toFixed(1);
    const detail = `${speed} characters a second, where ${Math.exp(centre).toFixed(1)} are usual`;
    return [{ kind: "odd-speed" as const, utteranceId: utterance.id, detail }];
  });
}

/** One problem a speaker who is in both, at the first of their utterances. */
export function findSharedSpeakers(utterances: readonly Utterance[], heldOut: readonly Utterance[]): Problem[] {
  const heldOutSpeakers = new Set(heldOut.map(({ speaker }) => speaker));
  const shared = new Map<string, Utterance[]>();
  for (const utterance of utterances) {
    const { speaker } = utterance;
    if (speaker === "" || !heldOutSpeakers.has(speaker)) continue;
    const others = shared.get(speaker);
    if (others) others.push(utterance);
    else shared.set(speaker, [utterance]);
  }
  return [...shared].map(([speaker, [first, ...others]]) => ({
    kind: "held-out-speaker",
    utteranceId: (first as Utterance).id,
    detail: `speaker ${JSON.stringify(speaker)}${others.length > 0 ? `, in ${formatPlural(others.length, "more utterance")} too` : ""}`,
  }));
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
