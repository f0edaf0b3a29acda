/** The real command, in a process of its own. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { BUNDLE, longRecording, MODEL, type Sample, samples, until, wavFile } from "../server.test.support.js";
import { BINARY, metricOf, postSound, type Served, serve as serveReady } from "./serve.test.support.js";

const [sample] = samples(1) as [Sample];

async function serve(t: TestContext, ...flags: string[]): Promise<Served> {
  const server = await serveReady(t, "--port", "0", "--threads", "1", ...flags);
  assert.match(
    server.announced,
    new RegExp(`^Serving .*\\.dsb as ${MODEL}: http://127\\.0\\.0\\.1:\\d+/v1 \\(Ctrl-C ends it\\)\\n$`),
  );
  return server;
}

async function isAtWork(url: string): Promise<boolean> {
  return (await metricOf(url, "deepspeech_in_flight")) === 1;
}

test("SIGTERM lets what has begun be finished, and ends the process", async (t) => {
  const { child, url } = await serve(t);
  const asked = postSound(url, wavFile(await longRecording(sample, 20)));
  await until(() => isAtWork(url));
  child.kill("SIGTERM");
  const exited = once(child, "exit");
  const response = await asked;
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("connection"), "close");
  assert.ok(((await response.json()) as { text: string }).text.length > 100);
  assert.deepEqual(await exited, [0, null]);
});

test("what is not finished within the grace is told so", async (t) => {
  const { child, url } = await serve(t, "--grace", "0");
  const asked = postSound(url, wavFile(await longRecording(sample, 100)));
  await until(() => isAtWork(url));
  child.kill("SIGINT");
  const exited = once(child, "exit");
  const response = await asked;
  assert.equal(response.status, 503);
  assert.deepEqual(((await response.json()) as { error: { code: string } }).error.code, "shutting_down");
  assert.deepEqual(await exited, [0, null]);
});

test("libtorch is not loaded", () => {
  const script = `(async () => {
    const { startServer } = await import(${JSON.stringify(new URL("../index.js", import.meta.url).href)});
    const server = await startServer({ bundle: ${JSON.stringify(BUNDLE)}, port: 0, logLevel: "silent" });
    await server.ready;
    await server.close();
    process.stdout.write(String(process.report.getReport().sharedObjects.some((path) => path.includes("libtorch"))));
  })()`;
  const { stdout } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
  assert.equal(stdout, "false");
});

test("--help shows how the package is run, and no program is named that is not this one", () => {
  const { stdout } = spawnSync(process.execPath, [BINARY, "--help"], { encoding: "utf8" });
  assert.match(stdout, /^Usage: deepspeech-server \[options\] <bundle>\n/);
  assert.match(stdout, /^ {2}\$ npx @deepspeech-ts\/server model\.dsb --port 8080$/m);
});

test("wrong usage, a bundle that is not there and a short key are refused in one line", () => {
  const run = (environment: Record<string, string>, ...words: string[]) => {
    const env = { ...process.env, ...environment };
    const { status, stderr } = spawnSync(process.execPath, [BINARY, ...words, "--port", "0"], {
      encoding: "utf8",
      env,
    });
    return [status, stderr];
  };
  assert.deepEqual(run({}, "no-such.dsb"), [1, "deepspeech-server: no-such.dsb: no such file; check the path\n"]);
  assert.deepEqual(run({}), [
    2,
    "deepspeech-server: missing required argument 'bundle'; usage: deepspeech-server [options] <bundle>\n",
  ]);
  assert.deepEqual(run({}, BUNDLE, "--prt", "0"), [
    2,
    "deepspeech-server: unknown option '--prt'; did you mean '--port'?\n",
  ]);
  assert.deepEqual(run({}, BUNDLE, "--max-upload", "0"), [
    2,
    'deepspeech-server: --max-upload must be a number of at least 1, not "0"\n',
  ]);
  assert.deepEqual(run({ DEEPSPEECH_API_KEYS: "abc" }, BUNDLE), [
    1,
    "deepspeech-server: DEEPSPEECH_API_KEYS: an API key has 3 characters, expected at least 16 characters without white " +
      "space; try openssl rand -hex 24.\n",
  ]);
});
