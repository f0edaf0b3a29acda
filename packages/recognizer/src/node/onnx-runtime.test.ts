import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { BUNDLE } from "../fixtures.test.support.js";
import { missingRuntime } from "./onnx-runtime.js";

/** What `Recognizer.load` throws where Node believes to be on another system; ONNX Runtime then finds no binary to load. */
function refusalOn(system: { platform?: string; arch?: string }): unknown {
  const pretend = Object.entries(system)
    .map(([name, value]) => `Object.defineProperty(process, "${name}", { value: "${value}" });`)
    .join("");
  // Not as a module: its worker threads would inherit `--input-type`.
  const script = `(async () => {
    const { Recognizer } = await import(${JSON.stringify(import.meta.resolve("../index.js"))});
    const load = Recognizer.load(${JSON.stringify(BUNDLE)}, { threads: 1 });
    await load.catch(({ name, code, message }) => console.log(JSON.stringify({ name, code, message })));
  })()`;
  const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend)}` };
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
    encoding: "utf8",
    env,
  });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout);
}

test("a system without a build is told which there are", () => {
  assert.deepEqual(refusalOn({ platform: "freebsd", arch: "x64" }), {
    name: "RecognizerError",
    code: "no-runtime",
    message:
      "ONNX Runtime has no build for freebsd-x64: it has some for darwin-arm64, linux-arm64, linux-x64, win32-arm64, " +
      "win32-x64, and one for pages (@deepspeech-ts/recognizer/web)",
  });
});

test("a build that cannot be loaded is told with the reason and the variable that helps", {
  skip: (process.platform !== "linux" || process.arch !== "x64") && "the pretence is of another processor's Linux",
}, () => {
  const { code, message } = refusalOn({ arch: "arm64" }) as { code: string; message: string };
  assert.equal(code, "no-runtime");
  assert.match(
    message,
    /^ONNX Runtime cannot be loaded \(.*onnxruntime.*\): install again with the variable ONNXRUNTIME_NODE_INSTALL=skip/,
  );
});

test("Alpine is told what to use instead", () => {
  const message = missingRuntime({ platform: "linux", arch: "x64", isMusl: true, error: new Error("no ld-linux") });
  assert.match(message, /^ONNX Runtime has no build for Linux with musl, such as Alpine: use an image with glibc/);
});
