/** `deepspeech data download`. */
import type { Command } from "commander";
import { type DownloadStage, downloadSubset } from "../data/download/download-librispeech.js";
import { findSubset, LIBRISPEECH_SUBSETS } from "../data/download/librispeech-subsets.js";
import { TransferRate } from "../data/download/transfer-rate.js";
import { UserError } from "../errors.js";
import { formatBytes, formatDuration } from "./format.js";
import { INTERRUPTED_EXIT_CODE, listenForInterrupt } from "./interrupt.js";
import { ProgressBar } from "./progress-bar.js";

const HELP = `
Subsets:
${LIBRISPEECH_SUBSETS.map(({ name, description }) => `  ${name.padEnd(16)} ${description}`).join("\n")}

Archives are checked against their published MD5, unpacked under DIR/LibriSpeech, and removed. A download that was cut
short or interrupted goes on where it stopped; other mirrors are asked where one fails. LibriSpeech is licensed under
CC BY 4.0 (https://www.openslr.org/12).

Examples:
  $ npx deepspeech data download librispeech
  $ npx deepspeech data download librispeech --subset train-clean-5 dev-clean-2
  $ npx deepspeech data download librispeech --subset test-other --to /big/disk/data`;

/** What "deepspeech train" reads by default. */
const DEFAULT_SUBSETS = ["train-clean-100", "train-clean-360", "train-other-500", "dev-clean", "test-clean"];
/** Where the output is no terminal, progress is a line each time so many seconds have passed. */
const LINE_SECONDS = 30;
const SHOWN_EVERY_SECONDS = 0.2;

interface DownloadFlags {
  subset: string[];
  to: string;
  mirror?: string[];
}

export function configure(command: Command): void {
  command
    .argument("<corpus>", "librispeech")
    .option("--subset <name...>", "which subsets", DEFAULT_SUBSETS)
    .option("--to <dir>", "the folder for LibriSpeech/", "data")
    .option("--mirror <url...>", "hosts to ask instead of OpenSLR's, such as https://www.openslr.org")
    .addHelpText("after", HELP)
    .action(async (corpus: string, flags: DownloadFlags) => {
      if (corpus !== "librispeech") {
        throw new UserError(`corpus is "${corpus}", expected librispeech.`, { exitCode: 2 });
      }
      await downloadAll(flags);
    });
}

async function downloadAll({ subset: names, to: folder, mirror }: DownloadFlags): Promise<void> {
  for (const url of mirror ?? []) {
    if (!URL.canParse(url))
      throw new UserError(`--mirror is "${url}", expected an address such as https://www.openslr.org.`, {
        exitCode: 2,
      });
  }
  const subsets = names.flatMap((name) => name.split(",")).map(findSubset);
  using interruption = listenForInterrupt(() => {});
  const { signal } = interruption;
  for (const subset of subsets) {
    const display = new DownloadDisplay(subset.name);
    try {
      const outcome = await downloadSubset(subset, {
        folder,
        ...(mirror ? { mirrors: mirror } : {}),
        signal,
        onProgress: (stage, done, total) => display.show(stage, done, total),
        onRetry: (url, reason) => display.note(`${url} ${reason}`),
      });
      display.note(outcome === "downloaded" ? `is ready in ${folder}/LibriSpeech/${subset.name}` : "is there already");
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new UserError("interrupted; the same command goes on where it stopped", {
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
