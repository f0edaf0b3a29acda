/** Changes that get further into text, tables and JSON than random bytes do. */

const NUMBERS = ["0", "-1", "1e308", "1e400", "-1e400", "NaN", "Infinity", "4294967296", "9007199254740993", "1e-320"];
const ODD_TEXT = [
  ...[
    "\0",
    "\ufeff",
    "\u2028",
    "\u0085",
    "\r",
    "\t",
    '"',
    '""',
    "\\",
    "'",
    ",",
    "|",
    "=",
    "{",
    "}",
    "[",
    "]",
    "\\u0000",
  ],
  ...[
    "../../../escaped",
    "/dev/zero",
    "\ud800",
    "e\u0301",
    "\u202e",
    "a".repeat(70_000),
    '"'.repeat(3000),
    "#0+99999999999",
  ],
];
const VALUES = [
  ...[
    null,
    true,
    0,
    -1,
    0.5,
    1e308,
    -1e308,
    2 ** 31,
    2 ** 53,
    1e15,
    5e-324,
    "",
    "x",
    "NaN",
    "\0",
    [],
    {},
    [[]],
    [null],
  ],
  ...["../../../escaped", "a".repeat(70_000), "\u2028\n\r\t", { __proto__: null, a: 1 }, Array(1000).fill(1)],
];
/** Where another change has nested without end. */
const DEEPEST_PLACE = 20;
const DEPTHS = [100, 10_000, 200_000];

const decode = (bytes) => Buffer.from(bytes).toString("utf8");
export const encode = (text) => Uint8Array.from(Buffer.from(text, "utf8"));
const anyOf = (list, pick) => list[pick(list.length)];

/** Of the text as characters. */
export const TEXT_CHANGES = {
  oddText(bytes, { pick }) {
    const text = decode(bytes);
    const at = pick(text.length + 1);
    return encode(text.slice(0, at) + anyOf(ODD_TEXT, pick) + text.slice(at));
  },

  otherNumber(bytes, { pick }) {
    const text = decode(bytes);
    const places = [...text.matchAll(/-?\d+(\.\d+)?/g)];
    if (places.length === 0) return bytes;
    const { index, 0: found } = anyOf(places, pick);
    return encode(text.slice(0, index) + anyOf(NUMBERS, pick) + text.slice(index + found.length));
  },

  shuffledLines(bytes, { pick }) {
    const lines = decode(bytes).split("\n");
    const [from, to] = [pick(lines.length), pick(lines.length)];
    const [line] = lines.splice(from, 1);
    // Moved, gone, or there many times.
    const copies = [1, 0, 2, 5000][pick(4)];
    if (copies * line.length > 5e6) return bytes;
    lines.splice(to, 0, ...Array(copies).fill(line));
    return encode(lines.join("\n"));
  },

  otherLineEnds: (bytes, { pick }) =>
    encode(decode(bytes).replaceAll("\n", anyOf(["\r\n", "\r", "", "\n\n", "\u2028"], pick))),

  otherEncoding(bytes, { pick }) {
    const text = decode(bytes);
    const encoding = anyOf(["utf16le", "latin1"], pick);
    return Uint8Array.from(Buffer.from((encoding === "utf16le" ? "\ufeff" : "") + text, encoding));
  },
};

/** Of one value in a line of JSON, or in the only one. */
export const JSON_CHANGES = {
  otherValue(bytes, { pick }) {
    const lines = decode(bytes).split("\n");
    const at = pick(lines.length);
    lines[at] = withOtherValue(lines[at], pick);
    return encode(lines.join("\n"));
  },

  /** All of it one number, list, word; or an object where none is due. */
  otherWhole: (_, { pick }) => encode(JSON.stringify(anyOf(VALUES, pick))),

  deepNesting(bytes, { pick }) {
    const depth = anyOf(DEPTHS, pick);
    const [open, close] = anyOf(
      [
        ["[", "]"],
        ['{"a":', "}"],
      ],
      pick,
    );
    const nested = open.repeat(depth) + (open === "[" ? "" : "1") + close.repeat(depth);
    const text = decode(bytes);
    const places = [...text.matchAll(/:\s*/g)];
    if (places.length === 0) return encode(nested);
    const { index, 0: found } = anyOf(places, pick);
    const end = /[,}\]\n]/.exec(text.slice(index + found.length))?.index ?? 0;
    return encode(text.slice(0, index + found.length) + nested + text.slice(index + found.length + end));
  },
};

/** One value of the JSON in `text` replaced, removed, or put under another key; text that is no JSON stays. */
export function withOtherValue(text, pick) {
  try {
    const root = { value: JSON.parse(text) };
    changeValue(root, pick);
    return JSON.stringify(root.value) ?? "";
  } catch {
    return text;
  }
}

function changeValue(root, pick) {
  const { holder, key } = anyOf([...placesIn(root, 0)], pick);
  const kind = pick(6);
  if (kind === 0 && holder !== root) delete holder[key];
  else if (kind === 1 && holder !== root) {
    holder[anyOf(["__proto__", "constructor", "unknown", "name", "0"], pick)] = holder[key];
  } else holder[key] = anyOf(VALUES, pick);
}

function* placesIn(holder, depth) {
  if (depth > DEEPEST_PLACE) return;
  for (const key of Object.keys(holder)) {
    yield { holder, key };
    if (typeof holder[key] === "object" && holder[key] !== null) yield* placesIn(holder[key], depth + 1);
  }
}
