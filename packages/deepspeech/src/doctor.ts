/** `deepspeech doctor`. */
import { parseWhole } from "@deepspeech-ts/server/command-line";
import type { Command } from "commander";
import { type Check, examineMachine } from "./doctor-checks.js";

const HELP = `
Checks two levels: what is needed to use models (Node, ONNX Runtime), and what else is needed to train them (libtorch). The
exit code is 1 if the first is broken; a machine that cannot train, or a warning, leaves it 0. --json has the level of each
check.

Examples:
  $ npx deepspeech-ts doctor
  $ npx deepspeech-ts doctor --json
  $ npx deepspeech-ts doctor --processes 2`;

const MARKS: Record<Check["status"], string> = { ok: "✓", warning: "!", problem: "✗" };

export function configure(command: Command): void {
  command
    .option("--json", "print the checks as JSON")
    .option(
      "--processes <count>",
      "also measure how fast this many processes sum gradients",
      parseWhole("--processes", 2, 64),
    )
    .addHelpText("after", HELP)
    .action(async ({ json, processes }: { json?: true; processes?: number }) => {
      const checks = await examineMachine({ processes });
      const text = json ? JSON.stringify(checks, null, 2) : doctorLines(checks).join("\n");
      process.stdout.write(`${text}\n`);
      if (isBroken(checks)) process.exitCode = 1;
    });
}

/** A line for each check, the remedy below it, and the verdict. */
export function doctorLines(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, found, remedy }) => [
    `${MARKS[status]} ${name.padEnd(width)}  ${found}`,
    ...(remedy ? [`  ${" ".repeat(width)}  → ${remedy}`] : []),
  ]);
  return [...lines, "", verdict(checks)];
}

function verdict(checks: readonly Check[]): string {
  if (isBroken(checks)) return "Something essential is broken: see ✗ above.";
  if (checks.some(({ status }) => status === "problem"))
    return "Ready to use models; training needs more: see ✗ above.";
  const hasWarning = checks.some(({ status }) => status === "warning");
  return `Ready to use models and to train them${hasWarning ? ", with room for improvement: see ! above" : ""}.`;
}

/** Whether not even models can be used. */
function isBroken(checks: readonly Check[]): boolean {
  return checks.some(({ status, level }) => status === "problem" && level === "use");
}
