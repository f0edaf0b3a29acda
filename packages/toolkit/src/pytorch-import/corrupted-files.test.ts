/**
 * Damaged files, a thousand of them: each gives a model or one clear line, and never another error, a hang, or a
 * model that was not in the file.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { CheckpointFile } from "./checkpoint-file.js";
import { importCheckpoint } from "./import-checkpoint.js";
import { fixtureBytes } from "./pytorch-import.test.support.js";
import { readTorchArchive } from "./torch-archive.js";

/** Marsaglia's xorshift: the same damage in every run. */
function randomIntegers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** One to four bytes changed within a part of the file. */
function damage(
  whole: Uint8Array,
  [from, to]: readonly [number, number],
  random: (below: number) => number,
): Uint8Array {
  const bytes = Uint8Array.from(whole);
  for (let i = random(4); i >= 0; i--) bytes[from + random(to - from)] = random(3) === 0 ? 0xff : random(256);
  return bytes;
}

/** Of a pickle and of what frames it, where damage tells most. */
function structureOf(name: string, bytes: Uint8Array): [number, number][] {
  const buffer = Buffer.from(bytes);
  if (name.startsWith("legacy")) return [[0, Math.min(5000, bytes.length)]];
  const directory = buffer.indexOf("PK\x01\x02");
  return [
    [0, buffer.indexOf("PK\x03\x04", 4)],
    [directory, bytes.length],
  ];
}

for (const name of ["plain.pt", "protocol-5.pt", "legacy.pt", "lightning.ckpt"]) {
  describe(`damage to ${name}`, () => {
    const whole = fixtureBytes(name);

    it("gives a model or one line", async (t) => {
      const folder = await temporaryFolder(t);
      const [source, output] = [join(folder, "damaged.pt"), join(folder, "out.safetensors")];
      const random = randomIntegers(name.length);
      const places = structureOf(name, whole);
      let numRefused = 0;
      for (let trial = 0; trial < 150; trial++) {
        writeFileSync(source, damage(whole, places[trial % places.length]!, random));
        try {
          importCheckpoint({ source, output, alphabet: "reference", recurrence: "batch" });
        } catch (error) {
          assert.ok(error instanceof UserError, `trial ${trial}: ${error instanceof Error ? error.stack : error}`);
          assert.ok(error.message.startsWith(source) && !error.message.includes("\n"), error.message);
          numRefused += 1;
        }
      }
      assert.ok(numRefused > 30, `only ${numRefused} were refused`);
    });

    it("by cutting it off gives one line, wherever it is cut", async (t) => {
      const source = join(await temporaryFolder(t), "cut.pt");
      for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 100)) {
        writeFileSync(source, whole.subarray(0, length));
        assert.throws(
          () => {
            using file = new CheckpointFile(source);
            readTorchArchive(file);
          },
          (error) => error instanceof UserError && error.message.startsWith(`${source}: is `),
          `cut to ${length} bytes`,
        );
      }
    });
  });
}
