/**
 * Two hundred clients, many of them ill-behaved, for ten minutes: good uploads among malformed ones, connections cut
 * while sending, while waiting and while listening, senders that stall, live streams. Every answer must be the one for
 * its file, the server must live, hold nothing at the end, and its memory must stay flat.
 *
 *     node bench/serving/soak.mjs [--minutes 10] [--clients 200] [--bundle model.dsb]
 *
 * Exits with 1 where one of these does not hold.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Recognizer } from "@deepspeech-ts/recognizer";
import { decodeWaveform } from "@deepspeech-ts/recognizer/audio";
import { corpusErrorRates } from "@deepspeech-ts/speech";
import { WebSocket } from "ws";
import {
  BUNDLE,
  flag,
  MODEL,
  metric,
  recordings,
  residentMegabytes,
  startServer,
  transcribe,
} from "./server-process.mjs";

const SAMPLE_SECONDS = 5;
/** By how much the memory of the last third may exceed that of the middle one; a server that has just begun still grows. */
const MOST_GROWTH = 0.1;
const FLAT_FROM_MINUTES = 5;
const BOUNDARY = "soak";

const minutes = Number(flag("minutes", 10));
const numClients = Number(flag("clients", 200));
const bundle = flag("bundle", BUNDLE);
const files = recordings().slice(0, 24);
const { texts, sounds } = await expectations();

const server = await startServer(bundle, ["--upload-timeout", "20", "--max-streams", "16"]);
const counts = {};
const mixUps = [];
const memory = [];
const end = Date.now() + 60_000 * minutes;

const watch = watchMemory();
await Promise.all(Array.from({ length: numClients }, (_, number) => client(number)));
await watch;
const isWell = await checkEnd();
await server.stop();
process.exitCode = isWell && server.child.exitCode === 0 ? 0 : 1;

/** What each file's answer must be, and its sound for live streams. */
async function expectations() {
  const recognizer = await Recognizer.load(bundle, { threads: 1 });
  const texts = [];
  const sounds = [];
  for (const { name, bytes } of files) {
    texts.push((await recognizer.transcribe(new Uint8Array(bytes))).text);
    const { samples } = await decodeWaveform(new Uint8Array(bytes), { fileName: name });
    sounds.push(Buffer.from(Int16Array.from(samples, (sample) => 32_767 * sample).buffer));
  }
  await recognizer.close();
  return { texts, sounds };
}

async function client(number) {
  const random = randomNumbers(number + 1);
  while (Date.now() < end) {
    const file = Math.floor(random() * files.length);
    const action = pick(random());
    try {
      await action(file, random);
    } catch (error) {
      count(`unexpected: ${error.message}${error.cause ? ` (${error.cause.code ?? error.cause.message})` : ""}`);
      if (server.child.exitCode !== null) return;
    }
  }
}

/** What a client does next, and how often. */
function pick(random) {
  const behaviours = [
    [0.66, goodRequest],
    [0.09, malformedBody],
    [0.09, cutUpload],
    [0.06, cutWait],
    [0.04, stalledUpload],
    [0.03, noise],
    [0.03, liveStream],
  ];
  let left = random;
  for (const [share, action] of behaviours) {
    if (left < share) return action;
    left -= share;
  }
  return goodRequest;
}

async function goodRequest(file) {
  const response = await transcribe(server, files[file]);
  const answer = await response.json();
  if (response.status === 429) {
    count("429, told to come again");
    await sleep(1000 * Number(response.headers.get("retry-after")));
  } else if (response.status === 200) judge(answer.text, file, "answers");
  else count(`unexpected: ${response.status} ${answer.error?.message}`);
}

/** An answer is right if it is the file's own text, or, by a letter, nearest to it: batches round differently. */
function judge(text, file, kind) {
  const distance = (expected) => corpusErrorRates([{ reference: expected || "-", hypothesis: text }]).cer;
  if (text === texts[file]) count(`${kind}, exact`);
  else if (texts.every((other) => distance(other) >= distance(texts[file])) && distance(texts[file]) < 0.3) {
    count(`${kind}, nearest to their own`);
  } else mixUps.push(`${files[file].name}: "${text}" instead of "${texts[file]}"`);
}

async function malformedBody(file, random) {
  const body = multipart(files[file].bytes);
  const broken = Buffer.from(body);
  const kind = Math.floor(random() * 3);
  if (kind === 0) broken.write("garbage-instead-of-a-boundary", 0);
  if (kind === 1) broken.fill(0, broken.length - 30);
  if (kind === 2) broken.fill(random() * 256, 160, broken.length - 20);
  const received = await exchange(Buffer.concat([head(broken.length), broken]));
  const status = Number(received.slice(9, 12));
  count(
    status === 400 || status === 429
      ? `malformed, ${status}`
      : `unexpected: malformed body got ${received.slice(0, 60)}`,
  );
}

async function cutUpload(file, random) {
  const body = multipart(files[file].bytes);
  const socket = await open();
  socket.write(Buffer.concat([head(body.length), body.subarray(0, Math.floor(random() * body.length))]));
  await sleep(200 * random());
  socket.destroy();
  count("cut while sending");
}

async function cutWait(file, random) {
  const timeout = AbortSignal.timeout(1 + Math.floor(300 * random()));
  try {
    const response = await transcribe(server, files[file], timeout);
    await response.text();
    count("meant to be cut, but answered first");
  } catch (error) {
    if (error.name !== "TimeoutError") throw error;
    count("cut while waiting");
  }
}

async function stalledUpload(file) {
  const body = multipart(files[file].bytes);
  const received = await exchange(Buffer.concat([head(body.length), body.subarray(0, 500)]));
  const status = received.slice(9, 12);
  count(
    status === "408" || status === "429"
      ? `stalled, ${status}`
      : `unexpected: stalled upload got ${received.slice(0, 60)}`,
  );
}

async function noise(_, random) {
  const bytes = Buffer.from(Array.from({ length: 100 }, () => 256 * random()));
  await exchange(Buffer.concat([bytes, Buffer.from("\r\n\r\n")]));
  count("noise");
}

async function liveStream(file, random) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/v1/audio/stream`);
  const finals = [];
  socket.on("message", (data) => {
    const event = JSON.parse(data);
    if (event.type === "final") finals.push(event.text);
  });
  const closed = new Promise((resolve) => socket.once("close", (code) => resolve(code)));
  const opened = await Promise.race([
    once(socket, "open").then(() => true),
    once(socket, "unexpected-response").then(([, response]) => response.statusCode),
  ]);
  if (opened !== true) {
    socket.on("error", () => {});
    socket.terminate();
    count(opened === 429 ? "stream, 429" : `unexpected: stream got ${opened}`);
    await sleep(500);
    return;
  }
  const isCut = random() < 0.3;
  const sound = sounds[file];
  for (let at = 0; at < sound.length; at += 6400) socket.send(sound.subarray(at, at + 6400));
  if (isCut) {
    await sleep(100);
    socket.terminate();
    count("streams cut");
    return;
  }
  socket.send('{"type":"end"}');
  const code = await closed;
  if (code === 1000) judge(finals.join(" "), file, "streams");
  else count(`unexpected: stream closed with ${code}`);
}

function multipart(file) {
  const field = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${MODEL}\r\n`;
  const part = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`;
  return Buffer.concat([Buffer.from(field + part), file, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
}

function head(length) {
  const type = `content-type: multipart/form-data; boundary=${BOUNDARY}`;
  return Buffer.from(
    `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\n${type}\r\ncontent-length: ${length}\r\n\r\n`,
  );
}

async function open() {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Sends bytes, and gives the first that come back. */
async function exchange(bytes) {
  const socket = await open();
  socket.write(bytes);
  const received = await Promise.race([
    once(socket, "data").then(([data]) => String(data)),
    once(socket, "close").then(() => ""),
  ]);
  socket.destroy();
  return received;
}

async function watchMemory() {
  for (let second = 0; Date.now() < end; second += SAMPLE_SECONDS) {
    const [resident, heap, external, running, waiting] = await Promise.all([
      residentMegabytes(server),
      metric(server, "nodejs_heap_size_used_bytes"),
      metric(server, "nodejs_external_memory_bytes"),
      metric(server, "deepspeech_in_flight"),
      metric(server, "deepspeech_queue_length"),
    ]).catch(() => [{ own: Number.NaN, models: Number.NaN }, ...Array(4).fill(Number.NaN)]);
    memory.push(resident);
    if (second % 30 === 0) {
      const parts = `heap ${(heap / 2 ** 20).toFixed(0)}, buffers ${(external / 2 ** 20).toFixed(0)}`;
      console.log(
        `${second} s: RSS ${resident.own.toFixed(0)} MiB (${parts}) and ${resident.models.toFixed(0)} of the model, ${running} at work, ${waiting} wait`,
      );
    }
    await sleep(1000 * SAMPLE_SECONDS);
  }
}

async function checkEnd() {
  // Slow senders are cut off, and what they held is given back.
  await sleep(12_000);
  const names = [
    "deepspeech_in_flight",
    "deepspeech_queue_length",
    "deepspeech_live_streams",
    "deepspeech_upload_held_bytes",
  ];
  const held = await Promise.all(names.map((name) => metric(server, name)));
  for (const [name, number] of Object.entries(counts).sort()) console.log(`${String(number).padStart(8)}  ${name}`);
  for (const mixUp of mixUps.slice(0, 10)) console.log(`MIX-UP ${mixUp}`);
  const growth = Math.max(
    growthOf("server", ({ own }) => own),
    growthOf("model", ({ models }) => models),
  );
  console.log(`at the end: ${names.map((name, index) => `${name} ${held[index]}`).join(", ")}`);
  const unexpected = Object.keys(counts).filter((name) => name.startsWith("unexpected"));
  const isFlat = growth <= MOST_GROWTH || minutes < FLAT_FROM_MINUTES;
  const isWell = mixUps.length === 0 && unexpected.length === 0 && isFlat && held.every((value) => value === 0);
  console.log(isWell ? "well" : "NOT WELL");
  return isWell;
}

/** By how much a process's memory grew from the middle third to the last. */
function growthOf(name, part) {
  const values = memory.map(part).filter((value) => !Number.isNaN(value));
  if (values.length === 0) return 0;
  const third = Math.floor(values.length / 3);
  const mean = (some) => some.reduce((sum, value) => sum + value, 0) / some.length;
  const [middle, last] = [mean(values.slice(third, 2 * third)), mean(values.slice(2 * third))];
  const growth = last / middle - 1;
  console.log(
    `RSS of the ${name}: middle third ${middle.toFixed(0)} MiB, last third ${last.toFixed(0)} MiB (${(100 * growth).toFixed(1)}%)`,
  );
  return growth;
}

function count(name) {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** Deterministic numbers from 0 to 1: a linear congruential generator (Numerical Recipes, 2nd edition, chapter 7). */
function randomNumbers(seed) {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
