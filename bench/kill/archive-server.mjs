/** A mirror on this machine that sends an archive slowly, and from any byte on. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { md5, tarGz } from "../../packages/toolkit/dist/data/download/mirror.test.support.js";
import { sampleUtterances } from "../recordings.mjs";

const RECORDINGS = 120;
const PIECE_BYTES = 20_000;
const PAUSE_MILLISECONDS = 10;

export async function startArchiveServer() {
  const archive = await tarGz(entries());
  const server = createServer((request, response) => send(request, response, archive));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  const subset = {
    name: "dev-clean-2",
    resource: 31,
    md5: md5(archive),
    archiveBytes: archive.length,
    description: "",
  };
  return { url: `http://127.0.0.1:${server.address().port}`, subset, close };
}

function entries() {
  const utterances = sampleUtterances("train").slice(0, RECORDINGS);
  const lines = utterances.map(({ text }, i) => `1-2-${i} ${text.toUpperCase()}\n`).join("");
  return [
    { name: "LibriSpeech/", type: "directory" },
    { name: "LibriSpeech/README.TXT", content: "about the corpus" },
    { name: "LibriSpeech/dev-clean-2/1/2/1-2.trans.txt", content: lines },
    ...utterances.map(({ path }, i) => ({
      name: `LibriSpeech/dev-clean-2/1/2/1-2-${i}.opus`,
      content: readFileSync(path),
    })),
  ];
}

async function send(request, response, archive) {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const total = archive.length;
  if (start >= total) return response.writeHead(416, { "content-range": `bytes */${total}` }).end();
  const range = start > 0 ? { "content-range": `bytes ${start}-${total - 1}/${total}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { "content-length": total - start, ...range });
  for (let at = start; at < total && !response.destroyed; at += PIECE_BYTES) {
    response.write(archive.subarray(at, at + PIECE_BYTES));
    await sleep(PAUSE_MILLISECONDS);
  }
  return response.end();
}
