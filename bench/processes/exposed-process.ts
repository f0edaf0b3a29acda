/**
 * Run as a process of its own, one of several: adds up a model's gradients while the backward pass runs, as a training step
 * does. Rank 0 prints, as JSON, for how long the last to be done with its backward pass had still to wait: what of the
 * messages did not hide behind it.
 */
import { DeepSpeech, modelConfigSchema } from "@deepspeech-ts/toolkit/acoustic-model";
import { distributed, randn, setNumThreads, tidy } from "@deepspeech-ts/torch";
import { median } from "../median.js";

const [port, rank, size, model] = process.argv.slice(2).map((word) => JSON.parse(word));
/** Of 8 × 10 s, in hundredths of a second. */
const [ROWS, FRAMES, STEPS] = [8, 1000, 5];

setNumThreads(1);
const config = modelConfigSchema.parse({ numTokens: 29, ...model });
const network = new DeepSpeech(config).train();
using store = new distributed.Store({ port, serve: false });
using processes = new distributed.Processes({ store, rank, size });
using sum = new distributed.GradientSum(network.parameters(), { processes });
const input = randn([ROWS, FRAMES, config.numMels]);
const lengths = Array.from({ length: ROWS }, () => FRAMES);
const exposed: number[] = [];
for (let step = 0; step < STEPS; step++) {
  processes.gatherValues(null);
  let backwardEnd = 0;
  sum.compute([true], () => {
    tidy(() => {
      network.forward(input, lengths).logProbs.mean().backward();
      backwardEnd = now();
    });
  });
  const end = now();
  // The machine has one clock for all. A sum may be done before the thread that called backward is told that it is over.
  exposed.push(Math.max(0, end - Math.max(...processes.gatherValues(backwardEnd))));
}
if (rank === 0) process.stdout.write(JSON.stringify({ seconds: median(exposed) }));

function now(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
