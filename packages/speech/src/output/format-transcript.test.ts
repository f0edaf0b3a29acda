import assert from "node:assert/strict";
import { test } from "node:test";
import type { TimedWord } from "../decoding/timed-word.js";
import { formatTranscript, type OutputFormat, outputFormats } from "./format-transcript.js";
import type { Transcript } from "./transcript.js";

function word(text: string, startSeconds: number, endSeconds: number, confidence: number): TimedWord {
  const characters = [{ character: text[0] as string, startSeconds, endSeconds }];
  return { word: text, startSeconds, endSeconds, confidence, characters };
}

const transcript: Transcript = {
  id: "talk-1",
  text: "r&d is <fun> so",
  timedWords: [
    word("r&d", 0.1, 0.3254, 0.98765),
    word("is", 0.5, 0.625, 1),
    word("<fun>", 59.5, 59.9996, 0.5),
    word("so", 59.9999, 60.0002, 0.25),
  ],
  durationSeconds: 61,
  alternatives: [{ text: "r and d is fun so", score: -12.5 }],
};

test("text", () => assert.equal(formatTranscript(transcript, "txt"), "r&d is <fun> so\n"));

test("SRT, with times that round up into the next minute", () => {
  assert.equal(
    formatTranscript(transcript, "srt", { minSeconds: 0.1, pauseSeconds: 0.0001 }),
    "1\n00:00:00,100 --> 00:00:00,325\nr&d\n\n" +
      "2\n00:00:00,500 --> 00:00:00,625\nis\n\n" +
      "3\n00:00:59,500 --> 00:01:00,000\n<fun>\n\n" +
      "4\n00:01:00,000 --> 00:01:00,100\nso\n",
  );
});

test("WebVTT, escaped", () => {
  assert.equal(
    formatTranscript(transcript, "vtt"),
    "WEBVTT\n\n00:00:00.100 --> 00:00:01.100\nr&amp;d is\n\n00:00:59.500 --> 00:01:00.500\n&lt;fun&gt; so\n",
  );
});

test("a cue without length lasts a millisecond, and the next begins after it", () => {
  const brief = { ...transcript, timedWords: [word("a", 1, 1, 1), word("b", 1, 2, 1)] };
  const srt = formatTranscript(brief, "srt", { pauseSeconds: 0.000001, maxLines: 1, maxLineCharacters: 1 });
  assert.equal(srt, "1\n00:00:01,000 --> 00:00:01,001\na\n\n2\n00:00:01,001 --> 00:00:02,001\nb\n");
});

test("CTM: the durations are those of the rounded times", () => {
  assert.equal(
    formatTranscript(transcript, "ctm"),
    "talk-1 1 0.100 0.225 r&d 0.9877\ntalk-1 1 0.500 0.125 is 1.0000\n" +
      "talk-1 1 59.500 0.500 <fun> 0.5000\ntalk-1 1 60.000 0.000 so 0.2500\n",
  );
  assert.throws(() => formatTranscript({ ...transcript, id: "talk 1" }, "ctm"), {
    code: "invalid-option",
    message: 'id "talk 1" cannot stand in a CTM file; it must be one word',
  });
});

test("TSV", () => {
  assert.equal(
    formatTranscript(transcript, "tsv"),
    "start\tend\tword\tconfidence\n0.100\t0.325\tr&d\t0.9877\n0.500\t0.625\tis\t1.0000\n" +
      "59.500\t60.000\t<fun>\t0.5000\n60.000\t60.000\tso\t0.2500\n",
  );
});

test("JSON", () => {
  const text = formatTranscript({ ...transcript, text: "r&d", timedWords: transcript.timedWords.slice(0, 1) }, "json");
  assert.equal(
    text,
    `{
  "version": 1,
  "id": "talk-1",
  "text": "r&d",
  "durationSeconds": 61,
  "words": [
    {
      "word": "r&d",
      "startSeconds": 0.1,
      "endSeconds": 0.325,
      "confidence": 0.9877,
      "characters": [
        {
          "character": "r",
          "startSeconds": 0.1,
          "endSeconds": 0.325
        }
      ]
    }
  ],
  "alternatives": [
    {
      "text": "r and d is fun so",
      "score": -12.5
    }
  ]
}
`,
  );
});

test("nothing said gives valid files", () => {
  const silence: Transcript = { id: "silence", text: "", timedWords: [] };
  const files = Object.fromEntries(outputFormats.map((format) => [format, formatTranscript(silence, format)]));
  assert.deepEqual(files, {
    txt: "\n",
    json: '{\n  "version": 1,\n  "id": "silence",\n  "text": "",\n  "words": []\n}\n',
    srt: "",
    vtt: "WEBVTT\n",
    ctm: "",
    tsv: "start\tend\tword\tconfidence\n",
  });
});

test("an unknown format is refused", () => {
  assert.throws(() => formatTranscript(transcript, "doc" as OutputFormat), {
    code: "invalid-option",
    message: "doc is no output format; there are txt, json, srt, vtt, ctm, tsv",
  });
});
