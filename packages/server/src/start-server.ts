/** Puts the server together, and takes it apart again in order. */
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Recognizer } from "@deepspeech-ts/recognizer";
import multipart from "@fastify/multipart";
import websocket from "@fastify/websocket";
import fastify, { type FastifyInstance, LogController } from "fastify";
import { addAlignments } from "./alignments.js";
import { answerClientError, answerErrors, decodableUrl } from "./answer-errors.js";
import { ApiKeys } from "./api-keys.js";
import type { ServerContext } from "./context.js";
import { addHealth } from "./health.js";
import { Lifecycle } from "./lifecycle.js";
import { listen, urlOf } from "./listen.js";
import { addLiveAudio, MAX_FRAME_BYTES } from "./live-audio.js";
import { Metrics } from "./metrics.js";
import { addModels } from "./models.js";
import { addOpenApiRoute, registerOpenApi } from "./openapi.js";
import { DEFAULT_HOST, DEFAULT_PORT, type Limits, resolveLimits, type ServerOptions } from "./options.js";
import { guardOrigins } from "./origins.js";
import { addPage } from "./page.js";
import { logRequests, requestId } from "./request-log.js";
import { addTranscriptions } from "./transcriptions.js";
import { MULTIPART_LIMITS } from "./upload.js";
import { UploadBudget } from "./upload-budget.js";
import { warmUp } from "./warm-up.js";
import { WorkGate } from "./work-gate.js";

/** How long answers to what was called off may take to go out, and connections to end by themselves. */
const FLUSH_MILLISECONDS = 1000;
/** How often connections are searched for those that are too slow. */
const CHECK_MILLISECONDS = 500;
/** No path is longer: Node ends a request whose headers are. */
const MOST_PATH_LENGTH = 65_536;

/** A server that listens. */
export interface RunningServer {
  /** Where it listens: "http://127.0.0.1:8080". */
  readonly url: string;
  /** The names of the model; the first is its own. */
  readonly modelIds: readonly string[];
  /** Settles when the model is loaded and tried; rejects with a RecognizerError where it cannot be used. */
  readonly ready: Promise<void>;
  /** Finishes what has begun, within `graceSeconds`, and ends. May be called twice. */
  close(): Promise<void>;
}

/**
 * Listens at once, and loads the model meanwhile: see `RunningServer.ready`.
 *
 * @throws UserError where the port is taken or the host is none of this machine's
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const limits = resolveLimits(options.limits);
  const model = new LoadedModel(options);
  const context = createContext(options, limits, model);
  const app = await createApp(options, context);
  const { host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
  try {
    await listen(app, host, port);
  } catch (error) {
    await app.close();
    throw error;
  }
  const ready = model.load(context);
  // Whoever awaits it hears of it; so does who only closes.
  ready.catch(() => {});
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(host, (app.server.address() as AddressInfo).port),
    modelIds: context.modelIds,
    ready,
    close: () => (closed ??= stop(app, context).then(() => model.close())),
  };
}

/** The recogniser, once it is there. */
class LoadedModel {
  readonly #options: ServerOptions;
  #loading: Promise<Recognizer> | undefined;
  #recognizer: Recognizer | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  get recognizer(): Recognizer {
    if (this.#recognizer) return this.#recognizer;
    throw new Error("the model was asked for before it was loaded");
  }

  get processIds(): readonly number[] {
    return this.#recognizer?.modelProcessIds ?? [];
  }

  async load({ lifecycle, metrics }: ServerContext): Promise<void> {
    const { bundle, recognizer: settings } = this.#options;
    this.#loading = Recognizer.load(bundle, { ...settings, onBatch: (size) => metrics.countBatch(size) });
    const recognizer = await this.#loading;
    await warmUp(recognizer);
    this.#recognizer = recognizer;
    lifecycle.becomeReady();
  }

  async close(): Promise<void> {
    const recognizer = await this.#loading?.catch(() => undefined);
    await recognizer?.close();
  }
}

function createContext(options: ServerOptions, limits: Limits, model: LoadedModel): ServerContext {
  const lifecycle = new Lifecycle();
  const gate = new WorkGate(limits);
  const budget = new UploadBudget(limits.maxHeldBytes);
  const streams = new Set<unknown>();
  const metrics = new Metrics({
    numRunning: () => gate.numRunning,
    numWaiting: () => gate.numWaiting,
    numStreams: () => streams.size,
    heldBytes: () => budget.heldBytes,
    isReady: () => lifecycle.stage === "ready",
    modelProcessIds: () => model.processIds,
  });
  return {
    limits,
    modelIds: options.modelIds ?? [basename(options.bundle).replace(/\.dsb$/, "")],
    logText: options.logText ?? false,
    keys: new ApiKeys(options.apiKeys ?? []),
    lifecycle,
    gate,
    budget,
    metrics,
    streams,
    recognizer: () => model.recognizer,
  };
}

async function createApp(options: ServerOptions, context: ServerContext): Promise<FastifyInstance> {
  const { limits } = context;
  const uploadMilliseconds = Math.ceil(1000 * limits.uploadSeconds);
  // Headers are a part of the request; Node refuses to give them longer than the whole.
  const headersTimeout = Math.min(Math.ceil(1000 * limits.headerSeconds), uploadMilliseconds);
  const app = fastify({
    logger: { level: options.logLevel ?? "info", ...(options.logStream && { stream: options.logStream }) },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    // What Fastify refuses by itself, before there is a route, has no words of ours, no line in the log and no count.
    rewriteUrl: ({ url = "/" }) => decodableUrl(url),
    routerOptions: { maxParamLength: MOST_PATH_LENGTH },
    clientErrorHandler: answerClientError,
    return503OnClosing: false,
    bodyLimit: limits.maxUploadBytes,
    requestTimeout: uploadMilliseconds,
    http: { requestTimeout: uploadMilliseconds, headersTimeout, connectionsCheckingInterval: CHECK_MILLISECONDS },
  });
  logRequests(app, context);
  answerErrors(app);
  guardOrigins(app, options.host ?? DEFAULT_HOST, options.corsOrigins ?? []);
  app.removeAllContentTypeParsers();
  await app.register(multipart, { limits: { ...MULTIPART_LIMITS, fileSize: limits.maxUploadBytes } });
  // Whatever else comes, the handler refuses in words of its own.
  app.addContentTypeParser("*", (_, __, done) => done(null));
  await app.register(websocket, { options: { maxPayload: MAX_FRAME_BYTES } });
  await registerOpenApi(app, packageVersion());
  addTranscriptions(app, context);
  addAlignments(app, context);
  addLiveAudio(app, context);
  addModels(app, context);
  addHealth(app, context);
  addOpenApiRoute(app);
  if (options.page ?? true) addPage(app, { bundle: options.pageBundle ?? options.bundle, keys: context.keys });
  return app;
}

/** First the balancers may notice, then nothing new is taken, then what is left is called off. */
async function stop(app: FastifyInstance, { lifecycle, limits }: ServerContext): Promise<void> {
  if (lifecycle.startDraining()) await sleep(1000 * limits.drainDelaySeconds);
  lifecycle.startStopping();
  await settledWithin(lifecycle.idle(), 1000 * limits.graceSeconds);
  lifecycle.abortAll();
  await settledWithin(lifecycle.idle(), FLUSH_MILLISECONDS);
  const timer = setTimeout(() => app.server.closeAllConnections(), FLUSH_MILLISECONDS);
  await app.close();
  clearTimeout(timer);
}

async function settledWithin(promise: Promise<void>, milliseconds: number): Promise<void> {
  const controller = new AbortController();
  const timer = sleep(milliseconds, undefined, { signal: controller.signal }).catch(() => {});
  await Promise.race([promise, timer]);
  controller.abort();
}

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
