/** `deepspeech serve`, and the whole of `npx @deepspeech-ts/server`: one definition of what both are told. */
import { once } from "node:events";
import { withoutUndefined } from "@deepspeech-ts/speech";
import { type Command, Option } from "commander";
import {
  API_KEYS_VARIABLE,
  DEFAULT_HOST,
  DEFAULT_LIMITS,
  DEFAULT_PORT,
  type Limits,
  LOG_LEVELS,
  type LogLevel,
  type RunningServer,
  readApiKeys,
  type ServerOptions,
  startServer,
} from "../index.js";
import { checkBundlePath } from "./bundle-path.js";
import { listenForInterrupt } from "./interrupt.js";
import { parseNumber, parsePort, parseWhole } from "./number-flags.js";
import { usageError } from "./usage-error.js";
import { swallowedModelHint } from "./usage-hints.js";

const MEGABYTE = 2 ** 20;

interface LimitFlag {
  readonly flag: string;
  readonly limit: keyof Limits;
  readonly help: string;
  /** What the flag's unit is in that of the limit. Default 1. */
  readonly unit?: number;
  /** Default 1; 0 where the limit may be none. */
  readonly least?: number;
  /** Whether it must be a whole number. */
  readonly isCount?: boolean;
}

const LIMIT_FLAGS: readonly LimitFlag[] = [
  { flag: "--max-upload <MiB>", limit: "maxUploadBytes", help: "largest upload", unit: MEGABYTE },
  { flag: "--max-held <MiB>", limit: "maxHeldBytes", help: "largest sum of uploads held at a time", unit: MEGABYTE },
  { flag: "--max-audio <s>", limit: "maxAudioSeconds", help: "longest recording" },
  { flag: "--max-concurrent <n>", limit: "maxConcurrent", help: "recordings processed at a time", isCount: true },
  { flag: "--max-queued <n>", limit: "maxQueued", help: "recordings that may wait", isCount: true, least: 0 },
  { flag: "--max-streams <n>", limit: "maxStreams", help: "live streams at a time", isCount: true, least: 0 },
  { flag: "--max-stream <s>", limit: "maxStreamSeconds", help: "longest live stream" },
  { flag: "--stream-idle <s>", limit: "streamIdleSeconds", help: "a live stream ends after so long without sound" },
  { flag: "--timeout <s>", limit: "requestSeconds", help: "from a whole upload to its answer, waiting included" },
  { flag: "--header-timeout <s>", limit: "headerSeconds", help: "for a request's headers to arrive" },
  { flag: "--upload-timeout <s>", limit: "uploadSeconds", help: "for a whole request to arrive" },
  {
    flag: "--min-upload-rate <bytes>",
    limit: "minUploadBytesPerSecond",
    help: `slowest upload, a second, over ${DEFAULT_LIMITS.paceSeconds} s`,
    least: 0,
  },
  { flag: "--grace <s>", limit: "graceSeconds", help: "for what has begun, once told to stop", least: 0 },
  { flag: "--drain-delay <s>", limit: "drainDelaySeconds", help: "of service after /readyz says no", least: 0 },
];

interface Flags {
  host: string;
  port: number;
  modelId?: string[];
  apiKeyFile?: string;
  corsOrigin?: string[];
  page: boolean;
  workers?: number;
  threads?: number;
  batchWait?: number;
  logLevel: LogLevel;
  logText?: true;
}

export interface ServeCommandOptions {
  /** What is served where no bundle is named. Default: one has to be named. */
  defaultBundle?: () => Promise<ServedBundle>;
}

/** Paths of a model for the server, and for its page where that is another. */
export type ServedBundle = Pick<ServerOptions, "bundle" | "pageBundle">;

export function configure(command: Command, { defaultBundle }: ServeCommandOptions = {}): void {
  command
    .argument(
      defaultBundle ? "[bundle]" : "<bundle>",
      `a model bundle (.dsb): see export${defaultBundle ? " (default: the English model)" : ""}`,
    )
    .option("--host <address>", "address to listen on; 0.0.0.0 for all interfaces", DEFAULT_HOST)
    .option("--port <n>", "port to listen on; 0 for any free one", parsePort, DEFAULT_PORT)
    .option("--model-id <name...>", "names of the model for clients (default: the bundle's name without .dsb)")
    .option("--api-key-file <file>", "a file with one API key per line")
    .option("--no-page", "do not serve the page at /, nor the bundle that it fetches")
    .option(
      "--cors-origin <origin...>",
      "origins of web pages that may use the server, such as https://example.org; * for all",
    )
    .option("--workers <n>", "processes that run the model, each with its own copy (default: 1)", whole("--workers"))
    .option("--threads <n>", "threads of each of them (default: the cores, divided among them)", whole("--threads"))
    .option(
      "--batch-wait <ms>",
      "how long a request waits for others, to share a run of the model (default: 5)",
      parseNumber("--batch-wait", 0),
    )
    .addOption(new Option("--log-level <name>", "minimum level of the log").choices(LOG_LEVELS).default("info"))
    .option("--log-text", "also log transcripts (default: logs contain nothing that was said)");
  for (const limit of LIMIT_FLAGS) command.addOption(limitOption(limit));
  command
    .addHelpText("after", helpOf(command))
    .action(async (bundle: string | undefined, flags: Flags) =>
      serve(bundle === undefined ? await bundleInstead(command, defaultBundle) : { bundle }, flags, command),
    );
}

function helpOf(command: Command): string {
  const call = `npx ${command.parent ? "deepspeech-ts serve" : "@deepspeech-ts/server"}`;
  return `
Speaks OpenAI's API: POST /v1/audio/transcriptions, GET /v1/models; live sound over a WebSocket at /v1/audio/stream;
/healthz, /readyz, /metrics and /openapi.json for machines; a page at / for people. No libtorch is needed.
docs/serving.md tells the rest.
API keys come from --api-key-file or from ${API_KEYS_VARIABLE} (between commas); without any, whoever reaches the server
may use it, which by default is this machine alone. Ctrl-C finishes what has begun, a second one does not.

Examples:
  $ ${call} model.dsb --port 8080
  $ ${call} model.dsb --model-id whisper-1 --api-key-file keys.txt --host 0.0.0.0
  $ ${call} model.dsb --workers 4 --threads 2 --max-concurrent 32
  $ curl http://127.0.0.1:8080/v1/audio/transcriptions -F model=model -F file=@recording.wav`;
}

/** @throws UserError (exit 2) where a flag took the bundle's path for a word of its own */
async function bundleInstead(
  command: Command,
  defaultBundle: ServeCommandOptions["defaultBundle"],
): Promise<ServedBundle> {
  const hint = swallowedModelHint(command);
  if (hint !== undefined || !defaultBundle) throw usageError(hint ?? "missing required argument 'bundle'");
  return defaultBundle();
}

async function serve(served: ServedBundle, flags: Flags, command: Command): Promise<void> {
  checkBundlePath(served.bundle);
  using interruption = listenForInterrupt(() => {});
  const server = await startServer(await serverOptions(served, flags, command));
  const interrupted = interruption.signal.aborted ? Promise.resolve() : once(interruption.signal, "abort");
  try {
    await Promise.race([server.ready, interrupted]);
    if (!interruption.signal.aborted) announce(served.bundle, server);
    await interrupted;
  } finally {
    await server.close();
  }
}

async function serverOptions(served: ServedBundle, flags: Flags, command: Command): Promise<ServerOptions> {
  const { host, port, modelId, corsOrigin, page, workers, threads, batchWait, logLevel, logText } = flags;
  const sources = { file: flags.apiKeyFile, variable: process.env[API_KEYS_VARIABLE] };
  const recognizer = withoutUndefined({ workers, threads, maxWaitMilliseconds: batchWait });
  return {
    ...served,
    host,
    port,
    apiKeys: await readApiKeys(sources),
    corsOrigins: corsOrigin ?? [],
    page,
    recognizer,
    logLevel,
    logText: logText ?? false,
    limits: givenLimits(command),
    ...(modelId && { modelIds: modelId }),
  };
}

/** On stderr, for standard output is the log. */
function announce(bundle: string, { url, modelIds }: RunningServer): void {
  process.stderr.write(`Serving ${bundle} as ${modelIds.join(", ")}: ${url}/v1 (Ctrl-C ends it)\n`);
}

function limitOption({ flag, limit, help, unit = 1, least = 1, isCount }: LimitFlag): Option {
  const [name = ""] = flag.split(" ");
  const parse = isCount ? parseWhole(name, least) : parseNumber(name, least);
  const description = `${help} (default: ${DEFAULT_LIMITS[limit] / unit})`;
  return new Option(flag, description).argParser(parse).helpGroup("Limits:");
}

function givenLimits(command: Command): Partial<Limits> {
  const given = LIMIT_FLAGS.flatMap(({ flag, limit, unit = 1 }) => {
    const value: unknown = command.getOptionValue(new Option(flag).attributeName());
    return typeof value === "number" ? [[limit, value * unit]] : [];
  });
  return Object.fromEntries(given);
}

function whole(flag: string): (text: string) => number {
  return parseWhole(flag, 1);
}
