/** Live sound by a model that streams: the same connection, the same events. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openLive, sendEnd, sendSound } from "./live.test.support.js";
import {
  longRecording,
  pcm16,
  type Sample,
  STREAMING_BUNDLE,
  samples,
  startTestServer,
} from "./server.test.support.js";

test("many connections at once share the model's runs, and each is told what it is told alone", async (t) => {
  const server = await startTestServer(t, { bundle: STREAMING_BUNDLE });
  const steps = () => server.metric("deepspeech_batch_size_sum");
  const runs = () => server.metric("deepspeech_batch_size_count");
  const [sample] = samples(1) as [Sample];
  const sound = pcm16(await longRecording(sample, 2));
  const hear = async () => {
    const live = await openLive(server.port, "?word_timestamps=true");
    sendSound(live, sound);
    sendEnd(live);
    assert.deepEqual(await live.closed, [1000, ""]);
    return live.events;
  };
  const alone = await hear();
  const finals = alone.filter(({ type }) => type === "final");
  assert.ok(finals.length > 0 && finals.every(({ text, words }) => text !== "" && Array.isArray(words)));
  assert.ok(alone.some(({ type }) => type === "partial"));
  const before = [await steps(), await runs()] as const;
  const together = await Promise.all(Array.from({ length: 8 }, hear));
  for (const events of together) {
    assert.deepEqual(
      events.filter(({ type }) => type === "final").map(({ text }) => text),
      finals.map(({ text }) => text),
    );
  }
  const mean = ((await steps()) - before[0]) / ((await runs()) - before[1]);
  assert.ok(mean > 2, `${mean} connections a run`);
});
