/** `deepspeech doctor`. */
import type { Command } from "commander";
import { type Check, examineMachine } from "./doctor-checks.js";

const HELP = `
Exit code 1 where something that training needs is broken; a warning leaves it 0.

Examples:
  $ npx deepspeech doctor
  $ npx deepspeech doctor --json`;

const MARKS: Record<Check["status"], string> = { ok: "✓", warning: "!", problem: "✗" };

export function configure(command: Command): void {
  command
    .option("--json", "print the checks as JSON")
    .addHelpText("after", HELP)
    .action(async ({ json }: { json?: true }) => {
      const checks = await examineMachine();
      const text = json ? JSON.stringify(checks, null, 2) : doctorLines(checks).join("\n");
      process.stdout.write(`${text}\n`);
      if (checks.some(({ status }) => status === "problem")) process.exitCode = 1;
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
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  if (count("problem") > 0) return "Something essential is broken: see ✗ above.";
  return count("warning") > 0 ? "Ready, with room for improvement: see ! above." : "Ready.";
}
