/**
 * The recipes of docs/in-your-app.md, as they stand: each file is written, each command run, and what was built runs too.
 * The packages are linked into the project, which is harder for a bundler than installed ones.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build as buildWithEsbuild } from "esbuild";
import webpack from "webpack";

const root = fileURLToPath(new URL("../..", import.meta.url));
const guide = readFileSync(join(root, "docs/in-your-app.md"), "utf8");
const project = mkdtempSync(join(tmpdir(), "deepspeech-app-"));
after(() => rmSync(project, { recursive: true }));

for (const [, name = "", code = ""] of guide.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```$/gms)) {
  const path = join(project, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
}
writeFileSync(join(project, "package.json"), '{ "type": "module" }\n');
mkdirSync(join(project, "node_modules"));
for (const name of readdirSync(join(root, "node_modules")))
  symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
copyFileSync(join(root, "test/fixtures/audio/speech-16k.wav"), join(project, "recording.wav"));

/** @param {string} command */
function succeed(command) {
  // Node's test runner speaks with its files in a language of its own, which programs that are run here must not speak.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(command, { cwd: project, env, shell: true, encoding: "utf8" });
  assert.equal(status, 0, `${command}\n${stdout}\n${stderr}`);
  return stdout;
}

const TEXT = succeed("node app.js");
/** @param {string} heading */
const commandsUnder = (heading) => {
  const section = guide.slice(guide.indexOf(`\n## ${heading}\n`) + 1).split("\n## ")[0] ?? "";
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, lines = ""]) => lines.trim().split("\n"));
};

test("Node, as an ES module and as CommonJS", () => {
  assert.match(TEXT, /^[a-z' ]+\n$/);
  assert.deepEqual(commandsUnder("Node"), ["node app.js"]);
  const program = readFileSync(join(project, "app.js"), "utf8");
  assert.ok(
    readFileSync(join(root, "README.md"), "utf8").includes(`\`\`\`js\n${program}\`\`\``),
    "README.md has another",
  );
  if (process.features.require_module) assert.equal(succeed("node app.cjs"), TEXT);
});

for (const bundler of ["esbuild", "Vite"]) {
  test(`${bundler}, with the packages external`, () => {
    const outputs = commandsUnder(bundler).map(succeed);
    assert.ok(outputs.length >= 2);
    assert.equal(outputs.at(-1), TEXT);
  });
}

/** @param {webpack.Configuration} configuration */
async function buildWithWebpack(configuration) {
  const compiler = webpack({ ...configuration, context: project });
  /** @type {webpack.Stats | undefined} */
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  await new Promise((resolve) => compiler.close(resolve));
  assert.equal(stats?.toString({ preset: "errors-warnings", colors: false }), "webpack compiled successfully");
}

test("webpack, with the packages external", async () => {
  const { default: configuration } = await import(pathToFileURL(join(project, "webpack.config.js")).href);
  await buildWithWebpack(configuration);
  assert.equal(succeed("node dist/webpack/main.mjs"), TEXT);
});

/** A bundle of the quickstart's, so that what fails is no missing model. */
const BUNDLED = `import { Recognizer } from "@deepspeech-ts/recognizer";
Recognizer.load(${JSON.stringify(join(root, "test/fixtures/bundles/quickstart-fp16.dsb"))}).then(
  () => console.log("loaded"),
  ({ code, message }) => console.log(code, message),
);
`;
const REFUSAL =
  "no-runtime @deepspeech-ts/recognizer: a bundler has moved its code away from its files; name the package as " +
  "external, as docs/in-your-app.md shows\n";

for (const format of /** @type {const} */ (["esm", "cjs"])) {
  test(`esbuild's bundle that holds the package (${format}) says what is wrong`, async () => {
    const outfile = join(project, `dist/bundled.${format === "esm" ? "mjs" : "cjs"}`);
    const stdin = { contents: BUNDLED, resolveDir: project };
    await buildWithEsbuild({ stdin, bundle: true, platform: "node", format, outfile, logLevel: "silent" });
    assert.equal(succeed(`node ${JSON.stringify(outfile)}`), REFUSAL);
  });
}

test("webpack's bundle that holds the package says so too", async () => {
  writeFileSync(join(project, "bundled.js"), BUNDLED);
  const { default: configuration } = await import(pathToFileURL(join(project, "webpack.config.js")).href);
  const output = { ...configuration.output, path: join(project, "dist/moved") };
  // Ours alone: decoders take seconds to read, and matter nothing here.
  const externals = [/^(@audio|@wasm-audio-decoders|onnxruntime-node)/];
  const optimization = { minimize: false };
  await buildWithWebpack({ ...configuration, entry: "./bundled.js", externals, output, optimization });
  assert.equal(succeed("node dist/moved/main.mjs"), REFUSAL);
});
