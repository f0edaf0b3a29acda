/** Elements of EBML, the language that WebM and Matroska files are written in (RFC 8794). */

/** An element's name of up to 4 bytes and length of up to 8. */
export const MAX_HEADER_BYTES = 12;

/** The beginning of an element. */
export interface Element {
  readonly id: number;
  readonly headerBytes: number;
  /** Infinite where it is left open. */
  readonly length: number;
}

/** The elements in an element's content, as far as it is there. */
export function* elementsIn(bytes: Uint8Array): Generator<{ id: number; body: Uint8Array }> {
  for (let at = 0; at < bytes.length; ) {
    const element = readElement(bytes, at);
    if (!element) return;
    const start = at + element.headerBytes;
    const end = Math.min(bytes.length, start + element.length);
    yield { id: element.id, body: bytes.subarray(start, end) };
    at = end;
  }
}

/** The element at `at`; undefined where none begins, or its header is not there as a whole. */
export function readElement(bytes: Uint8Array, at: number): Element | undefined {
  const idBytes = widthOf(bytes[at]);
  const lengthBytes = widthOf(bytes[at + idBytes]);
  const headerBytes = idBytes + lengthBytes;
  if (idBytes === 0 || idBytes > 4 || lengthBytes === 0 || at + headerBytes > bytes.length) return undefined;
  const id = wholeNumber(bytes.subarray(at, at + idBytes));
  // Of a buffer, `slice` is no copy.
  const length = Uint8Array.from(bytes.subarray(at + idBytes, at + headerBytes));
  length[0] = (length[0] as number) & (0xff >> lengthBytes);
  const isOpen = length.every((byte, i) => byte === (i === 0 ? 0xff >> lengthBytes : 0xff));
  return { id, headerBytes, length: isOpen ? Number.POSITIVE_INFINITY : wholeNumber(length) };
}

/** How many bytes a number takes, by its first: one more than there are zeros before the first one; 0 where there is none. */
function widthOf(first: number | undefined): number {
  return first === undefined || first === 0 ? 0 : Math.clz32(first) - 23;
}

/** Of as many bytes as there are, the highest first. */
export function wholeNumber(bytes: Uint8Array = new Uint8Array()): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}
