/**
 * What it takes to use the recogniser in a project of one's own: packages packed as npm would publish them, installed
 * in an empty folder with an empty path to compilers, and run once on a sound file.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sampleUtterances } from "../recordings.mjs";
import { row } from "./speed.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PACKAGES = ["speech", "recognizer"];
/** All that an install may call: no compiler, no make, no Python. */
const TOOLS = ["node", "npm", "sh", "env"];

export async function* install({ bundle }) {
  const folder = mkdtempSync(join(tmpdir(), "deepspeech-install-"));
  try {
    const tarballs = PACKAGES.map((name) => pack(name, folder));
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
    const start = performance.now();
    run("npm", ["install", "--no-audit", "--no-fund", ...tarballs], folder);
    const seconds = (performance.now() - start) / 1000;
    const modules = join(folder, "node_modules");
    const settings = "npm install with no compiler on the path; npm's cache as it was";
    yield { ...row("install", seconds, null, "s"), settings };
    yield row("install: size on disk", bytesIn(modules) / 1e6, null, "MB");
    yield row("  of these ONNX Runtime", bytesIn(join(modules, "onnxruntime-node")) / 1e6, null, "MB");
    yield row("  of these our own", bytesIn(join(modules, "@deepspeech-ts")) / 1e6, null, "MB");
    yield firstTranscript(folder, bundle);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Time of a new process from nothing to a text. */
function firstTranscript(folder, bundle) {
  const script = `import { Recognizer } from "@deepspeech-ts/recognizer";
const recognizer = await Recognizer.load(process.argv[2]);
console.log((await recognizer.transcribe(process.argv[3])).text);
await recognizer.close();`;
  writeFileSync(join(folder, "hello.js"), script);
  const start = performance.now();
  const text = run("node", ["hello.js", bundle, sampleUtterances("dev")[0].path], folder).trim();
  const milliseconds = performance.now() - start;
  if (text === "") throw new Error("the installed recogniser found no words");
  return { ...row("from a new process to its first text", milliseconds, null, "ms"), settings: `"${text}"` };
}

function pack(name, folder) {
  const output = run("npm", ["pack", "--pack-destination", folder], join(ROOT, "packages", name), process.env.PATH);
  return join(folder, output.trim().split("\n").at(-1));
}

function run(program, words, cwd, path = toolPath(cwd)) {
  const env = { ...process.env, PATH: path, ONNXRUNTIME_NODE_INSTALL: "skip" };
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${words[0]} failed: ${stderr}`);
  return stdout;
}

/** A folder of links to the tools that are allowed. */
function toolPath(cwd) {
  const folder = join(cwd, ".tools");
  mkdirSync(folder, { recursive: true });
  const places = [dirname(process.execPath), ...process.env.PATH.split(":")];
  for (const tool of TOOLS) {
    const place = places.find((each) => statSync(join(each, tool), { throwIfNoEntry: false }));
    if (place && !statSync(join(folder, tool), { throwIfNoEntry: false })) {
      symlinkSync(join(place, tool), join(folder, tool));
    }
  }
  return folder;
}

function bytesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, path, name }) => sum + statSync(join(parentPath ?? path, name)).size, 0);
}
