import assert from "node:assert/strict";
import { test } from "node:test";
import { loadWaveform } from "../audio/waveform.js";
import { audioFixture, correlation, sampleCorpus } from "../fixtures.test.support.js";
import { readLibriSpeech } from "../librispeech.js";
import { Random } from "../random.js";
import { augment, mixNoise, power, reverberate } from "./augment.js";

type Samples = Float32Array;

const speech = (await loadWaveform(audioFixture("speech-16k.flac"))).samples;
/** A second of the corpus, which stands for noise, shorter and longer than the speech. */
const { utterances } = await readLibriSpeech(sampleCorpus("dev"));
const longer = (await loadWaveform(utterances.toSorted((a, b) => b.durationSeconds - a.durationSeconds)[0]!.audioPath))
  .samples;
const shorter = longer.slice(8000, 13_000);

/** A room's response: the direct sound after a delay, then noise that dies away by 60 dB in half a second. */
function room(delay: number): Samples {
  const random = new Random("room");
  const tail = Float32Array.from({ length: 8000 }, (_, i) => 0.05 * (2 * random.next() - 1) * 10 ** ((-3 * i) / 8000));
  const response = new Float32Array(delay + tail.length);
  response.set(tail, delay);
  response[delay] = 0.9;
  return response;
}

function decibels(ratio: number): number {
  return 10 * Math.log10(ratio);
}

function difference(a: Samples, b: Samples): Samples {
  assert.equal(a.length, b.length);
  return a.map((value, i) => value - (b[i] as number));
}

function greatest(samples: Samples): number {
  return samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
}

test("the signal-to-noise ratio is what was asked for, with long noise and short", () => {
  assert.ok(longer.length > speech.length && shorter.length < speech.length);
  for (const samples of [longer, shorter]) {
    for (const snrDb of [-5, 0, 7.3, 25]) {
      for (const position of [0, 0.37, 0.999999]) {
        const added = difference(mixNoise(speech, { samples, snrDb, position }), speech);
        const found = decibels(power(speech) / power(added));
        assert.ok(Math.abs(found - snrDb) < 0.01, `${snrDb} dB: found ${found} dB`);
      }
    }
  }
});

test("long noise is cut out at its place, and short noise goes round and round", () => {
  const excerpts: [Samples, number, (i: number) => number][] = [
    [longer, 0, (i) => i],
    [longer, 0.5, (i) => Math.floor((longer.length - speech.length + 1) / 2) + i],
    [shorter, 0.25, (i) => (1250 + i) % shorter.length],
  ];
  for (const [samples, position, indexAt] of excerpts) {
    const added = difference(mixNoise(speech, { samples, snrDb: 0, position }), speech);
    const expected = Float32Array.from(speech, (_, i) => samples[indexAt(i)] as number);
    assert.ok(correlation(added, expected) > 0.999999, `${correlation(added, expected)}`);
  }
});

test("where speech or noise is silent there is no ratio, and nothing is added", () => {
  const silence = new Float32Array(20_000);
  assert.equal(mixNoise(speech, { samples: silence, snrDb: 5, position: 0.5 }), speech);
  assert.equal(mixNoise(silence, { samples: longer, snrDb: 5, position: 0.5 }), silence);
});

test("a room that is a single impulse changes nothing, however late and loud it is", () => {
  for (const [delay, loudness] of [
    [0, 1],
    [0, 0.25],
    [700, 1],
    [700, 0.01],
  ] as const) {
    const impulse = new Float32Array(1000);
    impulse[delay] = loudness;
    assert.ok(greatest(difference(reverberate(speech, impulse), speech)) < 1e-6, `${loudness} after ${delay}`);
  }
});

test("an echo comes after its delay, and the power stays", () => {
  const response = new Float32Array(1200);
  response[200] = 1;
  response[1000] = 0.5;
  const echoing = reverberate(speech, response);
  const expected = speech.map((sample, i) => sample + 0.5 * (speech[i - 800] ?? 0));
  const gain = Math.sqrt(power(speech) / power(expected));
  assert.ok(
    greatest(
      difference(
        echoing,
        expected.map((sample) => gain * sample),
      ),
    ) < 1e-6,
  );
  assert.ok(Math.abs(decibels(power(echoing) / power(speech))) < 1e-4);
});

test("a room keeps length, power and timing", () => {
  const inRoom = reverberate(speech, room(300));
  assert.equal(inRoom.length, speech.length);
  assert.ok(Math.abs(decibels(power(inRoom) / power(speech))) < 1e-4);
  const matches = [-300, -20, 0, 20, 300].map((shift) =>
    correlation(inRoom.subarray(400 + shift, 16_400 + shift), speech.subarray(400, 16_400)),
  );
  assert.equal(Math.max(...matches), matches[2]);
  assert.ok(matches[2]! > 0.5 && matches[2]! < 0.999, `${matches}`);
});

test("noise is measured against the speech in its room", () => {
  const noise = { samples: longer, snrDb: 12, position: 0.2 };
  const inRoom = augment(speech, { impulseResponse: room(0) });
  const both = augment(speech, { impulseResponse: room(0), noise });
  const found = decibels(power(inRoom) / power(difference(both, inRoom)));
  assert.ok(Math.abs(found - 12) < 0.1, `${found} dB`);
});

test("gain changes loudness, until the peak reaches full scale", () => {
  const peak = greatest(speech);
  assert.ok(Math.abs(decibels(power(augment(speech, { gainDb: -6 })) / power(speech)) + 6) < 1e-4);
  const loud = augment(speech, { gainDb: 60 });
  assert.equal(greatest(loud), 1);
  assert.ok(
    greatest(
      difference(
        loud,
        speech.map((sample) => sample / peak),
      ),
    ) < 1e-6,
    "scaled, not clipped",
  );
});

test("noise that would not fit makes the whole softer, and the ratio stays", () => {
  const loudest = greatest(speech);
  const loudSpeech = speech.map((sample) => sample / loudest);
  const noise = { samples: longer, snrDb: 0, position: 0.3 };
  const mixed = mixNoise(loudSpeech, noise);
  const peak = greatest(mixed);
  assert.ok(peak > 1);
  const fitted = augment(loudSpeech, { noise });
  assert.equal(greatest(fitted), 1);
  assert.ok(
    greatest(
      difference(
        fitted,
        mixed.map((sample) => sample / peak),
      ),
    ) < 1e-6,
  );
});

test("the input is left as it is, and never handed back itself", () => {
  const before = speech.slice();
  const after = augment(speech, { impulseResponse: room(10), noise: { samples: shorter, snrDb: 3, position: 0 } });
  assert.notEqual(after, speech);
  assert.notEqual(augment(speech, {}), speech);
  assert.deepEqual(augment(speech, {}), before);
  assert.deepEqual(speech, before);
  assert.equal(augment(new Float32Array(0), { impulseResponse: room(0), gainDb: 3 }).length, 0);
});
