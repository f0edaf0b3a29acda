/** What a run puts up with: a few unreadable files, a few steps without a finite loss. Beyond that it stops. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { formatPlural } from "@deepspeech-ts/speech";

/** More unreadable files than this share of the corpus, and something is wrong with the corpus … */
const TOLERATED_SHARE = 0.05;
/** … but for so many, which in a small corpus say nothing yet, as long as half of it is there. */
const TOLERATED_FILES = 3;
/** So many steps in a row without a finite loss, and the run has diverged. */
const TOLERATED_SKIPS = 20;

/** What could not be used, and why. */
export interface Setback {
  id: string;
  reason: string;
}

export class Setbacks {
  readonly #failed = new Set<string>();
  readonly #named = new Set<string>();
  readonly #unusable = new Set<string>();
  #skipsInARow = 0;

  /** @param onFailure told of each unreadable file once, however often it is asked for */
  constructor(
    readonly numTrainingFiles: number,
    readonly onFailure: (id: string, reason: string) => void,
  ) {}

  /** @throws UserError `bad-corpus` where they are too many */
  trainingFailures(failures: readonly Setback[]): void {
    for (const { id, reason } of failures) {
      this.name(id, reason);
      this.#failed.add(id);
      if (this.#failed.size <= tolerated(this.numTrainingFiles)) continue;
      throw new UserError(
        `${this.#failed.size} of ${formatPlural(this.numTrainingFiles, "training file")} could not be loaded, more than can be passed over; the last: ${reason}`,
        { code: "bad-corpus" },
      );
    }
  }

  /** Tells once of each noise or room that cannot be used; training goes on without it. */
  augmentationFailures(reasons: readonly string[]): void {
    for (const reason of reasons) {
      if (this.#unusable.has(reason)) continue;
      this.#unusable.add(reason);
      this.onFailure("augmentation", reason);
    }
  }

  name(id: string, reason: string): void {
    if (this.#named.has(id)) return;
    this.#named.add(id);
    this.onFailure(id, reason);
  }

  /** @throws UserError `diverged` */
  step(skipped: boolean, firstUtterance: string): void {
    this.#skipsInARow = skipped ? this.#skipsInARow + 1 : 0;
    if (this.#skipsInARow < TOLERATED_SKIPS) return;
    throw new UserError(
      `the loss was not finite in ${formatPlural(TOLERATED_SKIPS, "step")} in a row (the last with ${firstUtterance}); ` +
        "lower learningRate or gradientClip, and check the audio.",
      { code: "diverged" },
    );
  }
}

/** How many of a corpus's files may be unreadable. */
function tolerated(numFiles: number): number {
  return Math.max(TOLERATED_SHARE * numFiles, Math.min(TOLERATED_FILES, numFiles / 2));
}
