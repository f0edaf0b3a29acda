/**
 * The learning rate as a function of progress, from 0 at the first step to 1 after the last. A pure function of
 * progress can be resumed anywhere, and fitted to a budget of time as well as to a number of steps.
 */
export interface ScheduleOptions {
  kind: "warmup-cosine" | "one-cycle" | "constant";
  peak: number;
  final: number;
  /** Share of the run in which the rate rises. */
  warmupShare: number;
}

/** Where OneCycleLR starts and ends: max / 25, and that / 1e4 unless `final` says otherwise. Smith & Topin 2018. */
const ONE_CYCLE_START_DIVISOR = 25;

/**
 * - "warmup-cosine": linear from 0 to the peak, then half a cosine down to `final` (Loshchilov & Hutter 2017);
 * - "one-cycle": linear from peak / 25 to the peak, then linear down to `final`;
 * - "constant": linear from 0 to the peak, then the peak.
 */
export function learningRateAt(progress: number, { kind, peak, final, warmupShare }: ScheduleOptions): number {
  const start = kind === "one-cycle" ? peak / ONE_CYCLE_START_DIVISOR : 0;
  if (progress < warmupShare) return start + (peak - start) * (progress / warmupShare);
  if (kind === "constant") return peak;
  const fall = warmupShare < 1 ? Math.min(1, (progress - warmupShare) / (1 - warmupShare)) : 1;
  const shape = kind === "one-cycle" ? 1 - fall : (1 + Math.cos(Math.PI * fall)) / 2;
  return final + (peak - final) * shape;
}
