/**
 * Where libtorch is looked for, on folders laid out as its archives and wheels are, and with a python3 of our own.
 */

import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Context } from "./context.mjs";
import { cudaInReach, provideLibtorch } from "./libtorch.mjs";

const ENVIRONMENT = { ...process.env };
const { PATH = "" } = process.env;
const IS_LINUX_X64 = process.platform === "linux" && process.arch === "x64";
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "libtorch-"));
  for (const name of ["LIBTORCH", "LIBTORCH_VARIANT", "LIBTORCH_URL", "HOMEBREW_PREFIX"]) delete process.env[name];
});
afterEach(() => {
  process.env = { ...ENVIRONMENT };
  rmSync(folder, { recursive: true });
});

/**
 * A folder with the files by which a libtorch is known.
 *
 * @param {string} name
 * @param {[major: number, minor: number, patch: number]} version
 * @param {{ library?: string, suffix?: string, hasCuda?: boolean }} [options] `library`: its content; `suffix`: .dylib as on
 *   a Mac
 */
function makeLibtorch(name, [major, minor, patch], { library = "library", suffix = ".so", hasCuda = false } = {}) {
  const prefix = join(folder, name);
  const header = `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`;
  const files = {
    "share/cmake/Torch/TorchConfig.cmake": "",
    "include/torch/csrc/api/include/torch/version.h": header,
    [`lib/libtorch_cpu${suffix}`]: library,
    ...(hasCuda ? { [`lib/libtorch_cuda${suffix}`]: library } : {}),
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(prefix, path)), { recursive: true });
    writeFileSync(join(prefix, path), content);
  }
  return prefix;
}

/** @param {string} script what python3 does, in the shell's language */
function installPython(script) {
  const path = join(folder, "bin/python3");
  mkdirSync(dirname(path));
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  process.env.PATH = `${dirname(path)}${delimiter}${PATH}`;
}

test("LIBTORCH comes first", async () => {
  installPython(`echo ${makeLibtorch("python", [2, 4, 0])}/share/cmake`);
  process.env.LIBTORCH = makeLibtorch("chosen", [2, 5, 1]);
  const context = new Context(folder);
  assert.equal(await provideLibtorch(context), `2.5.1, LIBTORCH, in ${folder}/chosen`);
  assert.equal(context.state.libtorch?.kind, "prefix");
});

test("a LIBTORCH that is none, or too old, is an error and not passed over", async () => {
  for (const path of [join(folder, "nothing"), makeLibtorch("old", [1, 12, 1])]) {
    process.env.LIBTORCH = path;
    const message = new RegExp(
      `^LIBTORCH=${path} is no libtorch of version 1\\.13 or later: expected share/cmake/Torch`,
    );
    await assert.rejects(provideLibtorch(new Context(folder)), { message });
  }
});

test("PyTorch for Python serves", async () => {
  installPython(`echo ${makeLibtorch("python", [2, 4, 0])}/share/cmake`);
  assert.equal(await provideLibtorch(new Context(folder)), `2.4.0, PyTorch for Python, in ${folder}/python`);
});

test("newer versions keep their number in another header", async () => {
  const prefix = makeLibtorch("newer", [2, 13, 0]);
  const include = join(prefix, "include/torch");
  mkdirSync(join(include, "headeronly"));
  renameSync(join(include, "csrc/api/include/torch/version.h"), join(include, "headeronly/version.h"));
  writeFileSync(join(include, "csrc/api/include/torch/version.h"), "#include <torch/headeronly/version.h>\n");
  process.env.LIBTORCH = prefix;
  assert.match(await provideLibtorch(new Context(folder)), /^2\.13\.0, LIBTORCH/);
});

test("what was found is remembered, until the library or the request changes", async () => {
  installPython(`echo ${makeLibtorch("python", [2, 4, 0])}/share/cmake`);
  await provideLibtorch(new Context(folder));
  // A python3 that does not find PyTorch: it must not be asked again.
  rmSync(join(folder, "bin"), { recursive: true });
  installPython("exit 1");
  assert.equal(await provideLibtorch(new Context(folder)), `2.4.0, PyTorch for Python, in ${folder}/python`);

  process.env.LIBTORCH = makeLibtorch("chosen", [2, 5, 1]);
  assert.match(await provideLibtorch(new Context(folder)), /^2\.5\.1, LIBTORCH/);
  makeLibtorch("chosen", [2, 6, 0], { library: "a newer library" });
  assert.match(await provideLibtorch(new Context(folder)), /^2\.6\.0, LIBTORCH/);
});

/**
 * Homebrew's formula builds PyTorch into a Python environment of its own in the Cellar, and links what C++ needs of it.
 *
 * @param {[major: number, minor: number, patch: number]} version
 */
function pourPytorch(version) {
  const keg = `homebrew/Cellar/pytorch/${version.join(".")}`;
  const torch = makeLibtorch(`${keg}/libexec/lib/python3.13/site-packages/torch`, version, { suffix: ".dylib" });
  for (const part of ["include", "lib", "share/cmake"]) {
    mkdirSync(join(folder, keg, part), { recursive: true });
    for (const name of readdirSync(join(torch, part)))
      symlinkSync(join(torch, part, name), join(folder, keg, part, name));
  }
  const opt = join(folder, "homebrew/opt");
  mkdirSync(opt, { recursive: true });
  if (readdirSync(opt).length > 0) unlinkSync(join(opt, "pytorch"));
  symlinkSync(join(folder, keg), join(opt, "pytorch"));
}

test("on a Mac, PyTorch for Python and Homebrew's serve, also after an upgrade", async () => {
  installPython("exit 1");
  process.env.HOMEBREW_PREFIX = join(folder, "homebrew");
  pourPytorch([2, 5, 1]);
  assert.equal(await provideLibtorch(new Context(folder)), `2.5.1, Homebrew's, in ${folder}/homebrew/opt/pytorch`);
  pourPytorch([2, 9, 1]);
  assert.match(await provideLibtorch(new Context(folder)), /^2\.9\.1, Homebrew's/);

  rmSync(join(folder, "bin"), { recursive: true });
  installPython(`echo ${makeLibtorch("python", [2, 7, 1], { suffix: ".dylib" })}/share/cmake`);
  const again = new Context(folder, { force: true });
  assert.equal(await provideLibtorch(again), `2.7.1, PyTorch for Python, in ${folder}/python`);
});

test("LIBTORCH_VARIANT=cuda passes over libtorchs without it, to PyTorch's archive; what was remembered too", async (t) => {
  const server = createServer((_, response) => response.writeHead(404).end());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => server.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  process.env.LIBTORCH_URL = `http://127.0.0.1:${port}/cuda.zip`;
  installPython(`echo ${makeLibtorch("python", [2, 4, 0])}/share/cmake`);
  assert.match(await provideLibtorch(new Context(folder)), /^2\.4\.0, PyTorch for Python/);

  process.env.LIBTORCH_VARIANT = "cuda";
  const message = /cuda\.zip could not be downloaded: the server answers 404/;
  await assert.rejects(provideLibtorch(new Context(folder)), { message });
  makeLibtorch("python", [2, 4, 0], { hasCuda: true });
  assert.match(await provideLibtorch(new Context(folder)), /^2\.4\.0, PyTorch for Python/);

  process.env.LIBTORCH_VARIANT = "gpu";
  await assert.rejects(provideLibtorch(new Context(folder)), { message: "LIBTORCH_VARIANT=gpu is none of cpu, cuda." });
});

// PyTorch has one for Linux on x64 alone.
test("where CUDA's archive is out of reach and nobody asked for it, a warning says so, and set-up goes on", {
  skip: !IS_LINUX_X64 && "there is none for this machine",
}, async (t) => {
  t.mock.method(globalThis, "fetch", async () => new Response(null, { status: 404 }));
  const warn = t.mock.method(console, "warn", () => {});
  assert.equal(await cudaInReach(new Context(folder)), undefined);
  const message =
    /cu128\.zip could not be downloaded: the server answers 404\. A libtorch for the CPU serves instead; LIBTORCH_VARIANT=cuda/;
  assert.match(warn.mock.calls[0]?.arguments[0], message);

  process.env.LIBTORCH_URL = "http://127.0.0.1:9/mine.zip";
  await assert.rejects(cudaInReach(new Context(folder)), { message: /mine\.zip could not be downloaded/ });
});
