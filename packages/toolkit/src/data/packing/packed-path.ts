/**
 * How a recording inside a shard is named: `<shard>.pcm16#<first sample>+<samples>`, wherever an audio path may stand.
 *
 * So the index of a packed corpus is a manifest like any other, and whatever reads manifests reads packed corpora too.
 */

/** The ending of shards. */
export const SHARD_EXTENSION = ".pcm16";

export interface PackedPath {
  readonly shardPath: string;
  /** Where the recording begins, in samples from the shard's first. */
  readonly firstSample: number;
  readonly numSamples: number;
}

export function formatPackedPath({ shardPath, firstSample, numSamples }: PackedPath): string {
  return `${shardPath}#${firstSample}+${numSamples}`;
}

/** Undefined for the path of an ordinary file. */
export function parsePackedPath(path: string): PackedPath | undefined {
  const match = /^(.*\.pcm16)#(\d+)\+(\d+)$/s.exec(path);
  if (!match) return undefined;
  return { shardPath: match[1] as string, firstSample: Number(match[2]), numSamples: Number(match[3]) };
}
