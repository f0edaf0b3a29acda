/**
 * Cuts a recording at its pauses: from frames of activity to stretches of speech. What is active but does not move as
 * speech does (see levels.ts) is left out.
 */
import type { SegmentEvent, SegmentRules } from "../../packages/recognizer/dist/core/segmenter.js";
import { ACTIVITY_FRAME_RATE, type ActivityFrame, SILENCE_DECIBELS } from "./levels.js";

/** Sound kept on either side of what is active: consonants may begin below the background. */
const PADDING_FRAMES = 30;
/** Silence at a recording's ends that need not be cut off. */
const EDGE_FRAMES = 100;
/** Levels are compared over this many frames: a third of a syllable. */
const MOVEMENT_FRAMES = 8;
/**
 * By how many decibels the level of speech moves in that time on average, at least. Clean speech moves by 4 to 5, speech
 * 10 dB above white noise by 2 or more; white noise alone by 0.4, wind by 1.
 */
const LEAST_MOVEMENT = 1.4;
/** A greater movement is the beginning or end of something, which noise has too. */
const MOST_MOVEMENT = 6;
/** Comparisons that it takes to say so. */
const LEAST_COMPARISONS = 15;
/** What has not moved for so long is no speech. */
const MOST_UNDECIDED_FRAMES = 1000;

/** A whole recording of at most so many frames holds no pause and too few syllables to judge by: it is heard as it is. */
const TOO_SHORT_FRAMES = 50;

/** A stretch of activity that has not ended. */
interface Stretch {
  readonly start: number;
  lastActive: number;
  /** Whether it has moved enough to be speech. */
  isSpeech: boolean;
  movement: number;
  comparisons: number;
}

export class Segmenter {
  readonly #rules: SegmentRules;
  /** The last frames, at least as many as movement looks back. */
  readonly #recent: ActivityFrame[] = [];
  readonly #numRecent: number;
  #stretch: Stretch | undefined;
  #numFrames = 0;
  #loudest = Number.NEGATIVE_INFINITY;
  /** Where the last segment ended. */
  #lastEnd = 0;

  constructor(rules: SegmentRules) {
    this.#rules = rules;
    this.#numRecent = Math.max(MOVEMENT_FRAMES, Math.round(rules.cutSeconds * ACTIVITY_FRAME_RATE));
  }

  /** The first frame that a later event may start from. */
  get earliestFrame(): number {
    return this.#stretch?.start ?? this.#startBefore(this.#numFrames);
  }

  /** Whether a segment has started and not ended. */
  get isInSegment(): boolean {
    return this.#stretch?.isSpeech ?? false;
  }

  push(frame: ActivityFrame): SegmentEvent[] {
    const events: SegmentEvent[] = [];
    const now = this.#numFrames++;
    this.#loudest = Math.max(this.#loudest, frame.level);
    if (frame.isActive) {
      this.#stretch ??= newStretch(this.#startBefore(now), now);
      this.#stretch.lastActive = now;
    }
    if (this.#stretch) this.#judge(this.#stretch, frame, events);
    this.#recent.push(frame);
    if (this.#recent.length > this.#numRecent) this.#recent.shift();
    if (this.#stretch) this.#endAtPause(this.#stretch, now, events);
    return events;
  }

  /** At the recording's end. */
  end(): SegmentEvent[] {
    const stretch = this.#stretch;
    this.#stretch = undefined;
    if (!stretch?.isSpeech) return this.#wholeIfShort();
    const silence = this.#numFrames - stretch.lastActive;
    return [{ kind: "end", frame: silence <= EDGE_FRAMES ? this.#numFrames : stretch.lastActive + PADDING_FRAMES }];
  }

  #wholeIfShort(): SegmentEvent[] {
    const isHeard = this.#numFrames > 0 && this.#numFrames <= TOO_SHORT_FRAMES && this.#loudest > SILENCE_DECIBELS;
    if (!isHeard) return [];
    return [
      { kind: "start", frame: 0 },
      { kind: "end", frame: this.#numFrames },
    ];
  }

  #startBefore(frame: number): number {
    return frame <= EDGE_FRAMES && this.#lastEnd === 0 ? 0 : Math.max(this.#lastEnd, frame - PADDING_FRAMES);
  }

  #judge(stretch: Stretch, frame: ActivityFrame, events: SegmentEvent[]): void {
    const before = this.#recent.at(-MOVEMENT_FRAMES);
    if (stretch.isSpeech) return;
    if (frame.isActive && before?.isActive) {
      stretch.movement += Math.min(MOST_MOVEMENT, Math.abs(frame.level - before.level));
      stretch.comparisons += 1;
    }
    const { movement, comparisons } = stretch;
    if (comparisons >= LEAST_COMPARISONS && movement >= LEAST_MOVEMENT * comparisons) {
      stretch.isSpeech = true;
      events.push({ kind: "start", frame: stretch.start });
    } else if (this.#numFrames - stretch.start > MOST_UNDECIDED_FRAMES) this.#stretch = undefined;
  }

  #endAtPause(stretch: Stretch, now: number, events: SegmentEvent[]): void {
    const { pauseSeconds, longSegmentSeconds, shortPauseSeconds, maxSegmentSeconds } = this.#rules;
    const seconds = (now - stretch.start) / ACTIVITY_FRAME_RATE;
    const pause = seconds >= longSegmentSeconds ? shortPauseSeconds : pauseSeconds;
    if (now - stretch.lastActive >= pause * ACTIVITY_FRAME_RATE) {
      const end = Math.min(now + 1, stretch.lastActive + PADDING_FRAMES);
      this.#stretch = undefined;
      if (!stretch.isSpeech) return;
      this.#lastEnd = end;
      events.push({ kind: "end", frame: end });
    } else if (stretch.isSpeech && seconds >= maxSegmentSeconds) this.#cut(stretch, events);
  }

  /** Ends the segment at the quietest of its last frames, and goes on from there. */
  #cut(stretch: Stretch, events: SegmentEvent[]): void {
    const levels = this.#recent.map(({ level }) => level);
    const cut = this.#numFrames - levels.length + levels.indexOf(Math.min(...levels));
    this.#lastEnd = cut;
    this.#stretch = { ...stretch, start: cut };
    events.push({ kind: "end", frame: cut }, { kind: "start", frame: cut });
  }
}

function newStretch(start: number, now: number): Stretch {
  return { start, lastActive: now, isSpeech: false, movement: 0, comparisons: 0 };
}
