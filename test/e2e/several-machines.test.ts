/** The files that start a training on several machines do so: here, each of their processes is on this one. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { loadUtterances, writeManifest } from "@deepspeech-ts/toolkit/data";
import { distributed } from "@deepspeech-ts/torch";
import { parseAllDocuments } from "yaml";
import { COMMAND, rootPath, temporaryFolder } from "./command.js";

const EXAMPLES = rootPath("examples/several-machines");
const skip = !distributed.canJoin && "this add-on was built without Gloo";

/** A folder with a recipe for a tiny model, and an `npx` that finds this repository's command. */
async function workplace(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const { utterances } = await loadUtterances(rootPath("sample-corpus/dev/1/3"));
  await writeManifest(join(folder, "few.jsonl"), utterances.slice(0, 6));
  const data = {
    train: ["few.jsonl"],
    dev: ["few.jsonl"],
    test: [],
    epochs: 1,
    maxBatchUtterances: 1,
    threads: 1,
    workers: 1,
  };
  const model = { convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 8 };
  writeFileSync(join(folder, "recipe.json"), JSON.stringify({ ...data, features: { numMels: 16 }, model }));
  writeFileSync(join(folder, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${COMMAND}" "$@"\n`);
  // As srun does, but for what it gives each task, which is given here.
  writeFileSync(join(folder, "srun"), '#!/bin/sh\nexec "$@"\n');
  for (const name of ["npx", "srun"]) chmodSync(join(folder, name), 0o755);
  return folder;
}

interface Task {
  words: string[];
  env: Record<string, string>;
}

async function runAll(cwd: string, tasks: readonly Task[]) {
  const ends = tasks.map(async ({ words: [program = "", ...words], env }) => {
    const path = `${cwd}:${process.env.PATH}`;
    const child = spawn(program, words, {
      cwd,
      env: { ...process.env, ...env, PATH: path },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { stdout, stderr, code };
  });
  return await Promise.all(ends);
}

/** All ended well, rank 0 alone has spoken, and there is one run. */
function assertOneRun(folder: string, ends: Awaited<ReturnType<typeof runAll>>, firstLine: RegExp): void {
  for (const { stderr, code } of ends) assert.deepEqual({ stderr, code }, { stderr: "", code: 0 });
  assert.match(ends[0]!.stdout, firstLine);
  assert.match(ends[0]!.stdout, /^Finished after 3 steps/m);
  for (const { stdout } of ends.slice(1)) assert.equal(stdout, "");
  assert.ok(existsSync(join(folder, "runs/deepspeech/version_0/checkpoints/best.safetensors")));
  assert.ok(!existsSync(join(folder, "runs/deepspeech/version_1")));
}

const somePort = () => String(20_000 + Math.floor(Math.random() * 10_000));

describe("a training on several machines", { skip }, () => {
  it("is started host by host", async (t) => {
    const folder = await workplace(t);
    const MASTER_PORT = somePort();
    const told = ["--config", "recipe.json", "--accumulate-batches", "2"];
    const tasks = [0, 1].map((rank) => ({
      words: ["bash", join(EXAMPLES, "hosts.sh"), `${rank}`, "2", "127.0.0.1", ...told],
      env: { MASTER_PORT },
    }));
    const line = new RegExp(
      `^Ranks  2 processes by RANK and WORLD_SIZE, 1 of them here, meeting at 127.0.0.1:${MASTER_PORT}$`,
      "m",
    );
    assertOneRun(folder, await runAll(folder, tasks), line);
  });

  it("is started by Slurm", async (t) => {
    const folder = await workplace(t);
    const job = { SLURM_NTASKS: "2", SLURM_JOB_ID: somePort(), SLURM_STEP_ID: "0", SLURM_STEP_NODELIST: "localhost" };
    const told = ["--config", "recipe.json", "--accumulate-batches", "2"];
    const tasks = ["0", "1"].map((rank) => ({
      words: ["bash", join(EXAMPLES, "slurm.sbatch"), ...told],
      env: { ...job, SLURM_PROCID: rank, SLURM_LOCALID: rank, SLURM_STEP_TASKS_PER_NODE: "2" },
    }));
    assertOneRun(
      folder,
      await runAll(folder, tasks),
      /^Ranks {2}2 processes by Slurm, 2 of them here, meeting at localhost:2\d{4}$/m,
    );
  });

  it("is started by Kubernetes", async (t) => {
    const folder = await workplace(t);
    const documents = parseAllDocuments(readFileSync(join(EXAMPLES, "kubernetes.yaml"), "utf8"));
    const [service, job] = documents.map((document) => document.toJS());
    const { completions, parallelism, completionMode, template } = job.spec;
    assert.deepEqual([completions, parallelism, completionMode], [4, 4, "Indexed"]);
    assert.equal(template.spec.subdomain, service.metadata.name);
    const [{ command }] = template.spec.containers;
    // Pod 0's name is known in a cluster alone.
    const script = command[2]
      .replace("training-0.training", "127.0.0.1")
      .replace("29500", somePort())
      .replace("recipe.ts", "recipe.json");
    assert.notEqual(script, command[2]);
    const words = [
      ...command.slice(0, 2),
      script.replace("--accumulate-batches 8", "--accumulate-batches 4 --epochs 2"),
    ];
    const tasks = ["0", "1", "2", "3"].map((rank) => ({ words, env: { JOB_COMPLETION_INDEX: rank } }));
    const ends = await runAll(folder, tasks);
    for (const { stderr, code } of ends) assert.deepEqual({ stderr, code }, { stderr: "", code: 0 });
    assert.match(ends[0]!.stdout, /^Ranks {2}4 processes by RANK and WORLD_SIZE/m);
    assert.ok(existsSync(join(folder, "runs/deepspeech/version_0/checkpoints/best.safetensors")));
  });
});
