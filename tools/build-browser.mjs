/**
 * Makes what a page loads of the recogniser, packages/recognizer/dist/browser: each script whole, so that it runs from any
 * static folder, with a bundler or without, and beside them ONNX Runtime's WebAssembly, with WebGPU and without, and the detector of speech. And of
 * apps/demo the page that the server shows, packages/server/dist/page.
 *
 * Workers know no import maps: a script of theirs that imported "@deepspeech-ts/speech" would run under no server as it is.
 */
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { build as buildPage } from "vite";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const RECOGNIZER = join(ROOT, "packages/recognizer");
const OUTPUT = join(RECOGNIZER, "dist/browser");
const SCRIPTS = {
  index: "index",
  "model-worker": "model-worker",
  "webgpu-worker": "webgpu-worker",
  "helper-worker": "helper-worker",
  "microphone-worklet": "microphone-worklet",
};

/**
 * The containers' decoders fetch one for every codec that there is when it is first needed. Those that the recogniser does
 * not read are left out.
 */
const DECODERS = ["aac", "mp3", "mp4", "opus", "vorbis", "wav", "webm"].map((name) => `@audio/decode-${name}`);
/** @type {import("esbuild").Plugin} */
const withoutOtherDecoders = {
  name: "without other decoders",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@audio\/decode-/ }, ({ path }) => {
      return DECODERS.some((name) => path === name || path.startsWith(`${name}/`))
        ? null
        : { path, namespace: "left-out" };
    });
    onLoad({ filter: /./, namespace: "left-out" }, () => ({ contents: "" }));
  },
};

/**
 * ONNX Runtime looks for its own script by `import.meta.url`, in ways that bundlers take for files to bring along, or stop
 * at. It is part of a worker's script here, whose address that worker knows.
 *
 * @type {import("esbuild").Plugin}
 */
const runtimeWithinWorker = {
  name: "runtime within a worker",
  setup({ onLoad }) {
    onLoad({ filter: /ort\.(wasm|jspi)\.bundle\.min\.mjs$/ }, async ({ path }) => {
      const script = await readFile(path, "utf8");
      const contents = script
        .replaceAll("import.meta.url", "self.location.href")
        // For a script from elsewhere, which this is not.
        .replace(
          /import\(\/\*webpackIgnore:true\*\/[^)]*\)/,
          'Promise.reject(new Error("no script of another place"))',
        );
      if (/import\.meta|\bimport\(/.test(contents)) throw new Error(`${path} is not as it was known`);
      return { contents };
    });
  },
};

/** @type {import("esbuild").Plugin} */
const recognizerOnDemand = {
  name: "recognizer on demand",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({ path: "./index.js", external: true }));
  },
};

const require = createRequire(join(RECOGNIZER, "package.json"));
const runtime = dirname(require.resolve("onnxruntime-web/wasm"));

await rm(OUTPUT, { recursive: true, force: true });
await mkdir(OUTPUT, { recursive: true });
/** @type {import("esbuild").BuildOptions} */
const options = {
  outdir: OUTPUT,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: ["chrome111", "firefox115", "safari16.4"],
  minify: true,
  sourcemap: true,
  legalComments: "linked",
  logLevel: "warning",
};
await build({
  ...options,
  entryPoints: Object.entries(SCRIPTS).map(([out, name]) => ({ in: join(RECOGNIZER, `dist/web/${name}.js`), out })),
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  plugins: [withoutOtherDecoders, runtimeWithinWorker],
});
// By itself: split from the others, it would fetch before its use whatever any of them has in common with another.
await build({
  ...options,
  entryPoints: [{ in: join(RECOGNIZER, "dist/web/element/index.js"), out: "element" }],
  plugins: [recognizerOnDemand],
});
for (const name of ["ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.jspi.wasm"]) {
  await copyFile(join(runtime, name), join(OUTPUT, name));
}
await copyFile(join(RECOGNIZER, "models/speech-detector.onnx"), join(OUTPUT, "speech-detector.onnx"));

await buildPage({ root: join(ROOT, "apps/demo"), logLevel: "warn" });
