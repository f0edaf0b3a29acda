/** Whatever packages export has a docstring, and the reference can be built of them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { entryPoints } from "./build.mjs";

const BUILD = fileURLToPath(new URL("./build.mjs", import.meta.url));

test("the reference covers each package's entries", () => {
  const names = [...entryPoints().values()];
  for (const name of ["torch", "speech", "recognizer", "recognizer/web", "server", "toolkit", "toolkit/training"]) {
    assert.ok(names.includes(`@deepspeech-ts/${name}`), `${name} is not among ${names.join(", ")}`);
  }
});

test("every export has a docstring, its types are exports too, and no link leads nowhere", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BUILD, "--check"], { encoding: "utf8" });
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
});
