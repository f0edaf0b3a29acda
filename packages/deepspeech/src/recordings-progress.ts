/**
 * One line for each recording as it is done, a bar below them on a terminal, and what failed at the end: among thousands
 * of lines a complaint in the middle would be lost.
 */
import { formatDuration, formatPlural } from "./format.js";
import { ProgressBar } from "./progress-bar.js";
import type { Outcome, Writer } from "./transcribe-outputs.js";

export interface RecordingsProgress {
  /** Takes the outcome of one recording. */
  take(outcome: Outcome): void;
  /** Takes how many seconds of sound have been heard of all of them. */
  hear(seconds: number): void;
  /** Takes the bar away and names what failed; answers whether anything did. */
  end(): boolean;
}

/** @param title what is done to the recordings: "transcribing" */
export function recordingsProgress(title: string, total: number, write: Writer): RecordingsProgress {
  // One short recording is done before a bar can be read, but an hour is not.
  const bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  const failures: string[] = [];
  let numDone = 0;
  let seconds = 0;
  const show = () => bar.show(numDone, total, { title, figures: `${formatDuration(seconds)} of sound` });
  show();
  return {
    take(outcome) {
      numDone += 1;
      if ("error" in outcome) failures.push(outcome.error);
      bar.close();
      write(outcome);
      if (numDone < total) show();
    },
    hear(heard) {
      seconds = heard;
      show();
    },
    end() {
      bar.close();
      for (const failure of failures) process.stderr.write(`deepspeech: ${failure}\n`);
      if (failures.length > 1) {
        const failed = `${failures.length} of ${formatPlural(total, "recording")} failed`;
        process.stderr.write(`deepspeech: ${failed}: see above\n`);
      }
      return failures.length > 0;
    },
  };
}
