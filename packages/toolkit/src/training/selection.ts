/**
 * Which epochs are better than others: what chooses the best checkpoint, those that are kept and averaged, when patience
 * ends, and when reduce-on-plateau reduces. All of them follow one number, so that they cannot disagree.
 */
import { z } from "zod";

/** "auto" is CER while WER is high and WER from then on. */
export const selectBySchema = z.enum(["auto", "wer", "cer", "loss"]);

export type SelectBy = z.output<typeof selectBySchema>;

/** What one evaluation on dev measured; no loss where CTC can align none of it, and in runs of earlier versions. */
export interface Measurement {
  wer: number;
  cer: number;
  loss?: number | undefined;
}

/**
 * From here on WER chooses, under "auto". Above it, whole words are right by luck, so that WER hovers while letters get
 * better and better: following it would be following noise.
 */
const HIGH_WER = 0.5;

/** An epoch with at least this CER has not learned to spell: it answers blanks, or a few letters that are always likely. */
const PLATEAU_CER = 0.9;

/**
 * The number that an epoch is judged by; less is better.
 *
 * "auto" gives WER where it is below a half, and else a half more than CER: every epoch of the first kind is better than
 * any of the second. "wer" takes all WERs beyond 1 for 1, which is what a model has that says nothing.
 */
export function selectionMetric({ wer, cer, loss }: Measurement, selectBy: SelectBy): number {
  if (selectBy === "loss") return loss ?? Number.POSITIVE_INFINITY;
  if (selectBy === "cer") return cer;
  if (selectBy === "wer") return Math.min(1, wer);
  return wer < HIGH_WER ? wer : HIGH_WER + cer;
}

/**
 * By the metric; CER decides between equals, and while a model has learned nothing but blanks, the loss, which falls all
 * the same. Later it would keep patience from ending where nothing that is heard gets better.
 */
export function isBetter(candidate: Measurement, other: Measurement, selectBy: SelectBy): boolean {
  const judge = (measurement: Measurement) => [
    selectionMetric(measurement, selectBy),
    measurement.cer,
    hasLeftPlateau(measurement) ? 0 : (measurement.loss ?? Number.POSITIVE_INFINITY),
  ];
  const [own, its] = [judge(candidate), judge(other)];
  const differing = own.findIndex((value, i) => value !== its[i]);
  return differing >= 0 && own[differing]! < its[differing]!;
}

/** Whether a model has left CTC's plateau, on which it answers blanks alone. */
export function hasLeftPlateau({ cer }: Measurement): boolean {
  return cer < PLATEAU_CER;
}
