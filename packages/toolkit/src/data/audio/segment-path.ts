/**
 * How a part of a recording is named: `<file>#t=<from>,<to>` in seconds, wherever an audio path may stand (the form is
 * that of Media Fragments, https://www.w3.org/TR/media-frags/). Manifests say it by "offset" and "duration".
 *
 * So an utterance remains a path, and whatever reads, caches or names recordings need not know of parts.
 */

export interface SegmentPath {
  readonly filePath: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

export function formatSegmentPath({ filePath, fromSeconds, toSeconds }: SegmentPath): string {
  return `${filePath}#t=${rounded(fromSeconds)},${rounded(toSeconds)}`;
}

/** The path of so many seconds of a file, from `offset` on. */
export function partOfFile(filePath: string, offset: number, durationSeconds: number): string {
  return formatSegmentPath({ filePath, fromSeconds: offset, toSeconds: offset + durationSeconds });
}

/** Undefined for the path of a whole file. */
export function parseSegmentPath(path: string): SegmentPath | undefined {
  const match = /^(.*)#t=(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)$/s.exec(path);
  if (!match) return undefined;
  const [, filePath = "", from, to] = match;
  return { filePath, fromSeconds: Number(from), toSeconds: Number(to) };
}

/** To the nanosecond, without the dust that adding leaves, and never with an exponent. */
function rounded(seconds: number): string {
  return seconds.toFixed(9).replace(/\.?0+$/, "");
}
