/** A live segment's search, told step by step: it must say what one that is told everything at once says. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Emissions } from "@deepspeech-ts/speech";
import { CallClient, type Host } from "../core/call-client.js";
import { knowledgeOf } from "../core/helper-handlers.js";
import { concatenated } from "../core/join-emissions.js";
import { GreedySearch, HelperSearch, type LiveSearch } from "../core/live-search.js";
import { resolveSearch } from "../core/options.js";
import { type FoundText, type SearchKnowledge, type SearchSettings, SegmentSearch } from "../core/search.js";
import { BUNDLE, randomNumbers, samplesOf, sampleUtterances } from "../fixtures.test.support.js";
import { openBundleFile } from "./bundle-file.js";
import { threadHost } from "./hosts.js";
import { startNodePlatform } from "./node-platform.js";

const bundle = await openBundleFile(BUNDLE);
const { header } = bundle;
const BEAM = resolveSearch({ wordTimes: true, nBest: 3, languageModel: false, beamSize: 20 }, header);
/** Whatever the bundle itself asks for. */
const { beam: _, ...GREEDY } = BEAM;
const knowledge: SearchKnowledge = { alphabet: header.alphabet };
let emissions: Emissions[];
let helper: CallClient;
/** The threads that served it, the living one last. */
const hosts: Host[] = [];

before(async () => {
  const platform = await startNodePlatform(bundle, { workers: 1, threads: 1 });
  const sounds = await Promise.all(
    sampleUtterances("test")
      .toSorted((a, b) => b.text.length - a.text.length)
      .slice(0, 3)
      .map(({ path }) => samplesOf(path)),
  );
  emissions = await platform.infer(sounds);
  await platform.close();
  const start = threadHost(new URL("./helper-worker.js", import.meta.url), knowledgeOf(bundle, true));
  helper = new CallClient((events) => {
    const host = start(events);
    hosts.push(host);
    return host;
  });
});

after(() => helper.close(new Error("the tests are over")));

interface Step {
  readonly settled: readonly Emissions[];
  readonly tail: Emissions;
}

/** Some steps settle nothing, some twice; some tell of frames that are not settled. */
function stepsOf(whole: Emissions, seed: number): Step[] {
  const random = randomNumbers(seed);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  const framesFrom = (from: number, to: number): Emissions => {
    const logProbs = whole.logProbs.slice(from * whole.numTokens, to * whole.numTokens);
    return { logProbs, numFrames: to - from, numTokens: whole.numTokens };
  };
  const steps: Step[] = [];
  for (let at = 0; at < whole.numFrames; ) {
    const settled: Emissions[] = [];
    for (let left = upTo(2); left > 0; left--) {
      const to = Math.min(whole.numFrames, at + 1 + upTo(7));
      if (to > at) settled.push(framesFrom(at, to));
      at = to;
    }
    steps.push({ settled, tail: framesFrom(at, Math.min(whole.numFrames, at + 3 * upTo(1))) });
  }
  return steps;
}

/** By searches that begin anew. */
function anew(steps: readonly Step[], settings: SearchSettings) {
  const begun = (count: number) => {
    const search = new SegmentSearch(settings, knowledge);
    for (const { settled } of steps.slice(0, count)) for (const frames of settled) search.settle(frames);
    return search;
  };
  const partials = steps.map(({ tail }, i) => begun(i + 1).partial(tail));
  return { partials, found: begun(steps.length).end(steps.at(-1)!.tail) };
}

async function follow(search: LiveSearch, steps: readonly Step[], beforeStep?: (step: number) => Promise<void>) {
  const partials = [];
  for (const [i, { settled, tail }] of steps.entries()) {
    await beforeStep?.(i);
    for (const frames of settled) search.settle(frames);
    partials.push(await search.partial(tail));
  }
  return { partials, found: await search.end(steps.at(-1)!.tail) };
}

test("searches that share a helper say what each says alone, and what one says that begins anew at each step", async () => {
  const all = emissions.map((whole, i) => stepsOf(whole, i + 1));
  const found = await Promise.all(all.map((steps, id) => follow(new HelperSearch(helper, id, BEAM), steps)));
  for (const [i, steps] of all.entries()) assert.deepEqual(found[i], anew(steps, BEAM));
  const text = (texts: readonly FoundText[]) => texts[0]!.text;
  assert.ok(found.every((each) => text(each.found) !== "" && each.partials.some(({ stable }) => stable !== "")));
  // Nothing is left of those that ended.
  const { tail } = all[0]![0]!;
  const step = { id: 0, settings: BEAM, numBefore: 1, settled: [], tail };
  assert.equal(await helper.call("searchOn", [step]), undefined);
});

test("greedy search is the same, and its words have the times of the whole", async () => {
  const [whole] = emissions;
  const steps = stepsOf(whole!, 7);
  const times = async (all: Emissions) => new SegmentSearch(GREEDY, knowledge).end(all);
  const found = await follow(new GreedySearch(header.alphabet, GREEDY, times), steps);
  assert.deepEqual(found, anew(steps, GREEDY));
  assert.ok(found.found[0]!.timedWords!.length > 1);
  const settled = steps.flatMap((step) => step.settled);
  assert.deepEqual(concatenated([...settled, steps.at(-1)!.tail]).logProbs, whole!.logProbs);
});

test("a helper that dies is followed by one that is told everything", async () => {
  const steps = stepsOf(emissions[1]!, 3);
  const deaths = [Math.floor(steps.length / 3), Math.floor(steps.length / 2)];
  const numHosts = hosts.length;
  const found = await follow(new HelperSearch(helper, 100, BEAM), steps, async (step) => {
    if (deaths.includes(step)) await hosts.at(-1)!.stop();
  });
  assert.deepEqual(found, anew(steps, BEAM));
  assert.equal(hosts.length, numHosts + deaths.length);
});

test("a search that is let go of leaves nothing behind", async () => {
  const [step] = stepsOf(emissions[2]!, 5);
  const search = new HelperSearch(helper, 200, BEAM);
  await search.partial(step!.tail);
  const known = { id: 200, settings: BEAM, numBefore: 1, settled: [], tail: step!.tail };
  assert.notEqual(await helper.call("searchOn", [known]), undefined);
  search.close();
  assert.equal(await helper.call("searchOn", [known]), undefined);
});
