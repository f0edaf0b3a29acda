import { UserError, whatItIs } from "@deepspeech-ts/recognizer/system";
import { usageError } from "./usage-error.js";

/**
 * What is no bundle at all, told before anything else is done; whether a bundle is whole, its reader tells.
 *
 * @throws UserError (exit 2 where another kind of thing was named)
 */
export function checkBundlePath(path: string): void {
  const kind = whatItIs(path);
  if (kind === "missing") throw new UserError(`${path}: no such file; check the path`, { code: "file-not-found" });
  const isOfRun = kind === "run" || path.endsWith(".safetensors");
  if (isOfRun)
    throw usageError(`${path}: is no bundle yet; npx deepspeech-ts export ${path} --output model.dsb makes one`);
  if (kind === "folder") throw usageError(`${path}: is a folder, expected a bundle (.dsb)`);
  if (kind === "recording") throw usageError(`${path}: is a recording, and the bundle (.dsb) comes before it`);
  if (kind === "pipe") throw usageError(`${path}: is no file; give the bundle's path`);
}
