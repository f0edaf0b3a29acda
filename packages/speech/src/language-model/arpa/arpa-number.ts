/** The numbers of ARPA files, read from and written as bytes: a large model has hundreds of millions of them. */

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** More digits than this do not fit a double exactly. */
const EXACT_DIGITS = 15;
const decoder = new TextDecoder();

/** What a probability of zero becomes, as is the custom in ARPA files. */
export const LOG10_ZERO = -99;

/** The number in `bytes[start, end)`; NaN when it is none that a double can hold. Minus infinity becomes -99. */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (let i = negative ? start + 1 : start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + byte - ZERO;
      digits += 1;
    } else if (byte === POINT && point === -1) {
      point = i;
    } else {
      return parseUnusualNumber(bytes, start, end);
    }
  }
  if (digits === 0 || digits > EXACT_DIGITS) return parseUnusualNumber(bytes, start, end);
  const value = point === -1 ? mantissa : mantissa / 10 ** (end - point - 1);
  return negative ? -value : value;
}

function parseUnusualNumber(bytes: Uint8Array, start: number, end: number): number {
  const text = decoder.decode(bytes.subarray(start, end));
  if (/^-inf(inity)?$/i.test(text)) return LOG10_ZERO;
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number.NaN;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  return value < 0 ? LOG10_ZERO : Number.NaN;
}

/** Decimals written: as many as a Float32 near -10 has. */
const DECIMALS = 7;
const SCALE = 10 ** DECIMALS;

/** The most bytes that `writeNumber` writes. */
export const LONGEST_NUMBER = 2 + 10 + DECIMALS;

/** Writes `value` at `at` with seven decimals, without zeros at the end; returns where it ends. */
export function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  let end = at;
  const scaled = Math.round(Math.abs(value) * SCALE);
  if (value < 0 && scaled > 0) bytes[end++] = MINUS;
  end = writeDigits(bytes, end, Math.floor(scaled / SCALE), 1);
  const fraction = scaled % SCALE;
  if (fraction === 0) return end;
  bytes[end++] = POINT;
  end = writeDigits(bytes, end, fraction, DECIMALS);
  while (bytes[end - 1] === ZERO) end -= 1;
  return end;
}

/** Writes a whole number with at least `width` digits. */
function writeDigits(bytes: Uint8Array, at: number, value: number, width: number): number {
  let length = width;
  while (value >= 10 ** length) length += 1;
  let rest = value;
  for (let i = at + length - 1; i >= at; i--) {
    bytes[i] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + length;
}
