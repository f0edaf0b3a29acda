/** Cuts a recording at its pauses: from frames of activity to stretches of speech. */
import { ACTIVITY_FRAME_RATE, type ActivityFrame, SILENCE_DECIBELS } from "./speech-detector.js";

/** All in seconds. */
export interface SegmentRules {
  /** A pause that ends a segment. */
  readonly pauseSeconds: number;
  /** From this length on, a segment ends at a shorter pause. */
  readonly longSegmentSeconds: number;
  readonly shortPauseSeconds: number;
  /** At this length a segment is cut at the quietest moment of its last `cutSeconds`. */
  readonly maxSegmentSeconds: number;
  readonly cutSeconds: number;
}

/** Frames of activity, counted from the recording's first. An end is the frame after the last. */
export type SegmentEvent = { readonly kind: "start" | "end"; readonly frame: number };

const inFrames = (seconds: number): number => Math.round(seconds * ACTIVITY_FRAME_RATE);

/** Sound kept on either side of what is active: consonants may begin before. */
const PADDING_FRAMES = inFrames(0.3);
/** Silence at a recording's ends that need not be cut off. */
const EDGE_FRAMES = inFrames(1);
/** A whole recording of at most so many frames holds too little to judge by: it is heard as it is. */
const TOO_SHORT_FRAMES = Math.ceil(0.5 * ACTIVITY_FRAME_RATE);

/** A stretch of activity that has not ended. */
interface Stretch {
  readonly start: number;
  lastActive: number;
}

export class Segmenter {
  readonly #rules: SegmentRules;
  /** Levels of the last frames. */
  readonly #recent: number[] = [];
  readonly #numRecent: number;
  #stretch: Stretch | undefined;
  #numFrames = 0;
  #loudest = Number.NEGATIVE_INFINITY;
  /** Where the last segment ended. */
  #lastEnd = 0;

  constructor(rules: SegmentRules) {
    this.#rules = rules;
    this.#numRecent = Math.max(1, inFrames(rules.cutSeconds));
  }

  /** The first frame that a later event may start from. */
  get earliestFrame(): number {
    return this.#stretch?.start ?? this.#startBefore(this.#numFrames);
  }

  /** The first frame that this segment may end at. */
  get earliestEnd(): number {
    return (this.#stretch?.lastActive ?? this.#numFrames) + 1;
  }

  /** The first frame that a segment after this one may begin at. */
  get earliestNext(): number {
    return this.#numFrames - Math.max(PADDING_FRAMES, this.#recent.length);
  }

  push({ isActive, level }: ActivityFrame): SegmentEvent[] {
    const events: SegmentEvent[] = [];
    const now = this.#numFrames++;
    this.#loudest = Math.max(this.#loudest, level);
    if (isActive) {
      if (!this.#stretch) events.push({ kind: "start", frame: this.#startBefore(now) });
      this.#stretch ??= { start: this.#startBefore(now), lastActive: now };
      this.#stretch.lastActive = now;
    }
    this.#recent.push(level);
    if (this.#recent.length > this.#numRecent) this.#recent.shift();
    if (this.#stretch) this.#endAtPause(this.#stretch, now, events);
    return events;
  }

  /** Ends a segment here, whatever was active: the next begins here too, where there still is activity. */
  interrupt(): SegmentEvent[] {
    const stretch = this.#stretch;
    if (!stretch) return [];
    const now = this.#numFrames;
    this.#lastEnd = now;
    this.#stretch = undefined;
    return [{ kind: "end", frame: now }];
  }

  /** At the recording's end. */
  end(): SegmentEvent[] {
    const stretch = this.#stretch;
    this.#stretch = undefined;
    if (!stretch) return this.#wholeIfShort();
    const silence = this.#numFrames - stretch.lastActive;
    return [{ kind: "end", frame: silence <= EDGE_FRAMES ? this.#numFrames : stretch.lastActive + PADDING_FRAMES }];
  }

  #wholeIfShort(): SegmentEvent[] {
    const isShort = this.#numFrames > 0 && this.#numFrames <= TOO_SHORT_FRAMES && this.#lastEnd === 0;
    if (!isShort || this.#loudest <= SILENCE_DECIBELS) return [];
    return [
      { kind: "start", frame: 0 },
      { kind: "end", frame: this.#numFrames },
    ];
  }

  #startBefore(frame: number): number {
    return frame <= EDGE_FRAMES && this.#lastEnd === 0 ? 0 : Math.max(this.#lastEnd, frame - PADDING_FRAMES);
  }

  #endAtPause(stretch: Stretch, now: number, events: SegmentEvent[]): void {
    const { pauseSeconds, longSegmentSeconds, shortPauseSeconds, maxSegmentSeconds } = this.#rules;
    const seconds = (now - stretch.start) / ACTIVITY_FRAME_RATE;
    const pause = seconds >= longSegmentSeconds ? shortPauseSeconds : pauseSeconds;
    if (now - stretch.lastActive >= pause * ACTIVITY_FRAME_RATE) {
      const end = Math.min(now + 1, stretch.lastActive + PADDING_FRAMES);
      this.#stretch = undefined;
      this.#lastEnd = end;
      events.push({ kind: "end", frame: end });
    } else if (seconds >= maxSegmentSeconds) this.#cut(stretch, events);
  }

  /** Ends the segment at the quietest of its own last frames, and goes on from there, where there still is activity. */
  #cut(stretch: Stretch, events: SegmentEvent[]): void {
    const own = this.#recent.slice(-Math.max(1, this.#numFrames - 1 - stretch.start));
    const cut = this.#numFrames - own.length + own.indexOf(Math.min(...own));
    this.#lastEnd = cut;
    events.push({ kind: "end", frame: cut });
    this.#stretch = stretch.lastActive < cut ? undefined : { ...stretch, start: cut };
    if (this.#stretch) events.push({ kind: "start", frame: cut });
  }
}
