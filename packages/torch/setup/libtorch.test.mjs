/**
 * Where libtorch is looked for, on folders laid out as its archives and wheels are, and with a python3 of our own.
 */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Context } from "./context.mjs";
import { provideLibtorch } from "./libtorch.mjs";

const { PATH = "", LIBTORCH } = process.env;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "libtorch-"));
  delete process.env.LIBTORCH;
});
afterEach(() => {
  process.env.PATH = PATH;
  if (LIBTORCH === undefined) delete process.env.LIBTORCH;
  else process.env.LIBTORCH = LIBTORCH;
  rmSync(folder, { recursive: true });
});

/**
 * A folder with the files by which a libtorch is known.
 *
 * @param {string} name
 * @param {[major: number, minor: number, patch: number]} version
 * @param {{ library?: string }} [options] the library's content
 */
function makeLibtorch(name, [major, minor, patch], { library = "library" } = {}) {
  const prefix = join(folder, name);
  const header = `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`;
  const files = {
    "share/cmake/Torch/TorchConfig.cmake": "",
    "include/torch/csrc/api/include/torch/version.h": header,
    "lib/libtorch_cpu.so": library,
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
