/** What the model says of a recording, letter by letter, on the recording's own time. */
import type { HeardSegment } from "@deepspeech-ts/recognizer/web";

export interface Letter {
  readonly letter: string;
  readonly seconds: number;
  readonly probability: number;
}

/** A blank is the model's word for nothing new. */
const BLANK_LABEL = "∅";

export class Tokens {
  /** Rows from top to bottom: the letters, then the apostrophe, the space and the blank. */
  readonly order: readonly number[];
  readonly letters: Letter[] = [];
  readonly #segments: { readonly firstFrame: number; readonly heard: HeardSegment }[] = [];

  constructor(
    readonly names: readonly string[],
    readonly blankId: number,
    readonly frameSeconds: number,
  ) {
    const rank = (token: number) => (token === blankId ? 2 : /[a-z]/.test(names[token] ?? "") ? 0 : 1);
    this.order = names.map((_, token) => token).sort((a, b) => rank(a) - rank(b) || a - b);
  }

  add(heard: HeardSegment): void {
    const { startSeconds, leadSeconds = 0 } = heard;
    this.#segments.push({ firstFrame: Math.round((startSeconds - leadSeconds) / this.frameSeconds), heard });
    this.#addLetters(heard, startSeconds - leadSeconds);
  }

  /** Log-probabilities by token; undefined where there is no speech. */
  at(frame: number): Float32Array | undefined {
    for (const { firstFrame, heard } of this.#segments) {
      const { logProbs, numFrames, numTokens } = heard.emissions;
      const own = frame - firstFrame;
      if (own >= 0 && own < numFrames) return logProbs.subarray(own * numTokens, (own + 1) * numTokens);
    }
    return undefined;
  }

  /** The likeliest at a time, in words: "e 82%  a 11%"; empty where there is no speech. */
  tell(seconds: number, count = 3): string {
    const logProbs = this.at(Math.floor(seconds / this.frameSeconds));
    if (!logProbs) return "";
    const ranked = this.order.map((token) => ({ token, share: Math.exp(logProbs[token] as number) }));
    const likely = ranked.sort((a, b) => b.share - a.share).slice(0, count);
    return likely
      .flatMap(({ token, share }) => (share < 0.01 ? [] : `${this.#nameOf(token)} ${Math.round(100 * share)}%`))
      .join("  ");
  }

  #nameOf(token: number): string {
    if (token === this.blankId) return BLANK_LABEL;
    const name = this.names[token] ?? "";
    return name === " " ? "␣" : name;
  }

  /** A run of frames that agree is one letter, at the surest of them. */
  #addLetters({ emissions }: HeardSegment, start: number): void {
    const { logProbs, numFrames, numTokens } = emissions;
    let best = { token: this.blankId, frame: 0, logProb: Number.NEGATIVE_INFINITY };
    const close = () => {
      const letter = this.names[best.token] ?? "";
      if (best.token === this.blankId || letter === " ") return;
      const seconds = start + (best.frame + 0.5) * this.frameSeconds;
      this.letters.push({ letter, seconds, probability: Math.exp(best.logProb) });
    };
    for (let frame = 0; frame < numFrames; frame++) {
      const row = logProbs.subarray(frame * numTokens, (frame + 1) * numTokens);
      const token = row.reduce((most, value, id) => (value > (row[most] as number) ? id : most), 0);
      const logProb = row[token] as number;
      if (token !== best.token) {
        close();
        best = { token, frame, logProb };
      } else if (logProb > best.logProb) best = { token, frame, logProb };
    }
    close();
  }
}
