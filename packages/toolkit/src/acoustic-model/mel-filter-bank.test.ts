import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadSafetensors } from "@deepspeech-ts/torch";
import { melFilterBank } from "./mel-filter-bank.js";

const golden = fileURLToPath(new URL("../../../../test/fixtures/features.safetensors", import.meta.url));

test("the filters are torchaudio's", () => {
  const { tensors } = loadSafetensors(golden);
  for (const numMels of [128, 80]) {
    const expected = tensors.get(`filter_bank${numMels}`)!.toNumbers();
    const bank = melFilterBank({ numMels, numBins: 201, sampleRate: 16_000 });
    assert.equal(bank.length, expected.length);
    const error = expected.reduce((worst, value, i) => Math.max(worst, Math.abs(value - bank[i]!)), 0);
    assert.ok(error < 2e-5, `${numMels} bands: off by ${error}`);
  }
});

test("filters follow the sample rate: at half of it, bands end at half the frequency", () => {
  const bank = melFilterBank({ numMels: 20, numBins: 201, sampleRate: 8000 });
  // Bin 200 is 4 kHz, where the last filter has fallen to zero; bin 199 lies inside it.
  assert.equal(bank[200 * 20 + 19], 0);
  assert.ok(bank[199 * 20 + 19]! > 0);
});

/** Where each filter is highest, in bins of 20 Hz; the empty ones at the bottom left out. */
function peaksOf(warp: number): number[] {
  const [numMels, numBins] = [20, 401];
  const bank = melFilterBank({ numMels, numBins, sampleRate: 16_000, warp });
  const filters = Array.from({ length: numMels }, (_, mel) =>
    Array.from({ length: numBins }, (_, bin) => bank[bin * numMels + mel]!),
  );
  return filters.map((filter) => filter.indexOf(Math.max(...filter)));
}

test("a warp moves filters in proportion up to the knee, and leaves the end where it is", () => {
  const plain = peaksOf(1);
  for (const warp of [0.9, 1.1]) {
    // After Jaitly and Hinton: in proportion up to 4800 · min(warp, 1) / warp Hz, then in a line to 8000 Hz.
    const warped = (bin: number) => {
      const knee = (240 * Math.min(warp, 1)) / warp;
      return bin <= knee ? warp * bin : 400 - ((400 - warp * knee) / (400 - knee)) * (400 - bin);
    };
    for (const [band, peak] of peaksOf(warp).entries()) {
      assert.ok(Math.abs(peak - warped(plain[band]!)) <= 1.1, `${warp}, band ${band}: ${peak} from ${plain[band]}`);
    }
  }
});
