/** The thread that tells the store that its process lives, and listens for the others. */
import { parentPort, workerData } from "node:worker_threads";
import { distributed } from "@deepspeech-ts/torch";
import { type HeartbeatData, now } from "./heartbeat.js";

const INTERVAL_MS = 1000;

/** This thread ends, and its process can, when the store is gone for so long. */
const ANSWER_SECONDS = 3;

const { place, prefix, end, state } = workerData as HeartbeatData;
const { rank, size, host, port } = place;
const cells = new Float64Array(state);
const flag = new Int32Array(end);
const key = (of: number) => `${prefix}/alive/${of}`;
const last: string[] = [];

using store = new distributed.Store({ host, port, serve: false, timeoutSeconds: ANSWER_SECONDS });
for (let beat = 0; Atomics.load(flag, 0) === 0; beat++) {
  store.set(key(rank), `${beat} ${cells[0]}`);
  if (beat === 0) parentPort?.postMessage("ready");
  for (let other = 0; other < size; other++) if (other !== rank) listen(other);
  Atomics.wait(flag, 0, 0, INTERVAL_MS);
}

function listen(other: number): void {
  if (last[other] === undefined && !store.has(key(other))) return;
  const text = store.getText(key(other));
  if (text === last[other]) return;
  last[other] = text;
  cells[1 + 2 * other] = now();
  cells[2 + 2 * other] = Number(text.split(" ")[1]);
}
