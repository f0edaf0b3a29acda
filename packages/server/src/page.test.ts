/** The page's files as browsers ask for them; what it does in a browser is tested in test/browser. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { test } from "node:test";
import { BUNDLE, errorOf, startTestServer } from "./server.test.support.js";

test("the page comes whole, with headers that isolate it, and its bundle in ranges", async (t) => {
  const { url } = await startTestServer(t);
  const page = await fetch(url);
  assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
  assert.equal(page.headers.get("cross-origin-opener-policy"), "same-origin");
  assert.equal(page.headers.get("cross-origin-embedder-policy"), "require-corp");
  assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'self'/);
  const text = await page.text();
  const assets = [...text.matchAll(/(?:src|href)="\.(\/assets\/[^"]+)"/g)].map(([, path]) => path as string);
  assert.ok(assets.length >= 3, text);
  for (const path of assets) {
    const asset = await fetch(url + path);
    assert.equal(asset.status, 200, path);
    assert.match(asset.headers.get("cache-control") ?? "", /immutable/);
  }

  const bundle = await readFile(BUNDLE);
  const part = await fetch(`${url}/model.dsb`, { headers: { range: "bytes=8-15" } });
  assert.deepEqual([part.status, part.headers.get("content-range")], [206, `bytes 8-15/${bundle.length}`]);
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), bundle.subarray(8, 16));
  const etag = part.headers.get("etag") as string;
  // `fetch` would ask for a fresh one whatever it has.
  const again = get(`${url}/model.dsb`, { headers: { "if-none-match": etag } });
  const [{ statusCode }] = (await once(again, "response")) as [IncomingMessage];
  assert.equal(statusCode, 304);
});

test("nothing but its own files is given out", async (t) => {
  const { url } = await startTestServer(t);
  for (const path of [
    ...[
      "/assets/",
      "/assets/none.js",
      "/recognizer/",
      "/recognizer/%2e%2e/package.json",
      "/recognizer/..%2fpackage.json",
    ],
    ...[
      "/recognizer/%5c..%5cpackage.json",
      "/recognizer/%00",
      "/assets/a%00b",
      "/assets/%zz",
      "/assets/.hidden",
      "/model.dsb/x",
    ],
  ]) {
    const answer = await fetch(url + path);
    assert.deepEqual([answer.status, errorOf(await answer.text()).code], [404, "unknown_url"], path);
  }
  const beyond = await fetch(`${url}/model.dsb`, { headers: { range: "bytes=999999999-" } });
  assert.deepEqual([beyond.status, errorOf(await beyond.text()).code], [416, "range_not_satisfiable"]);
  assert.match(beyond.headers.get("content-range") ?? "", /^bytes \*\/\d+$/);
});

test("with API keys, the page is there for all, and the bundle for who has one", async (t) => {
  const key = "a-key-0123456789abc";
  const { url } = await startTestServer(t, { apiKeys: [key] });
  assert.equal((await fetch(url)).status, 200);
  assert.equal((await fetch(`${url}/model.dsb`)).status, 401);
  const headers = { authorization: `Bearer ${key}` };
  assert.equal((await fetch(`${url}/model.dsb`, { method: "HEAD", headers })).status, 200);
});
