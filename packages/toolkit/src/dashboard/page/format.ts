/** Numbers as the page writes them. What is not known is a dash. */

const counts = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const shortCounts = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const significant = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

export const UNKNOWN = "–";

/** "14,233,053" */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : counts.format(value);
}

/** "1 step", "8,280 steps" */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** "14.2M", for axes and for what is large */
export function shortCount(value: number | null): string {
  return value === null ? UNKNOWN : shortCounts.format(value);
}

/** "7.03%" */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? UNKNOWN : `${(100 * share).toFixed(2)}%`;
}

/** "0.512" */
export function loss(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : value.toPrecision(3);
}

/** "5.00e-4" */
export function small(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  return value === 0 ? "0" : value.toExponential(2);
}

/** How many times faster than it is spoken audio is trained on: "212×". */
export function speed(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : `${significant.format(value)}×`;
}

/** "45 s", "3 min 20 s", "2 h 05 min", "3 d 4 h" */
export function duration(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** "just now", "20 min ago" */
export function ago(milliseconds: number, now: number): string {
  const seconds = (now - milliseconds) / 1000;
  return seconds < 60 ? "just now" : `${duration(Math.floor(seconds / 60) * 60).replace(" 00 s", "")} ago`;
}
