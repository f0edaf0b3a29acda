/** A mirror on this machine that serves files and misbehaves as told, and archives to serve. */

import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";

/** How a mirror answers one request; the mirror is honest once its list of faults is used up. */
export type Fault =
  /**
   * Ends the connection after so many bytes of the body: when the client has written them to this file, or, where none is
   * named, at once, so that what is on its way is lost to it.
   */
  | { kind: "cut"; afterBytes: number; part?: string }
  /** Sends so many bytes of the body, then nothing, and keeps the connection. */
  | { kind: "stall"; afterBytes: number }
  /** Turns over one bit of the body's middle. */
  | { kind: "corrupt" }
  | { kind: "redirect"; to: string }
  | { kind: "status"; status: number }
  /** Sends the whole file whatever was asked for, and ends the connection after so many bytes if told. */
  | { kind: "no-ranges"; afterBytes?: number }
  /** Compresses the file once more on the way. */
  | { kind: "gzip" };

export interface Mirror {
  readonly url: string;
  /** Of each request, its path and its Range header. */
  readonly requests: { path: string; range: string | undefined }[];
}

/** Starts a mirror that closes with the test. */
export async function startMirror(
  context: TestContext,
  files: Readonly<Record<string, Uint8Array>>,
  faults: readonly Fault[] = [],
): Promise<Mirror> {
  const requests: Mirror["requests"] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const fault = faults[requests.length];
    requests.push({ path, range: request.headers.range });
    const content = files[path];
    if (content) answer(request, response, content, fault);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array,
  fault: Fault | undefined,
): void {
  if (fault?.kind === "status") return void response.writeHead(fault.status).end();
  if (fault?.kind === "redirect") return void response.writeHead(302, { location: fault.to + request.url }).end();
  if (fault?.kind === "gzip") {
    return void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(content));
  }
  const start = fault?.kind === "no-ranges" ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const total = content.length;
  if (start >= total) return void response.writeHead(416, { "content-range": `bytes */${total}` }).end();
  const body = Uint8Array.from(content.subarray(start));
  if (fault?.kind === "corrupt") body[body.length >> 1]! ^= 0x10;
  const range = start > 0 ? { "content-range": `bytes ${start}-${total - 1}/${total}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { "content-length": body.length, ...range });
  const limit = fault && "afterBytes" in fault ? fault.afterBytes : undefined;
  if (limit === undefined) return void response.end(body);
  if (fault?.kind === "cut" && fault.part !== undefined) {
    response.write(body.subarray(0, limit));
    return void cutOnceWritten(response, fault.part, start + limit);
  }
  response.write(body.subarray(0, limit), () => {
    // The bytes go out before the connection does.
    if (fault?.kind !== "stall") response.socket?.destroySoon();
  });
}

async function cutOnceWritten(response: ServerResponse, part: string, bytes: number): Promise<void> {
  while (!existsSync(part) || statSync(part).size < bytes) await sleep(5);
  response.destroy();
}

export type TarEntry = Partial<Header> & { name: string; content?: string | Uint8Array };

/** A .tar.gz of these entries, taken as they are. */
export async function tarGz(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? "");
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return gzipSync(Buffer.concat(chunks));
}

export function md5(content: Uint8Array): string {
  return createHash("md5").update(content).digest("hex");
}
