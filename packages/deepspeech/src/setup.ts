/** `deepspeech setup`. */
import type { Command } from "commander";

const HELP = `
Uses the libtorch in LIBTORCH, or else that of an installed PyTorch (pip's, Homebrew's), or else the system's. If there is
none, it installs Debian's or Ubuntu's with apt-get where it may; elsewhere, and for NVIDIA GPUs, it downloads PyTorch's
archive. The add-on is compiled into your cache, once for all projects: about two minutes on two cores. Steps that are
already done are skipped. Recognition with a bundle needs none of this.

Environment:
  LIBTORCH          a libtorch folder to use (holding include/, lib/ and share/)
  LIBTORCH_VARIANT  cuda: only one that NVIDIA GPUs can use; cpu: none is downloaded for them
  LIBTORCH_URL      another archive to download where no libtorch is found
  LIBTORCH_SHA256   the SHA-256 that this archive must have

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
