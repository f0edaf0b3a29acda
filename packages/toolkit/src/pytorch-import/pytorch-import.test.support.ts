/** Files that PyTorch wrote, for the tests of their import. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { ByteCursor, CheckpointFile } from "./checkpoint-file.js";
import { type ImportOptions, type ImportSummary, importCheckpoint } from "./import-checkpoint.js";
import { unpickle } from "./unpickler.js";

const fixtures = new URL("../../../../test/fixtures/pytorch-checkpoints/", import.meta.url);

export function checkpointFixture(name: string): string {
  return fileURLToPath(new URL(name, fixtures));
}

export interface Imported {
  output: string;
  summary: ImportSummary;
}

/** Imports a file, by default with the reference's alphabet, into a folder that vanishes with the test. */
export async function importFile(
  t: TestContext,
  source: string,
  options: Partial<ImportOptions> = {},
): Promise<Imported> {
  const output = join(await temporaryFolder(t), "imported.safetensors");
  const summary = importCheckpoint({ source, output, alphabet: "reference", recurrence: "batch", ...options });
  return { output, summary };
}

/** A file of these bytes, in a folder that vanishes with the test. */
export async function fileOf(t: TestContext, bytes: Uint8Array | string): Promise<string> {
  const path = join(await temporaryFolder(t), "made.pt");
  writeFileSync(path, bytes);
  return path;
}

/** What is wrong with a file, without the file's name. */
export function complaintOf(path: string, act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof UserError, `${error instanceof Error ? error.stack : error}`);
    assert.ok(error.message.startsWith(`${path}: `), error.message);
    assert.ok(!error.message.includes("\n"), error.message);
    return error.message.slice(path.length + 2);
  }
  return assert.fail(`${path} was read`);
}

/** Reads a pickle that stands alone; persistent ids are given back as they are. */
export function unpickleFile(path: string): unknown {
  using file = new CheckpointFile(path);
  return unpickle(new ByteCursor(file, 0, file.size), (id) => id);
}

export function fixtureBytes(name: string): Uint8Array {
  return readFileSync(checkpointFixture(name));
}
