/**
 * Asks the registry whether a dependency has a known weakness. Each finding must be gone or explained in
 * tools/audit-explained.json: its advisory's address, and why it does not matter here. Where the registry does not
 * answer, that is said, and nothing fails: a weakness is none of the change that is being tested.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/** @typedef {{ url: string, title: string, severity: string, package: string }} Finding */

/**
 * The advisories of a report of `npm audit --json`, each once; undefined where it is none, such as a registry's refusal.
 *
 * @param {string} text
 * @returns {Finding[] | undefined}
 */
export function findingsOf(text) {
  const report = parsed(text);
  if (report?.auditReportVersion !== 2 || typeof report.vulnerabilities !== "object") return undefined;
  const findings = new Map();
  for (const { via } of Object.values(report.vulnerabilities)) {
    for (const cause of via) {
      // What only stands on another package with a finding is named by its name.
      if (typeof cause === "string") continue;
      const { url, title, severity, name } = cause;
      findings.set(url, { url, title, severity, package: name });
    }
  }
  return [...findings.values()];
}

/**
 * What is wrong: findings without an explanation, and explanations of what is no finding any more.
 *
 * @param {Finding[]} findings
 * @param {Record<string, string>} explained reasons by the advisories' addresses
 */
export function complaintsOf(findings, explained) {
  const urls = new Set(findings.map(({ url }) => url));
  const open = findings.filter(({ url }) => !explained[url]?.trim());
  const stale = Object.keys(explained).filter((url) => !urls.has(url));
  return [
    ...open.map(({ severity, package: name, title, url }) => `${severity}: ${name}: ${title} (${url})`),
    ...stale.map((url) => `${url} is explained, but found no more: take it out of tools/audit-explained.json`),
  ];
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function main() {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const { stdout } = spawnSync("npm", ["audit", "--json"], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
    timeout: 120_000,
  });
  const findings = findingsOf(stdout ?? "");
  if (!findings) {
    const { message = "nothing" } = parsed(stdout ?? "") ?? {};
    console.error(`NOT AUDITED: the registry does not answer npm audit (${message}). Dependencies were not checked.`);
    return;
  }
  const explained = JSON.parse(readFileSync(new URL("audit-explained.json", import.meta.url), "utf8"));
  const complaints = complaintsOf(findings, explained);
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length > 0) process.exitCode = 1;
  else console.log(`Audited: ${findings.length === 0 ? "no finding" : `each of ${findings.length} explained`}.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
