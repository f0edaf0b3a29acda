/** The page's files: its document, its style, its modules as the compiler wrote them, and uPlot as it was installed. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { systemErrorCode } from "@deepspeech-ts/recognizer/system";
import type { FastifyInstance } from "fastify";
import { ICON, PAGE } from "./page-document.js";
import { PAGE_STYLE } from "./page-style.js";

const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

const resolve = createRequire(import.meta.url).resolve;

export function addAssets(app: FastifyInstance): void {
  app.get("/", (_, reply) => reply.type(HTML).send(PAGE));
  app.get("/icon.svg", (_, reply) => reply.type("image/svg+xml").send(ICON));
  app.get("/style.css", (_, reply) => reply.type(CSS).send(PAGE_STYLE));
  app.get("/uplot.css", async (_, reply) => reply.type(CSS).send(await readFile(resolve("uplot/dist/uPlot.min.css"))));
  app.get("/uplot.js", async (_, reply) =>
    reply.type(SCRIPT).send(await readFile(resolve("uplot/dist/uPlot.iife.min.js"))),
  );
  app.get<{ Params: { name: string } }>("/page/:name", async ({ params: { name } }, reply) => {
    if (!/^[a-z-]+\.js$/.test(name)) return reply.callNotFound();
    try {
      return reply.type(SCRIPT).send(await readFile(fileURLToPath(new URL(`./page/${name}`, import.meta.url))));
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return reply.callNotFound();
      throw error;
    }
  });
}
