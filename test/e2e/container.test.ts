/**
 * What the Containerfile counts on. Building an image takes a container engine and minutes; what changes of the
 * repository could break in it is looked at here: the paths that it copies, the command that it starts, its health check.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { DEFAULT_PORT } from "@deepspeech-ts/server";
import { Running, rootPath } from "./command.js";

/** Backslashes at a line's end join it with the next. */
const instructions = readFileSync(rootPath("Containerfile"), "utf8")
  .replaceAll("\\\n", " ")
  .split("\n")
  .map((line) => line.trim())
  .filter((line) => line !== "" && !line.startsWith("#"));

function argumentsOf(name: string): string[] {
  return instructions.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1).trim()] : []));
}

/** Sources of `COPY`, apart those that come from this repository and those from the stage that builds. */
const copies = argumentsOf("COPY").map((words) => words.split(/\s+/));
const copied = copies.filter(([first]) => !first?.startsWith("--")).flatMap((words) => words.slice(0, -1));
const built = copies.filter(([first]) => first === "--from=build").flatMap((words) => words.slice(1, -1));

/** The folders of the workspaces, which the lock file lists beside what npm fetches. */
function workspaces(): string[] {
  const { packages } = JSON.parse(readFileSync(rootPath("package-lock.json"), "utf8")) as { packages: object };
  return Object.keys(packages).filter((path) => path !== "" && !path.includes("node_modules/"));
}

/** The folder of a workspace, and of those that it depends on. */
function standingUnder(name: string): string[] {
  const folder = workspaces().find((path) => manifestOf(path).name === name);
  if (!folder) return [];
  const below = Object.keys(manifestOf(folder).dependencies).flatMap(standingUnder);
  return [...new Set([folder, ...below])];
}

function manifestOf(folder: string): { name: string; dependencies: Record<string, string> } {
  return { dependencies: {}, ...JSON.parse(readFileSync(rootPath(`${folder}/package.json`), "utf8")) };
}

test("it copies what there is, and every package that npm or the server looks for", () => {
  assert.deepEqual(
    copied.filter((path) => !existsSync(rootPath(path))),
    [],
  );
  const packages = workspaces();
  for (const name of packages) assert.ok(copied.includes(`${name}/package.json`), `${name}/package.json is not copied`);
  const needed = standingUnder("@deepspeech-ts/server").map((name) => `/app/${name}/dist`);
  assert.deepEqual(built.sort(), needed.sort());
});

test("nothing that it copies is hidden from the build", () => {
  const hidden = readFileSync(rootPath(".dockerignore"), "utf8").split("\n");
  for (const path of copied) assert.ok(!hidden.includes(path.split("/")[0] as string), path);
});

test("its entry point serves, its health check tells, and SIGTERM ends it in order", async () => {
  assert.deepEqual(argumentsOf("EXPOSE"), [String(DEFAULT_PORT)]);
  const [program, ...words] = JSON.parse(argumentsOf("ENTRYPOINT")[0] as string) as string[];
  const check = commandOf(argumentsOf("HEALTHCHECK")[0] as string);
  assert.ok(check.join(" ").includes(`:${DEFAULT_PORT}/`));
  const bundle = "test/fixtures/bundles/quickstart-fp16.dsb";
  const server = new Running(program as string, [...words, bundle, "--port", "0", "--threads", "1"], rootPath("."));
  await server.printed("/v1 (Ctrl-C ends it)");
  const [, port] = /http:\/\/localhost:(\d+)\/v1/.exec(server.stderr) as string[];
  const [checker, ...asking] = check.map((word) => word.replace(`:${DEFAULT_PORT}/`, `:${port}/`));
  const isHealthy = () => new Running(checker as string, asking).ended;
  assert.equal((await isHealthy()).exitCode, 0);
  server.terminate();
  assert.equal((await server.ended).exitCode, 0);
  assert.equal((await isHealthy()).exitCode, 1);
});

function commandOf(healthCheck: string): string[] {
  return JSON.parse(healthCheck.slice(healthCheck.indexOf("CMD ") + 4)) as string[];
}
