/**
 * A graph in ONNX Runtime, and beside it the one that detects speech, in a process of its own (hosts.ts says why). What
 * goes over costs about a millisecond for ten seconds of sound.
 */
import { ModelClient } from "../core/model-client.js";
import { processHost } from "./hosts.js";
import { ownScript } from "./own-script.js";

/**
 * @param graph the bytes of an ONNX file; kept, for a process that dies is followed by another
 * @param threads for one operator
 * @param step the bytes of a bundle's step.onnx, where there is one
 * @throws whatever ONNX Runtime says of a graph that it cannot run; as `ownScript`
 */
export async function startModelProcess(graph: Uint8Array, threads: number, step?: Uint8Array): Promise<ModelClient> {
  const script = ownScript(() => new URL("./model-main.js", import.meta.url));
  return ModelClient.over(processHost(script, { method: "load", args: [graph, threads, step] }));
}
