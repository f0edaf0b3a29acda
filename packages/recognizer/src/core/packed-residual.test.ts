import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "../fixtures.test.support.js";
import { LayerAssembly } from "./layer-assembly.js";
import { type NormalisedConvolution, PackedResidual } from "./packed-residual.js";

interface Sizes {
  readonly channels: number;
  readonly numFrames: number;
  readonly width: number;
}

/** LayerNorm, GELU and the mask, by the definition, in double precision. @param images [batch, channels, frames, width] */
function activate(
  images: Float64Array,
  mask: Float32Array,
  { norm: { scale, shift, epsilon } }: NormalisedConvolution,
  { channels, numFrames, width }: Sizes,
): Float64Array {
  const active = new Float64Array(images.length);
  for (let line = 0; line < images.length / width; line++) {
    const values = images.subarray(line * width, (line + 1) * width);
    const mean = values.reduce((sum, value) => sum + value, 0) / width;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const row = Math.floor(line / (channels * numFrames));
    const within = mask[row * numFrames + (line % numFrames)]!;
    for (const [i, value] of values.entries()) {
      const normal = ((value - mean) / Math.sqrt(variance + epsilon)) * scale[i]! + shift[i]!;
      active[line * width + i] = within * normal * normalCdf(normal);
    }
  }
  return active;
}

/** Its integral, by Simpson's rule. */
function normalCdf(x: number): number {
  const [steps, end] = [400, Math.min(Math.abs(x), 8)];
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-(((i * end) / steps) ** 2) / 2);
  }
  const half = (sum * end) / steps / 3 / Math.sqrt(2 * Math.PI);
  return x < 0 ? 0.5 - half : 0.5 + half;
}

function convolve(
  images: Float64Array,
  { weights, bias }: NormalisedConvolution,
  { channels, numFrames, width }: Sizes,
): Float64Array {
  const placeOf = (image: number, frame: number, band: number) => (image * numFrames + frame) * width + band;
  return images.map((_, i) => {
    const [band, frame, image] = [i % width, Math.floor(i / width) % numFrames, Math.floor(i / width / numFrames)];
    const [output, first] = [image % channels, image - (image % channels)];
    let sum = bias[output]!;
    for (let tap = 0; tap < 9 * channels; tap++) {
      const [channel, inTime, inBand] = [Math.floor(tap / 9), Math.floor((tap % 9) / 3) - 1, (tap % 3) - 1];
      const isInside = band + inBand >= 0 && band + inBand < width && frame + inTime >= 0 && frame + inTime < numFrames;
      if (isInside) {
        sum += weights[output * 9 * channels + tap]! * images[placeOf(first + channel, frame + inTime, band + inBand)]!;
      }
    }
    return sum;
  });
}

test("results are those of the definition, for any size, batch and length", () => {
  const random = randomNumbers(11);
  const floats = (length: number, size = 1) => Float32Array.from({ length }, () => size * (2 * random() - 1));
  const assembly = new LayerAssembly();
  for (const [channels, numFrames, width, lengths] of [
    [1, 1, 8, [1]],
    [5, 7, 16, [7, 3]],
    [12, 9, 40, [9, 9, 0]],
  ] as const) {
    const sizes = { channels, numFrames, width };
    const convolutionOf = (): NormalisedConvolution => ({
      norm: { scale: floats(width, 2), shift: floats(width), epsilon: 1e-5 },
      weights: floats(9 * channels * channels, 0.5),
      bias: floats(channels),
    });
    const convolutions = [convolutionOf(), convolutionOf()] as const;
    const block = new PackedResidual(assembly, { channels, width, convolutions });
    const images = floats(lengths.length * channels * numFrames * width, 4);
    const mask = Float32Array.from(
      lengths.flatMap((length) => Array.from({ length: numFrames }, (_, i) => +(i < length))),
    );
    let added: Float64Array = Float64Array.from(images);
    for (const own of convolutions) added = convolve(activate(added, mask, own, sizes), own, sizes);
    const expected = added.map((value, i) => {
      const row = Math.floor(i / (channels * numFrames * width));
      return images[i]! + value * mask[row * numFrames + (Math.floor(i / width) % numFrames)]!;
    });
    const found = block.run(images, mask, numFrames);
    assert.equal(found.length, expected.length);
    const furthest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
    assert.ok(furthest < 5e-5, `${channels} channels: ${furthest} off`);
  }
});

test("bands that fill no vectors are not taken", () => {
  assert.equal(PackedResidual.takes({ width: 20 }), false);
  assert.equal(PackedResidual.takes({ width: 40 }), true);
});
