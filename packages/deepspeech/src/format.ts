/** Numbers as people read them. */
import { type EditCounts, formatCount } from "@deepspeech-ts/speech";

export { formatCount, formatPlural } from "@deepspeech-ts/speech";

/** A share as a percentage with two digits: "7.03%". */
export function formatRate(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

/** "45 s", "3 min 20 s", "2 h 05 min" */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  if (whole < 60) return seconds < 10 ? `${seconds.toFixed(1)} s` : `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** Hours of audio, or minutes where there is less than an hour: "100.6 h", "18.2 min". */
export function formatAudio(seconds: number): string {
  return seconds >= 3600 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 60).toFixed(1)} min`;
}

/** "12.3 GB" */
export function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** A learning rate: "5.00e-4". */
export function formatSmall(value: number): string {
  return value === 0 ? "0" : value.toExponential(2);
}

/** "S 3, D 1, I 0": what an error rate is the sum of. */
export function formatEdits({ substitutions, deletions, insertions }: EditCounts): string {
  return `S ${formatCount(substitutions)}, D ${formatCount(deletions)}, I ${formatCount(insertions)}`;
}

/** A sample as two lines, one word under the other's beginning. */
export function formatPair(reference: string, hypothesis: string, indent: string): string[] {
  return [`${indent}reference   ${reference}`, `${indent}hypothesis  ${hypothesis || "(nothing)"}`];
}

/** A name in a list of lines and columns: what would break either is written as in JavaScript, "\\t" for a tab. */
export function inOneCell(name: string): string {
  return name.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    const known = { "\t": "\\t", "\n": "\\n", "\r": "\\r" }[character];
    return known ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A path or word as a shell takes it. */
export function quoteForShell(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
