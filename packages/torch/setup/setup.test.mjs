/**
 * The parts of the set-up that can be proven without changing the machine: downloads against a real server, stamps,
 * the lock.
 */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { download, verify } from "./archive.mjs";
import { Context, SetupError } from "./context.mjs";
import { withLock } from "./lock.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const CONTENT = Buffer.from("the whole archive, in a few bytes");

let folder = "";
/** @type {import("node:http").Server} */
let server;
/** The Range header of each request. @type {(string | undefined)[]} */
let ranges = [];
/** How many of the next answers break off in the middle. */
let brokenAnswers = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "setup-"));
  ranges = [];
  brokenAnswers = 0;
  server = createServer(serve);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
function serve(request, response) {
  if (request.url !== "/archive.zip") return response.writeHead(404).end();
  ranges.push(request.headers.range);
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (start >= CONTENT.length) return response.writeHead(416).end();
  const rest = CONTENT.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, { "content-length": rest.length });
  if (brokenAnswers-- <= 0) return response.end(rest);
  response.write(rest.subarray(0, 10));
  return void cutOnceWritten(response, start + 10);
}

/**
 * Cuts the connection when the client has written what it was sent: whatever is on its way then is lost to it.
 *
 * @param {import("node:http").ServerResponse} response
 * @param {number} bytes
 */
async function cutOnceWritten(response, bytes) {
  const part = join(folder, "archive.zip.part");
  while (!existsSync(part) || statSync(part).size < bytes) await sleep(5);
  response.destroy();
}

/** @param {string} path */
function urlOf(path) {
  return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}${path}`;
}

test("a download that breaks off is continued where it stopped", async () => {
  brokenAnswers = 2;
  const path = join(folder, "archive.zip");
  /** @type {number[]} */
  const sizes = [];
  await download(urlOf("/archive.zip"), path, { retryMs: 1, onSize: (bytes) => sizes.push(bytes) });
  assert.deepEqual(readFileSync(path), CONTENT);
  assert.deepEqual(ranges, [undefined, "bytes=10-", "bytes=20-"]);
  assert.deepEqual(
    sizes,
    [0, 10, 20].map((start) => CONTENT.length - start),
  );
  assert.equal(existsSync(`${path}.part`), false);
});

test("a download continues what an earlier run left, even all of it", async () => {
  const path = join(folder, "archive.zip");
  for (const length of [7, CONTENT.length]) {
    writeFileSync(`${path}.part`, CONTENT.subarray(0, length));
    await download(urlOf("/archive.zip"), path);
    assert.deepEqual(readFileSync(path), CONTENT);
    rmSync(path);
  }
  assert.deepEqual(ranges, ["bytes=7-", `bytes=${CONTENT.length}-`]);
});

test("a download that keeps failing ends with the reason", async () => {
  const path = join(folder, "archive.zip");
  await assert.rejects(
    download(urlOf("/missing.zip"), path),
    /missing\.zip could not be downloaded: the server answers 404/,
  );
  const url = urlOf("/archive.zip");
  server.close();
  await assert.rejects(download(url, path, { attempts: 2, retryMs: 1 }), /could not be downloaded: .*ECONNREFUSED/);
});

test("an archive with another checksum is refused and removed", async () => {
  const path = join(folder, "archive.zip");
  const sha256 = createHash("sha256").update(CONTENT).digest("hex");
  writeFileSync(path, CONTENT);
  await verify(path, "some-url", sha256);
  await assert.rejects(
    verify(path, "some-url", "0".repeat(64)),
    new RegExp(`its SHA-256 is ${sha256}, expected 0{64}`),
  );
  assert.equal(existsSync(path), false);
});

test("an archive of unknown checksum waits for the reader's word", async () => {
  const path = join(folder, "archive.zip");
  writeFileSync(path, CONTENT);
  await assert.rejects(
    verify(path, "some-url", undefined),
    /set LIBTORCH_SHA256=[0-9a-f]{64} and run the set-up again/,
  );
  assert.equal(existsSync(path), true);
});

test("state survives from run to run, unless forced or damaged", () => {
  new Context(folder).save({ native: "stamp" });
  assert.equal(new Context(folder).state.native, "stamp");
  assert.deepEqual(new Context(folder, { force: true }).state, {});
  writeFileSync(join(folder, ".setup/state.json"), '{ "native": ');
  assert.deepEqual(new Context(folder).state, {});
});

test("a command that fails shows its last 20 lines and the log", async () => {
  const context = new Context(folder);
  const script = "for (let i = 1; i <= 30; i++) console.log('line ' + i); process.exit(3);";
  const failure = await context.run(process.execPath, ["-e", script]).catch((/** @type {Error} */ error) => error);
  assert.ok(failure instanceof SetupError);
  assert.match(failure.message, /^line 11\n(.*\n)*line 30\n/);
  assert.match(failure.message, /ended with status 3\.\nThe whole output is in .*log\.txt$/);
  assert.match(readFileSync(context.logPath, "utf8"), /line 1\n/);
});

test("a command that is missing is named", async () => {
  await assert.rejects(new Context(folder).run("no-such-command", []), /`no-such-command` could not be started/);
});

test("the lock lets one process in at a time", async () => {
  const order = join(folder, "order");
  writeFileSync(order, "");
  const script = `
    import { appendFileSync } from "node:fs";
    import { withLock } from ${JSON.stringify(pathToFileURL(join(here, "lock.mjs")).href)};
    await withLock(${JSON.stringify(folder)}, () => {}, async () => {
      appendFileSync(${JSON.stringify(order)}, "in ");
      await new Promise((resolve) => setTimeout(resolve, 100));
      appendFileSync(${JSON.stringify(order)}, "out ");
    });`;
  const runs = Array.from({ length: 4 }, () => spawn(process.execPath, ["--input-type=module", "-e", script]));
  const codes = await Promise.all(runs.map((run) => new Promise((resolve) => run.on("close", resolve))));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  assert.equal(readFileSync(order, "utf8"), "in out ".repeat(4));
});

test("a lock left by a dead process is taken over", async () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "lock"), String(pid));
  assert.equal(
    await withLock(
      folder,
      () => {},
      async () => "done",
    ),
    "done",
  );
});

test("an unknown option ends with status 2", () => {
  const script = join(here, "../../../tools/setup.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, "--fast"], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /Unknown option '--fast'[\s\S]*Usage: npm run setup/);
});
