/** The little programs of test/apps, as bundlers make them; docs/browser.md has the recipes. */
import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { build as buildWithEsbuild } from "esbuild";
import { rollup } from "rollup";
import { build as buildWithVite } from "vite";
import webpack from "webpack";
import { rootPath, testInBrowser } from "./browsers.js";
import { BUNDLE, openPage } from "./page.js";

const SPOKEN = "activated";

/** Builds into a folder, serves it under a path of the site, and looks for the text. */
async function runsIn(t: TestContext, build: (folder: string) => Promise<unknown>): Promise<void> {
  const opened = await openPage(t);
  if (!opened) return;
  const { site, page, foreign } = opened;
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-app-"));
  t.after(() => rm(folder, { recursive: true }));
  await build(folder);
  site.files.set("/app/recognizer/", rootPath("packages/recognizer/dist/browser/"));
  site.files.set("/app/model.dsb", BUNDLE);
  site.files.set("/app/speech.m4a", rootPath("test/fixtures/audio/speech.m4a"));
  site.files.set("/app/", `${folder}/`);
  await page.goto(`${site.url}/app/index.html`);
  await page.getByText(SPOKEN).waitFor();
  assert.deepEqual(foreign, []);
}

const addPage = (folder: string) => copyFile(rootPath("test/apps/vite/index.html"), join(folder, "index.html"));

testInBrowser("chromium", "Vite takes the package as it is installed", (t) =>
  runsIn(t, (outDir) =>
    buildWithVite({ root: rootPath("test/apps/vite"), logLevel: "warn", build: { outDir, emptyOutDir: true } }),
  ),
);

testInBrowser("chromium", "esbuild takes it from a folder beside the page", (t) =>
  runsIn(t, async (folder) => {
    await addPage(folder);
    const entryPoints = [rootPath("test/apps/esbuild/main.js")];
    const common = { bundle: true, format: "esm" as const, external: ["./recognizer/index.js"] };
    await buildWithEsbuild({ entryPoints, outfile: join(folder, "main.js"), ...common });
  }),
);

testInBrowser("chromium", "Rollup takes it from a folder beside the page", (t) =>
  runsIn(t, async (folder) => {
    await addPage(folder);
    const input = rootPath("test/apps/esbuild/main.js");
    await using made = await rollup({
      input,
      external: (id) => id.includes("recognizer/index.js"),
      makeAbsoluteExternalsRelative: false,
    });
    await made.write({ file: join(folder, "main.js"), format: "es" });
  }),
);

testInBrowser("chromium", "webpack takes the package as it is installed", (t) =>
  runsIn(t, async (folder) => {
    await addPage(folder);
    const compiler = webpack({
      mode: "production",
      entry: rootPath("test/apps/vite/main.js"),
      output: { path: folder },
      // Half a minute of the processor's time, for what is minified already.
      optimization: { minimize: false },
      performance: { hints: false },
    });
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
      compiler.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    await new Promise((resolve) => compiler.close(resolve));
    assert.equal(stats?.toString({ preset: "errors-warnings", colors: false }), "webpack compiled successfully");
  }),
);
