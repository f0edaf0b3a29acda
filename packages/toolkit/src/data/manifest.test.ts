import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { audioFixture, temporaryFolder, utterance, writeFiles } from "./fixtures.test.support.js";
import { findImporter } from "./importers/importers.js";
import { loadUtterances, readManifest, writeManifest } from "./manifest.js";

test("reads NeMo's keys, with paths from the manifest's folder", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    "corpus.jsonl":
      '{"audio_filepath": "wavs/17.wav", "duration": 3.25, "text": "good morning", "lang": "en"}\n\n' +
      '{"audio_filepath": "/far/18.flac", "duration": 1, "text": "", "speaker": 12, "id": "x18", "offset": 0}',
  });
  assert.deepEqual((await readManifest(join(folder, "corpus.jsonl"))).utterances, [
    {
      id: "wavs/17",
      audioPath: join(folder, "wavs/17.wav"),
      durationSeconds: 3.25,
      text: "good morning",
      speaker: "",
    },
    { id: "x18", audioPath: "/far/18.flac#t=0,1", durationSeconds: 1, text: "", speaker: "12" },
  ]);
});

test("what is written is read back the same", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "lists", "train.jsonl");
  await writeFiles(folder, { "lists/train.jsonl": "an older list" });
  const utterances = [
    utterance("a-1", { audioPath: join(folder, "audio/a 1.flac"), text: 'Größe "XL"\n', durationSeconds: 1 / 3 }),
    utterance("b-2", { audioPath: join(folder, "lists/b.wav"), speaker: "" }),
  ];
  await writeManifest(path, utterances);
  assert.deepEqual((await readManifest(path)).utterances, utterances);
  const [first] = (await readFile(path, "utf8")).split("\n");
  assert.equal(JSON.parse(first as string).audio_filepath, "../audio/a 1.flac");
});

const LONGEST = "expected seconds, above 0 and at most 1000000";

const BAD_LINES = [
  ["{audio: 1}", 'is not JSON; expected {"audio_filepath": "...", "duration": 1.5, "text": "..."} on one line'],
  ["[1]", "is not a JSON object; expected one object a line, not a list"],
  ['{"duration": 1, "text": "a"}', 'has no "audio_filepath"; add it'],
  ['{"audio_filepath": "a.wav", "text": "a"}', 'has no "duration"; add it'],
  ['{"audio_filepath": "a.wav", "duration": 1}', 'has no "text"; add it'],
  [
    `{"audio_filepath": "a.wav", "duration": 1, "text": ${"[".repeat(1e5)}${"]".repeat(1e5)}}`,
    'has "text" a list of lists of lists, expected a string',
  ],
  ['{"audio_filepath": "", "duration": 1, "text": "a"}', 'has "audio_filepath" "", expected a string with content'],
  ['{"audio_filepath": "a.wav", "duration": 1, "text": 5}', 'has "text" 5, expected a string'],
  ['{"audio_filepath": "a.wav", "duration": 1, "text": "a", "id": {}}', 'has "id" {}, expected a string'],
  ...["-1", "0", "1e300", "1000001", '"1"', "null", "[1]", "true"].map((duration) => [
    `{"audio_filepath": "a.wav", "duration": ${duration}, "text": "a"}`,
    `has "duration" ${duration === "1e300" ? "1e+300" : duration}, ${LONGEST}`,
  ]),
  // Python's own words, which are no JSON.
  ...["NaN", "Infinity", "-Infinity"].map((duration) => [
    `{"audio_filepath": "a.wav", "duration": ${duration}, "text": "a"}`,
    `has "duration" null, ${LONGEST}`,
  ]),
  ...["-3", "1e300", '"0"'].map((offset) => [
    `{"audio_filepath": "a.wav", "duration": 1, "text": "a", "offset": ${offset}}`,
    `has "offset" ${offset === "1e300" ? "1e+300" : offset}, expected seconds, 0 or above and at most 1000000`,
  ]),
] as [line: string, problem: string][];

test("a line that is none of a manifest's is left out with its number and reason, and the others are read", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "bad.jsonl");
  const good = '{"audio_filepath": "first.wav", "duration": 1, "text": "a"}\n\n';
  await writeFiles(folder, {
    "bad.jsonl": `${good}${BAD_LINES.map(([line]) => `${line}\n`).join("")}`,
    "all.jsonl": `${BAD_LINES[0]?.[0]}\n{}\n`,
  });
  const { utterances, leftOut } = await loadUtterances(path);
  assert.deepEqual(
    utterances.map(({ id }) => id),
    ["first"],
  );
  assert.deepEqual(
    leftOut,
    BAD_LINES.map(([, reason], index) => ({ id: `${path}, line ${index + 3}`, reason })),
  );
  const all = join(folder, "all.jsonl");
  await assert.rejects(loadUtterances(all), {
    code: "bad-corpus",
    message: `${all}: holds no utterance that can be used: all 2 were left out, the first because ${all}, line 1 ${BAD_LINES[0]?.[1]}.`,
  });
});

test("what Python has no value for costs no line, and is left alone within texts", async (t) => {
  const folder = await temporaryFolder(t);
  const text = 'say \\"NaN, -Infinity\\"';
  const line = `{"audio_filepath": "NaN.wav", "duration": 1, "text": "${text}", "speaker": NaN, "offset": -Infinity, "snr":Infinity}`;
  await writeFiles(folder, { "NaN.wav": { copyOf: audioFixture("speech-16k.wav") }, "python.jsonl": line });
  const path = join(folder, "python.jsonl");
  const utterance = {
    audioPath: join(folder, "NaN.wav"),
    durationSeconds: 1,
    text: 'say "NaN, -Infinity"',
    speaker: "",
  };
  for (const read of [readManifest, findImporter("nemo").read]) {
    assert.deepEqual(await read(path), { utterances: [{ id: "NaN", ...utterance }], leftOut: [] });
  }
});

test("what repeats an id is named and left out; another text of one file is another utterance", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "twice.jsonl");
  const line = (fields: object) =>
    `${JSON.stringify({ audio_filepath: "a.wav", duration: 1, text: "a", ...fields })}\n`;
  await writeFiles(folder, {
    "twice.jsonl": line({}) + line({ text: "b" }) + line({ id: "c" }) + line({ id: "c", text: "d" }) + line({}),
  });
  const { utterances, leftOut } = await loadUtterances(path);
  assert.deepEqual(
    utterances.map(({ id, text }) => [id, text]),
    [
      ["a", "a"],
      ["a#2", "b"],
      ["c", "a"],
    ],
  );
  assert.deepEqual(leftOut, [
    { id: "c", reason: `${path}, line 4 repeats an id: line 3 has it too` },
    { id: "a", reason: `${path}, line 5 repeats an id: line 1 has it too` },
  ]);
});

test("a corpus may be a manifest or a LibriSpeech folder, and nothing else", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    "list.jsonl": '{"audio_filepath": "a.wav", "duration": 1, "text": "a"}',
    "empty.jsonl": "\n",
    "list.csv": "a.wav,1,a",
    "libri/1/2/1-2.trans.txt": "1-2-0000 A",
    "libri/1/2/1-2-0000.flac": { copyOf: audioFixture("speech-16k.flac") },
    "mute/1/2/1-2.trans.txt": "1-2-0000 A\n1-2-0001 B",
  });
  assert.equal((await loadUtterances(join(folder, "list.jsonl"))).utterances[0]?.id, "a");
  assert.equal((await loadUtterances(join(folder, "libri"))).utterances[0]?.id, "1-2-0000");
  const reject = async (name: string, problem: string): Promise<void> => {
    await assert.rejects(loadUtterances(join(folder, name)), { message: `${join(folder, name)}: ${problem}` });
  };
  await reject("none", "no such file; check the path.");
  await reject("empty.jsonl", "holds no utterance that can be used: it is empty.");
  await reject(
    "mute",
    "holds no utterance that can be used: all 2 were left out, the first because " +
      `${join(folder, "mute/1/2/1-2.trans.txt")}, line 1 has no audio file beside it.`,
  );
  await reject(
    "list.csv",
    "is not a corpus; expected a .jsonl manifest, or a folder with <speaker>/<chapter>/*.trans.txt and audio.",
  );
});
