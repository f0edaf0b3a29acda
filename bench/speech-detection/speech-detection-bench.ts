/**
 * Where is speech? The recogniser's detector, Silero's model, beside one that looks at levels: what each finds, what it
 * lets through, what the bundle then writes, and what it costs.
 *
 *     node build/bench/speech-detection/speech-detection-bench.js [--json FILE]
 *
 * The test set of the sample corpus is heard with three seconds around each utterance, as it is and spoilt; then what holds
 * no speech at all. "Found" is the share of the utterances' time that lies in a stretch, "let through" that of the time
 * more than half a second away from any; "words" are what the bundle writes, and for "known" it is given the utterances
 * themselves, padded as the recogniser pads.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { corpusErrorRates, splitWords } from "@deepspeech-ts/speech";
import { type Detect, levelDetector, type Stretch, sileroDetector } from "./detectors.js";
import { treeUsage } from "./inside.js";
import { type Listener, startListener } from "./listener.js";
import { makeScenes, type Scene } from "./scenes.js";
import { RATE } from "./sounds.js";

/** Sound around speech that a detector may keep. */
const COLLAR_SECONDS = 0.5;
/** What the recogniser keeps of it. */
const PADDING_SECONDS = 0.3;
/** Times are counted in steps of 10 ms. */
const STEPS = 100;

interface Outcome {
  readonly found?: number;
  readonly letThrough: number;
  readonly wer?: number;
  readonly numWords: number;
  readonly cpuSeconds: number;
}

const { values: args } = parseArgs({ options: { json: { type: "string" } } });

function isIn(stretches: readonly Stretch[], numSteps: number, margin = 0): Uint8Array {
  const steps = new Uint8Array(numSteps);
  for (const [start, end] of stretches) {
    steps.fill(1, Math.max(0, Math.round((start - margin) * STEPS)), Math.max(0, Math.round((end + margin) * STEPS)));
  }
  return steps;
}

/** The share of the steps that `where` picks which `found` has; undefined where it picks none. */
function share(found: Uint8Array, where: (step: number) => boolean): number | undefined {
  let [hits, all] = [0, 0];
  for (const [step, isFound] of found.entries()) {
    if (!where(step)) continue;
    all += 1;
    hits += isFound;
  }
  return all === 0 ? undefined : hits / all;
}

async function judge(scene: Scene, detect: Detect, listener: Listener): Promise<Outcome> {
  const before = treeUsage().cpuMs;
  const stretches = await detect(scene.samples);
  const cpuSeconds = (treeUsage().cpuMs - before) / 1000;
  const numSteps = Math.floor((scene.samples.length / RATE) * STEPS);
  const found = isIn(stretches, numSteps);
  const speech = isIn(scene.speech, numSteps);
  const near = isIn(scene.speech, numSteps, COLLAR_SECONDS);
  const text = await listener.hear(scene.samples, stretches);
  return {
    ...given(
      "found",
      share(found, (step) => speech[step] === 1),
    ),
    letThrough: share(found, (step) => near[step] === 0) ?? 0,
    ...given("wer", scene.text ? corpusErrorRates([{ reference: scene.text, hypothesis: text }]).wer : undefined),
    numWords: splitWords(text).length,
    cpuSeconds,
  };
}

function given<Name extends string>(name: Name, value: number | undefined): { [K in Name]?: number } {
  return (value === undefined ? {} : { [name]: value }) as { [K in Name]?: number };
}

const percent = (value: number | undefined) => (value === undefined ? "" : `${(100 * value).toFixed(1)}%`).padStart(7);

async function main(): Promise<void> {
  const listener = await startListener();
  const detectors: Record<string, Detect> = { levels: levelDetector(), silero: sileroDetector(listener.platform) };
  const rows: object[] = [];
  const cpu: Record<string, number> = {};
  let seconds = 0;
  const columns = ["found", "let thr.", "WER", "words"].map((name) => name.padStart(8)).join("");
  console.log(`${cpus()[0]?.model}, Node ${process.versions.node}`);
  console.log(
    `${"".padEnd(22)}${Object.keys(detectors)
      .map((name) => `${name.padEnd(9)}${columns}`)
      .join("  ")}  known: WER`,
  );
  for (const scene of await makeScenes()) {
    seconds += scene.samples.length / RATE;
    let line = scene.name.padEnd(22);
    const outcomes: Record<string, Outcome> = {};
    for (const [name, detect] of Object.entries(detectors)) {
      const outcome = await judge(scene, detect, listener);
      outcomes[name] = outcome;
      cpu[name] = (cpu[name] ?? 0) + outcome.cpuSeconds;
      line += `${"".padEnd(9)} ${percent(outcome.found)} ${percent(outcome.letThrough)} ${percent(outcome.wer)} ${String(outcome.numWords).padStart(7)}  `;
    }
    const known = scene.speech.map(([start, end]) => [start - PADDING_SECONDS, end + PADDING_SECONDS] as const);
    const best = await judge(scene, async () => known, listener);
    console.log(`${line}  ${percent(best.wer)}`);
    rows.push({ scene: scene.name, ...outcomes, known: best });
  }
  for (const [name, used] of Object.entries(cpu)) {
    console.log(`${name}: ${((used / seconds) * 3600).toFixed(1)} s of one core for an hour of sound`);
  }
  if (args.json) writeFileSync(args.json, JSON.stringify({ rows, cpu, seconds }, undefined, 2));
  await listener.close();
}

await main();
