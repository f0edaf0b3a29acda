/** Model bundles, as recognisers and fine-tuning open them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Recognizer } from "../../../packages/recognizer/dist/index.js";
import { BUNDLE } from "../../recordings.mjs";
import { withOtherValue } from "./text-changes.mjs";

const PRELUDE_BYTES = 48;
const aligned = (size) => Math.ceil(size / 64) * 64;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
/** A second of a tone. */
const SOUND = Float32Array.from({ length: 16_000 }, (_, i) => 0.3 * Math.sin(i / 10));

/** The header's text and what follows the header; undefined where the file ends before. */
function partsOf(bytes) {
  const buffer = Buffer.from(bytes);
  if (buffer.length < PRELUDE_BYTES) return undefined;
  const end = PRELUDE_BYTES + buffer.readUInt32LE(12);
  if (end > buffer.length) return undefined;
  return {
    prelude: buffer.subarray(0, PRELUDE_BYTES),
    json: buffer.toString("utf8", PRELUDE_BYTES, end),
    rest: buffer.subarray(aligned(end)),
  };
}

function joined({ prelude, json, rest }) {
  const header = Buffer.from(json);
  const start = Buffer.alloc(aligned(PRELUDE_BYTES + header.length));
  prelude.copy(start);
  start.writeUInt32LE(header.length, 12);
  header.copy(start, PRELUDE_BYTES);
  return Uint8Array.from(Buffer.concat([start, rest]));
}

/** Right checksums of the sections, as far as they are there, and of the header. */
function repair(bytes) {
  const parts = partsOf(bytes);
  if (!parts) return false;
  let { json } = parts;
  try {
    const header = JSON.parse(json);
    for (const section of header.sections) {
      const content = parts.rest.subarray(section.offset, section.offset + section.size);
      section.sha256 = sha256(content).toString("hex");
    }
    // Checksums all have one length: the header keeps its own, or nothing is changed.
    const repaired = JSON.stringify(header);
    if (Buffer.byteLength(repaired) === Buffer.byteLength(json)) json = repaired;
  } catch {}
  bytes.set(Buffer.from(json), PRELUDE_BYTES);
  bytes.set(sha256(Buffer.from(json)), 16);
  return true;
}

export const bundle = {
  name: "bundle",
  seeds: () => [{ name: "model.dsb", bytes: readFileSync(BUNDLE) }],
  dialect: {
    markers: ["DSB\r\n", "sections", "model.onnx", "DSNGRAM", "alphabet"],
    mutators: {
      headerValue(bytes, { pick }) {
        const parts = partsOf(bytes);
        return parts ? joined({ ...parts, json: withOtherValue(parts.json, pick) }) : bytes;
      },
      /** Within the graph's structure, or the language model's. */
      sectionStart(bytes, { pick }) {
        const parts = partsOf(bytes);
        if (!parts) return bytes;
        const starts = [0, Math.max(0, parts.rest.indexOf("DSNGRAM"))];
        const at = bytes.length - parts.rest.length + starts[pick(2)] + pick(2000);
        if (at < bytes.length) bytes[at] = pick(256);
        return bytes;
      },
    },
    repair,
  },
  async read({ path }) {
    const { checkpointFromBundle } = await import("../../../packages/toolkit/dist/export/bundle-checkpoint.js");
    const { modelFromCheckpoint } = await import("../../../packages/toolkit/dist/acoustic-model/index.js");
    const { tidy } = await import("../../../packages/torch/dist/index.js");
    return [
      async () => {
        const recognizer = await Recognizer.load(path, { threads: 1 });
        try {
          await recognizer.transcribe(SOUND, { fileName: path });
        } finally {
          await recognizer.close();
        }
      },
      () => tidy(() => void modelFromCheckpoint(checkpointFromBundle(path))),
    ];
  },
};
