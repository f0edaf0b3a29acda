import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { crc32, crc32c, maskedCrc32c } from "./crc32.js";
import { readEvents } from "./event-reader.js";
import { encodeEvent, imageValue, scalarValue, sessionStart, textValue } from "./event-schema.js";
import { openEventWriter } from "./event-writer.js";
import { frameRecord, RecordError } from "./records.js";

const directory = mkdtempSync(join(tmpdir(), "tensorboard-"));
after(() => rmSync(directory, { recursive: true }));

test("crc32c gives the specification's check values", () => {
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(0)), 0);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa); // RFC 3720, B.4: 32 bytes of zeroes
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43); // and of ones
});

test("crc32 gives the specification's check value", () => {
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
  assert.equal(crc32(Buffer.from("IEND")), 0xae426082); // as at the end of every PNG file
});

test("the mask rotates by 15 bits and adds its constant", () => {
  // 0xe3069283 rotated right by 15 is 0x2507c60d; plus 0xa282ead8 is 0xc78ab0e5.
  assert.equal(maskedCrc32c(Buffer.from("123456789")), 0xc78ab0e5);
});

test("a record is length, checksum, data, checksum, all little-endian", () => {
  const record = frameRecord(Buffer.from("123456789"));
  assert.equal(record.length, 8 + 4 + 9 + 4);
  assert.equal(record.subarray(0, 8).toString("hex"), "0900000000000000");
  assert.equal(record.readUInt32LE(8), maskedCrc32c(record.subarray(0, 8)));
  assert.equal(record.subarray(12, 21).toString(), "123456789");
  assert.equal(record.subarray(21).toString("hex"), "e5b08ac7");
});

test("a scalar event has the bytes that protocol buffers prescribe", () => {
  const event = encodeEvent({ wallTime: 1, step: 3, summary: { value: [scalarValue("a", 0.5)] } });
  const expected = [
    "09 000000000000f03f", // field 1, double: 1.0
    "10 03", // field 2, varint: 3
    "2a 0a", // field 5, ten bytes: the summary
    "0a 08", // its field 1, eight bytes: the value
    "0a 01 61", // its field 1: "a"
    "15 0000003f", // its field 2, float: 0.5
  ];
  assert.equal(Buffer.from(event).toString("hex"), expected.join("").replaceAll(" ", ""));
});

test("a text event carries a string tensor and names the text plugin", () => {
  const event = encodeEvent({ wallTime: 0, step: 0, summary: { value: [textValue("t", "hi")] } });
  const expected = [
    "2a 1b", // summary; a time and a step of zero are left out
    "0a 19", // value
    "0a 01 74", // tag "t"
    "42 08 08 07 12 00 42 02 6869", // field 8, tensor: dtype DT_STRING, shape of rank 0, string_val "hi"
    "4a 0a 0a 06 0a 04 74657874 20 02", // field 9, metadata: plugin "text", data class "tensor"
  ];
  assert.equal(Buffer.from(event).toString("hex"), expected.join("").replaceAll(" ", ""));
});

test("an image event carries size, colour space and file", () => {
  const image = { width: 3, height: 2, encodedImage: Buffer.from("png") };
  const event = encodeEvent({ wallTime: 0, step: 0, summary: { value: [imageValue("i", image)] } });
  const expected = [
    "2a 12", // summary
    "0a 10", // value
    "0a 01 69", // tag "i"
    "22 0b 0802 1003 1803 2203706e67", // field 4, image: height 2, width 3, RGB, the file's bytes
  ];
  assert.equal(Buffer.from(event).toString("hex"), expected.join("").replaceAll(" ", ""));
});

test("a session's start names its step", () => {
  const event = encodeEvent(sessionStart(7, 1));
  const expected = [
    "09 000000000000f03f", // field 1, double: 1.0
    "10 07", // field 2, varint: 7
    "3a 02 0801", // field 7, the session log: status START
  ];
  assert.equal(Buffer.from(event).toString("hex"), expected.join("").replaceAll(" ", ""));
});

test("what is written is read back in order", () => {
  const writer = openEventWriter(join(directory, "run"));
  writer.scalar("Loss/train", 2.5, 1, 1700000000.25);
  writer.scalar("Loss/train", 0, 2 ** 40, 1700000001);
  writer.scalar("Loss/train", Number.NaN, 3, 1700000002);
  writer.text("config", "**größe** = 512", 0);
  writer.image("picture", { width: 3, height: 2, encodedImage: Buffer.from("png") }, 4);
  writer.close();

  assert.match(basename(writer.path), /^events\.out\.tfevents\.\d{10}\./);
  assert.ok(writer.path.includes(`.${hostname()}.${process.pid}.`));
  const [first, second, third, text, image] = readEvents(writer.path);
  assert.deepEqual(first, { kind: "scalar", tag: "Loss/train", step: 1, wallTime: 1700000000.25, value: 2.5 });
  assert.deepEqual(second, { kind: "scalar", tag: "Loss/train", step: 2 ** 40, wallTime: 1700000001, value: 0 });
  assert.ok(third?.kind === "scalar" && Number.isNaN(third.value));
  assert.ok(text?.kind === "text" && text.text === "**größe** = 512" && text.tag === "config");
  assert.ok(image?.kind === "image" && image.tag === "picture" && image.step === 4);
  assert.deepEqual([image.width, image.height, Buffer.from(image.encodedImage).toString()], [3, 2, "png"]);
});

test("two writers of one second get two files", () => {
  const [first, second] = [openEventWriter(directory), openEventWriter(directory)];
  assert.notEqual(first.path, second.path);
  first.close();
  second.close();
});

test("flushed events are in the file while the writer is open", () => {
  const writer = openEventWriter(join(directory, "live"));
  writer.scalar("loss", 1, 1);
  writer.flush();
  assert.equal(readEvents(writer.path).length, 1);
  writer.close();
});

test("a step that is no integer is refused", () => {
  const writer = openEventWriter(join(directory, "steps"));
  assert.throws(() => writer.scalar("loss", 1, 0.5), { message: 'step of "loss" must be an integer, got 0.5' });
  writer.close();
});

test("every single changed byte of a file is detected", () => {
  const writer = openEventWriter(join(directory, "damage"));
  writer.scalar("loss", 1, 1);
  writer.close();
  const bytes = readFileSync(writer.path);
  const damaged = join(directory, "damaged");
  for (let offset = 0; offset < bytes.length; offset++) {
    const copy = Buffer.from(bytes);
    copy[offset]! ^= 0x10;
    writeFileSync(damaged, copy);
    assert.throws(() => readEvents(damaged), RecordError, `byte ${offset}`);
  }
});

test("the error of a damaged file names the file and the byte", () => {
  const path = join(directory, "second-record");
  const version = frameRecord(encodeEvent({ wallTime: 0, step: 0, fileVersion: "brain.Event:2" }));
  const record = frameRecord(encodeEvent({ wallTime: 0, step: 1, summary: { value: [scalarValue("a", 1)] } }));
  record[14]! ^= 1;
  writeFileSync(path, Buffer.concat([version, record]));
  assert.throws(() => readEvents(path), {
    name: "RecordError",
    path,
    byteOffset: version.length + 12,
    message: /second-record: byte \d+: a record's data has checksum 0x[0-9a-f]{8}, but 0x[0-9a-f]{8} is stored$/,
  });
});

test("a file cut short is refused at its last record", () => {
  const writer = openEventWriter(join(directory, "cut"));
  const start = readFileSync(writer.path).length;
  writer.scalar("loss", 1, 1);
  writer.close();
  const bytes = readFileSync(writer.path);
  const path = join(directory, "cut-short");
  for (const length of [start + 5, start + 14, bytes.length - 1]) {
    writeFileSync(path, bytes.subarray(0, length));
    assert.throws(() => readEvents(path), { message: `${path}: byte ${start}: the last record is cut short` });
  }
});

test("a missing file is a user's error", () => {
  assert.throws(() => readEvents(join(directory, "nowhere")), { constructor: UserError, code: "file-not-found" });
});

test("a file of another version is refused", () => {
  const path = join(directory, "version");
  writeFileSync(path, frameRecord(encodeEvent({ wallTime: 0, step: 0, fileVersion: "brain.Event:9" })));
  assert.throws(() => readEvents(path), {
    message: /expected the version "brain.Event:2", found the version "brain.Event:9"/,
  });
});

test("an event file in a folder that cannot be made is refused", () => {
  const path = join(directory, "a-file");
  writeFileSync(path, "");
  assert.throws(() => openEventWriter(path), {
    constructor: UserError,
    message: new RegExp(`^${path}: the folder cannot be made \\(EEXIST.*\\); choose another\\.$`),
  });
});
