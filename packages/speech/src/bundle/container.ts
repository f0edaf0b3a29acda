/**
 * The bundle's container: sections behind a header, readable with nothing but typed arrays, in Node and in a browser.
 *
 *     0   8  magic: as PNG's, it tells a file that was mangled in transfer as text from a sound one
 *     8   4  version, little-endian
 *     12  4  size of the header in bytes, little-endian
 *     16  32 SHA-256 of the header
 *     48     the header: JSON in UTF-8
 *            sections, each at a multiple of 64 bytes; their offsets count from the first
 */
import { BundleError } from "./bundle-error.js";
import {
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  BUNDLE_VERSIONS,
  type BundleHeader,
  type BundleSection,
  type BundleSectionName,
  writesPhones,
} from "./bundle-header.js";
import { checkHeader } from "./check-header.js";

const MAGIC = Uint8Array.of(0x89, 0x44, 0x53, 0x42, 0x0d, 0x0a, 0x1a, 0x0a); // \x89 D S B \r \n \x1a \n
const PRELUDE_BYTES = 48;
const ALIGNMENT = 64;

/** The names and bytes of what goes into a bundle. */
export type SectionContent = Readonly<Partial<Record<BundleSectionName, Uint8Array<ArrayBuffer>>>>;

/** A header before it is written: format, version and sections are filled in. */
export type BundleDescription = Omit<BundleHeader, "format" | "version" | "sections">;

/** What `openBundle` gives. Its sections are views of the bytes that it was opened on. */
export interface Bundle {
  readonly header: BundleHeader;
  /** A section's bytes; undefined where the bundle has none of that name. */
  section(name: BundleSectionName): Uint8Array<ArrayBuffer> | undefined;
  /**
   * Compares every checksum.
   * @throws BundleError `damaged`; `no-digest` in a browser's page that came neither by https nor from localhost
   */
  verify(): Promise<void>;
  /**
   * `verify` where digests need no waiting, as in Node.
   * @param sha256 gives a digest's 32 bytes
   * @throws BundleError `damaged`
   */
  verifyWith(sha256: (bytes: Uint8Array) => Uint8Array): void;
}

/**
 * A bundle's bytes, as parts to be written one behind the other.
 * @throws BundleError `invalid-header` for a description that `readBundleHeader` would refuse
 */
export async function encodeBundle(description: BundleDescription, content: SectionContent): Promise<Uint8Array[]> {
  const sections: BundleSection[] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(content) as [BundleSectionName, Uint8Array<ArrayBuffer>][]) {
    sections.push({ name, offset, size: bytes.length, sha256: hexadecimal(await digest(bytes)) });
    parts.push(bytes, new Uint8Array(aligned(bytes.length) - bytes.length));
    offset += aligned(bytes.length);
  }
  const version = writesPhones(description) ? BUNDLE_VERSION : description.streaming === undefined ? 1 : 2;
  const header = checkHeader({ format: BUNDLE_FORMAT, version, ...description, sections });
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = new Uint8Array(aligned(PRELUDE_BYTES + json.length));
  start.set(MAGIC);
  const view = new DataView(start.buffer);
  view.setUint32(8, version, true);
  view.setUint32(12, json.length, true);
  start.set(await digest(json), 16);
  start.set(json, PRELUDE_BYTES);
  return [start, ...parts];
}

/** Whether a file begins as bundles do; its first 8 bytes suffice. */
export function isBundle(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * The header of a bundle, of which the first bytes suffice.
 * @throws BundleError for another kind of file, a later version, one that ends within the header, or a header out of order
 */
export function readBundleHeader(bytes: Uint8Array<ArrayBuffer>): BundleHeader {
  return headerOf(bytes, headerBytes(bytes));
}

/**
 * A bundle in memory. Sizes are checked here, checksums only by `verify`, which takes time.
 * @throws BundleError as `readBundleHeader`, and `truncated` where a section is not all there
 */
export function openBundle(bytes: Uint8Array<ArrayBuffer>): Bundle {
  const json = headerBytes(bytes);
  const header = headerOf(bytes, json);
  const start = aligned(PRELUDE_BYTES + json.length);
  const last = header.sections.at(-1)!;
  if (start + last.offset + last.size > bytes.length) throw truncated(bytes.length, start + last.offset + last.size);
  const contentOf = ({ offset, size }: BundleSection) => bytes.subarray(start + offset, start + offset + size);
  const checked = () => [
    { name: "header", content: json, sha256: hexadecimal(bytes.subarray(16, PRELUDE_BYTES)) },
    ...header.sections.map((section) => ({ ...section, content: contentOf(section) })),
  ];
  return {
    header,
    section(name) {
      const section = header.sections.find((own) => own.name === name);
      return section && contentOf(section);
    },
    async verify() {
      for (const { name, content, sha256 } of checked()) {
        if (hexadecimal(await digest(content)) !== sha256) throw damaged(name);
      }
    },
    verifyWith(digestOf) {
      for (const { name, content, sha256 } of checked()) {
        if (hexadecimal(digestOf(content)) !== sha256) throw damaged(name);
      }
    },
  };
}

function headerBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (!isBundle(bytes)) {
    throw new BundleError("not-a-bundle", 'is no model bundle; give a .dsb file that "deepspeech export" wrote');
  }
  if (bytes.length < PRELUDE_BYTES) throw truncated(bytes.length, PRELUDE_BYTES);
  const { version, headerSize } = preludeOf(bytes);
  if (!BUNDLE_VERSIONS.some((known) => known === version)) {
    const wanted = `this release reads versions ${BUNDLE_VERSIONS.slice(0, -1).join(", ")} and ${BUNDLE_VERSION}`;
    throw new BundleError(
      "unsupported-version",
      `is a bundle of version ${version}, ${wanted}; install the newest release`,
    );
  }
  const end = PRELUDE_BYTES + headerSize;
  if (end > bytes.length) throw truncated(bytes.length, end);
  return bytes.subarray(PRELUDE_BYTES, end);
}

function preludeOf(bytes: Uint8Array<ArrayBuffer>): { version: number; headerSize: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PRELUDE_BYTES);
  return { version: view.getUint32(8, true), headerSize: view.getUint32(12, true) };
}

/** No checksum is of the prelude; its version stands in the header as well. */
function headerOf(bytes: Uint8Array<ArrayBuffer>, json: Uint8Array<ArrayBuffer>): BundleHeader {
  const header = checkHeader(parse(json));
  const { version } = preludeOf(bytes);
  if (version === header.version) return header;
  const reason = `its first bytes say version ${version}, its header ${header.version}`;
  throw new BundleError("damaged", `is damaged: ${reason}; copy or download it again`);
}

function parse(json: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch {
    throw damaged("header");
  }
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  // Browsers leave it out of pages that could have been changed on their way.
  const subtle = globalThis.crypto?.subtle as typeof globalThis.crypto.subtle | undefined;
  if (!subtle) {
    throw new BundleError(
      "no-digest",
      "cannot be verified here: checksums need crypto.subtle, which pages have only over https or on localhost",
    );
  }
  return new Uint8Array(await subtle.digest("SHA-256", bytes));
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function truncated(found: number, expected: number): BundleError {
  return new BundleError("truncated", `ends after ${found} bytes of at least ${expected}; copy or download it again`);
}

function damaged(what: string): BundleError {
  return new BundleError("damaged", `is damaged: the checksum of its ${what} differs; copy or download it again`);
}
