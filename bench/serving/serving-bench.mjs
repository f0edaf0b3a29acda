/**
 * How fast the server answers: latency and throughput with 1, 4, 16 and 64 clients that each send the next recording as
 * soon as they have their answer, from a process of their own, and the server's memory meanwhile.
 *
 *     node bench/serving/serving-bench.mjs [--seconds 10] [--bundle model.dsb] [--workers n] [--threads n]
 */
import { BUNDLE, flag, metric, recordings, residentMegabytes, startServer, transcribe } from "./server-process.mjs";

const CLIENTS = [1, 4, 16, 64];
const seconds = Number(flag("seconds", 10));
const serverFlags = ["workers", "threads"].flatMap((name) => (flag(name) ? [`--${name}`, flag(name)] : []));

const files = recordings();
const server = await startServer(flag("bundle", BUNDLE), serverFlags);
try {
  await runClients(4, 2);
  console.log("clients  requests/s  audio s/s  p50 ms  p99 ms  batch  RSS MiB");
  for (const clients of CLIENTS) await measure(clients);
} finally {
  await server.stop();
}

async function measure(clients) {
  const before = await counters();
  const latencies = await runClients(clients, seconds);
  const after = await counters();
  const [audio, pieces, runs] = after.map((value, index) => value - before[index]);
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const resident = await residentMegabytes(server);
  const row = [
    clients,
    (latencies.length / seconds).toFixed(1),
    (audio / seconds).toFixed(0),
    quantile(0.5).toFixed(0),
    quantile(0.99).toFixed(0),
    (pieces / runs).toFixed(1),
    resident.own.toFixed(0),
    resident.models.toFixed(0),
  ];
  const widths = [7, 10, 9, 6, 6, 5, 7, 9];
  console.log(row.map((value, index) => String(value).padStart(widths[index])).join("  "));
}

function counters() {
  const names = [
    'deepspeech_audio_seconds_total{source="file"}',
    "deepspeech_batch_size_sum",
    "deepspeech_batch_size_count",
  ];
  return Promise.all(names.map((name) => metric(server, name)));
}

/** The latencies, in milliseconds, of all requests that ended in time. */
async function runClients(clients, forSeconds) {
  const end = performance.now() + 1000 * forSeconds;
  const latencies = [];
  let next = 0;
  const client = async () => {
    while (performance.now() < end) {
      const started = performance.now();
      const response = await transcribe(server, files[next++ % files.length]);
      await response.text();
      if (response.status !== 200) throw new Error(`answered with ${response.status}`);
      if (performance.now() < end) latencies.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return latencies;
}
