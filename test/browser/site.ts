/** A static site for tests: files by their URL's path, with ranges, and the faults that a test asks for. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import type { TestContext } from "node:test";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

export interface Site {
  readonly url: string;
  /** What was asked for, as "GET /path bytes=0-". */
  readonly requests: string[];
  /** Text or a file's path by URL path; a folder's path under one that ends in "/". */
  readonly files: Map<string, string>;
  /** Headers for every answer, such as those that isolate a page. */
  headers: Record<string, string>;
  /** Runs before every script, in workers too. */
  preface: string;
  /** The statuses that requests such as "GET /path" are answered with; "silence", where they are never answered. */
  readonly faults: Map<string, number | "silence">;
  /** Whether answers do not say how long they are, as of servers that pack them on the way; HEAD's do. */
  hidesLength: boolean;
  /** Cuts the connection after so many bytes of this path's file, once. */
  cutAfter: { path: string; bytes: number } | undefined;
  /** Nobody answers any more. */
  close(): Promise<void>;
}

export const BLANK_PAGE = "<!doctype html><title>test</title>";

export async function startSite(t: TestContext, files: Readonly<Record<string, string>>): Promise<Site> {
  const server = createServer((request, response) => void answer(site, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const site: Site = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    files: new Map(Object.entries(files)),
    headers: {},
    preface: "",
    faults: new Map(),
    hidesLength: false,
    cutAfter: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  t.after(() => site.close());
  return site;
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", site.url);
  const { range } = request.headers;
  site.requests.push([request.method, pathname, ...(range ? [range] : [])].join(" "));
  const fault = site.faults.get(`${request.method} ${pathname}`);
  if (fault === "silence") return;
  if (fault !== undefined) return void response.writeHead(fault).end();
  const file = fileFor(site, pathname);
  if (file === undefined) return void response.writeHead(404).end();
  const headers = { ...site.headers, "content-type": TYPES[extname(pathname)] ?? "application/octet-stream" };
  if (file.startsWith("<")) {
    return void response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" }).end(file);
  }
  if (site.preface !== "" && file.endsWith(".js")) {
    return void response.writeHead(200, headers).end(site.preface + (await readFile(file, "utf8")));
  }
  await sendFile(site, { request, response, pathname, file, headers });
}

function fileFor({ files }: Site, path: string): string | undefined {
  if (files.has(path)) return files.get(path);
  for (const [prefix, folder] of files) {
    if (prefix.endsWith("/") && prefix !== "/" && path.startsWith(prefix)) return folder + path.slice(prefix.length);
  }
  return undefined;
}

interface Sending {
  request: IncomingMessage;
  response: ServerResponse;
  pathname: string;
  file: string;
  headers: Record<string, string>;
}

async function sendFile(site: Site, { request, response, pathname, file, headers }: Sending): Promise<void> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats?.isFile()) return void response.writeHead(404).end();
  const { size, mtimeMs } = stats;
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const common = { ...headers, etag: `"${size}-${mtimeMs}"`, "content-length": size - start };
  if (site.hidesLength && request.method === "GET") {
    response.writeHead(200, { ...headers, etag: common.etag });
    return void createReadStream(file).pipe(response);
  }
  if (start > 0) response.writeHead(206, { ...common, "content-range": `bytes ${start}-${size - 1}/${size}` });
  else response.writeHead(200, common);
  if (request.method === "HEAD") return void response.end();
  const cut = site.cutAfter?.path === pathname ? site.cutAfter.bytes : undefined;
  if (cut === undefined) return void createReadStream(file, { start }).pipe(response);
  site.cutAfter = undefined;
  createReadStream(file, { start, end: cut - 1 })
    .on("end", () => response.socket?.destroySoon())
    .pipe(response, { end: false });
}
