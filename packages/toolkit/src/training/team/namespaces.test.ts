/** Two processes on two hosts, as far as they can tell: network namespaces with an address each, and a wire between them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { distributed } from "@deepspeech-ts/torch";
import { temporaryFolder } from "../../data/fixtures.test.support.js";
import { trainInWorker } from "../training.test.support.js";
import { endOf, livelyConfig, startRanks } from "./team.test.support.js";

const HOSTS = ["10.213.77.1", "10.213.77.2"];
const names = HOSTS.map((_, i) => `team-${process.pid}-${i}`);

function ip(...words: string[]): string {
  const { status, stderr, error } = spawnSync("ip", words, { encoding: "utf8" });
  return error ? error.message : status === 0 ? "" : stderr;
}

/** Why there can be no namespaces here; "" where there can. */
function hindrance(): string {
  if (!distributed.canJoin) return "this add-on was built without Gloo";
  const reason = ip("netns", "add", names[0]!);
  ip("netns", "delete", names[0]!);
  return reason && `network namespaces cannot be made here: ${reason.trim()}`;
}

function lay(t: TestContext): void {
  t.after(() => names.forEach((name) => void ip("netns", "delete", name)));
  const wires = names.map((_, i) => `team${process.pid % 100_000}-${i}`);
  const steps = [
    ...names.map((name) => ["netns", "add", name]),
    ["link", "add", wires[0]!, "type", "veth", "peer", "name", wires[1]!],
    ...names.flatMap((name, i) => [
      ["link", "set", wires[i]!, "netns", name],
      ["-n", name, "address", "add", `${HOSTS[i]}/24`, "dev", wires[i]!],
      ["-n", name, "link", "set", wires[i]!, "up"],
      ["-n", name, "link", "set", "lo", "up"],
    ]),
  ];
  for (const step of steps) assert.equal(ip(...step), "", step.join(" "));
}

it("two hosts train a model to the bits of one process", { skip: hindrance() || false }, async (t) => {
  lay(t);
  const folder = await temporaryFolder(t);
  const config = await livelyConfig(folder, { experiment: "hosts" });
  const commandOf = (rank: number) => ["ip", "netns", "exec", names[rank]!];
  const ranks = startRanks(join(folder, "config.json"), config, 2, { host: HOSTS[0]!, commandOf });
  for (const { ended } of ranks) assert.deepEqual(await ended, { code: 0, signal: null, errors: "" });
  const alone = await trainInWorker({ ...config, experiment: "alone" });
  assert.deepEqual(await endOf(join(config.runs, "hosts", "version_0")), await endOf(alone.runFolder));
});
