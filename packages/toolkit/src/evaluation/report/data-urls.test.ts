import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { decodeWaveform } from "../../data/audio/waveform.js";
import { type Colour, pngDataUrl, wavDataUrl } from "./data-urls.js";

function bytesOf(url: string, type: string): Buffer {
  const prefix = `data:${type};base64,`;
  assert.ok(url.startsWith(prefix), url.slice(0, 40));
  return Buffer.from(url.slice(prefix.length), "base64");
}

test("a WAV file decodes to the samples, clipped and rounded to 16 bits", async () => {
  const samples = Float32Array.from({ length: 1600 }, (_, i) => 1.2 * Math.sin(i / 10));
  const decoded = await decodeWaveform(bytesOf(wavDataUrl(samples, 16_000), "audio/wav"), { fileName: "sound.wav" });
  assert.equal(decoded.sampleRate, 16_000);
  assert.equal(decoded.samples.length, samples.length);
  for (const [i, sample] of samples.entries()) {
    const expected = Math.max(-1, Math.min(1, sample));
    assert.ok(Math.abs(decoded.samples[i]! - expected) < 1e-4, `sample ${i}: ${decoded.samples[i]}, not ${expected}`);
  }
});

test("a PNG file holds its size, palette and pixels", () => {
  const pixels = Uint8Array.from([0, 1, 2, 2, 1, 0]);
  const palette: Colour[] = [
    [0, 0, 0],
    [255, 0, 0],
    [1, 2, 3],
  ];
  const png = bytesOf(pngDataUrl(pixels, { width: 3, height: 2, palette }), "image/png");
  assert.equal(png.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    chunks.set(body.toString("latin1", 0, 4), body.subarray(4));
    at += 12 + length;
  }
  assert.deepEqual([...chunks.keys()], ["IHDR", "PLTE", "IDAT", "IEND"]);
  assert.deepEqual([...chunks.get("IHDR")!], [0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
  assert.deepEqual([...chunks.get("PLTE")!], palette.flat());
  // The checksum of IEND, which is empty, is the same in every PNG file.
  assert.equal(png.subarray(-4).toString("hex"), "ae426082");
  assert.deepEqual([...inflateSync(chunks.get("IDAT")!)], [0, 0, 1, 2, 0, 2, 1, 0]);
});
