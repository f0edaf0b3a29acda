/** The thread that builds language models. */
import { serveTask } from "../worker-task.js";
import type { BuildEvent, BuildRequest } from "./build.js";
import { estimateAndWrite, Stopped } from "./estimate-and-write.js";

serveTask<BuildRequest, BuildEvent>(async (request, host) => {
  try {
    const summary = await estimateAndWrite(request, {
      onProgress: (progress) => host.emit({ kind: "progress", progress }),
      shouldStop: () => host.shouldStop(),
    });
    host.emit({ kind: "summary", summary });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
});
