/**
 * A process that tests kill: trains with the configuration in the file it is given, at the place that the environment
 * gives it, and tells each event.
 */
import { readFileSync } from "node:fs";
import { placeIn } from "./team/place.js";
import { train } from "./train.js";

const config = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const emit = ({ kind }: { kind: string }) => void process.stdout.write(`${kind}\n`);
await train(config, { emit, shouldStop: () => false }, placeIn(process.env));
