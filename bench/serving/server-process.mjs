/** The real server in a process of its own, and what it says of itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BINARY = join(ROOT, "packages/deepspeech/bin/deepspeech.mjs");

/** A small model of one voice; --bundle names another. */
export const BUNDLE = join(ROOT, "test/fixtures/bundles/quickstart-fp16.dsb");
export const MODEL = "bench";

/** Starts `deepspeech serve`; resolves when it is ready. */
export async function startServer(bundle, flags) {
  const words = [BINARY, "serve", bundle, "--port", "0", "--model-id", MODEL, "--log-level", "error", ...flags];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "inherit", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  while (!said.includes("Ctrl-C ends it")) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${said}`);
    await Promise.race([once(child.stderr, "data"), once(child, "exit")]);
  }
  const [url] = /http:\/\/[\d.]+:\d+/.exec(said);
  return {
    url,
    port: Number(new URL(url).port),
    child,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** A gauge or counter of /metrics; NaN where there is none yet. */
export async function metric({ url }, name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}

/** Of the server and of the processes that run its model. */
export async function residentMegabytes(server) {
  const names = ["process_resident_memory_bytes", "deepspeech_model_resident_memory_bytes"];
  const [own, models] = await Promise.all(names.map((name) => metric(server, name)));
  return { own: own / 2 ** 20, models: models / 2 ** 20 };
}

/** The sample corpus's test recordings. */
export function recordings() {
  const folder = join(ROOT, "sample-corpus/test");
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".opus"));
  return names.sort().map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

export async function transcribe({ url }, { name, bytes }, signal) {
  const body = new FormData();
  body.set("model", MODEL);
  body.set("file", new File([bytes], name));
  return fetch(`${url}/v1/audio/transcriptions`, { method: "POST", body, signal });
}

/** The value of "--name" on the command line. */
export function flag(name, fallback) {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? fallback : process.argv[index + 1];
}
