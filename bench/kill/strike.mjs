/**
 * Loaded into a process and its threads before all else: ends it with SIGKILL at the operation on files whose number is
 * asked for, half of the bytes written if it is a write. Without a number it tells at the end how many there were.
 */
import fs from "node:fs";
import { open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const at = Number(process.env.DEEPSPEECH_STRIKE_AT ?? 0);
const { appendFileSync, writeSync } = fs;
let numOperations = 0;

/** @param half writes half of what is due */
function strike(half = () => {}) {
  if (++numOperations !== at) return;
  half();
  process.kill(process.pid, "SIGKILL");
}

function halfOf(descriptor, bytes) {
  return () => ArrayBuffer.isView(bytes) && writeSync(descriptor, bytes, 0, bytes.byteLength >> 1);
}

for (const name of ["fsyncSync", "renameSync", "mkdirSync", "rmSync", "unlinkSync", "ftruncateSync"]) before(fs, name);
for (const name of ["rename", "rm", "mkdir", "copyFile", "rmdir"]) before(fs.promises, name);
for (const name of ["writeSync", "writeFileSync"]) before(fs, name, halfOf);
const handle = await open(new URL(import.meta.url));
const prototype = Object.getPrototypeOf(handle);
await handle.close();
before(prototype, "sync");
for (const name of ["write", "writeFile"]) {
  before(prototype, name, function half(bytes) {
    return halfOf(this.fd, bytes);
  });
}
syncBuiltinESMExports();
if (process.env.DEEPSPEECH_STRIKE_COUNT) {
  process.on("exit", () => appendFileSync(process.env.DEEPSPEECH_STRIKE_COUNT, `${numOperations}\n`));
}

function before(owner, name, halfFor) {
  const original = owner[name];
  owner[name] = function struck(...args) {
    strike(halfFor?.apply(this, args));
    return original.apply(this, args);
  };
}
