/**
 * Protocol buffers as far as ONNX's files need them here: a message's fields as views of its bytes, none of which is
 * copied, and fields of bytes. Two messages that follow one another are one that has the fields of both.
 */

/** The wire's types. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** Bytes of the types that say it by their number: 64 bits, and 32. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

export interface Field {
  readonly number: number;
  /** Of a field of bytes. */
  readonly content?: Uint8Array;
  /** Of a whole number. */
  readonly value?: number;
  /** All of the field, as it stands. */
  readonly whole: Uint8Array;
}

/** All fields of a message, in order. */
export function* allFields(message: Uint8Array): Generator<Field> {
  const reader = { message, at: 0 };
  while (reader.at < message.length) {
    const start = reader.at;
    const tag = varint(reader);
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (type === VARINT) {
      const value = varint(reader);
      yield { number, value, whole: message.subarray(start, reader.at) };
      continue;
    }
    const size = type === LENGTH_DELIMITED ? varint(reader) : (FIXED_BYTES[type] ?? message.length);
    const content = message.subarray(reader.at, reader.at + size);
    reader.at += size;
    yield { number, ...(type === LENGTH_DELIMITED && { content }), whole: message.subarray(start, reader.at) };
  }
}

/** A message's fields of bytes of one number. */
export function* fieldsOf(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  for (const { number, content } of allFields(message)) if (number === wanted && content) yield content;
}

/** A message's whole numbers of one field, packed into one or each by itself. */
export function numbersOf(message: Uint8Array, wanted: number): number[] {
  const found: number[] = [];
  for (const { number, content, value } of allFields(message)) {
    if (number !== wanted) continue;
    if (value !== undefined) found.push(value);
    const reader = { message: content ?? new Uint8Array(), at: 0 };
    while (reader.at < reader.message.length) found.push(varint(reader));
  }
  return found;
}

/** A message's number of 32 bits. */
export function floatOf(message: Uint8Array, wanted: number): number | undefined {
  const [found] = [...allFields(message)].filter(({ number }) => number === wanted);
  return found && new DataView(found.whole.slice(-4).buffer).getFloat32(0, true);
}

/** The texts of one field. */
export function textsOf(message: Uint8Array, wanted: number): string[] {
  return Array.from(fieldsOf(message, wanted), (bytes) => new TextDecoder().decode(bytes));
}

/** A field of bytes, which may be in pieces. */
export function field(number: number, contents: readonly Uint8Array[]): Uint8Array[] {
  const size = contents.reduce((sum, { length }) => sum + length, 0);
  return [Uint8Array.of(...varintBytes(number * 8 + LENGTH_DELIMITED), ...varintBytes(size)), ...contents];
}

export function numberField(number: number, value: number): Uint8Array {
  return Uint8Array.of(...varintBytes(number * 8 + VARINT), ...varintBytes(value));
}

/** Numbers may be larger than 32 bits: shifts would cut them off. */
function varint(reader: { readonly message: Uint8Array; at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.message[reader.at++] ?? 0;
    value += (byte % 128) * scale;
    if (byte < 128) return value;
  }
}

function varintBytes(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varintBytes(Math.floor(value / 128))];
}
