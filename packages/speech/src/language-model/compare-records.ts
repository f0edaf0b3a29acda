/** The order of records: by the numbers in some of their slots. */

/** -1, 0 or 1, as the record at `a` comes before, with or after the one at `b`. */
export function compareRecords(
  a: Uint32Array,
  aOffset: number,
  b: Uint32Array,
  bOffset: number,
  keys: readonly number[],
): number {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    const x = a[aOffset + key] as number;
    const y = b[bOffset + key] as number;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
