/** LibriSpeech's subsets with progress on the terminal, for `deepspeech data download` and `deepspeech train`. */

import { UserError } from "@deepspeech-ts/recognizer/system";
import { INTERRUPTED_EXIT_CODE, listenForInterrupt } from "@deepspeech-ts/server/command-line";
import {
  type DownloadStage,
  downloadSubset,
} from "@deepspeech-ts/toolkit/internal/data/download/download-librispeech.js";
import type { LibriSpeechSubset } from "@deepspeech-ts/toolkit/internal/data/download/librispeech-subsets.js";
import { TransferRate } from "@deepspeech-ts/toolkit/internal/data/download/transfer-rate.js";
import { formatBytes, formatDuration } from "./format.js";
import { ProgressBar } from "./progress-bar.js";

/** Where the output is no terminal, progress is a line each time so many seconds have passed. */
const LINE_SECONDS = 30;
const SHOWN_EVERY_SECONDS = 0.2;

export interface DownloadSubsetsOptions {
  /** The folder for LibriSpeech/. */
  folder: string;
  /** Hosts to ask instead of OpenSLR's. */
  mirrors?: readonly string[] | undefined;
}

/**
 * Downloads one subset after the other; what is there already is left as it is.
 *
 * @throws UserError where one cannot be had, or Ctrl-C was pressed: the same command goes on where it stopped
 */
export async function downloadSubsets(
  subsets: readonly LibriSpeechSubset[],
  { folder, mirrors }: DownloadSubsetsOptions,
): Promise<void> {
  using interruption = listenForInterrupt(() => {});
  const { signal } = interruption;
  for (const subset of subsets) {
    const display = new DownloadDisplay(subset.name);
    try {
      const outcome = await downloadSubset(subset, {
        folder,
        ...(mirrors ? { mirrors } : {}),
        signal,
        onProgress: (stage, done, total) => display.show(stage, done, total),
        onRetry: (url, reason) => display.note(`${url} ${reason}`),
      });
      display.note(outcome === "downloaded" ? `is ready in ${folder}/LibriSpeech/${subset.name}` : "is there already");
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new UserError("interrupted; the same command resumes where it stopped", {
        code: "interrupted",
        exitCode: INTERRUPTED_EXIT_CODE,
      });
    } finally {
      display.close();
    }
  }
}

/** A bar on a terminal; lines elsewhere. */
class DownloadDisplay {
  readonly #name: string;
  readonly #bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  #rate = new TransferRate();
  #stage: DownloadStage | undefined;
  #shownSeconds = 0;
  #lineSeconds = 0;

  constructor(name: string) {
    this.#name = name;
  }

  show(stage: DownloadStage, doneBytes: number, totalBytes: number): void {
    const now = performance.now() / 1000;
    // A fast line brings thousands of pieces a second.
    if (stage === this.#stage && doneBytes < totalBytes && now - this.#shownSeconds < SHOWN_EVERY_SECONDS) return;
    this.#shownSeconds = now;
    if (stage !== this.#stage) this.#rate = new TransferRate();
    this.#rate.add(doneBytes, now);
    const left = this.#rate.secondsLeft(totalBytes);
    const speed = `${(this.#rate.bytesPerSecond / 1e6).toFixed(1)} MB/s`;
    const figures = left === undefined ? speed : `${speed}  ${formatDuration(left)} left`;
    const title = `${this.#name}: ${stage}`;
    this.#bar.show(Math.round(doneBytes / 1e6), Math.round(totalBytes / 1e6), { title, figures: `MB  ${figures}` });
    const isDue = stage !== this.#stage || now - this.#lineSeconds >= LINE_SECONDS;
    this.#stage = stage;
    if (process.stderr.isTTY || !isDue) return;
    this.#lineSeconds = now;
    process.stderr.write(`${title} ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}, ${figures}\n`);
  }

  note(text: string): void {
    this.#bar.close();
    process.stderr.write(`${this.#name}: ${text}\n`);
  }

  close(): void {
    this.#bar.close();
  }
}
