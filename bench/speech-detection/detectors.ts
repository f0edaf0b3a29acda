/** The two detectors, each from a recording's samples to stretches of speech in seconds. */
import type { SegmentEvent } from "../../packages/recognizer/dist/core/segmenter.js";
import { ACTIVITY_FRAME_RATE, type NodePlatform, RECORDING_RULES, Segmenter, SpeechDetector } from "./inside.js";
import { ActivityDetector, ACTIVITY_FRAME_RATE as LEVEL_FRAME_RATE } from "./levels.js";
import { Segmenter as MovementSegmenter } from "./movement.js";
import { RATE, type Samples } from "./sounds.js";

export type Stretch = readonly [start: number, end: number];
export type Detect = (samples: Samples) => Promise<Stretch[]>;

/** Levels, and how they move: what the recogniser had before. */
export function levelDetector(): Detect {
  return async (samples) => {
    const detector = new ActivityDetector(RATE);
    const segmenter = new MovementSegmenter(RECORDING_RULES);
    const frames = [...detector.push(samples), ...detector.end()];
    const events = [...frames.flatMap((frame) => segmenter.push(frame)), ...segmenter.end()];
    return pairs(events, { frameRate: LEVEL_FRAME_RATE, samples });
  };
}

/** What the recogniser has: Silero's model. */
export function sileroDetector(platform: NodePlatform): Detect {
  return async (samples) => {
    const detector = new SpeechDetector(RATE, async (sound) => (await platform.detectSpeech([sound]))[0]!);
    const segmenter = new Segmenter(RECORDING_RULES);
    const frames = [...((await detector.push(samples)) ?? []), ...(await detector.end())];
    const events = [...frames.flatMap((frame) => segmenter.push(frame)), ...segmenter.end()];
    return pairs(events, { frameRate: ACTIVITY_FRAME_RATE, samples });
  };
}

function pairs(
  events: readonly SegmentEvent[],
  { frameRate, samples }: { frameRate: number; samples: Samples },
): Stretch[] {
  const times = events.map(({ frame }) => Math.min(samples.length / RATE, frame / frameRate));
  return Array.from({ length: times.length / 2 }, (_, i) => [times[2 * i]!, times[2 * i + 1]!]);
}
