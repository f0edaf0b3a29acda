/** What the server answers: runs as JSON, live updates, recordings, and the page itself. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Catalogue } from "./catalogue.js";
import { configDifferences } from "./config-differences.js";
import type { LiveUpdates } from "./live-updates.js";
import type { RunList } from "./page/api-types.js";
import { openRecording, parseRange } from "./recording.js";
import type { WatchedRun } from "./watched-run.js";

type Parameters = { Params: { id: string } };
type RecordingRequest = Parameters & { Querystring: { corpus?: string; utterance?: string } };

export function addRoutes(app: FastifyInstance, catalogue: Catalogue, updates: LiveUpdates): void {
  const find = async (id: string): Promise<WatchedRun> => {
    const known = catalogue.get(id);
    if (!known) await catalogue.look();
    const run = known ?? catalogue.get(id);
    if (!run) throw notFound(`There is no run "${id}" in the folders that are watched.`);
    return run;
  };

  app.get("/api/runs", async (): Promise<RunList> => {
    await catalogue.look();
    return { folders: [...catalogue.folders], runs: catalogue.summaries() };
  });

  app.get<Parameters>("/api/runs/:id", async ({ params }) => {
    const run = await find(params.id);
    await run.look();
    return run.detail();
  });

  app.get<{ Querystring: { runs?: string } }>("/api/config-differences", async ({ query }) => {
    const runs = await Promise.all((query.runs ?? "").split(",").filter(Boolean).map(find));
    return configDifferences(await Promise.all(runs.map((run) => run.config())));
  });

  app.get<RecordingRequest>("/api/runs/:id/recording", async (request, reply) => {
    const run = await find(request.params.id);
    const { corpus, utterance = "" } = request.query;
    const path = corpus === "dev" || corpus === "test" ? run.audioPathOf(corpus, utterance) : undefined;
    if (path === undefined) throw notFound("The run's log names no recording of that utterance.");
    return sendRecording(path, request, reply);
  });

  app.get("/api/updates", (_, reply) => updates.watch(reply));

  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const statusCode = error instanceof UserError ? 404 : (error.statusCode ?? 500);
    return reply.code(statusCode).send({ error: error.message });
  });
}

async function sendRecording(path: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { mediaType, numBytes, read } = await openRecording(path);
  reply.headers({ "content-type": mediaType, "accept-ranges": "bytes" });
  const range = parseRange(request.headers.range, numBytes);
  if (range === "unsatisfiable") return reply.code(416).header("content-range", `bytes */${numBytes}`).send();
  const { first, last } = range ?? { first: 0, last: numBytes - 1 };
  if (range) reply.code(206).header("content-range", `bytes ${first}-${last}/${numBytes}`);
  return reply.header("content-length", last - first + 1).send(read(first, last));
}

function notFound(message: string): UserError {
  return new UserError(message, { code: "not-found" });
}
