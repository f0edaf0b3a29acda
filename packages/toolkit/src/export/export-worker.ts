/** The thread that exports. */
import { serveTask } from "../worker-task.js";
import { exportCheckpoint } from "./export-checkpoint.js";
import type { ExportEvent, ExportRequest } from "./run-export.js";

serveTask<ExportRequest, ExportEvent>(async (request, host) => {
  const result = await exportCheckpoint(request, {
    onProgress: (precision, done, total) => host.emit({ kind: "progress", precision, done, total }),
    shouldStop: host.shouldStop,
  });
  if (result) host.emit({ kind: "result", result });
});
