/** The recogniser in a real page gives what it gives in Node. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext } from "node:test";
import { Recognizer } from "@deepspeech-ts/recognizer";
import type * as web from "@deepspeech-ts/recognizer/web";
import { saveCheckpoint } from "@deepspeech-ts/toolkit/acoustic-model";
import { runExport } from "@deepspeech-ts/toolkit/export";
import { checkpointFromBundle } from "@deepspeech-ts/toolkit/internal/export/bundle-checkpoint.js";
import { tidy } from "@deepspeech-ts/torch";
import { rootPath, testInBrowser, testInBrowsers } from "./browsers.js";
import { BUNDLE, openPage, STREAMING_BUNDLE } from "./page.js";

/** In the page. */
declare const recognition: typeof web;

const FILES = [
  "speech-16k.wav",
  "speech-16k.flac",
  "speech-16k.mp3",
  "speech-vorbis.ogg",
  "speech.m4a",
  "speech.opus",
  "speech.webm",
];
/** Of log-probabilities, between the page's WebAssembly and Node. */
const TOLERANCE = 1e-3;
const CALLS = ["1/1/1-1-0028.opus", "1/1/1-1-0033.opus"];

let recognizer: Recognizer;
before(async () => {
  recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
});
after(() => recognizer.close());

testInBrowsers("recordings of every format have the same text as in Node, with the same times", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const paths = [...FILES.map((name) => `audio/${name}`), ...CALLS.map((name) => `corpus/${name}`)];
  const found = await opened.page.evaluate(async (names) => {
    const loaded = await recognition.Recognizer.load("/model.dsb");
    const texts = [];
    const logProbs: number[][] = [];
    for (const name of names) {
      const own: number[] = [];
      const onEmissions = ({ emissions }: web.HeardSegment) => own.push(...emissions.logProbs);
      texts.push(await loaded.transcribe(name, { wordTimes: true, onEmissions }));
      logProbs.push(own);
    }
    await loaded.close();
    return { texts, logProbs, runtime: loaded.runtime };
  }, paths);
  assert.deepEqual(found.runtime, { device: "wasm", threads: 1, isKept: true });
  for (const [i, path] of paths.entries()) {
    const folder = path.startsWith("audio/") ? "test/fixtures/audio" : "sample-corpus/test";
    const logProbs: number[] = [];
    const expected = await recognizer.transcribe(rootPath(path.replace(/^[a-z]+/, folder)), {
      wordTimes: true,
      onEmissions: ({ emissions }) => logProbs.push(...emissions.logProbs),
    });
    assert.ok(logProbs.length > 0);
    assert.equal(found.logProbs[i]?.length, logProbs.length);
    const furthest = logProbs.reduce((most, value, at) => Math.max(most, Math.abs(value - found.logProbs[i]![at]!)), 0);
    assert.ok(furthest <= TOLERANCE, `${path}: ${furthest}`);
    assert.ok(expected.text.length > 0);
    assert.equal(found.texts[i]?.text, expected.text, path);
    assert.equal(found.texts[i]?.durationSeconds, expected.durationSeconds);
    const times = ({ timedWords }: typeof expected) =>
      timedWords?.map(({ word, startSeconds, endSeconds }) => ({ word, startSeconds, endSeconds }));
    assert.deepEqual(times(found.texts[i] as typeof expected), times(expected));
  }
  assert.deepEqual(opened.foreign, []);
});

/** The same model with its weights in 8 bits. */
async function bundleForPages(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-web-"));
  t.after(() => rm(folder, { recursive: true }));
  const [checkpoint, output] = [join(folder, "model.safetensors"), join(folder, "model.dsb")];
  tidy(() => {
    const { header, tensors } = checkpointFromBundle(BUNDLE);
    saveCheckpoint(checkpoint, header, new Map(tensors));
  });
  await runExport({ checkpoint, output, precisions: ["web"], evaluate: [], threads: 1, workers: 1 });
  return output;
}

testInBrowser("chromium", "a model that streams hears in the page what it hears in Node, step by step", async (t) => {
  const opened = await openPage(t);
  if (!opened) return;
  opened.site.files.set("/streaming.dsb", STREAMING_BUNDLE);
  const name = CALLS[0]!;
  const found = await opened.page.evaluate(async (path) => {
    const sizes: number[] = [];
    const loaded = await recognition.Recognizer.load("/streaming.dsb", { onBatch: (size) => sizes.push(size) });
    const file = new Uint8Array(await (await fetch(path)).arrayBuffer());
    const texts: string[] = [];
    for await (const event of loaded.stream(file, { encoding: "file" })) {
      if (event.kind === "final") texts.push(event.text);
    }
    await loaded.close();
    return { texts, numRuns: sizes.length };
  }, `corpus/${name}`);
  await using inNode = await Recognizer.load(STREAMING_BUNDLE, { threads: 1 });
  const expected: string[] = [];
  const file = await readFile(rootPath(`sample-corpus/test/${name}`));
  for await (const event of inNode.stream(file, { encoding: "file" })) {
    if (event.kind === "final") expected.push(event.text);
  }
  assert.deepEqual(found.texts, expected);
  assert.ok(expected.join("").length > 0);
  assert.ok(found.numRuns > 3, `${found.numRuns} runs`);
});

testInBrowser(
  "chromium",
  "a bundle that was exported for pages has the same text in the page, in Node, and of fp16",
  async (t) => {
    const opened = await openPage(t);
    if (!opened) return;
    const path = await bundleForPages(t);
    opened.site.files.set("/small.dsb", path);
    const found = await opened.page.evaluate(async () => {
      const loaded = await recognition.Recognizer.load("/small.dsb");
      const logProbs: number[] = [];
      const onEmissions = ({ emissions }: web.HeardSegment) => logProbs.push(...emissions.logProbs);
      const { text } = await loaded.transcribe("/audio/speech-16k.wav", { onEmissions });
      await loaded.close();
      return { text, logProbs };
    });
    const audio = rootPath("test/fixtures/audio/speech-16k.wav");
    await using small = await Recognizer.load(path, { threads: 1 });
    const expected: number[] = [];
    const { text } = await small.transcribe(audio, {
      onEmissions: ({ emissions }) => expected.push(...emissions.logProbs),
    });
    assert.equal(found.text, text);
    assert.equal(found.logProbs.length, expected.length);
    const furthest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found.logProbs[i]!)), 0);
    assert.ok(furthest <= TOLERANCE, `${furthest}`);
    assert.equal(found.text, (await recognizer.transcribe(audio)).text);
  },
);

testInBrowsers("a live microphone says what a file of it says, until its track ends", async (t, browser) => {
  const opened = await openPage(t, { browser, microphone: "speech" });
  if (!opened) return;
  const finals = await opened.page.evaluate(async () => {
    const loaded = await recognition.Recognizer.load("/model.dsb");
    const microphone = await recognition.openMicrophone({
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
    });
    const texts: string[] = [];
    for await (const event of loaded.stream(microphone)) {
      if (event.kind !== "final" || event.text === "") continue;
      texts.push(event.text);
      // Tells nobody, so that the page has to look.
      for (const track of microphone.getTracks()) track.stop();
    }
    await loaded.close();
    return texts;
  });
  assert.equal(finals.join(" "), (await recognizer.transcribe(rootPath("test/fixtures/audio/speech-16k.wav"))).text);
  assert.deepEqual(opened.foreign, []);
});

testInBrowsers(
  "a microphone's own sound comes as it is, and a pause of its own makes time pass",
  async (t, browser) => {
    const opened = await openPage(t, { browser, microphone: "tone" });
    if (!opened) return;
    const heard = await opened.page.evaluate(async () => {
      const stream = await recognition.openMicrophone();
      const [track] = stream.getAudioTracks();
      const { sound, sampleRate } = await recognition.microphoneSound(stream);
      let loudest = 0;
      let numSilent = 0;
      for await (const samples of sound) {
        const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
        if (track!.enabled) loudest = Math.max(loudest, peak);
        // Its visitor presses mute: what was on its way may still sound.
        if (loudest > 0.01) track!.enabled = false;
        if (!track!.enabled) numSilent = peak === 0 ? numSilent + samples.length : 0;
        if (numSilent > sampleRate / 2) track!.stop();
      }
      return { loudest, isSilent: numSilent > sampleRate / 2 };
    });
    assert.ok(heard.loudest > 0.01, `${heard.loudest}`);
    assert.ok(heard.isSilent);
  },
);

testInBrowsers("a microphone whose sound cannot begin yet says so, and is heard once it can", async (t, browser) => {
  const opened = await openPage(t, { browser, microphone: "tone" });
  if (!opened) return;
  const told = await opened.page.evaluate(async () => {
    let mayBegin = false;
    const BrowsersOwn = AudioContext;
    // As where there is no loudspeaker, or the page was not clicked yet: asked to go on, it does not answer.
    globalThis.AudioContext = class extends BrowsersOwn {
      constructor() {
        super();
        void this.suspend();
      }
      override get state() {
        return mayBegin ? super.state : "suspended";
      }
      override resume() {
        return mayBegin ? super.resume() : new Promise<void>(() => {});
      }
    };
    const stream = await recognition.openMicrophone();
    const events: string[] = [];
    const { sound } = await recognition.microphoneSound(stream, {
      onMicrophone: (event) => {
        events.push(event);
        mayBegin = true;
      },
    });
    for await (const samples of sound) {
      if (samples.some((sample) => Math.abs(sample) > 0.01)) for (const track of stream.getTracks()) track.stop();
    }
    return events;
  });
  assert.deepEqual(told, ["interrupted", "resumed"]);
});

testInBrowsers("samples, a File, an AudioBuffer and bytes are one sound", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const texts = await opened.page.evaluate(async () => {
    const loaded = await recognition.Recognizer.load("/model.dsb");
    const bytes = await (await fetch("/audio/speech-44k-stereo.flac")).arrayBuffer();
    const context = new OfflineAudioContext(1, 1, 44_100);
    const buffer = await context.decodeAudioData(bytes.slice());
    const inputs = [
      bytes,
      new Uint8Array(bytes),
      new File([bytes], "talk.flac"),
      new Response(bytes).body as never,
      buffer,
      new Request("/audio/speech-44k-stereo.flac"),
      new URL("/audio/speech-44k-stereo.flac", location.href),
    ];
    const found = [];
    for (const input of inputs) found.push((await loaded.transcribe(input)).text);
    // An option that is undefined is none: the buffer's own rate holds.
    found.push((await loaded.transcribe(buffer, { sampleRate: undefined, fileName: undefined })).text);
    const { text, timedWords } = await loaded.align(bytes, "Activated!");
    await loaded.close();
    return { found, aligned: [text, timedWords.length] };
  });
  const expected = (await recognizer.transcribe(rootPath("test/fixtures/audio/speech-44k-stereo.flac"))).text;
  assert.deepEqual(texts.found, Array(8).fill(expected));
  assert.deepEqual(texts.aligned, ["Activated!", 1]);
});

testInBrowsers(
  "channels that are opposites do not cancel, of an AudioBuffer and of a microphone",
  async (t, browser) => {
    const opened = await openPage(t, { browser });
    if (!opened) return;
    const found = await opened.page.evaluate(async () => {
      const loaded = await recognition.Recognizer.load("/model.dsb");
      const context = new AudioContext();
      const bytes = await (await fetch("/audio/speech-16k.wav")).arrayBuffer();
      const [speech] = [(await context.decodeAudioData(bytes)).getChannelData(0)];
      // Silence around it, as a microphone has.
      const buffer = context.createBuffer(2, speech!.length + 4 * context.sampleRate, context.sampleRate);
      buffer.getChannelData(0).set(speech!, 2 * context.sampleRate);
      buffer.getChannelData(1).set(
        speech!.map((sample) => -sample),
        2 * context.sampleRate,
      );
      const { text } = await loaded.transcribe(buffer);
      const untouched = buffer.getChannelData(0).length;

      const line = context.createMediaStreamDestination();
      const player = new AudioBufferSourceNode(context, { buffer });
      player.connect(line);
      const [track] = line.stream.getTracks();
      player.onended = () => track!.stop();
      const texts: string[] = [];
      const events = loaded.stream(line.stream);
      player.start(context.currentTime + 1);
      for await (const event of events) if (event.kind === "final" && event.text !== "") texts.push(event.text);
      await loaded.close();
      return { text, untouched: untouched === buffer.length, heard: texts.join(" ") };
    });
    const { text } = await recognizer.transcribe(rootPath("test/fixtures/audio/speech-16k.wav"));
    assert.deepEqual(found, { text, untouched: true, heard: text });
  },
);

/** What Chromium has for tracks that a page makes. */
interface TrackGenerators {
  readonly MediaStreamTrackGenerator: new (init: {
    kind: "audio";
  }) => MediaStreamTrack & { readonly writable: WritableStream };
}

testInBrowsers("a microphone that is interrupted, or lost, says so", async (t, browser) => {
  const opened = await openPage(t, { browser });
  if (!opened) return;
  const told = await opened.page.evaluate(async () => {
    const contexts: AudioContext[] = [];
    const BrowsersOwn = AudioContext;
    globalThis.AudioContext = class extends BrowsersOwn {
      constructor() {
        super();
        contexts.push(this);
      }
    };
    let isListening = false;
    globalThis.AudioWorkletNode = class extends AudioWorkletNode {
      constructor(...given: ConstructorParameters<typeof AudioWorkletNode>) {
        super(...given);
        isListening = true;
      }
    };
    // Its track ends by itself, as that of a device which is unplugged. Not every Chromium tells that of a player's.
    const { stream, end } =
      "MediaStreamTrackGenerator" in globalThis ? generatedSound() : await capturedSound("/audio/speech-16k.wav");
    function generatedSound() {
      const track = new (globalThis as unknown as TrackGenerators).MediaStreamTrackGenerator({ kind: "audio" });
      const writer = track.writable.getWriter();
      return { stream: new MediaStream([track]), end: () => void writer.close() };
    }
    async function capturedSound(url: string) {
      const player = new Audio(url) as HTMLAudioElement & Record<string, () => MediaStream>;
      player.loop = true;
      await player.play();
      const end = () => {
        player.loop = false;
      };
      return { stream: (player.captureStream ?? player.mozCaptureStream)!.call(player), end };
    }
    const events: string[] = [];
    let wake = () => {};
    const next = () => new Promise<void>((resolve) => (wake = resolve));
    const onMicrophone = (event: web.MicrophoneEvent) => {
      events.push(event);
      wake();
    };
    const loaded = await recognition.Recognizer.load("/model.dsb");
    const hearing = loaded.stream(stream, { onMicrophone });
    const over = (async () => {
      for await (const _ of hearing);
    })();
    while (!isListening) await new Promise((resolve) => setTimeout(resolve, 10));
    // As a tab that is put to sleep; one that is seen wakes by itself.
    const interrupted = next();
    await contexts[0]!.suspend();
    await interrupted;
    if (events.length < 2) await next();
    end();
    await over;
    await loaded.close();
    return { events, state: contexts[0]!.state };
  });
  assert.deepEqual([told.events.slice(0, 2), told.events.at(-1)], [["interrupted", "resumed"], "lost"]);
  assert.equal(told.state, "closed");
});

testInBrowser("chromium", "the page's own thread is free while the model runs", async (t) => {
  const opened = await openPage(t);
  if (!opened) return;
  const turns = await opened.page.evaluate(async () => {
    const loaded = await recognition.Recognizer.load("/model.dsb");
    const sound = Float32Array.from({ length: 30 * 16_000 }, (_, i) => Math.sin(i / 20) / 10);
    let [isOver, count] = [false, 0];
    const request = loaded.transcribe(sound).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      count += 1;
    }
    await request;
    await loaded.close();
    return count;
  });
  assert.ok(turns > 5, `the page had ${turns} turns`);
});
