/** What is told of a calibration of word confidences. */
import { type ConfidenceFit, isUncalibrated, largestGap } from "@deepspeech-ts/speech";

/** How far confidences are from the share of right words, in the worst of ten bins, on words that were held out. */
export function confidenceLine({ calibration, before, after }: ConfidenceFit): string {
  const raw = largestGap(before).toFixed(2);
  if (isUncalibrated(calibration)) return `confidences stay as they are: no calibration helps; off by ${raw} at most`;
  return `confidences calibrated: off by ${largestGap(after).toFixed(2)} at most, instead of ${raw}`;
}
