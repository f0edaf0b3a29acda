/**
 * Sound and pictures as data URLs: WAV, and PNG with a palette (W3C, "Portable Network Graphics").
 */
import { deflateSync } from "node:zlib";
import { wavFile } from "@deepspeech-ts/recognizer/audio";

/** @param samples one channel in [-1, 1]; what is beyond is clipped */
export function wavDataUrl(samples: Float32Array, sampleRate: number): string {
  return dataUrl("audio/wav", wavFile(samples, sampleRate));
}

/** Red, green and blue, from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/**
 * @param pixels [height, width], each an index into the palette
 * @param palette at most 256 colours
 */
export function pngDataUrl(
  pixels: Uint8Array,
  { width, height, palette }: { width: number; height: number; palette: readonly Colour[] },
): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits, palette; deflate, adaptive filters, not interlaced
  const rows = Buffer.alloc(height * (width + 1)); // each row after its filter: 0, none
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const chunks = [
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flat())),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ];
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return dataUrl("image/png", Buffer.concat([signature, ...chunks]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** The cyclic redundancy check of PNG (its annex D); Node has one only from 20.15 on. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function dataUrl(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
}
