/** Live streams of browsers, which cannot send a key with a WebSocket. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKeys, TOKEN_SECONDS } from "./api-keys.js";
import { openLive, refusalOf, sendEnd, sendSound } from "./live.test.support.js";
import { longRecording, pcm16, type Sample, samples, startTestServer } from "./server.test.support.js";

const KEY = "a-key-0123456789abc";
const [sample] = samples(1) as [Sample];

async function tokenOf(url: string, key = KEY): Promise<{ status: number; token: string; expires_in: number }> {
  const answer = await fetch(`${url}/v1/audio/stream/token`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: answer.status, ...((await answer.json()) as { token: string; expires_in: number }) };
}

test("a token, which a key is needed for, opens a live stream and nothing else", async (t) => {
  const { url, port } = await startTestServer(t, { apiKeys: [KEY] });
  assert.equal((await refusalOf(port))?.status, 401);
  assert.equal((await tokenOf(url, "another-key-0123456789")).status, 401);
  const { status, token, expires_in } = await tokenOf(url);
  assert.deepEqual([status, expires_in], [200, TOKEN_SECONDS]);
  const live = await openLive(port, `?token=${token}`);
  sendSound(live, pcm16(await longRecording(sample, 1)));
  sendEnd(live);
  assert.deepEqual(await live.closed, [1000, ""]);
  assert.ok(live.events.some(({ type }) => type === "final"));
  assert.equal((await fetch(`${url}/v1/models?token=${token}`)).status, 401);
  for (const wrong of ["", "x", `${token}x`, `9${token}`, token.split(".")[0]]) {
    const refusal = await refusalOf(port, `?token=${wrong}`);
    assert.deepEqual([refusal?.status, refusal?.message], [401, "The token is none of this server's."], wrong);
  }
});

test("a token ends, and is good at every server with the same keys", () => {
  const request = { headers: {} } as never;
  const now = Date.now();
  const token = new ApiKeys([KEY, "another-key-0123456789"]).makeToken(now);
  const replica = new ApiKeys(["another-key-0123456789", KEY]);
  replica.checkToken(token, request, now + 1000 * (TOKEN_SECONDS - 1));
  assert.throws(
    () => replica.checkToken(token, request, now + 1000 * (TOKEN_SECONDS + 2)),
    /^ApiError: The token is older than 60 s/,
  );
  assert.throws(() => new ApiKeys([KEY]).checkToken(token, request, now), /none of this server's/);
});
