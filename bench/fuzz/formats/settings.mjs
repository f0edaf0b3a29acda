/** Small files that people write: API keys, settings of decoding, configurations. */
import { encode, JSON_CHANGES, TEXT_CHANGES } from "./text-changes.mjs";

const json = (value) => encode(`${JSON.stringify(value, null, 2)}\n`);
/** JSON over several lines has one value. */
const MUTATORS = {
  ...TEXT_CHANGES,
  ...JSON_CHANGES,
  otherValue: (bytes, context) => JSON_CHANGES.otherValue(onOneLine(bytes), context),
};

function onOneLine(bytes) {
  try {
    return encode(JSON.stringify(JSON.parse(Buffer.from(bytes).toString("utf8"))));
  } catch {
    return bytes;
  }
}

export const apiKeys = {
  name: "api-keys",
  seeds: () => [
    {
      name: "keys.txt",
      bytes: encode("# of the shop\n6d1f0a7c2b9e4d83a5f7\n\n0f9e8d7c6b5a49382716\r\nsecret-of-sixteen-letters\n"),
    },
  ],
  dialect: { markers: ["#"], mutators: TEXT_CHANGES },
  async read({ path }) {
    const { readApiKeys } = await import("../../../packages/server/dist/read-api-keys.js");
    return [() => readApiKeys({ file: path })];
  },
};

export const alphabetFile = {
  name: "alphabet",
  seeds: () => [{ name: "alphabet.txt", bytes: encode(`'\n \n${[..."abcdefghijklmnopqrstuvwxyz"].join("\n")}\n_\n`) }],
  dialect: { markers: ["_"], mutators: TEXT_CHANGES },
  async read({ path }) {
    const { chooseAlphabet } = await import("../../../packages/toolkit/dist/pytorch-import/choose-alphabet.js");
    return [() => chooseAlphabet(path, 29)];
  },
};

export const decodingSettings = {
  name: "decoding",
  seeds: () => [
    {
      name: "decoding.json",
      bytes: json({
        lm: "lm.bin",
        beamSize: 64,
        lmWeight: 0.7,
        wordScore: 1.2,
        confidenceCalibration: [-0.3, 1.4, 0.6],
        hotWords: ["deep speech"],
      }),
    },
  ],
  dialect: { markers: ["lm", "hotWords"], mutators: MUTATORS },
  async read({ path }) {
    const { readConfigFile } = await import("../../../packages/deepspeech/dist/config-file.js");
    const { resolveConfig } = await import("../../../packages/deepspeech/dist/resolve-config.js");
    const { decodingSchema } = await import("../../../packages/toolkit/dist/evaluation/decoding-config.js");
    return [async () => resolveConfig(decodingSchema, { file: await readConfigFile(path), flags: new Map() })];
  },
};

export const trainingConfig = {
  name: "config",
  async seeds() {
    const { trainConfigSchema } = await import("../../../packages/toolkit/dist/training/config.js");
    return [
      { name: "train.json", bytes: json(trainConfigSchema.parse({ train: ["train.jsonl"], dev: ["dev.jsonl"] })) },
    ];
  },
  dialect: { markers: ["train", "model", "schedule"], mutators: MUTATORS },
  async read({ path }) {
    const { readTrainConfig } = await import("../../../packages/deepspeech/dist/train-config.js");
    return [() => readTrainConfig({ file: path, flags: new Map() })];
  },
};
