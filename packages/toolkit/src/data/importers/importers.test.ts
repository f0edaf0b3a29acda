import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { audioDurationSeconds } from "../audio/duration.js";
import { audioFixture, temporaryFolder, writeFiles } from "../fixtures.test.support.js";
import { readManifest, writeManifest } from "../manifest.js";
import type { Utterance } from "../types.js";
import { parseCsv } from "./delimited-text.js";
import { findImporter } from "./importers.js";

const WAV = { copyOf: audioFixture("speech-16k.wav") };
const SECONDS = 1.064;

const NO_JSON = 'is not JSON; expected {"audio_filepath": "...", "duration": 1.5, "text": "..."} on one line';

/** What stands in an utterance, its path without the folder and its duration apart. */
function facts(utterances: readonly Utterance[], folder: string): string[][] {
  for (const { durationSeconds } of utterances) assert.ok(Math.abs(durationSeconds - SECONDS) < 0.01);
  return utterances.map(({ id, audioPath, text, speaker }) => [id, audioPath.slice(folder.length + 1), text, speaker]);
}

describe("common-voice", () => {
  test("takes clips beside the table, with and without endings, and speakers", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, {
      "clips/one.mp3": { copyOf: audioFixture("speech-16k.mp3") },
      "clips/two.mp3": { copyOf: audioFixture("speech-16k.mp3") },
      "train.tsv":
        "client_id\tpath\tsentence\tup_votes\r\n" +
        'ada\tone.mp3\t"Good morning," she said.\t2\r\nbob\ttwo\tGood  night\t2\r\n' +
        "bob\tthree.mp3\tgone\t2\r\ncy\tone.mp3\tagain\t1\r\ncy\t\tno clip\t1\r\n",
    });
    const { utterances, leftOut } = await findImporter("common-voice").read(join(folder, "train.tsv"));
    assert.deepEqual(
      utterances.map(({ id, audioPath, text, speaker }) => [id, audioPath, text, speaker]),
      [
        ["one", join(folder, "clips/one.mp3"), '"Good morning," she said.', "ada"],
        ["two", join(folder, "clips/two.mp3"), "Good night", "bob"],
      ],
    );
    assert.deepEqual(leftOut.map(({ id }) => id).sort(), [`${folder}/train.tsv, line 6`, "one", "three"]);
  });

  test("a table of something else is refused by its columns", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { "a.tsv": "name\tage\nada\t36\n" });
    await assert.rejects(findImporter("common-voice").read(join(folder, "a.tsv")), {
      message:
        `${folder}/a.tsv: has no column client_id, path, sentence; its first line is to name the columns, ` +
        "client_id, path, sentence among them.",
    });
  });
});

describe("ljspeech", () => {
  test("prefers the text that is spelt out", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, {
      "wavs/LJ001-0001.wav": WAV,
      "wavs/LJ001-0002.wav": WAV,
      "metadata.csv": 'LJ001-0001|in 1984, "quoted"|in nineteen eighty-four, "quoted"\nLJ001-0002|only one\nrubbish\n',
    });
    const { utterances, leftOut } = await findImporter("ljspeech").read(folder);
    assert.deepEqual(facts(utterances, folder), [
      ["LJ001-0001", "wavs/LJ001-0001.wav", 'in nineteen eighty-four, "quoted"', "LJ"],
      ["LJ001-0002", "wavs/LJ001-0002.wav", "only one", "LJ"],
    ]);
    assert.deepEqual(leftOut, [{ id: `${folder}/metadata.csv, line 3`, reason: "is not id|text|normalised text" }]);
  });
});

describe("folder", () => {
  test("pairs audio with text, and takes the uppermost folder for the speaker", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, {
      "loose.wav": WAV,
      "loose.txt": "\ufeffgood\nmorning\n",
      "ada/monday/a.flac": { copyOf: audioFixture("speech-16k.flac") },
      "ada/monday/a.txt": "hello",
      "ada/alone.wav": WAV,
      "ada/silent.wav": WAV,
      "ada/silent.txt": " \n",
    });
    const { utterances, leftOut } = await findImporter("folder").read(folder);
    assert.deepEqual(facts(utterances, folder), [
      ["ada/monday/a", "ada/monday/a.flac", "hello", "ada"],
      ["loose", "loose.wav", "good morning", ""],
    ]);
    assert.deepEqual(leftOut, [
      { id: "ada/alone", reason: `${folder}/ada/alone.wav has no .txt beside it` },
      { id: "ada/silent", reason: `${folder}/ada/silent.wav has a transcript without words` },
    ]);
  });

  test("a folder's names may be in capitals", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { "REC1.WAV": WAV, "REC1.TXT": "hello" });
    const { utterances } = await findImporter("folder").read(folder);
    assert.deepEqual(facts(utterances, folder), [["REC1", "REC1.WAV", "hello", ""]]);
  });

  test("a folder without pairs is refused", async (t) => {
    const folder = await temporaryFolder(t);
    await assert.rejects(findImporter("folder").read(folder), {
      message: `${folder}: holds no audio file with a .txt of the same name beside it.`,
    });
  });
});

describe("csv", () => {
  test("reads quoted cells, and tells a file of the wrong size", async (t) => {
    const folder = await temporaryFolder(t);
    const { size } = await stat(WAV.copyOf);
    await writeFiles(folder, {
      "a.wav": WAV,
      "b, or not.wav": WAV,
      "half.wav": WAV,
      "train.csv":
        `wav_filename,wav_filesize,transcript\na.wav,${size},"say ""hi"",\nthen go"\n` +
        `"b, or not.wav",${size},second\nhalf.wav,99,third\ngone.wav,5,fourth\n`,
    });
    const { utterances, leftOut } = await findImporter("csv").read(join(folder, "train.csv"));
    assert.deepEqual(facts(utterances, folder), [
      ["a", "a.wav", 'say "hi", then go', ""],
      ["b, or not", "b, or not.wav", "second", ""],
    ]);
    assert.deepEqual(leftOut, [
      {
        id: "half",
        reason: `${folder}/half.wav has ${size} bytes, and wav_filesize says 99; copy it again or correct the table`,
      },
      { id: "gone", reason: `${folder}/gone.wav: no such file; check the path.` },
    ]);
  });

  test("rows know the line that they begin in", () => {
    assert.deepEqual(parseCsv('a,b\n"x\ny",""\n\n,last'), [
      { lineNumber: 1, cells: ["a", "b"] },
      { lineNumber: 2, cells: ["x\ny", ""] },
      { lineNumber: 5, cells: ["", "last"] },
    ]);
  });
});

describe("nemo", () => {
  test("takes each line's own duration, whatever the file's other lines state, in any order", async (t) => {
    const folder = await temporaryFolder(t);
    const lines = [
      { id: "stated", audio_filepath: "a.wav", text: "one", duration: 0.9 },
      { id: "measured", audio_filepath: "a.wav", text: "two" },
      { id: "again", audio_filepath: "a.wav", text: "three", duration: 1.1 },
      { id: "stated-for-what-is-no-sound", audio_filepath: "b.wav", text: "four", duration: 0.8 },
      { id: "no-sound", audio_filepath: "b.wav", text: "five" },
    ];
    for (const [name, ordered] of Object.entries({ forward: lines, backward: lines.toReversed() })) {
      const path = join(folder, `${name}.jsonl`);
      await writeFiles(folder, {
        "a.wav": WAV,
        "b.wav": "no sound",
        [`${name}.jsonl`]: ordered.map((line) => JSON.stringify(line)).join("\n"),
      });
      const { utterances, leftOut } = await findImporter("nemo").read(path);
      assert.deepEqual(
        Object.fromEntries(utterances.map(({ id, durationSeconds }) => [id, durationSeconds])),
        { stated: 0.9, measured: SECONDS, again: 1.1, "stated-for-what-is-no-sound": 0.8 },
        name,
      );
      assert.deepEqual(
        leftOut.map(({ id }) => id),
        ["no-sound"],
        name,
      );
    }
  });

  test("leaves bad lines out, and measures what has no duration", async (t) => {
    const folder = await temporaryFolder(t);
    const lines = [
      { audio_filepath: "a.wav", duration: 1.06, text: "one", speaker: 7, lang: "en" },
      { audio_filepath: join(folder, "a.wav"), text: "two", id: "second" },
      { audio_filepath: "a.wav", text: "three", offset: 1.5, id: "third" },
      { audio_filepath: "a.wav", duration: 0.25, text: "part", offset: 0.5, id: "part" },
      { text: "four" },
    ];
    await writeFiles(folder, {
      "a.wav": WAV,
      "m.json": `${lines.map((line) => JSON.stringify(line)).join("\n")}\nnonsense\n`,
    });
    const { utterances, leftOut } = await findImporter("nemo").read(join(folder, "m.json"));
    assert.deepEqual(facts(utterances.slice(0, 2), folder), [
      ["a", "a.wav", "one", "7"],
      ["second", "a.wav", "two", ""],
    ]);
    assert.equal(utterances[0]?.durationSeconds, 1.06);
    const part = { id: "part", audioPath: join(folder, "a.wav#t=0.5,0.75"), durationSeconds: 0.25 };
    assert.deepEqual(utterances[2], { ...part, text: "part", speaker: "" });
    assert.deepEqual(
      leftOut.map(({ id, reason }) => [id.slice(folder.length + 1), reason]),
      [
        ["m.json, line 3", 'has an "offset" and no "duration" in seconds, so that its end is not known'],
        ["m.json, line 5", 'has no "audio_filepath"; add it'],
        ["m.json, line 6", NO_JSON],
      ],
    );
  });
});

test("a stated duration that can be none is measured; where it says the end of a part, the part is left out", async (t) => {
  const folder = await temporaryFolder(t);
  const bad = ["1e300", "-1", "0", '"3"', "null", "1000001", "[]"];
  const lines = bad.map(
    (duration, index) => `{"audio_filepath": "a.wav", "text": "${index}", "duration": ${duration}}`,
  );
  const part = '{"audio_filepath": "a.wav", "text": "part", "duration": 1e300, "offset": 0.5}';
  await writeFiles(folder, { "a.wav": WAV, "m.json": `${[...lines, part].join("\n")}\n` });
  const path = join(folder, "m.json");
  const { utterances, leftOut } = await findImporter("nemo").read(path);
  const seconds = await audioDurationSeconds(join(folder, "a.wav"));
  assert.deepEqual(
    utterances.map(({ durationSeconds }) => durationSeconds),
    bad.map(() => seconds),
  );
  const reason = 'has an "offset" and no "duration" in seconds, so that its end is not known';
  assert.deepEqual(leftOut, [{ id: `${path}, line ${bad.length + 1}`, reason }]);
});

test("what was imported comes back from its manifest", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "in/ada/a.wav": WAV, "in/ada/a.txt": "hello" });
  const { utterances } = await findImporter("folder").read(join(folder, "in"));
  await writeManifest(join(folder, "m.jsonl"), utterances);
  assert.deepEqual((await readManifest(join(folder, "m.jsonl"))).utterances, utterances);
});

test("a format that is not there is refused with those that are", () => {
  assert.throws(() => findImporter("kaldi"), {
    message: 'format is "kaldi", expected one of common-voice, ljspeech, folder, csv, nemo.',
  });
});
