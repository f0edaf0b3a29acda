/** The archives of a download, which may name any path and hold anything. */
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { extractArchive } from "../../../packages/toolkit/dist/data/download/extract-archive.js";
import { tarGz } from "../../../packages/toolkit/dist/data/download/mirror.test.support.js";
import { sampleUtterances } from "../../recordings.mjs";

const BLOCK = 512;
const TYPES = "01234567LKxgVSMNA\0 ";
const EVIL_NAMES = [
  ...[
    "../escaped",
    "a/../../escaped",
    "/tmp/deepspeech-escaped",
    "..",
    ".",
    "",
    "a\\..\\..\\escaped",
    "C:/escaped",
    "a/./../b",
  ],
  ...[
    "LibriSpeech",
    "LibriSpeech/dev/1",
    "x".repeat(100),
    `${"d/".repeat(49)}f`,
    "a\0b",
    "link/escaped",
    "\u202eflac",
    "a//b",
    "a/",
  ],
];

/** The tar file within, changed. */
function inside(bytes, change) {
  let tar;
  try {
    tar = gunzipSync(bytes, { maxOutputLength: 2 ** 27 });
  } catch {
    return bytes;
  }
  return Uint8Array.from(gzipSync(change(tar), { level: 1 }));
}

function writeChecksum(tar, at) {
  tar.write("        ", at + 148, "latin1");
  const sum = tar.subarray(at, at + BLOCK).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
}

function header({ name, size = 0, type = "0", link = "" }) {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100);
  block.write("0000644\0", 100);
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write(type, 156, "latin1");
  block.write(link, 157, 100);
  block.write("ustar\x0000", 257, "latin1");
  writeChecksum(block, 0);
  return block;
}

const places = (tar) => Array.from({ length: Math.floor(tar.length / BLOCK) }, (_, i) => i * BLOCK);
const anyOf = (list, pick) => list[pick(list.length)];

const TAR_CHANGES = {
  evilEntry(tar, { pick }) {
    const content = Buffer.alloc(BLOCK, "escaped");
    const entry = header({
      name: anyOf(EVIL_NAMES, pick),
      size: pick(2) * 7,
      type: anyOf([..."0123456"], pick),
      link: anyOf(EVIL_NAMES, pick),
    });
    const at = anyOf(places(tar), pick) ?? 0;
    return Buffer.concat([tar.subarray(0, at), entry, content, tar.subarray(at)]);
  },

  /** A link, then an entry that would go through it. */
  throughLink(tar, { pick }) {
    const link = header({ name: "link", type: anyOf(["1", "2"], pick), link: anyOf(["..", "/tmp", "../../.."], pick) });
    const file = header({ name: "link/escaped", size: 7 });
    return Buffer.concat([link, file, Buffer.alloc(BLOCK, "escaped"), tar]);
  },

  /** Records of PAX and GNU that give the next entry another name, size or link. */
  otherRecord(tar, { pick }) {
    const key = anyOf(["path", "linkpath", "size", "GNU.sparse.size", "mtime"], pick);
    const value = key.endsWith("size")
      ? anyOf(["0", "-1", "1e300", "9".repeat(40), "8589934592"], pick)
      : anyOf(EVIL_NAMES, pick);
    const record = ` ${key}=${value}\n`;
    const length = record.length + String(record.length + 2).length;
    const isPax = pick(2) === 0;
    const content = Buffer.from(isPax ? `${length}${record}` : value);
    const size = anyOf([content.length, 2 ** 31, 8 ** 11 - 1], pick);
    const type = isPax ? anyOf(["x", "g"], pick) : anyOf(["L", "K"], pick);
    const padded = Buffer.alloc(BLOCK * Math.ceil(content.length / BLOCK));
    content.copy(padded);
    const at = anyOf(places(tar), pick) ?? 0;
    return Buffer.concat([tar.subarray(0, at), header({ name: "pax", size, type }), padded, tar.subarray(at)]);
  },

  headerField(tar, { pick }) {
    const at = anyOf(places(tar), pick) ?? 0;
    if (at + BLOCK > tar.length) return tar;
    const kind = pick(4);
    if (kind === 0) tar.write(anyOf([...TYPES], pick), at + 156, "latin1");
    else if (kind === 1)
      tar.write(
        anyOf(
          [
            "77777777777\0",
            "00000000001\0",
            "-0000000001\0",
            "99999999999\0",
            "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
          ],
          pick,
        ),
        at + 124,
        "latin1",
      );
    else if (kind === 2) tar.write(anyOf(EVIL_NAMES, pick), at, 100);
    else tar[at + pick(BLOCK)] = pick(256);
    writeChecksum(tar, at);
    return tar;
  },

  swappedBlocks(tar, { pick }) {
    const blocks = places(tar).map((at) => tar.subarray(at, at + BLOCK));
    if (blocks.length === 0) return tar;
    const [a, b] = [pick(blocks.length), pick(blocks.length)];
    [blocks[a], blocks[b]] = [blocks[b], blocks[a]];
    return Buffer.concat(blocks);
  },

  cut: (tar, { pick }) => tar.subarray(0, pick(tar.length)),
};

export const archive = {
  name: "archive",
  escapes: ["/tmp/deepspeech-escaped", "/tmp/escaped"],
  async seeds() {
    const clips = sampleUtterances("dev").slice(0, 3);
    const files = clips.map(({ path }, i) => ({
      name: `LibriSpeech/dev/1/2/1-2-${i}.opus`,
      content: readFileSync(path),
    }));
    const entries = [
      { name: "LibriSpeech/", type: "directory" },
      { name: "LibriSpeech/README.TXT", content: "about the corpus" },
      { name: "LibriSpeech/dev/1/2/1-2.trans.txt", content: "1-2-0 GOOD MORNING\n" },
      ...files,
    ];
    return [{ name: "dev.tar.gz", bytes: await tarGz(entries) }];
  },
  dialect: {
    markers: ["\x1f\x8b"],
    mutators: Object.fromEntries(
      Object.entries(TAR_CHANGES).map(([name, change]) => [
        name,
        (bytes, context) => inside(bytes, (tar) => change(tar, context)),
      ]),
    ),
  },
  read: ({ path, target }) => [() => extractArchive(path, target)],
};
