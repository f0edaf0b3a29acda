import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { audioDurationSeconds } from "./audio/duration.js";
import { audioFixture, sampleCorpus, temporaryFolder, writeFiles } from "./fixtures.test.support.js";
import { readLibriSpeech } from "./librispeech.js";

const flac = { copyOf: audioFixture("speech-16k.flac") };
const opus = { copyOf: audioFixture("speech.opus") };

test("takes speakers by the transcript's name where ids name none, whatever the case of its ending", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    "anna/ch1/anna-ch1.trans.txt": "a1 GOOD MORNING\na2 HELLO\n",
    "anna/ch1/a1.flac": flac,
    "anna/ch1/a2.flac": flac,
    "bob/all/BOB.TRANS.TXT": "b1 HELLO\ncarl-2 HELLO\n",
    "bob/all/b1.flac": flac,
    "bob/all/carl-2.flac": flac,
  });
  const { utterances } = await readLibriSpeech(folder);
  assert.deepEqual(
    utterances.map(({ id, speaker }) => [id, speaker]),
    [
      ["a1", "anna"],
      ["a2", "anna"],
      ["b1", "BOB"],
      ["carl-2", "carl"],
    ],
  );
});

test("reads speakers and chapters in the order of their ids, in any audio format", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    "dev/84/121/84-121.trans.txt": "84-121-0001 GOOD  MORNING\r\n84-121-0000 ACTIVATED\r\n",
    "dev/84/121/84-121-0000.flac": flac,
    "dev/84/121/84-121-0001.FLAC": flac,
    "test/19/7/19-7.trans.txt": "19-7-0000 HELLO",
    "test/19/7/19-7-0000.opus": opus,
    "test/19/7/notes.txt": "not read",
    // What macOS keeps beside files on disks of others is no text.
    "test/19/7/._19-7.trans.txt": Buffer.of(0, 5, 0x16, 7, 0xff, 0xfe),
    "test/19/7/._19-7-0000.opus": Buffer.of(0, 5, 0x16, 7, 0xff, 0xfe),
  });
  assert.deepEqual(await readLibriSpeech(folder), {
    utterances: [
      {
        id: "19-7-0000",
        audioPath: join(folder, "test/19/7/19-7-0000.opus"),
        text: "HELLO",
        speaker: "19",
        durationSeconds: 1.064,
      },
      {
        id: "84-121-0000",
        audioPath: join(folder, "dev/84/121/84-121-0000.flac"),
        text: "ACTIVATED",
        speaker: "84",
        durationSeconds: 1.064,
      },
      {
        id: "84-121-0001",
        audioPath: join(folder, "dev/84/121/84-121-0001.FLAC"),
        text: "GOOD MORNING",
        speaker: "84",
        durationSeconds: 1.064,
      },
    ],
    leftOut: [],
  });
});

test("names what cannot be used, and why", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    "1/2/1-2.trans.txt": "1-2-0000 FINE\n1-2-0001 NO AUDIO\n1-2-0002\n1-2-0000 AGAIN\n1-2-0004 EMPTY FILE\n",
    "1/2/1-2-0000.flac": flac,
    "1/2/1-2-0000.opus": opus,
    "1/2/1-2-0002.flac": flac,
    "1/2/1-2-0003.flac": flac,
    "1/2/1-2-0004.flac": "",
  });
  const { utterances, leftOut } = await readLibriSpeech(folder);
  assert.deepEqual(
    utterances.map(({ id, text }) => [id, text]),
    [["1-2-0000", "FINE"]],
  );
  const chapter = join(folder, "1/2");
  assert.deepEqual(leftOut, [
    {
      id: "1-2-0000",
      reason: `${chapter}/1-2-0000.opus is left out: ${chapter}/1-2-0000.flac has the same name`,
    },
    {
      id: "1-2-0000",
      reason: `${chapter}/1-2.trans.txt, line 4 repeats an id: ${chapter}/1-2-0000.flac has it too`,
    },
    { id: "1-2-0001", reason: `${chapter}/1-2.trans.txt, line 2 has no audio file beside it` },
    { id: "1-2-0002", reason: `${chapter}/1-2.trans.txt, line 3 has no words` },
    { id: "1-2-0003", reason: `${chapter}/1-2-0003.flac has no transcript` },
    { id: "1-2-0004", reason: `${chapter}/1-2-0004.flac: is empty.` },
  ]);
});

test("a folder without transcripts is told what was expected", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { "a.wav": { copyOf: audioFixture("speech-16k.wav") } });
  await assert.rejects(readLibriSpeech(folder), {
    name: "UserError",
    code: "bad-corpus",
    message:
      `${folder}: no *.trans.txt below this folder; expected LibriSpeech's layout, ` +
      "<speaker>/<chapter>/<speaker>-<chapter>.trans.txt with the audio beside it, or give a .jsonl manifest.",
  });
  await assert.rejects(readLibriSpeech(join(folder, "none")), { code: "file-not-found" });
});

test("the sample corpus is whole", async () => {
  const { utterances, leftOut } = await readLibriSpeech(sampleCorpus("dev"));
  assert.deepEqual(leftOut, []);
  assert.ok(utterances.length > 20, `${utterances.length} utterances`);
  for (const { audioPath, durationSeconds } of utterances) {
    assert.equal(await audioDurationSeconds(audioPath), durationSeconds);
    assert.ok(durationSeconds > 0.2 && durationSeconds < 40, `${audioPath}: ${durationSeconds} s`);
  }
});
