/**
 * Makes what a page loads of the recogniser, packages/recognizer/dist/browser: each script whole, so that it runs from any
 * static folder, with a bundler or without, and beside them ONNX Runtime's WebAssembly and the detector of speech. And of
 * apps/demo the page that the server shows, packages/server/dist/page.
 *
 * Workers know no import maps: a script of theirs that imported "@deepspeech-ts/speech" would run under no server as it is.
 */
import { copyFile, mkdir, rm } from "node:fs/promises";
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
  element: "element/index",
  "model-worker": "model-worker",
  "helper-worker": "helper-worker",
  "microphone-worklet": "microphone-worklet",
};

/**
 * audio-decode has a decoder for every format that there is, fetched when it is first needed. Those that the recogniser
 * does not read are left out.
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

const require = createRequire(join(RECOGNIZER, "package.json"));
const runtime = dirname(require.resolve("onnxruntime-web/wasm"));

await rm(OUTPUT, { recursive: true, force: true });
await mkdir(OUTPUT, { recursive: true });
await build({
  entryPoints: Object.entries(SCRIPTS).map(([out, name]) => ({ in: join(RECOGNIZER, `dist/web/${name}.js`), out })),
  outdir: OUTPUT,
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  plugins: [withoutOtherDecoders],
  format: "esm",
  platform: "browser",
  target: ["chrome111", "firefox114", "safari16.4"],
  minify: true,
  sourcemap: true,
  legalComments: "linked",
  logLevel: "warning",
});
await copyFile(join(runtime, "ort-wasm-simd-threaded.wasm"), join(OUTPUT, "ort-wasm-simd-threaded.wasm"));
await copyFile(join(RECOGNIZER, "models/speech-detector.onnx"), join(OUTPUT, "speech-detector.onnx"));

await buildPage({ root: join(ROOT, "apps/demo"), logLevel: "warn" });
