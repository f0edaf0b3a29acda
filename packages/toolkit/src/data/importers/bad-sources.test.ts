/** What people bring that is not quite in the format: each importer reads the rest, and names what it cannot read. */
import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { audioFixture, temporaryFolder, writeFiles } from "../fixtures.test.support.js";
import { loadUtterances, writeManifest } from "../manifest.js";
import { parseCsv } from "./delimited-text.js";
import { findImporter } from "./importers.js";

const WAV = { copyOf: audioFixture("speech-16k.wav") };

/** One corpus of one recording in each format: the file to name, its text, and its lines for a recording. */
const FORMATS = [
  {
    format: "common-voice",
    file: "t.tsv",
    header: "client_id\tpath\tsentence\n",
    row: (name: string, text: string) => `ada\t../${name}\t${text}\n`,
    empty: "is empty.",
    headerAlone: "has no row below the names of its columns.",
  },
  {
    format: "csv",
    file: "t.csv",
    header: "wav_filename,wav_filesize,transcript\n",
    row: (name: string, text: string) => `${name},,${text}\n`,
    empty: "is empty.",
    headerAlone: "has no row below the names of its columns.",
  },
  {
    format: "nemo",
    file: "t.jsonl",
    header: "",
    row: (name: string, text: string) => `${JSON.stringify({ audio_filepath: name, text, duration: 1.06 })}\n`,
    empty: "has no line of NeMo's form.",
    headerAlone: undefined,
  },
  {
    format: "ljspeech",
    file: "metadata.csv",
    header: "",
    row: (name: string, text: string) => `../${name.replace(/\.wav$/, "")}|${text}|${text}\n`,
    empty: "has no line of LJ Speech's form, id|text|normalised text.",
    headerAlone: undefined,
  },
] as const;

for (const { format, file, header, row, empty, headerAlone } of FORMATS) {
  const read = async (folder: string) => {
    const source = join(folder, file);
    const { utterances, leftOut } = await findImporter(format).read(format === "ljspeech" ? folder : source);
    return { texts: utterances.map(({ text }) => text), paths: utterances.map(({ audioPath }) => audioPath), leftOut };
  };

  describe(format, () => {
    test("an empty file, and one without rows, are named", async (t) => {
      const folder = await temporaryFolder(t);
      const contents = [["", empty], ["\n \n", empty], ...(headerAlone ? [[header, headerAlone]] : [])] as const;
      for (const [content, problem] of contents) {
        await writeFiles(folder, { [file]: content as string });
        await assert.rejects(read(folder), { code: "bad-corpus", message: `${join(folder, file)}: ${problem}` });
      }
    });

    test("recordings that are missing, empty or no sound, and ids that occur twice, are named", async (t) => {
      const folder = await temporaryFolder(t);
      const rows = [row("good.wav", "one"), row("good.wav", "one"), row("gone.wav", "three"), row("good.wav", "")];
      const isMeasured = format !== "nemo"; // what states its duration is opened when it is used
      const broken = isMeasured ? [row("none.wav", "four"), row("text.wav", "five")] : [];
      await writeFiles(folder, {
        [file]: header + [...rows, ...broken].join(""),
        "good.wav": WAV,
        "none.wav": "",
        "text.wav": "no sound",
      });
      const { texts, leftOut } = await read(folder);
      assert.deepEqual(texts, ["one"]);
      const reasons = leftOut.map(({ reason }) => reason).join("\n");
      assert.match(reasons, /good\.wav repeats an id: .*good\.wav has it too/);
      assert.match(reasons, /gone\.wav: no such file; check the path/);
      assert.match(reasons, /good\.wav has a transcript without words/);
      if (isMeasured) {
        assert.match(reasons, /none\.wav: .*empty/);
        assert.match(reasons, /text\.wav: /);
      }
      assert.equal(leftOut.length, rows.length - 1 + broken.length);
    });

    test("letters with marks may be spelt otherwise on the disk", async (t) => {
      const folder = await temporaryFolder(t);
      const [inOne, inTwo] = ["dír/café.wav", "dír/naïve.wav"].map((name) => name.normalize("NFC")) as [string, string];
      const [shelf, name] = inTwo.split("/") as [string, string];
      await writeFiles(folder, {
        [inOne.normalize("NFD")]: WAV,
        [`${shelf.normalize("NFD")}/${name}`]: WAV,
        [file]: header + row(inOne, "one") + row(inTwo.normalize("NFD"), "two"),
      });
      const { texts, paths, leftOut } = await read(folder);
      assert.deepEqual([texts, leftOut], [["one", "two"], []]);
      for (const path of paths) assert.ok((await stat(path)).isFile());
    });

    test("backslashes between folders are named as the reason", async (t) => {
      const folder = await temporaryFolder(t);
      await writeFiles(folder, { "a/b.wav": WAV, [file]: header + row("a\\b.wav", "one") + row("a/b.wav", "two") });
      const { texts, leftOut } = await read(folder);
      assert.deepEqual(texts, ["two"]);
      assert.match(leftOut[0]?.reason ?? "", /no such file; its path has backslashes, .*: write \/\.$/);
    });
  });
}

describe("a folder", () => {
  test("pairs names in two spellings, and leaves out a transcript in no certain encoding", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, {
      ["café.wav".normalize("NFD")]: WAV,
      ["café.txt".normalize("NFC")]: "one",
      "b.wav": WAV,
      "b.txt": Uint8Array.from([0x65, 0x6c, 0xe8, 0x76, 0x65]),
    });
    const { utterances, leftOut } = await findImporter("folder").read(folder);
    assert.deepEqual(
      utterances.map(({ text }) => text),
      ["one"],
    );
    assert.match(leftOut[0]?.reason ?? "", /b\.txt: line 1 \("el�ve"\) is not in UTF-8, and looks like Windows-1252/);
  });

  test("in LibriSpeech's layout pairs them too", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, {
      ["é-1.flac".normalize("NFD")]: { copyOf: audioFixture("speech-16k.flac") },
      "1.trans.txt": `${"é-1".normalize("NFC")} HELLO\n`,
    });
    const { utterances, leftOut } = await loadUtterances(folder);
    assert.deepEqual([utterances.length, leftOut], [1, []]);
  });
});

test("a manifest is read where the disk spells its paths otherwise", async (t) => {
  const folder = await temporaryFolder(t);
  const { audioDurationSeconds } = await import("../audio/duration.js");
  await writeFiles(folder, { ["é.wav".normalize("NFD")]: WAV });
  assert.ok((await audioDurationSeconds(join(folder, "é.wav".normalize("NFC")))) > 1);
});

test("names with tabs and line breaks go through a manifest unharmed", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "a\tb\nc.wav": WAV, "a\tb\nc.txt": "one" });
  const { utterances } = await findImporter("folder").read(folder);
  await writeManifest(join(folder, "m.jsonl"), utterances);
  assert.deepEqual((await loadUtterances(join(folder, "m.jsonl"))).utterances, utterances);
});

describe("tables by comma", () => {
  const cells = (text: string) => parseCsv(text).map((row) => row.cells);

  test("a quotation mark without partner harms its own row alone", () => {
    const rows = Array.from({ length: 300_000 }, (_, i) => `plain.wav,9,the number is ${i}`);
    rows[4] = 'plain.wav,9,"hello there';
    const read = parseCsv(`a,b,c\n${rows.join("\n")}\n`);
    assert.equal(read.length, 300_001);
    assert.deepEqual(read[5], { lineNumber: 6, cells: ["plain.wav", "9", '"hello there'] });
    assert.deepEqual(read[6]?.cells, ["plain.wav", "9", "the number is 5"]);
    assert.deepEqual(read.at(-1)?.cells, ["plain.wav", "9", "the number is 299999"]);
  });

  test("a cell may have line ends, but takes in no rows", () => {
    assert.deepEqual(cells('a,b\n1,"x\ny, z"\n2,w'), [
      ["a", "b"],
      ["1", "x\ny, z"],
      ["2", "w"],
    ]);
    assert.deepEqual(cells('a,b\n1.wav,"x\n2.wav,y\n3.wav,z"\n4.wav,w'), [
      ["a", "b"],
      ["1.wav", '"x'],
      ["2.wav", "y"],
      ["3.wav", 'z"'],
      ["4.wav", "w"],
    ]);
  });

  test("marks inside a cell, doubled, or before other text", () => {
    assert.deepEqual(cells('a,b\n1,say "hi"\n2,"say ""hi"""\n3,"hi" there'), [
      ["a", "b"],
      ["1", 'say "hi"'],
      ["2", 'say "hi"'],
      ["3", '"hi" there'],
    ]);
  });

  test("a row of more cells than names is left out and named; of fewer, where what is needed is missing", async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "t.csv");
    await writeFiles(folder, {
      "a.wav": WAV,
      "t.csv": "wav_filename,wav_filesize,transcript\na.wav,,hello, there\na.wav,,hello,,\na.wav\n",
    });
    const { utterances, leftOut } = await findImporter("csv").read(path);
    assert.deepEqual(
      utterances.map(({ text }) => text),
      ["hello"],
    );
    assert.deepEqual(
      leftOut.map(({ id, reason }) => `${id} ${reason}`),
      [
        `${path}, line 2 has 4 cells under 3 names; is a quotation mark missing, or one without partner?`,
        `a ${folder}/a.wav has a transcript without words`,
      ],
    );
  });

  test("semicolons and tabs part cells where they part the columns' names; another sign is named", async (t) => {
    const folder = await temporaryFolder(t);
    for (const separator of [";", "\t"]) {
      const lines = [["wav_filename", '"transcript"', "x"].join(separator), ["a.wav", "one, two", ""].join(separator)];
      await writeFiles(folder, { "a.wav": WAV, "t.csv": lines.join("\n") });
      const { utterances } = await findImporter("csv").read(join(folder, "t.csv"));
      assert.equal(utterances[0]?.text, "one, two");
    }
    await writeFiles(folder, {
      "t.csv": "wav_filename|transcript\na.wav|one\n",
      "t.tsv": "client_id,path,sentence\na,b,c\n",
    });
    for (const [format, file] of [
      ["csv", "t.csv"],
      ["common-voice", "t.tsv"],
    ] as const) {
      await assert.rejects(findImporter(format).read(join(folder, file)), {
        message: /has no column .* They stand in it, parted by another sign than this format has\.$/,
      });
    }
  });
});

test("a table that names one recording in many rows keeps each, for it states no ids", async (t) => {
  const folder = await temporaryFolder(t);
  const { size } = await stat(WAV.copyOf);
  const rows = Array.from({ length: 20_000 }, (_, i) => `a.wav,${size},number ${i}`);
  rows[4] = `a.wav,${size},"hello there`;
  await writeFiles(folder, {
    "a.wav": WAV,
    "t.csv": `wav_filename,wav_filesize,transcript\n${rows.join("\n")}\na.wav,${size},number 7\n`,
  });
  const { utterances, leftOut } = await findImporter("csv").read(join(folder, "t.csv"));
  assert.equal(new Set(utterances.map(({ id }) => id)).size, rows.length);
  assert.deepEqual(
    utterances.slice(3, 6).map(({ id, text }) => [id, text]),
    [
      ["a#4", "number 3"],
      ["a#5", '"hello there'],
      ["a#6", "number 5"],
    ],
  );
  // The last row says again what the eighth says.
  assert.deepEqual(leftOut, [{ id: "a", reason: `${folder}/a.wav repeats an id: ${folder}/a.wav has it too` }]);
  assert.equal(utterances.length, rows.length);
});
