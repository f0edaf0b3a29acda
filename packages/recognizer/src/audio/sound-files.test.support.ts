/** Sound files as programs in the wild write them, made from plain ones. */
import { joinBytes } from "./join-arrays.js";
import { CHECKSUM_OFFSET, OggPackets, type OggPage, OggPages, PAGE_HEADER_BYTES, pageChecksum } from "./ogg.js";

type Bytes = Uint8Array<ArrayBuffer>;

export function ascii(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function uint32(value: number, isLittleEndian = true): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, isLittleEndian);
  return bytes;
}

/** An ID3v2.4 tag with so many bytes of content. */
export function id3v2(numBytes: number, { hasFooter = false } = {}): Bytes {
  const size = [21, 14, 7, 0].map((shift) => (numBytes >> shift) & 0x7f);
  const flags = [4, 0, hasFooter ? 0x10 : 0];
  const content = new Uint8Array(numBytes).fill(0x41);
  const footer = hasFooter ? [ascii("3DI"), Uint8Array.from([...flags, ...size])] : [];
  return joinBytes([ascii("ID3"), Uint8Array.from([...flags, ...size]), content, ...footer]);
}

export function id3v1(): Bytes {
  return joinBytes([ascii("TAG"), new Uint8Array(125).fill(0x20)]);
}

/** An APEv2 tag with a header and a footer. */
export function apev2(numBytes: number): Bytes {
  const frame = (flags: number) =>
    joinBytes([ascii("APETAGEX"), uint32(2000), uint32(numBytes + 32), uint32(1), uint32(flags), new Uint8Array(8)]);
  return joinBytes([frame(0xa0000000), new Uint8Array(numBytes).fill(0x42), frame(0x80000000)]);
}

export function lyrics3(): Bytes {
  return ascii("LYRICSBEGININD0000200000021LYRICS200");
}

export interface WavParts {
  /** The format chunk, with its name and length. */
  readonly format: Bytes;
  readonly sound: Bytes;
}

/** What a plain WAV file is made of. */
export function wavParts(file: Uint8Array): WavParts {
  const data = Buffer.from(file).indexOf("data");
  // Of a buffer, `slice` is no copy.
  return { format: joinBytes([file.subarray(12, data)]), sound: joinBytes([file.subarray(data + 8)]) };
}

/** A chunk; `length` is what it says of itself. */
export function chunk(name: string, content: Uint8Array, length = content.length): Bytes {
  return joinBytes([ascii(name), uint32(length), content, new Uint8Array(content.length % 2)]);
}

export function riff(...chunks: readonly Uint8Array[]): Bytes {
  const content = joinBytes(chunks);
  return joinBytes([ascii("RIFF"), uint32(4 + content.length), ascii("WAVE"), content]);
}

/** The packets of an Ogg file of one stream. */
export function oggPackets(file: Uint8Array): Uint8Array[] {
  const pages = new OggPages();
  const packets = new OggPackets();
  return pages.push(file).flatMap((page) => packets.push(page));
}

export interface OggStream {
  readonly packets: readonly Uint8Array[];
  /** The position of the page on which packet `index` ends. */
  readonly position: (index: number) => number;
  readonly serial?: number;
  /** Packets on a page after the headers. Default 5. */
  readonly perPage?: number;
  readonly numHeaders?: number;
}

/** An Ogg file of one stream: each header on a page of its own, and the rest on pages of several packets. */
export function oggFile({ packets, position, serial = 1, perPage = 5, numHeaders = 2 }: OggStream): Bytes {
  const pages: Bytes[] = [];
  for (let start = 0; start < packets.length; ) {
    const end = start < numHeaders ? start + 1 : Math.min(packets.length, start + perPage);
    const flags = (start === 0 ? 2 : 0) | (end === packets.length ? 4 : 0);
    const at = start < numHeaders ? 0 : position(end - 1);
    pages.push(oggPage(packets.slice(start, end), { flags, position: at, serial, sequence: pages.length }));
    start = end;
  }
  return joinBytes(pages);
}

export function oggPage(
  packets: readonly Uint8Array[],
  { flags, position, serial, sequence }: { flags: number; position: number; serial: number; sequence: number },
): Bytes {
  const segments = packets.flatMap(({ length }) => [
    ...new Array<number>(Math.floor(length / 255)).fill(255),
    length % 255,
  ]);
  const page = joinBytes([ascii("OggS"), new Uint8Array(PAGE_HEADER_BYTES - 4), Uint8Array.from(segments), ...packets]);
  const view = new DataView(page.buffer);
  view.setUint8(5, flags);
  view.setBigInt64(6, BigInt(position), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, sequence, true);
  view.setUint8(26, segments.length);
  view.setUint32(CHECKSUM_OFFSET, pageChecksum(page, 0, page.length), true);
  return page;
}

/** The same pages with other positions where they have one. */
export function withPositions(file: Uint8Array, change: (position: number) => number): Bytes {
  const pages = new OggPages().push(file).map((page: OggPage) => {
    const bytes = Uint8Array.from(page.bytes);
    const view = new DataView(bytes.buffer);
    if (page.position > 0) view.setBigInt64(6, BigInt(change(page.position)), true);
    view.setUint32(CHECKSUM_OFFSET, pageChecksum(bytes, 0, bytes.length), true);
    return bytes;
  });
  return joinBytes(pages);
}

export interface ConstantFlac {
  /** Samples a frame. */
  readonly blockSize: number;
  readonly numFrames: number;
  /** The samples of a frame, of 16 bits. Default 0. */
  readonly sampleIn?: (frame: number) => number;
  /** The first frame's number. Default 0. */
  readonly firstNumber?: number;
}

/** A FLAC file of 16 kHz in which each frame is one value, and so takes some 13 bytes whatever its length. */
export function constantFlac({ blockSize, numFrames, sampleIn = () => 0, firstNumber = 0 }: ConstantFlac): Bytes {
  const streamInfo = new Uint8Array(34);
  const view = new DataView(streamInfo.buffer);
  view.setUint16(0, blockSize);
  view.setUint16(2, blockSize);
  // 20 bits of sample rate, 3 of channels, 5 of bits a sample; the length is left open.
  view.setUint32(10, (16_000 << 12) | (15 << 4));
  const frames = Array.from({ length: numFrames }, (_, frame) => {
    const size = [(blockSize - 1) >> 8, (blockSize - 1) & 0xff];
    const header = Uint8Array.from([0xff, 0xf8, 0x75, 0x08, ...codedNumber(firstNumber + frame), ...size]);
    const value = sampleIn(frame) & 0xffff;
    const body = Uint8Array.from([...header, crc(header, 8, 0x07), 0, value >> 8, value & 0xff]);
    const checksum = crc(body, 16, 0x8005);
    return joinBytes([body, Uint8Array.from([checksum >> 8, checksum & 0xff])]);
  });
  return joinBytes([ascii("fLaC"), Uint8Array.from([0x80, 0, 0, 34]), streamInfo, ...frames]);
}

/** As UTF-8 codes characters, up to 65,535. */
function codedNumber(number: number): number[] {
  if (number < 0x80) return [number];
  if (number < 0x800) return [0xc0 | (number >> 6), 0x80 | (number & 0x3f)];
  return [0xe0 | (number >> 12), 0x80 | ((number >> 6) & 0x3f), 0x80 | (number & 0x3f)];
}

/** Bit by bit, the highest first. */
export function crc(bytes: Uint8Array, bits: 8 | 16, polynomial: number): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) sum = ((sum << 1) ^ (sum >> (bits - 1) ? polynomial : 0)) & (2 ** bits - 1);
  }
  return sum;
}

interface Box {
  readonly name: string;
  content: Bytes | Box[];
}

const CONTAINERS = ["moov", "trak", "mdia", "minf", "stbl"];
/** AAC of one channel: a frame of 1024 samples of silence. */
const SILENT_FRAME = [0x00, 0xc8, 0x00, 0x80, 0x23, 0x80];

/**
 * An M4A file of so many frames of silence, its index at its end, made from one with sound.
 *
 * @param places where in the sound the frames lie, as the index has it: as many in each
 */
export function silentM4a(file: Uint8Array, numFrames: number, places: readonly number[] = [0]): Bytes {
  const boxes = boxesOf(file).filter(({ name }) => name === "ftyp" || name === "moov");
  const soundAt = bytesOfBox(boxes[0] as Box).length + 8;
  const tables = new Map([
    ["stsz", [0, SILENT_FRAME.length, numFrames]],
    ["stsc", [0, 1, 1, numFrames / places.length, 1]],
    ["stts", [0, 1, numFrames, 1024]],
    ["stco", [0, places.length, ...places.map((place) => soundAt + place)]],
  ]);
  for (const box of flat(boxes)) {
    const numbers = tables.get(box.name);
    if (numbers) box.content = joinBytes(numbers.map((number) => uint32(number, false)));
  }
  const sound = { name: "mdat", content: joinBytes(new Array(numFrames).fill(Uint8Array.from(SILENT_FRAME))) };
  return joinBytes([boxes[0] as Box, sound, ...boxes.slice(1)].map(bytesOfBox));
}

function boxesOf(bytes: Uint8Array): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = joinBytes([bytes.subarray(at + 8, end)]);
    // An edit list tells how much of the sound is played.
    if (name !== "edts") boxes.push({ name, content: CONTAINERS.includes(name) ? boxesOf(content) : content });
    at = end;
  }
  return boxes;
}

function flat(boxes: readonly Box[]): Box[] {
  return boxes.flatMap((box) => [box, ...(Array.isArray(box.content) ? flat(box.content) : [])]);
}

function bytesOfBox({ name, content }: Box): Bytes {
  const bytes = Array.isArray(content) ? joinBytes(content.map(bytesOfBox)) : content;
  return joinBytes([uint32(8 + bytes.length, false), ascii(name), bytes]);
}
