/** How fast several processes add up a model's gradients, and by which way. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { ownAddress } from "@deepspeech-ts/toolkit/internal/training/team/own-address.js";
import type { Place } from "@deepspeech-ts/toolkit/internal/training/team/place.js";
import type { Team } from "@deepspeech-ts/toolkit/internal/training/team/team.js";
import type { Finding } from "./doctor-checks.js";
import { formatBytes } from "./format.js";

/** Gradients of the model that the default configuration trains, in 32 bits. */
const PARAMETERS = 14_200_000;
const BYTES = 4 * PARAMETERS;
const ROUNDS = 5;

export interface SumSpeed {
  size: number;
  /** What was added up: numbers of 32 bits. */
  parameters: number;
  /** Of the median sum. */
  seconds: number;
  /** Rank 0's own address, and the network interface that has it. */
  address: string;
  networkInterface: string;
}

/** Adds up so many numbers over all ranks, in pairs as training does; all ranks call it. */
export async function measureSum(team: Team, place: Place): Promise<SumSpeed> {
  const { distributed, noGrad, ones, tidy } = await import("@deepspeech-ts/torch");
  const address = await ownAddress(place.host);
  const seconds = noGrad(() =>
    tidy(() => {
      const parameter = ones([PARAMETERS], { requiresGrad: true });
      using sum = new distributed.GradientSum([parameter], { processes: team.processes });
      return Array.from({ length: ROUNDS }, () => {
        team.gather(null);
        const start = performance.now();
        sum.compute([false], () => {});
        return (performance.now() - start) / 1000;
      });
    }),
  );
  const median = seconds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
  return { size: team.size, parameters: PARAMETERS, seconds: median, address, networkInterface: interfaceOf(address) };
}

function interfaceOf(address: string): string {
  const found = Object.entries(networkInterfaces()).find(([, own]) => own?.some((each) => each.address === address));
  return found?.[0] ?? "no interface of this machine";
}

/**
 * Measures by processes of its own on this machine, or, where the environment gives this process a place among others,
 * with those.
 * @returns undefined on a rank other than the first, which has nothing to say
 */
export async function checkProcesses(size: number, place: Place | undefined): Promise<Finding | undefined> {
  const name = "Processes";
  const torch = await import("@deepspeech-ts/torch").catch(() => undefined);
  if (!torch) return { name, status: "problem", found: "none can be joined without the native add-on" };
  if (!torch.distributed.canJoin) {
    const remedy = "sudo apt-get install libgloo-dev, then npx deepspeech-ts setup";
    return { name, status: "warning", found: "libtorch's add-on was built without Gloo, and joins none", remedy };
  }
  const { output, errors } = place ? await measureHere(process.env) : await measureAll(size);
  if (place && place.rank > 0 && errors === "") return undefined;
  if (output === "") return { name, status: "problem", found: errors };
  const measured = JSON.parse(output) as SumSpeed;
  const rate = `${formatBytes(BYTES / measured.seconds)} a second`;
  const way = `over ${measured.networkInterface} (${measured.address})`;
  const found = `${measured.size} add up ${formatBytes(BYTES)} of gradients in ${Math.round(1000 * measured.seconds)} ms, ${rate}, ${way}`;
  return { name, status: "ok", found };
}

async function measureAll(size: number) {
  const { distributed } = await import("@deepspeech-ts/torch");
  using store = new distributed.Store({ serve: true });
  const shared = { WORLD_SIZE: `${size}`, MASTER_ADDR: "127.0.0.1", MASTER_PORT: `${store.port}` };
  const own = { LOCAL_WORLD_SIZE: `${size}`, TORCHELASTIC_USE_AGENT_STORE: "True" };
  const ranks = Array.from({ length: size }, (_, rank) =>
    measureHere({ ...process.env, ...shared, ...own, RANK: `${rank}` }),
  );
  const ends = await Promise.all(ranks);
  return { output: ends[0]!.output, errors: ends.map(({ errors }) => errors).find((errors) => errors !== "") ?? "" };
}

async function measureHere(env: NodeJS.ProcessEnv): Promise<{ output: string; errors: string }> {
  const script = fileURLToPath(new URL("./sum-speed-process.js", import.meta.url));
  const child = spawn(process.execPath, [script], { env, stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { output, errors };
}
