/** Language models: ARPA files, plain and by gzip, and the binary form. */
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { arpaChunks, modelFromEstimate, NgramEstimator, scoreSentence } from "../../../packages/speech/dist/index.js";
import { Checksum } from "../../../packages/speech/dist/language-model/model/checksum.js";
import { sampleUtterances } from "../../recordings.mjs";
import { encode, TEXT_CHANGES } from "./text-changes.mjs";

const SENTENCES = 60;
const CHECKSUM_OFFSET = 20;
const CHECKED_FROM = 24;
const HEADER_FIELDS = 14;

function estimate() {
  const estimator = new NgramEstimator({ order: 3, memoryBytes: 2 ** 22 });
  for (const { text } of sampleUtterances("train").slice(0, SENTENCES)) estimator.addText(encode(`${text}\n`));
  return estimator.finish();
}

/** Loads the model, and asks it of words that it knows and of some that it does not. */
async function readModel({ path }) {
  const { loadLanguageModel } = await import("../../../packages/toolkit/dist/language-model/load.js");
  return [
    async () => {
      const model = await loadLanguageModel(path);
      for (const { text } of sampleUtterances("dev").slice(0, 20)) {
        if (Number.isNaN(scoreSentence(model, text))) throw new Error("a sentence has no probability");
      }
      let numWords = 0;
      for (const word of model.words()) numWords += typeof word === "string" ? 1 : 0;
      if (numWords > model.vocabularySize) throw new Error(`${numWords} words of ${model.vocabularySize}`);
    },
  ];
}

const ARPA_CHANGES = {
  ...TEXT_CHANGES,

  otherCount(bytes, { pick }) {
    const text = Buffer.from(bytes).toString("utf8");
    const places = [...text.matchAll(/^ngram \d=(\d+)/gm)];
    if (places.length === 0) return bytes;
    const { index, 0: line, 1: count } = places[pick(places.length)];
    const other = ["0", "1", "2147483647", "99999999999999999999", "-5", String(Number(count) + 1)][pick(6)];
    const start = index + line.length - count.length;
    return encode(text.slice(0, start) + other + text.slice(start + count.length));
  },

  longLine(bytes, { pick }) {
    const at = pick(bytes.length);
    return Uint8Array.from(
      Buffer.concat([bytes.subarray(0, at), Buffer.alloc([1e5, 3e7][pick(2)], "ab \t"[pick(4)]), bytes.subarray(at)]),
    );
  },
};

/** A change of what is compressed, or more than is well for anybody. */
const GZIP_CHANGES = {
  inside(bytes, context) {
    const changes = Object.values(ARPA_CHANGES);
    const plain = unzipped(bytes);
    return plain ? zipped(changes[context.pick(changes.length)](plain, context)) : bytes;
  },
  /** Hundreds of megabytes in some hundred kilobytes; fewer where each byte is a line, which is read as any other. */
  bomb(bytes, { pick }) {
    if (pick(20) > 0) return bytes;
    const character = " \0a\n"[pick(4)];
    return Uint8Array.from(Buffer.concat([bytes, zipped(Buffer.alloc(character === "\n" ? 1e7 : 3e8, character))]));
  },
};

function unzipped(bytes) {
  try {
    return Uint8Array.from(gunzipSync(bytes, { maxOutputLength: 2 ** 26 }));
  } catch {
    return undefined;
  }
}

function zipped(bytes) {
  return Uint8Array.from(gzipSync(bytes, { level: 1 }));
}

export const arpa = {
  name: "arpa",
  seeds: () => [{ name: "lm.arpa", bytes: Buffer.concat([...arpaChunks(estimate())]) }],
  dialect: { markers: ["\\data\\", "-grams:", "\\end\\", "ngram "], mutators: ARPA_CHANGES },
  read: readModel,
};

export const arpaGzip = {
  name: "arpa-gz",
  seeds: () => [{ name: "lm.arpa.gz", bytes: zipped(Buffer.concat([...arpaChunks(estimate())])) }],
  dialect: { markers: ["\x1f\x8b"], mutators: GZIP_CHANGES },
  read: readModel,
};

export const binaryModel = {
  name: "lm-binary",
  seeds: () =>
    [8, 16, 32].map((bits) => {
      const model = modelFromEstimate(estimate(), { bits, memoryBytes: 2 ** 22 });
      return { name: `lm-${bits}.bin`, bytes: Buffer.concat(model.toChunks()) };
    }),
  dialect: {
    markers: ["DSNGRAM"],
    mutators: {
      headerField(bytes, { pick }) {
        const value = [0, 1, 2, 3, 7, 0x7fffffff, 0x80000000, 0xffffffff, pick(5000)][pick(9)];
        if (bytes.length >= 4 * HEADER_FIELDS)
          new DataView(bytes.buffer).setUint32(4 * pick(HEADER_FIELDS), value, true);
        return bytes;
      },
      wholeWords(bytes, { pick }) {
        const from = 8 * pick(Math.floor(bytes.length / 8));
        return bytes.fill([0, 0xff, 1][pick(3)], from, from + 8 * (1 + pick(200)));
      },
    },
    repair(bytes) {
      if (bytes.length < CHECKED_FROM + 8 || bytes.length % 8 !== 0) return false;
      const checksum = new Checksum();
      checksum.update(bytes.subarray(CHECKED_FROM));
      new DataView(bytes.buffer).setUint32(CHECKSUM_OFFSET, checksum.value, true);
      return true;
    },
  },
  read: readModel,
};

/** What `lm build` is made from. */
export const languageModelText = {
  name: "lm-text",
  seeds: () => [
    {
      name: "text.txt",
      bytes: encode(
        sampleUtterances("train")
          .slice(0, SENTENCES)
          .map(({ text }) => `${text}\n`)
          .join(""),
      ),
    },
  ],
  dialect: { markers: [], mutators: { ...TEXT_CHANGES, longLine: ARPA_CHANGES.longLine } },
  async read({ path, target }) {
    const { estimateAndWrite } = await import("../../../packages/toolkit/dist/language-model/estimate-and-write.js");
    const request = {
      ...{ input: [path], output: join(target, "words.lm"), format: "binary", order: 3, prune: [] },
      ...{ quantisationBits: 8, memoryBytes: 2 ** 22, temporaryFolder: target },
    };
    return [() => estimateAndWrite(request, { onProgress: () => {}, shouldStop: () => false })];
  },
};
