/** Run as a process of its own: measures, and prints a line of JSON. Kernels are chosen once, when libtorch is loaded. */
import * as torch from "@deepspeech-ts/torch";
import { measureMatrixSpeed } from "./matrix-speed.js";

const threads = process.argv[2];
process.stdout.write(JSON.stringify(measureMatrixSpeed(torch, threads === undefined ? undefined : Number(threads))));
