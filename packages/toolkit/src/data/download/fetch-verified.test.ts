import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { temporaryFolder } from "../fixtures.test.support.js";
import { type FetchOptions, fetchVerified } from "./fetch-verified.js";
import { type Fault, type Mirror, md5, startMirror } from "./mirror.test.support.js";

const CONTENT = randomBytes(300_000);
const PATH = "/file";

interface Attempt {
  readonly folder: string;
  readonly path: string;
  readonly mirrors: Mirror[];
  readonly retries: string[];
  run(options?: Partial<FetchOptions>): Promise<void>;
}

/** One mirror for each list of faults. */
async function prepare(t: TestContext, ...faults: Fault[][]): Promise<Attempt> {
  const folder = await temporaryFolder(t);
  const path = join(folder, "file");
  const told = (fault: Fault): Fault => (fault.kind === "cut" ? { ...fault, part: `${path}.part` } : fault);
  const mirrors = await Promise.all(faults.map((list) => startMirror(t, { [PATH]: CONTENT }, list.map(told))));
  const retries: string[] = [];
  const run = (options: Partial<FetchOptions> = {}) =>
    fetchVerified({
      urls: mirrors.map(({ url }) => url + PATH),
      path,
      md5: md5(CONTENT),
      // No machine is so slow; where silence is waited for, it is less.
      stallSeconds: 60,
      attemptsPerMirror: 3,
      retrySeconds: 0.01,
      onRetry: (_, reason) => retries.push(reason),
      ...options,
    });
  return { folder, path, mirrors, retries, run };
}

async function assertWhole({ folder, path }: Attempt): Promise<void> {
  assert.deepEqual(await readdir(folder), ["file"]);
  assert.ok(CONTENT.equals(await readFile(path)));
}

const ranges = ({ requests }: Mirror) => requests.map(({ range }) => range);

describe("a file from a mirror", () => {
  test("comes whole, and says how far it is", async (t) => {
    const attempt = await prepare(t, []);
    const seen: number[] = [];
    let announced = 0;
    await attempt.run({
      onSize: async ({ totalBytes }) => {
        announced = totalBytes;
      },
      onBytes: (present) => seen.push(present),
    });
    await assertWhole(attempt);
    assert.equal(announced, CONTENT.length);
    assert.equal(seen[0], 0);
    assert.equal(seen.at(-1), CONTENT.length);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
  });

  test("continues where the connection was cut, each time", async (t) => {
    const attempt = await prepare(t, [
      { kind: "cut", afterBytes: 100_000 },
      { kind: "cut", afterBytes: 50_000 },
    ]);
    await attempt.run();
    await assertWhole(attempt);
    assert.deepEqual(ranges(attempt.mirrors[0]!), [undefined, "bytes=100000-", "bytes=150000-"]);
  });

  test("continues on the next mirror when one falls silent", async (t) => {
    const attempt = await prepare(t, [{ kind: "stall", afterBytes: 70_000 }], []);
    await attempt.run({ stallSeconds: 3 });
    await assertWhole(attempt);
    assert.deepEqual(ranges(attempt.mirrors[1]!), ["bytes=70000-"]);
    assert.deepEqual(attempt.retries, ["sent nothing for 3 s"]);
  });

  test("continues what an earlier command left", async (t) => {
    const attempt = await prepare(t, []);
    await writeFile(`${attempt.path}.part`, CONTENT.subarray(0, 200_000));
    await attempt.run();
    await assertWhole(attempt);
    assert.deepEqual(ranges(attempt.mirrors[0]!), ["bytes=200000-"]);
  });

  test("is verified, not fetched again, when all of it was left", async (t) => {
    const attempt = await prepare(t, []);
    await writeFile(`${attempt.path}.part`, CONTENT);
    await attempt.run();
    await assertWhole(attempt);
    assert.deepEqual(ranges(attempt.mirrors[0]!), [`bytes=${CONTENT.length}-`]);
  });

  test("starts anew on a server without ranges", async (t) => {
    const attempt = await prepare(t, [{ kind: "cut", afterBytes: 100_000 }, { kind: "no-ranges" }]);
    await attempt.run();
    await assertWhole(attempt);
  });

  test("is found through redirects", async (t) => {
    const honest = await startMirror(t, { [PATH]: CONTENT });
    const attempt = await prepare(t, [
      { kind: "redirect", to: honest.url },
      { kind: "redirect", to: honest.url },
    ]);
    await writeFile(`${attempt.path}.part`, CONTENT.subarray(0, 1000));
    await attempt.run();
    await assertWhole(attempt);
    assert.deepEqual(ranges(honest), ["bytes=1000-"]);
  });

  test("is thrown away when its MD5 is wrong, and taken from another mirror", async (t) => {
    const attempt = await prepare(t, [{ kind: "corrupt" }], []);
    await attempt.run();
    await assertWhole(attempt);
    assert.deepEqual(attempt.retries, ["sent a file whose MD5 is wrong; it was thrown away"]);
    assert.deepEqual(ranges(attempt.mirrors[1]!), [undefined]);
  });

  test("is not built upon rubbish that was left", async (t) => {
    const attempt = await prepare(t, []);
    await writeFile(`${attempt.path}.part`, randomBytes(1000));
    await attempt.run();
    await assertWhole(attempt);
    assert.deepEqual(ranges(attempt.mirrors[0]!), ["bytes=1000-", undefined]);
  });

  test("starts anew where more was left than there is", async (t) => {
    const attempt = await prepare(t, []);
    await writeFile(`${attempt.path}.part`, randomBytes(CONTENT.length + 10));
    await attempt.run();
    await assertWhole(attempt);
    assert.deepEqual(attempt.retries, ["does not continue the partial file; the download starts over"]);
  });

  test("is taken from a mirror that answers, past those that do not", async (t) => {
    const attempt = await prepare(t, [{ kind: "status", status: 503 }], [{ kind: "gzip" }], []);
    await attempt.run();
    await assertWhole(attempt);
    assert.deepEqual(attempt.retries, ["answers 503 Service Unavailable", "sends the file encoded as gzip"]);
  });
});

describe("a file that cannot be had", () => {
  test("leaves nothing under its name when every mirror's copy is corrupt", async (t) => {
    const attempt = await prepare(t, [{ kind: "corrupt" }], [{ kind: "corrupt" }]);
    await assert.rejects(attempt.run(), /no mirror sent a file with the MD5 .* Try again later\.$/);
    assert.deepEqual(await readdir(attempt.folder), []);
  });

  test("gives up after attempts in a row that bring nothing, and keeps what is there", async (t) => {
    const broken: Fault[] = Array.from({ length: 20 }, () => ({ kind: "status", status: 500 }));
    const attempt = await prepare(t, [{ kind: "cut", afterBytes: 9000 }, ...broken]);
    await assert.rejects(attempt.run(), (error: UserError) => {
      assert.equal(error.code, "download-failed");
      assert.match(error.message, /the last of them answers 500 .* it resumes where it stopped\.$/);
      return true;
    });
    assert.equal(attempt.mirrors[0]!.requests.length, 4);
    assert.deepEqual(await readdir(attempt.folder), ["file.part"]);
    assert.equal((await readFile(`${attempt.path}.part`)).length, 9000);
  });

  test("a server that always breaks off at the same place is given up too", async (t) => {
    const faults: Fault[] = Array.from({ length: 20 }, () => ({ kind: "no-ranges", afterBytes: 5000 }));
    const attempt = await prepare(t, faults);
    await assert.rejects(attempt.run(), { code: "download-failed" });
    assert.equal(attempt.mirrors[0]!.requests.length, 4);
  });

  test("a host that is not there is named with the reason", async (t) => {
    const attempt = await prepare(t);
    await assert.rejects(
      attempt.run({ urls: ["http://127.0.0.1:1/file"] }),
      /could not be fetched from 127\.0\.0\.1:1; the last of them breaks off: /,
    );
  });

  test("what onSize throws ends it before a byte is written", async (t) => {
    const attempt = await prepare(t, []);
    const onSize = async () => {
      throw new UserError("no room");
    };
    await assert.rejects(attempt.run({ onSize }), { message: "no room" });
    assert.equal((await readFile(`${attempt.path}.part`)).length, 0);
  });

  test("an abort ends it at once, and the part stays", async (t) => {
    const attempt = await prepare(t, [{ kind: "stall", afterBytes: 4000 }]);
    const controller = new AbortController();
    const onBytes = (present: number) => {
      if (present === 4000) controller.abort(new Error("stopped by hand"));
    };
    await assert.rejects(attempt.run({ signal: controller.signal, onBytes, stallSeconds: 60 }), {
      message: "stopped by hand",
    });
    assert.deepEqual(await readdir(attempt.folder), ["file.part"]);
  });
});
