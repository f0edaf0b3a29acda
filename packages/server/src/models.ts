/** GET /v1/models and /v1/models/:id: what is served, in OpenAI's form and with a few facts of ours. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ServerContext } from "./context.js";
import { MODEL_LIST_SCHEMA, MODEL_SCHEMA } from "./openapi.js";
import { modelNotFound } from "./request-fields.js";

export function addModels(app: FastifyInstance, context: ServerContext): void {
  const { keys, lifecycle, modelIds } = context;
  const onRequest = async (request: FastifyRequest) => {
    keys.check(request);
    lifecycle.checkOpen();
  };
  app.get("/v1/models", { schema: MODEL_LIST_SCHEMA, onRequest }, async () => ({
    object: "list",
    data: modelIds.map((id) => describe(id, context)),
  }));
  app.get<{ Params: { id: string } }>("/v1/models/:id", { schema: MODEL_SCHEMA, onRequest }, async ({ params }) => {
    if (!modelIds.includes(params.id)) throw modelNotFound(params.id, modelIds);
    return describe(params.id, context);
  });
}

function describe(id: string, { recognizer }: ServerContext) {
  const { training, precision, sections, sampleRate } = recognizer().header;
  return {
    id,
    object: "model",
    created: Math.floor(Date.parse(training.exportedAt) / 1000),
    owned_by: "deepspeech-ts",
    precision,
    language: "en",
    sample_rate: sampleRate,
    parameters: training.numParameters,
    has_language_model: sections.some(({ name }) => name === "language-model.bin"),
  };
}
