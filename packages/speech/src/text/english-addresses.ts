/** Addresses as they are read aloud: of mail ("john dot doe at example dot com"), of the web, and telephone numbers. */
import { cardinalWords, digitWords, LARGEST_CARDINAL } from "./english-numbers.js";
import type { Rule } from "./normalise-rule.js";

/** Endings that are no words which might begin a sentence after a full stop without its space. */
const DOMAINS =
  "com|org|net|edu|gov|mil|int|info|biz|io|ai|dev|app|tv|uk|de|fr|eu|ca|au|ch|nl|es|jp|cn|ru|br|se|pl|nz|ie|fm|gg|ly|xyz";
const LABEL = `[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?`;
const HOST = String.raw`(?:${LABEL}\.)+(?:${DOMAINS})(?![a-z0-9])`;
/** Said letter by letter. */
const SPELT = new Set([
  "www",
  "edu",
  "uk",
  "io",
  "ai",
  "tv",
  "de",
  "fr",
  "eu",
  "ca",
  "au",
  "ch",
  "nl",
  "es",
  "jp",
  "cn",
]);
const SIGNS: Readonly<Record<string, string>> = { ".": "dot", "@": "at", "-": "dash", _: "underscore", "+": "plus" };

/** In the order they are to be tried. */
export const addressRules: readonly Rule[] = [
  // What follows a host is read in as many ways as there are readers.
  { kind: "address", pattern: /(?<![\p{L}\p{N}])(?:https?|ftp):\/\/[^\s<>"]+(?<![.,;:!?)])/iuy, write: () => null },
  {
    kind: "address",
    pattern: new RegExp(String.raw`(?<![\p{L}\p{N}.])${HOST}[/:?#][^\s<>"]*(?<![.,;:!?)])`, "iuy"),
    write: () => null,
  },
  {
    kind: "address",
    pattern: new RegExp(String.raw`(?<![\p{L}\p{N}.@])(?:[a-z0-9](?:[a-z0-9._+-]*[a-z0-9])?@)?${HOST}`, "iuy"),
    write: ([address]) => addressWords(address),
  },
  // A full stop between letters may be a dot that is spoken, or a space that was forgotten.
  { kind: "address", pattern: /(?<=[a-z][a-z])\.(?=[a-z]{2})/uy, write: () => null },
  {
    kind: "telephone",
    pattern: /(?<![\p{L}\p{N}.,$£€+-])(?:\+?\d{1,3}[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![-.,]?\p{N})/uy,
    write: ([number]) => telephoneWords(number),
  },
  {
    kind: "telephone",
    pattern: /(?<![\p{L}\p{N}.,$£€+-])\d{3}-\d{4}(?![-.,]?\p{N})/uy,
    write: ([number]) => telephoneWords(number),
  },
  {
    kind: "telephone",
    pattern: /\+\d{1,3}(?:[ -]?\(?\d{1,4}\)?){2,6}(?!\p{N})/uy,
    write: ([number]) => telephoneWords(number),
  },
  {
    kind: "telephone",
    pattern:
      /(?<=(?<!\p{L})(?:call|called|calling|calls|dial|dialed|dialled|dialing|dials|phone|phoned|ring|rang)\s)(?:911|999|112|411|311|211|988)(?![-.,:]?\p{N}|\s\p{L}+s(?!\p{L}))/iuy,
    write: ([number]) => digitWords(number),
  },
  // Words for the keys of a telephone, and digits whose groups are hundreds or not: "1-800-FLOWERS", "020 7946 0958".
  { kind: "telephone", pattern: /(?<![\p{L}\p{N}.,$£€+-])1[-‐‑–. ]8\d\d[-‐‑–. ][A-Z]{4,}/uy, write: () => null },
  {
    kind: "telephone",
    pattern: /(?<![\p{L}\p{N}.,:$£€+-])0\d{2,4}(?:[- ]\d{3,4}){1,3}(?![-.,:]?\p{N})/uy,
    write: () => null,
  },
  {
    kind: "telephone",
    pattern: /(?<![\p{L}\p{N}.,:$£€+-]|\d\s)[2-9]\d\d \d{4}(?![-.,:]?\p{N}|\s\p{L})/uy,
    write: () => null,
  },
  {
    kind: "telephone",
    pattern:
      /(?<=(?<!\p{L})(?:call|called|calling|calls|dial|dialed|dialled|dialing|dials|phone|phoned|ring|rang)\s)\d{3} \d{4}(?![-.,:]?\p{N})/iuy,
    write: () => null,
  },
  // Nine one one, nine eleven, nine hundred eleven.
  { kind: "telephone", pattern: /(?<![\p{L}\p{N}.,:$£€-])911(?![-.,:]?\p{N}|[%\p{L}])/uy, write: () => null },
];

function addressWords(address: string): string {
  const parts = address.toLowerCase().match(/[a-z]+|\d+|[.@_+-]/g) ?? [];
  return parts.map((part) => SIGNS[part] ?? (SPELT.has(part) ? [...part].join(" ") : wordOrNumber(part))).join(" ");
}

function wordOrNumber(part: string): string {
  if (!/^\d/.test(part)) return part;
  const isWhole = !part.startsWith("0") && Number(part) <= LARGEST_CARDINAL && part.length <= 2;
  return isWhole ? cardinalWords(Number(part)) : digitWords(part);
}

/** Digit by digit; null for groups that are as often read as hundreds ("eight hundred"). */
function telephoneWords(number: string): string | null {
  if (/(?<!\d)[1-9]00(?!\d)|000/.test(number)) return null;
  return digitWords(number.replace(/\D/g, ""));
}
