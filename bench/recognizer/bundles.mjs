/** Bundles of the full-size model, made when a part first asks for them. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Those that a processor runs each in its own way: web is as fp32, once it is opened. */
export const PRECISIONS = ["fp32", "fp16", "int8"];
const MADE = [...PRECISIONS, "web"];
const MAKER = fileURLToPath(new URL("./make-bundles.mjs", import.meta.url));

/** Paths by precision, in a folder that may hold them already. */
export async function fullSizeBundles(folder) {
  const paths = Object.fromEntries(MADE.map((precision) => [precision, join(folder, `model-${precision}.dsb`)]));
  if (Object.values(paths).every((path) => existsSync(path))) return paths;
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync(process.execPath, [MAKER, folder], { stdio: "inherit" });
  if (status !== 0) throw new Error("the full-size bundles could not be made; is libtorch set up (npm run setup)?");
  return paths;
}
