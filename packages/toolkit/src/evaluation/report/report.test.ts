/** The report of a real evaluation, opened in a real browser. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { scoreUtterance } from "@deepspeech-ts/speech";
import { sampleCorpus, temporaryFolder } from "../../data/fixtures.test.support.js";
import { analyse } from "../analysis.js";
import { compareResults } from "../comparison.js";
import type { UtteranceResult } from "../evaluate.js";
import { babblingCheckpoint } from "../evaluation.test.support.js";
import { type EvaluationRun, runEvaluation } from "../run-evaluation.js";
import { openInChromium } from "./browsers.test.support.js";
import { distinctNames } from "./comparison-section.js";
import { renderReport } from "./report.js";

const HOSTILE = `<img src=x onerror="window.hacked=true"><script>window.hacked=true</script>'"&`;
const NUM_WORST = 3;

/** A run on real sound, in which everything that data can hold has been made hostile. */
async function hostileRun(folder: string): Promise<EvaluationRun> {
  const checkpoint = babblingCheckpoint(folder);
  const data = [sampleCorpus("dev")];
  const run = await runEvaluation({ checkpoint, data, threads: 1, workers: 1, evidenceOfWorst: NUM_WORST });
  const poison = (utterance: UtteranceResult): UtteranceResult => ({
    ...utterance,
    id: `${utterance.id}${HOSTILE}`,
    speaker: Number(utterance.id.at(-1)) % 2 === 0 ? HOSTILE : "1",
    hypothesis: `${utterance.hypothesis} ${HOSTILE}`,
    ...scoreUtterance(utterance.reference, `${utterance.hypothesis} ${HOSTILE}`),
  });
  // Their poison makes others the worst: those with evidence stay.
  const gathered = new Set(run.evidence.map(({ id }) => id));
  return {
    ...run,
    utterances: run.utterances.filter(({ id }) => gathered.has(id)).map(poison),
    leftOut: [{ id: HOSTILE, reason: HOSTILE }],
    evidence: run.evidence.map((one) => ({ ...one, id: `${one.id}${HOSTILE}` })),
  };
}

function reportOf(run: EvaluationRun): string {
  const other = run.utterances.map((utterance) => ({
    ...utterance,
    hypothesis: utterance.reference,
    ...scoreUtterance(utterance.reference, utterance.reference),
  }));
  const compared = { name: HOSTILE, comparison: compareResults(run.utterances, other) };
  const analysis = analyse(run.utterances);
  return renderReport({
    checkpoint: HOSTILE,
    data: [HOSTILE],
    decoding: HOSTILE,
    run,
    analysis,
    numWorst: NUM_WORST,
    compared,
  });
}

interface Seen {
  hacked: boolean;
  playheads: number;
  pictures: boolean[];
  seconds: number[];
  overflow: number;
}

/** What only a running page knows, as soon as it has read its sounds. */
const LOOK = `(async () => {
  const audio = [...document.querySelectorAll("audio")];
  const read = (one) => new Promise((done) => one.addEventListener("loadedmetadata", done));
  await Promise.all(audio.map((one) => one.duration > 0 || read(one)));
  return {
    hacked: "hacked" in window,
    playheads: document.querySelectorAll(".playhead").length,
    pictures: [...document.images].map((image) => image.naturalWidth > 0 && image.naturalHeight > 0),
    seconds: audio.map(({ duration }) => duration),
    overflow: document.documentElement.scrollWidth - innerWidth,
  };
})()`;

it("calls two models by that in which they differ", () => {
  const [run, other] = ["runs/a/version_0", "runs/b/version_1"];
  assert.deepEqual(distinctNames(`${run}, greedy`, `${other}, greedy`), [run, other]);
  assert.deepEqual(distinctNames(`${run}, beam 100, lm en.lm`, `${run}, greedy`), ["beam 100, lm en.lm", "greedy"]);
  assert.deepEqual(distinctNames(`${run}, beam 100`, `${other}, greedy`), [`${run}, beam 100`, `${other}, greedy`]);
  assert.deepEqual(distinctNames(run, run), [run, run]);
});

describe("renderReport", () => {
  it("shows everything in a browser, and runs nothing that data holds", async (t) => {
    const folder = await temporaryFolder(t);
    const run = await hostileRun(folder);
    const path = join(folder, "report.html");
    await writeFile(path, reportOf(run));
    const opened = await openInChromium(t, path);
    if (!opened) return;
    const seen: Seen = await opened.page.evaluate(LOOK);
    const { hacked, playheads, pictures, seconds, overflow } = seen;
    assert.deepEqual(opened.complaints, []);
    assert.equal(playheads, NUM_WORST, "the script ran to its end");
    assert.equal(hacked, false);
    assert.deepEqual(pictures, Array(NUM_WORST).fill(true));
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    for (const [i, { samples, sampleRate }] of run.evidence.entries()) {
      assert.ok(Math.abs(seconds[i]! - samples.length / sampleRate) < 0.01, `sound ${i} lasts ${seconds[i]} s`);
    }
  });

  it("holds no request to anywhere", async (t) => {
    const text = reportOf(await hostileRun(await temporaryFolder(t)));
    assert.doesNotMatch(text, /https?:|src="(?!data:)|url\(|@import/);
    assert.match(text, /Content-Security-Policy" content="default-src &#39;none&#39;;/);
    assert.equal(text.match(/<script/g)?.length, 1);
  });

  it("does without what there is none of", async (t) => {
    const run = await hostileRun(await temporaryFolder(t));
    const right = run.utterances.map((utterance) => ({
      ...utterance,
      speaker: "1",
      hypothesis: utterance.reference,
      ...scoreUtterance(utterance.reference, utterance.reference),
    }));
    const perfect = { ...run, utterances: right, leftOut: [], evidence: [] };
    const text = renderReport({
      checkpoint: "best",
      data: ["test"],
      decoding: "greedy",
      run: perfect,
      analysis: analyse(right),
      numWorst: NUM_WORST,
    });
    for (const section of ["worst", "speakers", "left-out", "comparison"]) assert.ok(!text.includes(`id="${section}"`));
    for (const section of ["summary", "length", "confusions"]) assert.ok(text.includes(`id="${section}"`));
    assert.doesNotMatch(text, /NaN|undefined|Infinity/);
    const links = [...text.matchAll(/<a href="#([\w-]+)">/g)].map(([, id]) => id);
    assert.deepEqual(links, ["summary", "length", "confusions"]);
  });
});
