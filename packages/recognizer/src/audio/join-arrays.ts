/** Arrays, one after another, in one array of their own. */

export function joinArrays(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(totalLength(parts));
  fill(whole, parts);
  return whole;
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(totalLength(parts));
  fill(whole, parts);
  return whole;
}

function totalLength(parts: readonly { length: number }[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function fill(
  whole: { set(part: ArrayLike<number>, offset: number): void },
  parts: readonly ArrayLike<number>[],
): void {
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
}

/** The same bytes as a plain array: what `slice` gives of one of Node's buffers is no copy. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
