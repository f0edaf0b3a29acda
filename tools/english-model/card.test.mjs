/** What documents say of the English model is what was measured, and a worse model does not take its place. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { headline, renderCard } from "./card.mjs";
import { reasonToKeep } from "./metrics.mjs";

const read = (/** @type {string} */ path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** @returns {import("./metrics.mjs").Metrics} */
const shipped = () => JSON.parse(read("packages/model-english/metrics.json"));

test("the card and the README's line are made of metrics.json", () => {
  assert.equal(read("packages/model-english/README.md"), renderCard(shipped()));
  assert.ok(read("README.md").includes(`\n${headline(shipped())}\n`), "README.md has another line");
});

test("every source of the data has its credits", () => {
  const unknown = { ...shipped(), data: [{ source: "radio", hours: 1, utterances: 1, speakers: 1 }] };
  assert.throws(() => renderCard(unknown), { message: /^no credits are known for radio; / });
  const credits = read("packages/model-english/CREDITS.md");
  for (const name of ["LibriSpeech", "LJ Speech", "Kathleen", "speechocean762", "Common Voice", "Picovoice", "Digit"]) {
    assert.ok(credits.includes(name), name);
  }
});

/** @param {number} wer @param {number} [utterances] */
function withDev(wer, utterances = 191) {
  const rates = { wer, cer: wer / 2, werInterval: /** @type {[number, number]} */ ([wer - 0.01, wer + 0.01]) };
  const dev = [{ source: "readers", utterances, words: 3753, greedy: rates, decoded: rates }];
  return { ...shipped(), results: { dev } };
}

test("only a model that is better on dev takes the place of another", () => {
  assert.equal(reasonToKeep(withDev(0.4), undefined), undefined);
  assert.equal(reasonToKeep(withDev(0.4), withDev(0.41)), undefined);
  assert.equal(
    reasonToKeep(withDev(0.41), withDev(0.4)),
    "its word error rate on dev is 41.00%, and the shipped model's 40.00%",
  );
  assert.match(String(reasonToKeep(withDev(0.4), withDev(0.4))), /40\.00%, and the shipped model's 40\.00%/);
  assert.match(String(reasonToKeep(withDev(0.3), withDev(0.4, 100))), /measured on other recordings/);
});
