/** Which of PyTorch's archives each machine gets, and what those are told for which there is none. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { chooseArchive, defaultVariant } from "./known-archives.mjs";

const ENVIRONMENT = { ...process.env };
afterEach(() => {
  process.env = { ...ENVIRONMENT };
});

test("each machine has its archive, with a checksum", () => {
  delete process.env.LIBTORCH_URL;
  /** @type {[variant: "cpu" | "cuda", machine: string, end: string][]} */
  const cases = [
    ["cpu", "linux-x64", "/cpu/libtorch-cxx11-abi-shared-with-deps-2.7.1%2Bcpu.zip"],
    ["cuda", "linux-x64", "/cu128/libtorch-cxx11-abi-shared-with-deps-2.7.1%2Bcu128.zip"],
    ["cpu", "darwin-arm64", "/cpu/libtorch-macos-arm64-2.7.1.zip"],
  ];
  for (const [variant, machine, end] of cases) {
    const { url, sha256 } = chooseArchive(variant, machine);
    assert.equal(url, `https://download.pytorch.org/libtorch${end}`);
    assert.match(sha256 ?? "", /^[0-9a-f]{64}$/);
  }
});

test("a machine without one is told of pip, a Mac of Homebrew too", () => {
  delete process.env.LIBTORCH_URL;
  assert.throws(() => chooseArchive("cpu", "linux-arm64"), {
    message:
      "No archive of libtorch is known for linux-arm64. Run pip install torch, then the set-up again; " +
      "or set LIBTORCH to a libtorch folder, or LIBTORCH_URL and LIBTORCH_SHA256 to an archive.",
  });
  const message = /^No archive of libtorch with CUDA is known for darwin-arm64\. Run pip install torch or brew install/;
  assert.throws(() => chooseArchive("cuda", "darwin-arm64"), { message });
});

test("Alpine is told what to use instead", () => {
  delete process.env.LIBTORCH_URL;
  const message =
    /^PyTorch has no build for Linux with musl, such as Alpine\. Use an image with glibc, such as node:22-slim\.$/;
  assert.throws(() => chooseArchive("cpu", "linux-x64-musl"), { message });
});

test("LIBTORCH_URL comes first, with the checksum that is stated or none", () => {
  process.env.LIBTORCH_URL = "https://example.org/mine.zip";
  delete process.env.LIBTORCH_SHA256;
  assert.deepEqual(chooseArchive("cpu", "linux-arm64"), { url: "https://example.org/mine.zip", sha256: undefined });
  process.env.LIBTORCH_SHA256 = "AB";
  assert.equal(chooseArchive("cuda", "linux-x64").sha256, "ab");
});

test("NVIDIA's driver, known by its program, asks for CUDA where there is an archive for it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "nvidia-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "nvidia-smi"), "");
  process.env.PATH = folder;
  assert.deepEqual(["linux-x64", "linux-arm64", "darwin-arm64"].map(defaultVariant), ["cuda", "cpu", "cpu"]);
});
