/** `deepspeech dashboard`. */
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { explainReadError, UserError } from "@deepspeech-ts/recognizer/system";
import { listenForInterrupt, parsePort } from "@deepspeech-ts/server/command-line";
import { startDashboard } from "@deepspeech-ts/toolkit/internal/dashboard/index.js";
import type { Command } from "commander";

const DEFAULT_FOLDER = "runs";

const HELP = `
Shows finished and running trainings side by side: curves, error rates, transcripts, and the worst recordings. Any folder
with runs may be given: a run's, an experiment's, or one above them. The page is available only on this machine, unless
--host says otherwise; it has no password. Ctrl-C ends it.

Examples:
  $ npx deepspeech-ts dashboard
  $ npx deepspeech-ts dashboard runs/deepspeech/version_0 runs/deepspeech/version_1
  $ npx deepspeech-ts dashboard runs --port 8080`;

interface Options {
  port?: number;
  host?: string;
}

export function configure(command: Command): void {
  command
    .argument("[folders...]", "runs, or folders of runs", [DEFAULT_FOLDER])
    .option("--port <n>", "port to listen on; 0 for any free one (default: 6007, or the next free one)", parsePort)
    .option("--host <address>", "address to listen on (default: 127.0.0.1, this machine only)")
    .addHelpText("after", HELP)
    .action(serve);
}

async function serve(folders: readonly string[], options: Options): Promise<void> {
  // Who names no folder may be early: the first run makes it.
  const missing = folders.find((folder) => folder !== DEFAULT_FOLDER && !existsSync(folder));
  if (missing !== undefined) {
    throw new UserError(`${missing}: no such folder; name a run, or a folder of runs.`, { code: "file-not-found" });
  }
  const file = folders.find((folder) => existsSync(folder) && !statSync(folder).isDirectory());
  if (file !== undefined)
    throw new UserError(`${file}: is no folder; name a run, or a folder of runs.`, { exitCode: 2 });
  for (const folder of folders) if (existsSync(folder)) requireReadable(folder);
  using interruption = listenForInterrupt(() => {});
  const dashboard = await startDashboard({ folders, ...options });
  process.stdout.write(`Dashboard of ${folders.join(", ")}: ${dashboard.url} (Ctrl-C ends it)\n`);
  if (!interruption.signal.aborted) await once(interruption.signal, "abort");
  await dashboard.close();
}

/** Or the page would be empty, and nobody told why. */
function requireReadable(folder: string): void {
  try {
    readdirSync(folder);
  } catch (error) {
    throw explainReadError(folder, error);
  }
}
