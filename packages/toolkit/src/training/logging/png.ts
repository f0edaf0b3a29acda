/**
 * Writes pictures with a palette as PNG files: one byte a pixel, compressed by Node's own zlib. Format: the PNG
 * specification (ISO/IEC 15948), chunks IHDR, PLTE, IDAT and IEND.
 */
import { deflateSync } from "node:zlib";
import { crc32 } from "../tensorboard/crc32.js";

export interface PaletteImage {
  width: number;
  height: number;
  /** A colour's number for each pixel, row by row from the top left. */
  pixels: Uint8Array;
  /** Red, green and blue of each colour, up to 256 of them. */
  palette: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const BIT_DEPTH = 8;
const PALETTE_COLOUR_TYPE = 3;

/** The bytes of a PNG file that shows `image`. */
export function encodePng({ width, height, pixels, palette }: PaletteImage): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([BIT_DEPTH, PALETTE_COLOUR_TYPE], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", palette),
    chunk("IDAT", deflateSync(scanlines(width, height, pixels))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Each row behind the number of its filter: 0, none, as the specification advises for palettes. */
function scanlines(width: number, height: number, pixels: Uint8Array): Buffer {
  const lines = Buffer.alloc(height * (1 + width));
  for (let row = 0; row < height; row++) {
    lines.set(pixels.subarray(row * width, (row + 1) * width), row * (1 + width) + 1);
  }
  return lines;
}

/** Length, type, data, and the checksum of type and data. */
function chunk(type: string, data: Uint8Array): Buffer {
  const typeAndData = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(typeAndData));
  return Buffer.concat([length, typeAndData, checksum]);
}
