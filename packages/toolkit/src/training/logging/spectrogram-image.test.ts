import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inflateSync } from "node:zlib";
import { crc32 } from "../tensorboard/crc32.js";
import { spectrogramPalette } from "./colour-map.js";
import { encodePng } from "./png.js";
import { drawSpectrograms } from "./spectrogram-image.js";

/** A PNG's chunks by type, its checksums checked. */
function chunksOf(png: Buffer): Map<string, Buffer> {
  assert.equal(png.toString("latin1", 0, 8), "\x89PNG\r\n\x1a\n");
  const chunks = new Map<string, Buffer>();
  for (let start = 8; start < png.length; ) {
    const end = start + 8 + png.readUInt32BE(start);
    assert.equal(png.readUInt32BE(end), crc32(png.subarray(start + 4, end)));
    chunks.set(png.toString("latin1", start + 4, start + 8), png.subarray(start + 8, end));
    start = end + 4;
  }
  return chunks;
}

/** The colours' numbers, row by row from the top, as whoever shows the file sees them. */
function rowsOf(png: Buffer): number[][] {
  const chunks = chunksOf(png);
  const [width, height] = [chunks.get("IHDR")!.readUInt32BE(0), chunks.get("IHDR")!.readUInt32BE(4)];
  const lines = inflateSync(chunks.get("IDAT")!);
  assert.equal(lines.length, height * (width + 1));
  return Array.from({ length: height }, (_, row) => {
    const [filter, ...pixels] = lines.subarray(row * (width + 1), (row + 1) * (width + 1));
    assert.equal(filter, 0);
    return pixels;
  });
}

test("a PNG holds size, palette and pixels", () => {
  const palette = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255);
  const png = encodePng({ width: 3, height: 2, pixels: Uint8Array.of(0, 1, 2, 2, 1, 0), palette });
  const chunks = chunksOf(png);
  assert.deepEqual([...chunks.keys()], ["IHDR", "PLTE", "IDAT", "IEND"]);
  // Width, height, 8 bits, palette, and the only compression, filter method and order without interlacing.
  assert.equal(chunks.get("IHDR")!.toString("hex"), "00000003" + "00000002" + "08" + "03" + "000000");
  assert.deepEqual([...chunks.get("PLTE")!], [...palette]);
  assert.deepEqual(rowsOf(png), [
    [0, 1, 2],
    [2, 1, 0],
  ]);
});

describe("a spectrogram", () => {
  test("has time from left to right and low frequencies at the bottom", () => {
    // Two frames of three bands.
    const values = Float32Array.of(0, 1, 2, 3, 4, 5);
    const spectrogram = { values, numBands: 3 };
    const { before } = drawSpectrograms({ before: spectrogram, after: spectrogram });
    assert.deepEqual(rowsOf(encodePng(before)), [
      [102, 255],
      [51, 204],
      [0, 153],
    ]);
  });

  test("keeps its scale after augmentation", () => {
    const before = { values: Float32Array.of(0, 5, 10), numBands: 1 };
    const after = { values: Float32Array.of(5, 20, -20), numBands: 1 };
    assert.deepEqual([...drawSpectrograms({ before, after }).after.pixels], [128, 255, 0]);
  });

  test("does not let one outlier darken all else", () => {
    const values = Float32Array.from({ length: 10_000 }, (_, i) => i % 100);
    values[5000] = 1e6;
    const spectrogram = { values, numBands: 10 };
    const { pixels } = drawSpectrograms({ before: spectrogram, after: spectrogram }).before;
    assert.ok(pixels.filter((colour) => colour > 128).length > 4000);
  });

  test("of one value, or of values that are none, is dark", () => {
    for (const value of [3, Number.NaN, Number.POSITIVE_INFINITY]) {
      const spectrogram = { values: new Float32Array(4).fill(value), numBands: 2 };
      const { before } = drawSpectrograms({ before: spectrogram, after: spectrogram });
      assert.deepEqual([...before.pixels], [0, 0, 0, 0], String(value));
    }
  });
});

test("the colours rise in lightness, evenly", () => {
  assert.equal(spectrogramPalette.length, 3 * 256);
  const lightness = Array.from({ length: 256 }, (_, i) =>
    oklabLightness(spectrogramPalette.subarray(3 * i, 3 * i + 3)),
  );
  const [first, last] = [lightness[0]!, lightness[255]!];
  for (const [i, value] of lightness.entries()) {
    const expected = first + ((last - first) * i) / 255;
    assert.ok(Math.abs(value - expected) < 0.005, `colour ${i}: ${value}, expected ${expected}`);
  }
  assert.ok(last - first > 0.7);
});

/** Oklab's L of an sRGB colour. */
function oklabLightness(rgb: Uint8Array): number {
  const [r = 0, g = 0, b = 0] = [...rgb].map((byte) => {
    const channel = byte / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short;
}
