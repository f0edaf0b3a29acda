/**
 * The recipe of docs/in-your-app.md for Next.js: a route in an app of its own, into which npm installs Next and our packages as
 * they are packed. Its standalone server, the hardest case, writes what the recogniser does outside it.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { recording, root } from "./newcomer.mjs";
import { packAll } from "./pack.mjs";

const NEXT = ["next@16", "react@19", "react-dom@19"];
const OURS = ["speech", "recognizer", "model-english"];

const app = mkdtempSync(join(tmpdir(), "deepspeech-next-"));
after(() => rmSync(app, { recursive: true, force: true }));
// Node's test runner speaks with its files in a language of its own, which programs that are run here must not speak.
const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
const env = { ...inherited, NEXT_TELEMETRY_DISABLED: "1", ONNXRUNTIME_NODE_INSTALL: "skip" };

/** @param {readonly string[]} words @param {string} program */
const run = (words, program) => spawnSync(program, words, { cwd: app, env, encoding: "utf8" });

/** @param {readonly string[]} words @param {string} program */
function succeed(words, program) {
  const { status, stdout, stderr } = run(words, program);
  assert.equal(status, 0, `${program} ${words.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

/** @param {string} path @param {string} content */
function write(path, content) {
  mkdirSync(dirname(join(app, path)), { recursive: true });
  writeFileSync(join(app, path), content);
}

/** The recipe's files, with a layout and the wish for a standalone server. */
function writeApp() {
  const guide = readFileSync(join(root, "docs/in-your-app.md"), "utf8");
  const fileOf = (/** @type {string} */ name) => guide.split(`\`\`\`js\n// ${name}\n`)[1]?.split("```")[0] ?? "";
  write("package.json", '{ "type": "module", "private": true }\n');
  write("recipe.mjs", fileOf("next.config.mjs"));
  write("next.config.mjs", 'import recipe from "./recipe.mjs";\nexport default { ...recipe, output: "standalone" };\n');
  write("app/api/transcribe/route.js", fileOf("app/api/transcribe/route.js"));
  write("app/layout.js", 'export default ({ children }) => <html lang="en"><body>{children}</body></html>;\n');
}

test("Next.js, with the packages external: its standalone server transcribes", async (t) => {
  writeApp();
  const install = ["install", "--no-audit", "--no-fund"];
  if (run([...install, ...NEXT], "npm").status !== 0)
    return t.skip(`NOT TRIED IN NEXT.JS: npm cannot install ${NEXT.join(" ")}`);
  const packed = packAll(root, app).filter(({ folder }) => OURS.some((name) => folder.endsWith(`/${name}`)));
  succeed([...install, ...packed.map(({ tarball }) => tarball)], "npm");
  succeed(["next", "build"], "npx");

  const server = spawn(process.execPath, [".next/standalone/server.js"], {
    cwd: app,
    env: { ...env, PORT: String(await freePort()), HOSTNAME: "127.0.0.1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => server.kill("SIGKILL"));
  const url = await addressOf(server.stdout);
  const response = await fetch(`${url}/api/transcribe`, { method: "POST", body: readFileSync(recording) });
  const program = join(root, "packages/deepspeech/bin/deepspeech.mjs");
  const text = succeed([program, "transcribe", recording], process.execPath).trim();
  assert.deepEqual(await response.json(), { text });
  server.kill("SIGKILL");
  await once(server, "exit");
});

/**
 * What a server says of itself. Its output stays open: a server that cannot write what comes next is no more.
 *
 * @param {import("node:stream").Readable} output
 */
async function addressOf(output) {
  let text = "";
  for await (const piece of output.iterator({ destroyOnReturn: false })) {
    text += piece;
    const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`the server ended: ${text}`);
}

/** Next takes port 0 for its own. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}
