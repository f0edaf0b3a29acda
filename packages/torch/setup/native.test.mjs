/**
 * What CMake makes of the add-on's sources on machines that are not here: a Mac, and one with a CUDA build of libtorch and
 * no CUDA toolkit. Only what would be run is read, against folders with the files that CMake looks for.
 */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Context, hasCommand } from "./context.mjs";
import { configureNative } from "./native.mjs";

const { PATH = "" } = process.env;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "native-"));
});
afterEach(() => {
  process.env.PATH = PATH;
  rmSync(folder, { recursive: true });
});

/**
 * @param {Record<string, string>} files
 * @returns {string} the prefix that holds them, with libtorch's include folders
 */
function makePrefix(files) {
  const prefix = join(folder, "libtorch");
  mkdirSync(join(prefix, "include/torch/csrc/api/include"), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(prefix, path)), { recursive: true });
    writeFileSync(join(prefix, path), content);
  }
  return prefix;
}

/**
 * @param {string} prefix
 * @param {string[]} options
 * @returns {Promise<string>} how the add-on would be compiled and linked
 */
async function planBuild(prefix, options) {
  const build = join(folder, "build");
  const libtorch = /** @type {const} */ ({ kind: "prefix", prefix, source: "test", version: "2.7.1", identity: "" });
  await configureNative(new Context(folder), libtorch, build, options);
  // Ninja's files, or make's.
  const paths = ["build.ninja", "CMakeFiles/rules.ninja", "link.txt", "flags.make"].map((path) =>
    join(build, /^(link|flags)/.test(path) ? "CMakeFiles/torch_node.dir" : "", path),
  );
  return paths.map((path) => (existsSync(path) ? readFileSync(path, "utf8") : "")).join("\n");
}

test("on a Mac it is a bundle that finds libtorch by its path and Node's functions in Node, without x86's kernels", {
  skip: !hasCommand("clang++") && "clang++ is not on the PATH",
}, async () => {
  // As PyTorch's own package describes its libraries.
  const config = `get_filename_component(PREFIX "\${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
add_library(torch SHARED IMPORTED)
set_target_properties(torch PROPERTIES IMPORTED_LOCATION "\${PREFIX}/lib/libtorch.dylib" IMPORTED_SONAME "@rpath/libtorch.dylib")
set(TORCH_LIBRARIES torch)
`;
  const prefix = makePrefix({ "share/cmake/Torch/TorchConfig.cmake": config, "lib/libtorch.dylib": "" });
  // Macs have this program, which CMake asks for the system's version.
  const program = join(folder, "bin/sw_vers");
  mkdirSync(dirname(program));
  writeFileSync(program, "#!/bin/sh\necho 14.0\n");
  chmodSync(program, 0o755);
  process.env.PATH = `${dirname(program)}${delimiter}${PATH}`;
  const plan = await planBuild(
    prefix,
    [
      ...["SYSTEM_NAME=Darwin", "SYSTEM_VERSION=23", "SYSTEM_PROCESSOR=arm64", "OSX_ARCHITECTURES=arm64"],
      ...["CXX_COMPILER=clang++", "CXX_COMPILER_WORKS=1"],
    ].map((option) => `-DCMAKE_${option}`),
  );
  assert.match(plan, /-bundle/);
  assert.match(plan, /-arch arm64/);
  assert.match(plan, /-Xlinker -undefined -Xlinker dynamic_lookup/);
  assert.ok(plan.includes(`-Wl,-rpath,${prefix}/lib `), plan);
  assert.match(plan, /torch\.node/);
  assert.doesNotMatch(plan, /-mavx|-mamx|X86_KERNELS|-fopenmp/);
});

test("a CUDA build of libtorch is linked whole where no CUDA toolkit is, without the package that demands one", async () => {
  const prefix = makePrefix({
    "share/cmake/Torch/TorchConfig.cmake":
      'message(FATAL_ERROR "cannot find the CUDA libraries")\nset(TORCH_CXX_FLAGS "-D_GLIBCXX_USE_CXX11_ABI=0")\n',
    ...Object.fromEntries(
      ["torch", "torch_cpu", "torch_cuda", "c10", "c10_cuda"].map((name) => [`lib/lib${name}.so`, ""]),
    ),
  });
  const plan = await planBuild(prefix, ["-DCMAKE_DISABLE_FIND_PACKAGE_CUDAToolkit=ON"]);
  assert.match(plan, /-D_GLIBCXX_USE_CXX11_ABI=0/);
  // By its path, or by -l where it has no soname, as these empty files.
  const whole = ["torch", "torch_cuda", "c10_cuda"].map((name) => `\\S*(?:lib|-l)${name}(?:\\.so)?`).join("\\s+");
  assert.match(plan, new RegExp(`-Wl,--push-state,--no-as-needed\\s+${whole}\\s+-Wl,--pop-state`));
  assert.ok(plan.includes(`-Wl,-rpath,${prefix}/lib`), plan);
  assert.ok(plan.includes(`-isystem ${prefix}/include/torch/csrc/api/include`), plan);
});
