/** The process that kill.test.ts kills: trains with the configuration in the file it is given, and tells each event. */
import { readFileSync } from "node:fs";
import { train } from "./train.js";

const config = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
await train(config, { emit: ({ kind }) => void process.stdout.write(`${kind}\n`), shouldStop: () => false });
