/** A model, and beside it the graph that detects speech, wherever they run. */
import { CallClient, type StartHost } from "./call-client.js";
import { Cancellation, cancellable } from "./cancellation.js";
import type { RunDetector } from "./detector-runs.js";
import type { RunStep } from "./step-runs.js";
import type { TensorData, Tensors } from "./tensor-data.js";

/** What runs a model, as the recogniser talks to it. */
export type Model = Pick<ModelClient, keyof ModelClient>;

/** A process or thread that runs a model. */
export class ModelClient {
  readonly #client: CallClient;

  /**
   * Resolves once the graph is loaded.
   *
   * @param host its script serves `modelHandlers`
   * @param cancellation of the start
   * @throws whatever ONNX Runtime says of a graph that it cannot run; the reason of a cancellation
   */
  static async over(host: StartHost, cancellation = new Cancellation()): Promise<ModelClient> {
    const client = new CallClient(host);
    try {
      await cancellable(client.call("ready", []), cancellation);
      return new ModelClient(client);
    } catch (error) {
      await client.close(error);
      throw error;
    }
  }

  protected constructor(client: CallClient) {
    this.#client = client;
  }

  /** Runs that have not ended. */
  get numPending(): number {
    return this.#client.numPending;
  }

  /** The process that runs it; undefined where it is none of its own. */
  get pid(): number | undefined {
    return this.#client.pid;
  }

  /** Runs the graph once. */
  run<Name extends string>(inputs: Tensors, outputNames: readonly Name[]): Promise<Record<Name, TensorData>> {
    return this.#client.call("run", [inputs, outputNames]);
  }

  /** Runs the graph for steps once; of a model that was loaded with one. */
  runStep: RunStep = (inputs, outputNames, take) => this.#client.callTaking("runStep", [inputs, outputNames], take);

  /** Runs the graph that the package brings once. */
  detectSpeech: RunDetector = (inputs, take) => this.#client.callTaking("detectSpeech", [inputs], take);

  /** Ends it at once; runs that are under way, and later ones, are rejected with `reason`. */
  close(reason: unknown): Promise<void> {
    return this.#client.close(reason);
  }
}
