import assert from "node:assert/strict";
import { test } from "node:test";
import type { Emissions } from "@deepspeech-ts/speech";
import { BatchQueue, type BatchQueueOptions } from "./batch-queue.js";
import { Cancellation } from "./cancellation.js";

const OPTIONS: BatchQueueOptions = { maxBatchSeconds: 10, maxWaitMilliseconds: 0, numRunners: 1, sampleRate: 100 };

/** A model that notes the lengths of its batches, and runs each until it is told to go on. */
class SlowModel {
  readonly batches: number[][] = [];
  #waiting: (() => void)[] = [];

  readonly run = async (waveforms: readonly Float32Array<ArrayBuffer>[]): Promise<Emissions[]> => {
    this.batches.push(waveforms.map(({ length }) => length));
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return waveforms.map(({ length }) => ({ logProbs: new Float32Array(length), numFrames: length, numTokens: 1 }));
  };

  /** Lets the runs that have begun end, and what follows begin. */
  async goOn(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function submitAll(queue: BatchQueue, lengths: readonly number[]): Promise<number[]> {
  const results = lengths.map((length) => queue.submit(new Float32Array(length), new Cancellation()));
  return Promise.all(results.map(async (result) => (await result).numFrames));
}

test("each request gets its own result", async () => {
  const model = new SlowModel();
  const results = submitAll(new BatchQueue(model.run, OPTIONS), [100, 110, 120, 130]);
  await model.goOn();
  await model.goOn();
  assert.deepEqual(await results, [100, 110, 120, 130]);
  assert.deepEqual(model.batches, [[100], [110, 120, 130]]);
});

test("similar lengths share a batch, the oldest request goes first, and a batch has room for so many seconds", async () => {
  const model = new SlowModel();
  const results = submitAll(new BatchQueue(model.run, OPTIONS), [50, 300, 20, 310, 290, 21, 500]);
  for (let i = 0; i < 4; i++) await model.goOn();
  // 300, 310 and 290 are 9.3 seconds padded; 500 would make them too long and too different.
  assert.deepEqual(model.batches, [[50], [300, 310, 290], [20, 21], [500]]);
  assert.deepEqual(await results, [50, 300, 20, 310, 290, 21, 500]);
});

test("a request longer than a batch goes alone", async () => {
  const model = new SlowModel();
  const results = submitAll(new BatchQueue(model.run, OPTIONS), [5000, 4900]);
  await model.goOn();
  await model.goOn();
  assert.deepEqual(model.batches, [[5000], [4900]]);
  assert.deepEqual(await results, [5000, 4900]);
});

test("as many batches run at a time as there are runners", async () => {
  const model = new SlowModel();
  const results = submitAll(new BatchQueue(model.run, { ...OPTIONS, numRunners: 2 }), [100, 900, 110]);
  assert.deepEqual(model.batches, [[100], [900]]);
  await model.goOn();
  assert.deepEqual(model.batches, [[100], [900], [110]]);
  await model.goOn();
  await results;
});

test("an idle model waits for company", async () => {
  const model = new SlowModel();
  const results = submitAll(new BatchQueue(model.run, { ...OPTIONS, maxWaitMilliseconds: 1 }), [100, 110, 120]);
  while (model.batches.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(model.batches, [[100, 110, 120]]);
  await model.goOn();
  await results;
});

test("a request may wait for longer than others, but goes with them", async () => {
  const model = new SlowModel();
  const queue = new BatchQueue(model.run, { ...OPTIONS, maxWaitMilliseconds: 1 });
  const patient = [100, 110].map((length) => queue.submit(new Float32Array(length), new Cancellation(), 2 ** 32));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(model.batches, []);
  const other = submitAll(queue, [120]);
  while (model.batches.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(model.batches, [[100, 110, 120]]);
  // Nor does it go because the model is free again.
  const left = new Cancellation();
  const late = queue.submit(new Float32Array(100), left, 60_000);
  await model.goOn();
  await Promise.all([...patient, other]);
  assert.equal(model.batches.length, 1);
  left.cancel(new Error("it left"));
  await assert.rejects(late, { message: "it left" });
});

test("nobody waits for company that is not on its way, and all go when the last has come", async () => {
  const model = new SlowModel();
  let numOnTheirWay = 1;
  const expectsCompany = (numWaiting: number) => numWaiting < numOnTheirWay;
  const queue = new BatchQueue(model.run, { ...OPTIONS, maxWaitMilliseconds: 60_000, expectsCompany });
  const alone = submitAll(queue, [100]);
  assert.deepEqual(model.batches, [[100]]);
  await model.goOn();
  numOnTheirWay = 3;
  const together = submitAll(queue, [110, 120]);
  assert.deepEqual(model.batches, [[100]]);
  const last = submitAll(queue, [130]);
  assert.deepEqual(model.batches, [[100], [110, 120, 130]]);
  await model.goOn();
  assert.deepEqual(await Promise.all([alone, together, last]), [[100], [110, 120], [130]]);
});

test("a cancelled request leaves the queue, or its batch's company, and nobody else does", async () => {
  const model = new SlowModel();
  const queue = new BatchQueue(model.run, OPTIONS);
  const [running, waiting] = [new Cancellation(), new Cancellation()];
  const first = queue.submit(new Float32Array(100), running);
  const second = queue.submit(new Float32Array(110), waiting);
  const others = submitAll(queue, [120, 130]);
  waiting.cancel(new Error("waiting was cancelled"));
  running.cancel(new Error("running was cancelled"));
  await assert.rejects(first, { message: "running was cancelled" });
  await assert.rejects(second, { message: "waiting was cancelled" });
  await model.goOn();
  await model.goOn();
  assert.deepEqual(model.batches, [[100], [120, 130]]);
  assert.deepEqual(await others, [120, 130]);
  assert.equal(queue.numWaiting, 0);
});

test("a request that is cancelled before it comes never reaches the model", async () => {
  const model = new SlowModel();
  const cancellation = new Cancellation();
  cancellation.cancel(new Error("too late"));
  const queue = new BatchQueue(model.run, OPTIONS);
  await assert.rejects(queue.submit(new Float32Array(10), cancellation), { message: "too late" });
  assert.deepEqual(model.batches, []);
});

test("a run that fails rejects its batch alone", async () => {
  let runs = 0;
  const queue = new BatchQueue(async (waveforms) => {
    runs += 1;
    if (runs === 1) throw new Error("out of memory");
    return waveforms.map(() => ({ logProbs: new Float32Array(), numFrames: 0, numTokens: 1 }));
  }, OPTIONS);
  const first = queue.submit(new Float32Array(10), new Cancellation());
  const second = queue.submit(new Float32Array(10), new Cancellation());
  await assert.rejects(first, { message: "out of memory" });
  assert.equal((await second).numFrames, 0);
});
