/** Lists of recordings: manifests, packed corpora, and the tables and folders of others. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { sampleUtterances } from "../../recordings.mjs";
import { encode, JSON_CHANGES, TEXT_CHANGES } from "./text-changes.mjs";

const utterances = () => sampleUtterances("dev").slice(0, 12);
/** The recordings, for the folder of the list. */
const recordings = (folder) =>
  utterances().map(({ path }) => ({
    name: join(folder, basename(path)),
    bytes: readFileSync(path),
    isCompanion: true,
  }));
const lines = (rows) => encode(rows.map((row) => `${row}\n`).join(""));

const manifestLine = ({ path, text }) =>
  JSON.stringify({ audio_filepath: basename(path), duration: 1.5, text, speaker: "ada", id: basename(path, ".opus") });

export const manifest = {
  name: "manifest",
  seeds: () => [{ name: "list.jsonl", bytes: lines(utterances().map(manifestLine)) }],
  dialect: { markers: ["audio_filepath", "duration"], mutators: { ...JSON_CHANGES, ...TEXT_CHANGES } },
  async read({ path, target }) {
    const { loadUtterances, writeManifest } = await import("../../../packages/toolkit/dist/data/manifest.js");
    return [async () => writeManifest(join(target, "again.jsonl"), (await loadUtterances(path)).utterances)];
  },
};

export const packed = {
  name: "packed",
  async seeds() {
    const { packCorpus } = await import("../../../packages/toolkit/dist/data/packing/pack-corpus.js");
    const { loadUtterances, writeManifest } = await import("../../../packages/toolkit/dist/data/manifest.js");
    const folder = mkdtempSync(join(tmpdir(), "deepspeech-fuzz-"));
    const rows = utterances().map(({ path, text }) => ({
      ...{ id: basename(path), audioPath: path, durationSeconds: 1.5, text, speaker: "ada" },
    }));
    await writeManifest(join(folder, "list.jsonl"), rows);
    const packedFolder = join(folder, "packed");
    const { utterances: loaded } = await loadUtterances(join(folder, "list.jsonl"));
    await packCorpus(loaded, { folder: packedFolder, numWorkers: 1 });
    const files = ["manifest.jsonl", "shard-00000.pcm16"].map((name) => ({
      name,
      bytes: readFileSync(join(packedFolder, name)),
    }));
    rmSync(folder, { recursive: true });
    return files;
  },
  dialect: {
    markers: ["DSPCM16", "pcm16#", "audio_filepath"],
    mutators: {
      ...TEXT_CHANGES,
      ...JSON_CHANGES,
      place(bytes, { pick }) {
        const text = Buffer.from(bytes).toString("latin1");
        const places = [...text.matchAll(/#(\d+)\+(\d+)/g)];
        if (places.length === 0) return bytes;
        const { index, 0: found } = places[pick(places.length)];
        const number = () => ["0", "1", "99999", "4294967296", "99999999999", "9".repeat(30)][pick(6)];
        return Uint8Array.from(
          Buffer.from(`${text.slice(0, index)}#${number()}+${number()}${text.slice(index + found.length)}`, "latin1"),
        );
      },
    },
  },
  async read({ path }) {
    const { loadUtterances } = await import("../../../packages/toolkit/dist/data/manifest.js");
    const { loadWaveform } = await import("../../../packages/toolkit/dist/data/audio/waveform.js");
    return [
      async () => {
        const { utterances: found } = await loadUtterances(dirname(path));
        for (const { audioPath } of found.slice(0, 20)) await loadWaveform(audioPath);
      },
    ];
  },
};

const TABLES = [
  {
    format: "csv",
    name: "train.csv",
    bytes: () =>
      lines([
        "wav_filename,wav_filesize,transcript",
        ...utterances().map(({ path, text }) => `${basename(path)},${readFileSync(path).length},"${text}"`),
      ]),
  },
  {
    format: "common-voice",
    name: "validated.tsv",
    audioFolder: "clips",
    bytes: () =>
      lines([
        "client_id\tpath\tsentence\tup_votes",
        ...utterances().map(({ path, text }) => `ada\t${basename(path)}\t${text}\t2`),
      ]),
  },
  {
    format: "ljspeech",
    name: "metadata.csv",
    audioFolder: "wavs",
    source: dirname,
    bytes: () => lines(utterances().map(({ path, text }) => `${basename(path, ".opus")}|${text}|${text}`)),
  },
  { format: "nemo", name: "nemo.jsonl", bytes: () => lines(utterances().map(manifestLine)) },
  {
    format: "folder",
    name: basename(sampleUtterances("dev")[0].path).replace(".opus", ".txt"),
    source: dirname,
    bytes: () => encode(sampleUtterances("dev")[0].text),
  },
];

/** One campaign for each form of table. */
export const tables = TABLES.map(({ format, name, audioFolder = ".", source = (path) => path, bytes }) => ({
  name: format,
  seeds: () => [{ name, bytes: bytes() }, ...recordings(audioFolder)],
  dialect: { markers: [], mutators: { ...TEXT_CHANGES, ...(format === "nemo" ? JSON_CHANGES : {}) } },
  async read({ path }) {
    const { findImporter } = await import("../../../packages/toolkit/dist/data/importers/importers.js");
    return [() => findImporter(format).read(source(path))];
  },
}));

export const transcripts = {
  name: "trans-txt",
  seeds: () => [
    {
      name: "1/2/1-2.trans.txt",
      bytes: lines(utterances().map(({ path, text }) => `${basename(path, ".opus")} ${text.toUpperCase()}`)),
    },
    ...recordings("1/2"),
  ],
  dialect: { markers: [], mutators: TEXT_CHANGES },
  async read({ input }) {
    const { loadUtterances } = await import("../../../packages/toolkit/dist/data/manifest.js");
    return [() => loadUtterances(input)];
  },
};
