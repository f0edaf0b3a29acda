/**
 * A graph in ONNX Runtime, and beside it the one that detects speech, in a process of its own (hosts.ts says why). What goes over costs about a millisecond for
 * ten seconds of sound.
 */
import type { Detection, DetectorState } from "../core/speech-detector.js";
import { CallClient } from "./call-client.js";
import { processHost } from "./hosts.js";

/** Plain data: it crosses from process to process. */
export interface TensorData {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

export type Tensors = Readonly<Record<string, TensorData>>;

export class ModelProcess {
  readonly #client: CallClient;

  /**
   * @param graph the bytes of an ONNX file; kept, for a process that dies is followed by another
   * @param threads for one operator
   * @throws whatever ONNX Runtime says of a graph that it cannot run
   */
  static async start(graph: Uint8Array, threads: number): Promise<ModelProcess> {
    const model = new ModelProcess(graph, threads);
    try {
      await model.#client.call("ready", []);
      return model;
    } catch (error) {
      await model.close(error);
      throw error;
    }
  }

  private constructor(graph: Uint8Array, threads: number) {
    const script = new URL("./model-main.js", import.meta.url);
    this.#client = new CallClient(processHost(script, { method: "load", args: [graph, threads] }));
  }

  /** Runs that have not ended. */
  get numPending(): number {
    return this.#client.numPending;
  }

  /** Runs the graph once. */
  run<Name extends string>(inputs: Tensors, outputNames: readonly Name[]): Promise<Record<Name, TensorData>> {
    return this.#client.call("run", [inputs, outputNames]);
  }

  /** `detectInRuns`, with the graph that the package brings. */
  detectSpeech(samples: Float32Array, state: DetectorState): Promise<Detection> {
    return this.#client.call("detectSpeech", [samples, state]);
  }

  /** Ends the process at once; runs that are under way, and later ones, are rejected with `reason`. */
  close(reason: unknown): Promise<void> {
    return this.#client.close(reason);
  }
}
