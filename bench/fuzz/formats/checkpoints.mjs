/** Files of weights: our own checkpoints, and PyTorch's. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withOtherValue } from "./text-changes.mjs";

const PYTORCH = fileURLToPath(new URL("../../../test/fixtures/pytorch-checkpoints", import.meta.url));
const PICKLE_INSTRUCTIONS = [
  ..."(.012BCFGIJKLMNPQRSTUVX]abcdeghijlopqrstu)}\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x93\x94\x95",
];

/** The header of a safetensors file as text, changed; its length is told anew. */
function withHeader(bytes, change) {
  const buffer = Buffer.from(bytes);
  const length = buffer.length >= 8 ? Number(buffer.readBigUInt64LE(0)) : buffer.length;
  if (8 + length > buffer.length) return bytes;
  const header = Buffer.from(change(buffer.toString("utf8", 8, 8 + length)));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(header.length));
  return Uint8Array.from(Buffer.concat([start, header, buffer.subarray(8 + length)]));
}

/** The checkpoint's own header, which is JSON in a string of the file's. */
function withMetadata(text, change) {
  try {
    const header = JSON.parse(text);
    header.__metadata__.checkpoint = change(header.__metadata__.checkpoint);
    return JSON.stringify(header);
  } catch {
    return text;
  }
}

export const safetensors = {
  name: "safetensors",
  async seeds() {
    const { randomCheckpoint } = await import("../../../packages/toolkit/dist/export/export.test.support.js");
    const { trainConfigSchema } = await import("../../../packages/toolkit/dist/training/config.js");
    const { nothingDone } = await import("../../../packages/toolkit/dist/training/training-state.js");
    const folder = mkdtempSync(join(tmpdir(), "deepspeech-fuzz-"));
    const training = { config: trainConfigSchema.parse({}), optimizerSteps: 0, progress: nothingDone() };
    const small = { numMels: 16, convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 4 };
    const bytes = withHeader(readFileSync(randomCheckpoint(folder, { model: small })), (text) =>
      withMetadata(text, (own) => JSON.stringify({ ...JSON.parse(own), training })),
    );
    rmSync(folder, { recursive: true });
    return [{ name: "last.safetensors", bytes }];
  },
  dialect: {
    markers: ["dtype", "shape", "data_offsets", "checkpoint"],
    mutators: {
      headerValue: (bytes, { pick }) => withHeader(bytes, (text) => withOtherValue(text, pick)),
      checkpointValue: (bytes, { pick }) =>
        withHeader(bytes, (text) => withMetadata(text, (own) => withOtherValue(own, pick))),
      headerNumber: (bytes, { pick }) =>
        withHeader(bytes, (text) => {
          const places = [...text.matchAll(/\d+/g)];
          const { index, 0: found } = places[pick(places.length)] ?? { index: 0, 0: "" };
          const number = ["0", "1", "65536", "4294967296", "9007199254740991", "1e300", "-1"][pick(7)];
          return text.slice(0, index) + number + text.slice(index + found.length);
        }),
    },
  },
  async read({ path }) {
    const { loadCheckpoint, loadCheckpointHeader, modelFromCheckpoint } = await import(
      "../../../packages/toolkit/dist/acoustic-model/index.js"
    );
    const { trainingStateOf } = await import("../../../packages/toolkit/dist/training/training-state.js");
    const { tidy } = await import("@deepspeech-ts/torch");
    return [
      () => trainingStateOf(loadCheckpointHeader(path)),
      () => tidy(() => void modelFromCheckpoint(loadCheckpoint(path))),
    ];
  },
};

export const pytorch = {
  name: "pytorch",
  seeds() {
    const names = readdirSync(PYTORCH).filter((name) => /\.(pt|pth|ckpt)$/.test(name));
    return names.sort().map((name) => ({ name, bytes: readFileSync(join(PYTORCH, name)) }));
  },
  dialect: {
    // Of zip files: local header, directory, its end, and the two of ZIP64.
    markers: ["PK\x03\x04", "PK\x01\x02", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07", "storage", "torch", "FloatStorage"],
    mutators: {
      pickleInstruction(bytes, { pick }) {
        // Most of a pickle lies in the first tenth, or after "data.pkl".
        const start = Math.max(0, Buffer.from(bytes).indexOf("data.pkl"));
        const at = Math.min(bytes.length - 1, start + pick(Math.min(3000, bytes.length)));
        bytes[at] = PICKLE_INSTRUCTIONS[pick(PICKLE_INSTRUCTIONS.length)].charCodeAt(0);
        return bytes;
      },

      /** BININT, LONG4, BINUNICODE8 and their like, of any size. */
      pickleLength(bytes, { pick }) {
        const places = [...bytes.keys()].filter((at) => [0x4a, 0x58, 0x8a, 0x8b, 0x8d, 0x8e, 0x95].includes(bytes[at]));
        const at = places[pick(places.length)] ?? 0;
        for (let i = 1; i <= 1 + pick(8) && at + i < bytes.length; i++) bytes[at + i] = [0xff, 0x7f, 0, 0x80][pick(4)];
        return bytes;
      },

      /** Lists within lists, tuples of themselves. */
      nesting(bytes, { pick }) {
        const start = Math.max(0, Buffer.from(bytes).indexOf("data.pkl"));
        const at = Math.min(bytes.length, start + pick(2000));
        const byte = "](2\x85\x94".charCodeAt(pick(5));
        const run = new Uint8Array([100, 10_000, 1_000_000][pick(3)]).fill(byte);
        return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), run, bytes.subarray(at)]));
      },
    },
  },
  async read({ path, target }) {
    const { importCheckpoint } = await import("../../../packages/toolkit/dist/pytorch-import/index.js");
    const options = { source: path, output: join(target, "imported.safetensors"), alphabet: "reference" };
    return [() => importCheckpoint({ ...options, recurrence: "batch" })];
  },
};
