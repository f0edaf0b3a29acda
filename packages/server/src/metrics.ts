/** What the server counts, for Prometheus. Names and units follow its conventions: base units, "_total" for counters. */
import { readFileSync } from "node:fs";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const DURATION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const REAL_TIME_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2];
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64];

/** What the gauges show is asked for when they are read. */
export interface Observed {
  numRunning(): number;
  numWaiting(): number;
  numStreams(): number;
  heldBytes(): number;
  isReady(): boolean;
  modelProcessIds(): readonly number[];
}

export class Metrics {
  /** This server's own, so that several in one process do not mix. */
  readonly registry = new Registry();
  readonly #requests = new Counter({
    name: "deepspeech_http_requests_total",
    help: "Requests answered, by route and status; 499 is a client that went away first.",
    labelNames: ["route", "status"],
    registers: [this.registry],
  });
  readonly #durations = new Histogram({
    name: "deepspeech_http_request_duration_seconds",
    help: "Seconds from a request's headers to the end of its answer.",
    labelNames: ["route"],
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });
  readonly #audioSeconds = new Counter({
    name: "deepspeech_audio_seconds_total",
    help: "Seconds of sound recognised, from files and from live streams.",
    labelNames: ["source"],
    registers: [this.registry],
  });
  readonly #realTimeFactor = new Histogram({
    name: "deepspeech_real_time_factor",
    help: "Seconds of work for a second of a recording, from the start of the work.",
    buckets: REAL_TIME_BUCKETS,
    registers: [this.registry],
  });
  readonly #batchSizes = new Histogram({
    name: "deepspeech_batch_size",
    help: "Pieces of sound that shared a run of the model.",
    buckets: BATCH_BUCKETS,
    registers: [this.registry],
  });

  constructor(observed: Observed) {
    const { registry } = this;
    gauge(registry, "deepspeech_in_flight", "Recordings that are worked on.", observed.numRunning);
    gauge(registry, "deepspeech_queue_length", "Recordings that wait for their turn.", observed.numWaiting);
    gauge(registry, "deepspeech_live_streams", "Live streams that are open.", observed.numStreams);
    gauge(registry, "deepspeech_upload_held_bytes", "Bytes set aside for uploads.", observed.heldBytes);
    gauge(registry, "deepspeech_ready", "1 where /readyz says yes.", () => Number(observed.isReady()));
    collectDefaultMetrics({ register: registry });
    // Elsewhere a process's memory is not to be read; a metric that is absent is better than one that lies.
    if (process.platform !== "linux") return;
    const help = "Resident memory of the processes that run the model, beside process_resident_memory_bytes.";
    gauge(registry, "deepspeech_model_resident_memory_bytes", help, () => residentBytes(observed.modelProcessIds()));
  }

  /** @param route the route's pattern, never the path that was asked for: labels must be few */
  countRequest(route: string, status: number, seconds: number): void {
    this.#requests.inc({ route, status: String(status) });
    this.#durations.observe({ route }, seconds);
  }

  countRecording(audioSeconds: number, workSeconds: number): void {
    this.#audioSeconds.inc({ source: "file" }, audioSeconds);
    if (audioSeconds > 0) this.#realTimeFactor.observe(workSeconds / audioSeconds);
  }

  countStreamed(audioSeconds: number): void {
    this.#audioSeconds.inc({ source: "stream" }, audioSeconds);
  }

  countBatch(size: number): void {
    this.#batchSizes.observe(size);
  }
}

/** Of these processes together; one that has just ended has none. */
function residentBytes(processIds: readonly number[]): number {
  let bytes = 0;
  for (const id of processIds) {
    try {
      const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, "latin1")) ?? [];
      bytes += 1024 * Number(kibibytes ?? 0);
    } catch {
      // It ended; the next one is counted.
    }
  }
  return bytes;
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
