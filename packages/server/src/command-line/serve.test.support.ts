/** The server's own program in a process of its own, ready for requests. */
import { type ChildProcess, spawn } from "node:child_process";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { BUNDLE, MODEL } from "../server.test.support.js";

export const BINARY = fileURLToPath(new URL("../../bin/deepspeech-server.mjs", import.meta.url));

export interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  readonly port: number;
  /** The line that tells where the server is. */
  readonly announced: string;
  /** All that came on standard error. */
  stderr(): string;
  /** What was logged. */
  log(): Record<string, unknown>[];
}

/** @throws where the process ends before it is ready */
export async function serve(t: TestContext, ...flags: string[]): Promise<Served> {
  const child = spawn(process.execPath, [BINARY, BUNDLE, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    stdout += chunk;
  });
  const announced = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      stderr += chunk;
      if (stderr.includes("(Ctrl-C ends it)\n")) resolve(stderr);
    });
    child.once("exit", (status) => reject(new Error(`serve ended with ${status}: ${stderr}`)));
  });
  const [, url = "", port] = /: (http:\/\/[^/]+:(\d+))\/v1 \(/.exec(announced) ?? [];
  const log = () => stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  return { child, url, port: Number(port), announced, stderr: () => stderr, log };
}

export function postSound(
  url: string,
  bytes: Uint8Array,
  { model = MODEL, headers = {} }: { model?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  const body = new FormData();
  body.set("model", model);
  body.set("file", new File([new Uint8Array(bytes)], "sound"));
  return fetch(`${url}/v1/audio/transcriptions`, { method: "POST", body, headers });
}

/** A metric without labels. */
export async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}
