/** Checks that need no audio: what is written, how long it takes, and who speaks. */
import { formatPlural } from "@deepspeech-ts/speech";
import { type PrepareOptions, prepareUtterance, type UnusableKind } from "../prepare.js";
import type { Utterance } from "../types.js";
import type { Problem } from "./problems.js";

/** What the words of a transcript have a part in is shown with them. */
const OF_WORDS = new Set<UnusableKind>(["odd-characters", "no-words", "too-few-frames"]);

/** The problem of a transcript, if training would leave it out for one, and the text that would be trained on. */
export function checkTranscript(
  utterance: Utterance,
  options: PrepareOptions,
): { problem: Problem } | { targetText: string } {
  const prepared = prepareUtterance(utterance, options);
  if (!("kind" in prepared)) return { targetText: prepared.targetText };
  const { kind, reason } = prepared;
  const detail = OF_WORDS.has(kind) ? `${reason} (${JSON.stringify(utterance.text)})` : reason;
  return { problem: { kind, utteranceId: utterance.id, detail } };
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
