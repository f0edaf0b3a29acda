/** Who may use the server: keys, and web pages. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { UserError } from "@deepspeech-ts/recognizer/system";
import OpenAI from "openai";
import { readApiKeys } from "./read-api-keys.js";
import { startTestServer, type TestServer, temporaryFolder } from "./server.test.support.js";

const KEYS = ["first-key-0123456789", "second-key-0123456789"];
const PAGE = "https://page.example";
let server: TestServer;

before(async () => {
  server = await startTestServer(undefined, { apiKeys: KEYS, corsOrigins: [PAGE] });
});

after(() => server.close());

/** fetch sets Host and Origin as it sees fit. */
function ask(
  path: string,
  headers: Record<string, string>,
  method = "GET",
): Promise<{ status: number; headers: object }> {
  return new Promise((resolve, reject) => {
    const asking = request(`${server.url}${path}`, { headers, method }, (response) => {
      response.resume().on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    });
    asking.on("error", reject).end();
  });
}

test("only who has a key may use the API; probes need none", async () => {
  for (const key of KEYS) {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 });
    assert.equal((await client.models.list()).data.length, 1);
  }
  const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: `${KEYS[0]}x`, maxRetries: 0 });
  await assert.rejects(stranger.models.list(), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.deepEqual([error.code, error.message], ["invalid_api_key", "401 The API key is not known here."]);
    return true;
  });
  const statuses = await Promise.all(
    ["/v1/models", "/v1/audio/stream", "/healthz", "/readyz", "/metrics", "/openapi.json"].map(
      async (path) => (await fetch(server.url + path)).status,
    ),
  );
  assert.deepEqual(statuses, [401, 401, 200, 200, 200, 200]);
  const posted = await fetch(`${server.url}/v1/audio/transcriptions`, { method: "POST", body: new FormData() });
  assert.equal(posted.status, 401);
  assert.equal(((await posted.json()) as { error: { code: string } }).error.code, "missing_api_key");
});

test("pages of allowed origins may use it, those of others may not", async () => {
  const authorization = `Bearer ${KEYS[0]}`;
  const allowed = await ask("/v1/models", { authorization, origin: PAGE });
  assert.equal(allowed.status, 200);
  assert.equal((allowed.headers as Record<string, string>)["access-control-allow-origin"], PAGE);
  const preflight = await ask("/v1/models", { origin: PAGE, "access-control-request-headers": "x-own" }, "OPTIONS");
  assert.equal(preflight.status, 204);
  assert.equal((preflight.headers as Record<string, string>)["access-control-allow-headers"], "x-own");
  const foreign = await ask("/v1/models", { authorization, origin: "https://other.example" });
  assert.equal(foreign.status, 403);
  assert.ok(!("access-control-allow-origin" in foreign.headers));
  assert.equal((await ask("/v1/models", { authorization, origin: server.url })).status, 200);
});

test("an origin that no browser would send is refused at the start, with the one that was meant", async () => {
  const complaint = async (origin: string) => {
    const error: unknown = await startTestServer(undefined, { corsOrigins: [origin] }).catch((reason) => reason);
    assert.ok(error instanceof UserError);
    assert.equal(error.exitCode, 2);
    return error.message;
  };
  const meant = (text: string, origin: string) =>
    `--cors-origin: "${text}" is no origin of web pages; write it as ${origin}, or * for all`;
  for (const [text, origin] of [
    ["example.org", "https://example.org"],
    ["example.org:8443", "https://example.org:8443"],
    ["https://example.org/", "https://example.org"],
    ["https://Example.org/app?x=1", "https://example.org"],
    ["http://example.org:80", "http://example.org"],
    ["not an origin", "https://example.org"],
    ["", "https://example.org"],
  ] as const) {
    assert.equal(await complaint(text), meant(text, origin));
  }
  const own = await startTestServer(undefined, { corsOrigins: ["http://localhost:3000", "chrome-extension://abcdef"] });
  await own.close();
});

test("a server for this machine alone does not answer to foreign names", async () => {
  assert.equal((await ask("/healthz", { host: "rebound.example" })).status, 403);
  assert.equal((await ask("/healthz", { host: "localhost:1" })).status, 200);
  assert.equal((await ask("/healthz", { host: "[::1]:1" })).status, 200);
});

test("keys come from a file and the environment", async (t) => {
  const file = join(await temporaryFolder(t), "keys.txt");
  await writeFile(file, `# keys\n${KEYS[0]}\n\n  ${KEYS[1]}\n`);
  assert.deepEqual(await readApiKeys({ file, variable: `${KEYS[0]}, third-key-0123456789` }), [
    ...KEYS,
    "third-key-0123456789",
  ]);
  assert.deepEqual(await readApiKeys({}), []);
  await assert.rejects(readApiKeys({ variable: "short" }), {
    message:
      "DEEPSPEECH_API_KEYS: an API key has 5 characters, expected at least 16 characters without white space; " +
      "try openssl rand -hex 24.",
  });
  await writeFile(file, "# none\n");
  await assert.rejects(readApiKeys({ file }), { message: `${file}: holds no API key; write one a line.` });
});
