/** Checks of what was heard. */
import { isStatedWrongly } from "../stated-duration.js";
import { MODEL_SAMPLE_RATE, type Utterance } from "../types.js";
import type { AudioFacts } from "./audio-facts.js";
import type { MeasureResponse } from "./audio-facts-worker.js";
import type { Problem } from "./problems.js";
import { SoundIndex } from "./same-sound.js";

/** −50 dB of full scale: speech recorded at that level drowns in the noise of any microphone. */
const SILENT_PEAK = 10 ** (-50 / 20);
/** One sample in a thousand: audible, and no single loud moment. */
const CLIPPED_SHARE = 0.001;

/** What is wrong with one recording by itself. */
export function checkAudio({ id, audioPath }: Utterance, heard: MeasureResponse): Problem[] {
  if ("reason" in heard) return [{ kind: "unreadable", utteranceId: id, detail: heard.reason }];
  const problems: Problem[] = [];
  const add = (kind: Problem["kind"], detail: string) => problems.push({ kind, utteranceId: id, detail });
  if (heard.peak < SILENT_PEAK) add("silence", `${audioPath} is never louder than ${decibels(heard.peak)}`);
  if (heard.clippedShare > CLIPPED_SHARE) add("clipping", `${(100 * heard.clippedShare).toFixed(1)}% of the samples`);
  if (heard.sampleRate < MODEL_SAMPLE_RATE) {
    add("low-rate", `${heard.sampleRate} Hz, and the model expects ${MODEL_SAMPLE_RATE}`);
  }
  return problems;
}

/**
 * A length that is stated so wrongly that training leaves out what it could use: the loader refuses the recording, or
 * what is stated does not fit the transcript or training's limits, where what is there does.
 * @param isUsable whether training would keep the utterance, by the duration it has
 */
export function checkStatedDuration(
  stated: Utterance,
  actual: Utterance,
  isUsable: (utterance: Utterance) => boolean,
): Problem[] {
  const [said, there] = [stated.durationSeconds, actual.durationSeconds];
  const isWrong = isStatedWrongly(said, there) || (said !== there && isUsable(actual) && !isUsable(stated));
  if (!isWrong) return [];
  const detail = `${said.toFixed(2)} s are stated, ${there.toFixed(2)} s are there`;
  return [{ kind: "wrong-duration", utteranceId: stated.id, detail }];
}

/**
 * Recordings that came before, and those that the held-out data have too. Only what is kept can be had once more: a copy
 * whose original is of no use takes its place.
 * @param useless the ids of what is left out for other reasons
 */
export function findSameAudio(
  utterances: readonly Utterance[],
  heard: readonly MeasureResponse[],
  { heldOut, useless }: { heldOut: SoundIndex<Utterance>; useless: ReadonlySet<string> },
): Problem[] {
  const kept = new SoundIndex<Utterance>();
  return utterances.flatMap((utterance, index): Problem[] => {
    const facts = heard[index] as MeasureResponse;
    if ("reason" in facts || isSilent(facts)) return [];
    const [other, held] = [kept.find(facts), heldOut.find(facts)];
    if (!other && !useless.has(utterance.id)) kept.add(facts, utterance);
    if (held) return [{ kind: "held-out-audio", utteranceId: utterance.id, detail: `is ${held.id} there` }];
    return other ? [{ kind: "duplicate", utteranceId: utterance.id, detail: `is ${other.id} once more` }] : [];
  });
}

/** Held-out recordings by their sound. */
export function indexBySound(
  utterances: readonly Utterance[],
  heard: readonly MeasureResponse[],
): SoundIndex<Utterance> {
  const index = new SoundIndex<Utterance>();
  for (const [i, facts] of heard.entries()) {
    if (!("reason" in facts) && !isSilent(facts)) index.add(facts, utterances[i] as Utterance);
  }
  return index;
}

/** All silence is alike. */
function isSilent({ peak }: AudioFacts): boolean {
  return peak < SILENT_PEAK;
}

function decibels(peak: number): string {
  return peak === 0 ? "nothing at all" : `${(20 * Math.log10(peak)).toFixed(0)} dB of full scale`;
}
