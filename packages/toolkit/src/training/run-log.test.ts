/** What a run leaves in its folder, and what a killed and resumed run makes of it. */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { parseCsv } from "../data/importers/delimited-text.js";
import type { TrainingEvent } from "./events.js";
import { readRunLog } from "./logging/read-log.js";
import type { ResumePoint } from "./logging/restore.js";
import { resumedEvents, runEvents } from "./logging/run-events.test.support.js";
import { RunLog } from "./run-log.js";
import { type LoggedValue, readEvents } from "./tensorboard/event-reader.js";
import { decodeEvent } from "./tensorboard/event-schema.js";
import { splitRecords } from "./tensorboard/records.js";

async function log(runFolder: string, events: readonly TrainingEvent[], resumeAt?: ResumePoint): Promise<void> {
  const runLog = await RunLog.open(runFolder, resumeAt && { resumeAt });
  for (const event of events) runLog.handle(event);
  await runLog.close();
}

/** A run that was logged from beginning to end. */
async function wholeRun(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await log(folder, runEvents(folder));
  return folder;
}

/** A run that was killed as it took its sixth step. */
async function killedRun(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const events = runEvents(folder);
  await log(folder, events.slice(0, events.findIndex((event) => event.kind === "step" && event.step === 6) + 1));
  return folder;
}

const read = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");

function eventFiles(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.startsWith("events.out.tfevents."));
  return names.sort().map((name) => join(folder, name));
}

function curve(values: readonly LoggedValue[], tag: string): [step: number, value: number][] {
  return values.flatMap((logged) =>
    logged.kind === "scalar" && logged.tag === tag ? [[logged.step, logged.value] as [number, number]] : [],
  );
}

/** What the log says, apart from when, in which folder, and when it was started again. */
async function contentOf(folder: string): Promise<unknown[]> {
  const events = await readRunLog(folder);
  const firstStart = events.findIndex(({ kind }) => kind === "start");
  return events
    .filter(({ kind }, index) => kind !== "start" || index === firstStart)
    .map((event) => ({ ...event, time: "", runFolder: "" }));
}

describe("log.jsonl", () => {
  it("holds every event with its time, but not the progress within an evaluation", async (t) => {
    const folder = await wholeRun(t);
    const events = await readRunLog(folder);
    const told = runEvents(folder).filter(({ kind }) => kind !== "evaluating");
    assert.deepEqual(
      events.map(({ time, ...event }) => event),
      told,
    );
    for (const { time } of events) assert.equal(new Date(time).toISOString(), time);
    assert.equal(read(folder, "log.jsonl").split("\n").length, told.length + 1);
  });

  it("is there for others to read after each epoch, and whenever it is flushed", async (t) => {
    const folder = await temporaryFolder(t);
    const runLog = await RunLog.open(folder);
    const events = runEvents(folder);
    const firstEpoch = events.findIndex(({ kind }) => kind === "epoch") + 1;
    for (const event of events.slice(0, firstEpoch)) runLog.handle(event);
    assert.equal((await readRunLog(folder)).at(-1)?.kind, "epoch");
    runLog.handle(events[firstEpoch]!);
    runLog.flush();
    assert.equal((await readRunLog(folder)).at(-1)?.kind, "step");
    await runLog.close();
  });

  it("is read up to the half line at its end, and no further than a line that is no event", async (t) => {
    const folder = await wholeRun(t);
    const path = join(folder, "log.jsonl");
    const events = await readRunLog(folder);
    appendFileSync(path, '{"time":"2024-');
    assert.deepEqual(await readRunLog(folder), events);
    appendFileSync(path, "\n");
    await assert.rejects(readRunLog(folder), {
      constructor: UserError,
      message: new RegExp(
        `^${path}: line ${events.length + 1}: expected a logged event, found "{\\\\"time\\\\":\\\\"2024-" \\(.*\\); delete the line.$`,
      ),
    });
  });

  it("is asked for in vain where there is none", async (t) => {
    const folder = await temporaryFolder(t);
    const message = `${join(folder, "log.jsonl")}: no such file; check the path.`;
    await assert.rejects(readRunLog(folder), { constructor: UserError, message });
  });
});

describe("steps.csv and epochs.csv", () => {
  it("have a header, and a row for each", async (t) => {
    const folder = await wholeRun(t);
    const lines = read(folder, "steps.csv").split("\r\n");
    assert.equal(lines[0], "step,epoch,loss,learning_rate,gradient_norm,audio_seconds_per_second,skipped");
    assert.equal(lines[1], "1,1,8,0.0009765625,0.25,40,false");
    assert.equal(lines[5], "5,2,NaN,0.0048828125,Infinity,40,true");
    assert.deepEqual(lines.slice(7), [""]);
    assert.equal(
      read(folder, "epochs.csv"),
      "epoch,step,train_loss,dev_loss,dev_wer,dev_cer,best,elapsed_seconds\r\n" +
        "1,3,4,2,1,0.5,true,6\r\n2,6,2,2,0.5,0.25,true,12\r\n",
    );
    assert.equal(parseCsv(read(folder, "epochs.csv"))[2]?.cells[5], "0.25");
  });
});

describe("TensorBoard's events", () => {
  it("have all curves and the samples", async (t) => {
    const [path = ""] = eventFiles(await wholeRun(t));
    const values = readEvents(path);
    const steps = [1, 2, 3, 4, 5, 6];
    for (const tag of ["Loss/train", "learning_rate", "gradient_norm", "audio_seconds_per_second"]) {
      assert.deepEqual(
        curve(values, tag).map(([step]) => step),
        steps,
        tag,
      );
    }
    assert.deepEqual(curve(values, "Loss/train")[1], [2, 4]);
    assert.deepEqual(curve(values, "gradient_norm")[2], [3, 0.75]);
    assert.deepEqual(curve(values, "Loss/val"), [
      [3, 2],
      [6, 2],
    ]);
    const [accuracy, wer, cer] = ["val_acc", "Metrics/wer", "Metrics/cer"].map((tag) => curve(values, tag).at(-1));
    assert.deepEqual(
      [accuracy, wer, cer],
      [
        [6, 0.75],
        [6, 0.5],
        [6, 0.25],
      ],
    );
    const ends = ["Averaged/wer", "Averaged/cer", "Test/wer", "Test/cer"].map((tag) => curve(values, tag));
    assert.deepEqual(ends, [[[6, 0.25]], [[6, 0.125]], [[6, 0.5]], [[6, 0.25]]]);
    const texts = values.filter((logged) => logged.kind === "text");
    assert.deepEqual(
      texts.map(({ tag, step, text }) => [tag, step, text]),
      [3, 6].map((step) => ["samples", step, "**a**\n\n    good morning\n    good mourning"]),
    );
  });

  it("show an utterance before and after augmentation", async (t) => {
    const folder = await temporaryFolder(t);
    const runLog = await RunLog.open(folder);
    const before = { values: Float32Array.from({ length: 12 }, (_, i) => i), numBands: 3 };
    runLog.logSpectrograms(1, { before, after: { ...before, values: before.values.map((value) => 11 - value) } });
    await runLog.close();
    const images = readEvents(eventFiles(folder)[0]!).filter((logged) => logged.kind === "image");
    assert.deepEqual(
      images.map(({ tag, step, width, height }) => [tag, step, width, height]),
      [
        ["Spectrogram/before_augmentation", 1, 4, 3],
        ["Spectrogram/after_augmentation", 1, 4, 3],
      ],
    );
    const [first, second] = images.map(({ encodedImage }) => Buffer.from(encodedImage));
    assert.equal(first?.toString("latin1", 1, 4), "PNG");
    assert.notDeepEqual(first, second);
  });

  it("of a resumed run begin with the step it goes on with", async (t) => {
    const folder = await killedRun(t);
    await log(folder, resumedEvents(folder, { step: 4, epoch: 1 }), { step: 4, epoch: 1 });
    const [first = "", second = ""] = eventFiles(folder);
    const startsIn = (path: string) =>
      [...splitRecords(readFileSync(path), path)]
        .map(({ data }) => decodeEvent(data))
        .flatMap(({ sessionLog, step }, index) => (sessionLog ? [{ ...sessionLog, step, index }] : []));
    assert.deepEqual(startsIn(first), []);
    assert.deepEqual(startsIn(second), [{ status: 1, step: 5, index: 1 }]);
    assert.deepEqual(
      curve(readEvents(second), "Loss/train").map(([step]) => step),
      [5, 6],
    );
  });
});

describe("a killed and resumed run", () => {
  /** Within an epoch; after an epoch that was measured, and after one that was not; before the first step. */
  const points = [
    { step: 4, epoch: 1 },
    { step: 3, epoch: 1 },
    { step: 3, epoch: 0 },
    { step: 0, epoch: 0 },
  ];

  it("leaves the log of one that never stopped, wherever its last line was torn", async (t) => {
    const whole = await wholeRun(t);
    for (const point of points) {
      for (const torn of [0, 1, 40, 400]) {
        const folder = await killedRun(t);
        const path = join(folder, "log.jsonl");
        truncateSync(path, statSync(path).size - torn);
        appendFileSync(join(folder, "steps.csv"), "7,3,0.1");
        await log(folder, resumedEvents(folder, point), point);
        assert.deepEqual(await contentOf(folder), await contentOf(whole));
        for (const name of ["steps.csv", "epochs.csv"]) assert.equal(read(folder, name), read(whole, name));
        const leftBehind = readdirSync(folder).filter((name) => name.endsWith(".tmp"));
        assert.deepEqual(leftBehind, []);
      }
    }
  });

  it("says when it went on, and from where", async (t) => {
    const folder = await killedRun(t);
    await log(folder, resumedEvents(folder, { step: 4, epoch: 1 }), { step: 4, epoch: 1 });
    const starts = (await readRunLog(folder)).filter((event) => event.kind === "start");
    assert.deepEqual(
      starts.map(({ firstStep }) => firstStep),
      [0, 4],
    );
  });

  it("is taken up again piece by piece, however long it is", async (t) => {
    const folder = await killedRun(t);
    const whole = await wholeRun(t);
    const [path, step] = [join(folder, "log.jsonl"), (await readRunLog(folder)).find(({ kind }) => kind === "step")];
    // Lines of more than one piece together, and one that is longer than any piece.
    const warning = { kind: "warning", time: "2026-01-01T00:00:00.000Z", message: "ä".repeat(5_000_000) };
    const many = Array.from({ length: 9000 }, () => ({ ...step, padding: "ä".repeat(300) }));
    const lines = [warning, ...many].map((event) => `${JSON.stringify(event)}\n`);
    const [head = "", ...tail] = read(folder, "log.jsonl").split(/(?<=\n)/);
    writeFileSync(path, [head, ...lines, ...tail].join(""));
    const numSteps = read(folder, "log.jsonl").split('"kind":"step"').length - 1;
    await log(folder, [{ kind: "warning", message: warning.message }], { step: 4, epoch: 1 });
    const events = await readRunLog(folder);
    assert.equal(events.filter(({ kind }) => kind === "warning").length, 1, "it is told already");
    assert.equal(events.filter(({ kind }) => kind === "step").length, numSteps - 2, "steps 5 and 6 are gone");
    assert.equal(read(folder, "steps.csv").split("\r\n").length, numSteps - 2 + 2);
    assert.equal(read(folder, "steps.csv").split("\r\n").at(-2), read(whole, "steps.csv").split("\r\n")[4]);
  });

  it("tells of its corpora again only where they changed", async (t) => {
    const folder = await killedRun(t);
    const point = { step: 4, epoch: 1 };
    const changed = resumedEvents(folder, point).map((event) =>
      event.kind === "data" ? { ...event, train: { ...event.train, numUtterances: 13 } } : event,
    );
    await log(folder, changed, point);
    const told = (await readRunLog(folder)).filter((event) => event.kind === "data");
    assert.deepEqual(
      told.map(({ train }) => train.numUtterances),
      [12, 13],
    );
  });

  it("drops the end of a run that goes on for more epochs", async (t) => {
    const folder = await wholeRun(t);
    await log(folder, [], { step: 6, epoch: 2 });
    assert.equal((await readRunLog(folder)).at(-1)?.kind, "epoch");
  });

  it("keeps what stands before a line that a power cut spoilt", async (t) => {
    const folder = await killedRun(t);
    appendFileSync(join(folder, "log.jsonl"), `${"\0".repeat(512)}\n`);
    await log(folder, [], { step: 6, epoch: 1 });
    const last = (await readRunLog(folder)).at(-1);
    assert.ok(last?.kind === "step" && last.step === 6);
  });

  it("goes on where an earlier version of the program logged no events", async (t) => {
    const folder = await temporaryFolder(t);
    const point = { step: 4, epoch: 1 };
    await log(folder, resumedEvents(folder, point), point);
    assert.equal((await readRunLog(folder))[0]?.kind, "data");
    assert.match(read(folder, "steps.csv"), /^step,.*\r\n5,2,NaN/);
  });
});

describe("a log that cannot be written", () => {
  it("is refused before training, by name", async (t) => {
    const folder = await temporaryFolder(t);
    mkdirSync(join(folder, "steps.csv"));
    const path = join(folder, "steps.csv");
    await assert.rejects(RunLog.open(folder), {
      constructor: UserError,
      message: `${path}: could not be written, a folder has that name; choose another.`,
    });
    const file = join(folder, "file");
    writeFileSync(file, "");
    await assert.rejects(RunLog.open(file), { constructor: UserError });
  });
});
