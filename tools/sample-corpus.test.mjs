/**
 * The rules that write the transcripts, the split, and the committed corpus itself, held to what its README promises.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { sampleRate, trimSilence } from "./sample-corpus-audio.mjs";
import { groupNearDuplicates, splitPrompts } from "./sample-corpus-split.mjs";
import { parseTranscripts, spokenForm } from "./sample-corpus-text.mjs";

const corpus = fileURLToPath(new URL("../sample-corpus", import.meta.url));

/** @param {string} transcript */
const spoken = (transcript) => spokenForm("some-prompt", transcript);

test("written forms become spoken ones", () => {
  /** @type {[string, string][]} */
  const cases = [
    ["press * to toggle pause, press # to enter", "PRESS STAR TO TOGGLE PAUSE PRESS POUND TO ENTER"],
    ["3D audio enabled", "THREE D AUDIO ENABLED"],
    ["USB Radio", "U S B RADIO"],
    ["the SIP channel", "THE SIP CHANNEL"],
    ["A.M.", "A M"],
    ["w", "DOUBLE U"],
    ["at [@]", "AT"],
    ["o'clock", "O'CLOCK"],
    ["...re-enter it, in Call-Forward", "REENTER IT IN CALL FORWARD"],
    ["visit www.asterisk.org.", "VISIT DOUBLE U DOUBLE U DOUBLE U DOT ASTERISK DOT ORG"],
  ];
  for (const [written, text] of cases) assert.deepEqual(spoken(written), { text });
});

test("what has no certain spoken form is left out with its reason", () => {
  assert.deepEqual(spoken("[ascending tones]"), { leftOut: "a sound without speech" });
  assert.deepEqual(spoken("(10 seconds of silence)"), { leftOut: "a sound without speech" });
  assert.deepEqual(spoken("dial 500"), { leftOut: "a number of several digits can be read in several ways" });
  assert.deepEqual(spoken("50 %"), { leftOut: "a number of several digits can be read in several ways" });
  assert.deepEqual(spoken("five %"), { leftOut: 'no spoken form is known for "%"' });
});

test("the list is read by line, with comments passed over and colons kept", () => {
  const list = "; Core\n\ndigits/5: five\npriv: introduces themselves as:\n";
  assert.deepEqual(
    [...parseTranscripts(list)],
    [
      ["digits/5", "five"],
      ["priv", "introduces themselves as:"],
    ],
  );
});

test("near-duplicates form one group, through a third as well", () => {
  const texts = ["YOU ARE NOW MUTED HERE", "YOU ARE NOW UNMUTED HERE", "YOU ARE NOW UNMUTED THERE", "GOODBYE"];
  const prompts = texts.map((text, index) => ({ name: `p${index}`, text, durationSeconds: 1 }));
  const names = groupNearDuplicates(prompts).map((group) => group.map(({ name }) => name));
  assert.deepEqual(names, [["p0", "p1", "p2"], ["p3"]]);
});

test("the split does not depend on the order of the prompts", () => {
  const prompts = readTable().map(({ prompt, text, seconds }) => ({ name: prompt, text, durationSeconds: seconds }));
  const forward = splitPrompts(prompts);
  const backward = splitPrompts([...prompts].reverse());
  for (const { prompt, split } of readTable()) {
    assert.equal(forward.get(prompt), split, prompt);
    assert.equal(backward.get(prompt), split, prompt);
  }
});

test("silence at the ends is cut to a quarter of a second", () => {
  const samples = new Int16Array(3 * sampleRate);
  samples.fill(8000, sampleRate, 2 * sampleRate);
  assert.equal(trimSilence(samples).length, 1.5 * sampleRate);
  assert.equal(trimSilence(new Int16Array(sampleRate)).length, 0);
});

test("every utterance has its sound, its transcript line and a clean text; nothing else is there", () => {
  const table = readTable();
  const listed = table.flatMap(({ id, split }) => {
    const [speaker, chapter] = id.split("-");
    return [join(split, String(speaker), String(chapter), `${id}.opus`)];
  });
  const found = readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".opus"));
  assert.deepEqual(found.sort(), listed.sort());
  for (const { id, split, text } of table) {
    const [speaker, chapter] = id.split("-");
    const transcripts = join(corpus, split, String(speaker), String(chapter), `${speaker}-${chapter}.trans.txt`);
    assert.ok(existsSync(transcripts), transcripts);
    assert.ok(readFileSync(transcripts, "utf8").split("\n").includes(`${id} ${text}`), id);
    assert.match(text, /^[A-Z']+( [A-Z']+)*$/);
  }
});

test("no text is in two splits", () => {
  /** @type {Map<string, string>} */
  const splitOfText = new Map();
  for (const { text, split } of readTable()) {
    assert.equal(splitOfText.get(text) ?? split, split, text);
    splitOfText.set(text, split);
  }
});

/** The rows of the corpus's own table. */
function readTable() {
  const lines = readFileSync(join(corpus, "prompts.tsv"), "utf8").trim().split("\n").slice(1);
  return lines.map((line) => {
    const [id = "", split = "", prompt = "", seconds = "", text = ""] = line.split("\t");
    return { id, split, prompt, seconds: Number(seconds), text };
  });
}
