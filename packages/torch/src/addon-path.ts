/**
 * Where the compiled add-on lies: in a checkout of this repository beside its sources, else in the user's cache, where
 * `deepspeech setup` puts it. There each release of this package, each of Node's ABIs and each libtorch has a folder of its
 * own, so that projects with different ones live side by side; a file tells which libtorch was set up last.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const OWN_BUILD = fileURLToPath(new URL("../build/torch.node", import.meta.url));
const CHOICE = "chosen.txt";

/** The system's folder for what can be made again, of this user; `XDG_CACHE_HOME` or `LOCALAPPDATA` may name another. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "deepspeech-ts");
  if (platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "deepspeech-ts", "Cache");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "deepspeech-ts");
  return join(homedir(), ".cache", "deepspeech-ts");
}

/** The folder of this release's add-ons for this Node. */
export function addonFolder(): string {
  const { modules } = process.versions;
  return join(cacheFolder(), `torch-${packageVersion()}`, `node-${modules}-${process.platform}-${process.arch}`);
}

/** The add-on to load; undefined where none is compiled. */
export function findAddon(): string | undefined {
  if (existsSync(OWN_BUILD)) return OWN_BUILD;
  const choice = join(addonFolder(), CHOICE);
  if (!existsSync(choice)) return undefined;
  const addon = join(addonFolder(), readFileSync(choice, "utf8").trim());
  return existsSync(addon) ? addon : undefined;
}

/** @param addon the path, below `addonFolder()`, of the add-on that is loaded from now on */
export function chooseAddon(addon: string): void {
  const choice = join(addonFolder(), CHOICE);
  mkdirSync(dirname(choice), { recursive: true });
  const temporary = `${choice}.${process.pid}.tmp`;
  writeFileSync(temporary, `${relative(addonFolder(), addon)}\n`);
  renameSync(temporary, choice);
}

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
