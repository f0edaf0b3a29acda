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
