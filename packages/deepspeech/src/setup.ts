/** `deepspeech setup`. */
import type { Command } from "commander";

const HELP = `
Uses the libtorch in LIBTORCH, or else that of an installed PyTorch, or else the system's. On Debian and Ubuntu it installs
the system's and a compiler with apt-get if they are missing and it has permission; elsewhere it downloads PyTorch's archive
(LIBTORCH_URL and LIBTORCH_SHA256 select another). The add-on is compiled into your cache, once for all projects: about two
minutes on two cores. Steps that are already done are skipped. Recognition with a bundle needs none of this.

Examples:
  $ npx deepspeech-ts setup
  $ LIBTORCH=/opt/libtorch npx deepspeech-ts setup --force`;

export function configure(command: Command): void {
  command
    .option("--force", "repeat every check, and compile again")
    .addHelpText("after", HELP)
    .action(async ({ force = false }: { force?: boolean }) => {
      const { setUp, SetupError } = await import("@deepspeech-ts/torch/setup");
      const { verbose = false } = command.optsWithGlobals<{ verbose?: boolean }>();
      try {
        await setUp({ force, verbose });
      } catch (error) {
        if (!(error instanceof Error && error instanceof SetupError)) throw error;
        // The last lines of what failed, which one line could not hold.
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
      }
    });
}
