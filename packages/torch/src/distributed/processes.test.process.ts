/** One of several processes of processes.test.ts: does what it is told, and writes what it found as one line of JSON. */
import { setTimeout } from "node:timers/promises";
import { distributed, fromTypedArray, manualSeed, nn, setNumThreads, tensor, tidy } from "../index.js";

interface Task {
  what: "collectives" | "gradients" | "leave" | "wait";
  port: number;
  rank: number;
  size: number;
  leaves: number;
  /** For each sum that is made, the leaves that are not there. */
  missing: number[][];
  reduction: "exact" | "fast";
  timeoutSeconds: number;
}

const task = JSON.parse(process.argv[2]!) as Task;
const { port, rank, size, timeoutSeconds } = task;
const { gelu } = nn.functional;
setNumThreads(1);
const store = new distributed.Store({ port, serve: false, timeoutSeconds });
const processes = new distributed.Processes({ store, rank, size, timeoutSeconds });
const answers = { collectives, gradients, leave, wait: () => null };
try {
  process.stdout.write(`${JSON.stringify(await answers[task.what]())}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ code: (error as { code?: string }).code })}\n`);
}

function collectives() {
  return tidy(() => {
    const numbers = tensor([rank + 1, 10 * (rank + 1)]);
    const sum = tensor([rank + 1, 10 * (rank + 1)]);
    processes.sum(sum);
    const root = tensor([rank]);
    processes.broadcast(root, size - 1);
    processes.barrier();
    const gathered = processes.gather(numbers).map((each) => each.toNumbers());
    const values = processes
      .gatherValues({ rank, text: "ä".repeat(rank), not: Number.NaN })
      .map(({ not, ...value }) => ({
        ...value,
        not: String(not),
      }));
    return { sum: sum.toNumbers(), root: root.toNumbers(), gathered, values };
  });
}

/** The gradients of a small network, as bits, over as many leaves as there are, of which this process has its share. */
function gradients() {
  return tidy(() => {
    manualSeed(7);
    const layers = [new nn.Linear(24, 48), new nn.Linear(48, 48), new nn.Linear(48, 5)] as const;
    const unused = new nn.Linear(3, 3);
    const parameters = [...layers, unused].flatMap((layer) => layer.parameters());
    using sum = new distributed.GradientSum(parameters, { processes, bucketBytes: 4000, reduction: task.reduction });
    const mine = task.leaves / size;
    const bits: string[] = [];
    for (const [round, missing] of task.missing.entries()) {
      const present = Array.from({ length: mine }, (_, i) => !missing.includes(rank * mine + i));
      const used = sum.compute(present, (i) =>
        tidy(() => {
          const leaf = rank * mine + i + 100 * round;
          const input = fromTypedArray(
            Float32Array.from({ length: 96 }, (_, j) => Math.sin(leaf * 31 + j)),
            [4, 24],
          );
          const hidden = gelu(layers[1].forward(gelu(layers[0].forward(input))));
          layers[2]
            .forward(hidden)
            .mul(1e-3 * (leaf + 1))
            .sum()
            .backward();
        }),
      );
      const shares = Math.ceil(present.filter(Boolean).length / mine);
      if (used.slice(0, 6).some((each) => each !== shares > 0) || used.slice(6).some(Boolean))
        bits.push("wrongly used");
      for (const parameter of parameters)
        bits.push(Buffer.from(parameter.grad!.toFloat32Array().buffer).toString("hex"));
    }
    return bits;
  });
}

/** The last rank ends in the middle; the others find out. */
async function leave() {
  if (rank === size - 1) process.exit(3);
  processes.barrier();
  await setTimeout(0);
  return "no error";
}
