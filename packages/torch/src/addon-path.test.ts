import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./addon-path.js";

test("the cache is where the system keeps what can be made again", () => {
  assert.equal(cacheFolder({}, "linux"), join(homedir(), ".cache/deepspeech-ts"));
  assert.equal(cacheFolder({}, "darwin"), join(homedir(), "Library/Caches/deepspeech-ts"));
  assert.equal(cacheFolder({ LOCALAPPDATA: "/local" }, "win32"), join("/local/deepspeech-ts/Cache"));
  for (const platform of ["linux", "darwin", "win32"])
    assert.equal(cacheFolder({ XDG_CACHE_HOME: "/x", LOCALAPPDATA: "/local" }, platform), join("/x/deepspeech-ts"));
});

test("what was set up last is found; a choice that is gone counts as none", (t) => {
  const cache = mkdtempSync(join(tmpdir(), "addon-path-"));
  t.after(() => rmSync(cache, { recursive: true }));
  // In a copy of this module alone, which has no build beside it.
  const copy = join(cache, "package/dist");
  mkdirSync(copy, { recursive: true });
  copyFileSync(fileURLToPath(new URL("./addon-path.js", import.meta.url)), join(copy, "addon-path.js"));
  writeFileSync(join(cache, "package/package.json"), '{ "type": "module", "version": "1.2.3" }');
  const script = `
    import { mkdirSync, rmSync, writeFileSync } from "node:fs";
    import { dirname, join } from "node:path";
    const { addonFolder, chooseAddon, findAddon } = await import(process.argv[1]);
    const told = [findAddon() ?? "none"];
    for (const name of ["libtorch-1.13.0-a", "libtorch-2.5.1-b"]) {
      const addon = join(addonFolder(), name, "torch.node");
      mkdirSync(dirname(addon), { recursive: true });
      writeFileSync(addon, "");
      chooseAddon(addon);
      told.push(findAddon() ?? "none");
    }
    rmSync(told.at(-1));
    console.log(JSON.stringify([...told, findAddon() ?? "none"]));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", script, join(copy, "addon-path.js")],
    { encoding: "utf8", env: { ...process.env, XDG_CACHE_HOME: cache } },
  );
  assert.equal(stderr, "");
  const { modules } = process.versions;
  const folder = join(cache, `deepspeech-ts/torch-1.2.3/node-${modules}-${process.platform}-${process.arch}`);
  assert.deepEqual(JSON.parse(stdout), [
    "none",
    join(folder, "libtorch-1.13.0-a/torch.node"),
    join(folder, "libtorch-2.5.1-b/torch.node"),
    "none",
  ]);
});
