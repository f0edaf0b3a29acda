/** Calls served by web workers. */
import type { Host, StartHost } from "../core/call-client.js";
import type { Answer, Call } from "../core/calls.js";

/**
 * A module worker. Its script must call `serveCalls`.
 *
 * @param create makes the worker; written out where it is called, for bundlers look for `new Worker(new URL(…))`
 * @param name of its file, for messages
 * @param first a call that it is given before any other
 */
export function workerHost(create: () => Worker, name: string, first: Omit<Call, "id">): StartHost {
  return ({ onAnswer, onEnd }) => {
    const worker = create();
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => void onAnswer(data));
    worker.addEventListener("messageerror", () => onEnd(new Error(`what ${name} answered cannot be read`)));
    worker.addEventListener("error", ({ message }) => {
      worker.terminate();
      // A script that could not be fetched, or is a page of HTML, fails without a message.
      onEnd(
        new Error(message || `the worker ${name} could not be started; is it served beside the page, as JavaScript?`),
      );
    });
    const host: Host = {
      post: (call, transfer) => worker.postMessage(call, [...transfer]),
      ref: () => {},
      unref: () => {},
      stop: async () => worker.terminate(),
    };
    host.post({ id: -1, ...first }, []);
    return host;
  };
}

/** A worker that is started before there is all that its host's first call takes. */
export interface EarlyWorker {
  /** The worker, once; after that others. */
  take(): Worker;
  /** Ends it, unless it was taken. */
  stop(): void;
}

/**
 * @param create as `workerHost` takes it
 * @param first a call that the worker is given at once, and no other of its kind
 */
export function startEarly(create: () => Worker, first: Omit<Call, "id">): EarlyWorker {
  let early: Worker | undefined = create();
  const stop = () => {
    early?.terminate();
    early = undefined;
  };
  // Nobody hears why. The next one fails as it did, and its host tells.
  early.addEventListener("error", stop);
  early.postMessage({ id: -1, ...first });
  const take = () => {
    const worker = early ?? create();
    worker.removeEventListener("error", stop);
    early = undefined;
    return worker;
  };
  return { take, stop };
}
