/** Recordings over HTTP: those that the log names, and nothing else of the disk. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { audioFixture } from "../data/fixtures.test.support.js";
import { formatPackedPath } from "../data/packing/packed-path.js";
import { shardHeader } from "../data/packing/shard.js";
import { TestRun } from "./fixtures.test.support.js";
import { parseRange } from "./recording.js";
import { rawStatus, type TestServer, testServer } from "./server.test.support.js";

/** A server over one run, whose worst utterance has this recording. */
async function serverOf(context: TestContext, audioPath: string): Promise<TestServer & { audioUrl: string }> {
  const server = await testServer(context);
  new TestRun(join(server.folder, "voice/version_0"), { recordings: [audioPath] }).start().epoch();
  const { heard } = await server.detail("voice/version_0");
  return { ...server, audioUrl: heard[0]!.worst[0]!.audioUrl };
}

describe("recordings", () => {
  for (const [name, type] of [
    ["speech-16k.wav", "audio/wav"],
    ["speech-16k.flac", "audio/flac"],
    ["speech-16k.mp3", "audio/mpeg"],
    ["speech.opus", "audio/ogg"],
    ["speech-vorbis.ogg", "audio/ogg"],
    ["speech.m4a", "audio/mp4"],
  ] as const) {
    it(`${name} goes out as it is`, async (t) => {
      const { get, audioUrl } = await serverOf(t, audioFixture(name));
      const response = await get(audioUrl);
      assert.deepEqual([response.status, response.headers.get("content-type")], [200, type]);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), readFileSync(audioFixture(name)));
    });
  }

  it("go out in the parts that a player asks for", async (t) => {
    const path = audioFixture("speech-16k.wav");
    const whole = readFileSync(path);
    const { get, audioUrl } = await serverOf(t, path);
    const part = await get(audioUrl, { range: "bytes=100-199" });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), `bytes 100-199/${whole.length}`);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(100, 200));
    const beyond = await get(audioUrl, { range: `bytes=${whole.length}-` });
    assert.deepEqual([beyond.status, beyond.headers.get("content-range")], [416, `bytes */${whole.length}`]);
  });

  it("inside a shard go out as a WAV file", async (t) => {
    const { folder } = await testServer(t);
    const shardPath = join(folder, "0.pcm16");
    const samples = Int16Array.from({ length: 300 }, (_, i) => i * 10);
    writeFileSync(shardPath, Buffer.concat([shardHeader(16_000), Buffer.from(samples.buffer)]));
    const packed = formatPackedPath({ shardPath, firstSample: 100, numSamples: 50 });
    const { get, audioUrl } = await serverOf(t, packed);
    const response = await get(audioUrl, { range: "bytes=44-" });
    assert.deepEqual([response.status, response.headers.get("content-type")], [206, "audio/wav"]);
    const bytes = await response.arrayBuffer();
    assert.deepEqual(new Int16Array(bytes), samples.slice(100, 150));
  });

  it("are each set's own where dev and test share ids", async (t) => {
    const [dev, test] = [audioFixture("speech-16k.wav"), audioFixture("speech-16k.flac")];
    const { folder, detail, get } = await testServer(t);
    new TestRun(join(folder, "voice/version_0"), { recordings: [dev] }).start().epoch().test([test]);
    const { heard } = await detail("voice/version_0");
    const worst = heard.map((one) => one.worst[0]!);
    assert.equal(worst[0]!.id, worst[1]!.id);
    for (const [i, path] of [dev, test].entries()) {
      const response = await get(worst[i]!.audioUrl);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), readFileSync(path));
    }
  });

  it("are refused where the log does not name them, or names what is no sound", async (t) => {
    const { folder, get, audioUrl } = await serverOf(t, audioFixture("speech-16k.wav"));
    const base = audioUrl.split("&")[0]!;
    const foreign = audioFixture("speech-16k.flac");
    for (const wanted of [foreign, "../../../../etc/passwd", "/etc/passwd", "", "__proto__"]) {
      const response = await get(`${base}&utterance=${encodeURIComponent(wanted)}`);
      assert.equal(response.status, 404, wanted);
    }
    assert.equal((await get(audioUrl.replace("corpus=dev", "corpus=__proto__"))).status, 404);
    const secret = join(folder, "secret.txt");
    writeFileSync(secret, "not for others");
    const other = await serverOf(t, secret);
    const refused = await other.get(other.audioUrl);
    assert.equal(refused.status, 404);
    assert.match(await refused.text(), /is not a sound file/);
  });

  it("that are gone are said to be gone", async (t) => {
    const { get, audioUrl } = await serverOf(t, "/nowhere/gone.wav");
    const response = await get(audioUrl);
    assert.equal(response.status, 404);
    assert.match(await response.text(), /gone\.wav: no such file/);
  });
});

it("ranges are read as RFC 9110 has them", () => {
  assert.deepEqual(parseRange("bytes=0-", 100), { first: 0, last: 99 });
  assert.deepEqual(parseRange("bytes=10-19", 100), { first: 10, last: 19 });
  assert.deepEqual(parseRange("bytes=90-500", 100), { first: 90, last: 99 });
  assert.deepEqual(parseRange("bytes=-30", 100), { first: 70, last: 99 });
  assert.deepEqual(parseRange("bytes=-300", 100), { first: 0, last: 99 });
  for (const beyond of ["bytes=100-", "bytes=-0"]) assert.equal(parseRange(beyond, 100), "unsatisfiable");
  for (const ignored of [undefined, "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "lines=1-2"]) {
    assert.equal(parseRange(ignored, 100), undefined, ignored);
  }
});

describe("who may ask", () => {
  it("a foreign name is refused, an address or an own name is not", async (t) => {
    const { url } = await testServer(t);
    const { port } = new URL(url);
    for (const foreign of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example"]) {
      assert.equal(await rawStatus(url, "/api/runs", foreign), 403, foreign);
    }
    for (const own of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, "LOCALHOST"]) {
      assert.equal(await rawStatus(url, "/api/runs", own), 200, own);
    }
  });

  it("nothing but the page's own files is served, and only to the page", async (t) => {
    const { url, get } = await testServer(t);
    for (const path of ["/page/../start-dashboard.js", "/page/..%2fstart-dashboard.js", "/page/tsconfig.tsbuildinfo"]) {
      assert.equal(await rawStatus(url, path), 404, path);
    }
    const page = await get("/");
    assert.match(page.headers.get("content-security-policy") ?? "", /^default-src 'self';/);
    assert.equal(page.headers.get("cross-origin-resource-policy"), "same-origin");
    assert.equal(page.headers.get("access-control-allow-origin"), null);
    assert.doesNotMatch(await page.text(), /https?:|<script>|style=/);
  });
});
