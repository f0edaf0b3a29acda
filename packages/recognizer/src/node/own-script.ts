/**
 * The scripts of threads and processes, which lie beside this code. A bundler that moves the code leaves them where they
 * are, or copies them without what they import.
 */
import { existsSync } from "node:fs";
import { RecognizerError } from "../errors.js";

/**
 * @param locate written out where it is called, `() => new URL("./script.js", import.meta.url)`: tools that copy what a
 *   program needs look for that
 * @throws RecognizerError `no-runtime` where a bundler has moved the code
 */
export function ownScript(locate: () => URL): URL {
  const script = located(locate);
  // Every such script imports that.
  if (script && existsSync(new URL("./serve-calls.js", script))) return script;
  throw new RecognizerError(
    "no-runtime",
    "@deepspeech-ts/recognizer: a bundler has moved its code away from its files; name the package as external, " +
      "as docs/in-your-app.md shows",
  );
}

/** Bundles in CommonJS have no `import.meta.url`. */
function located(locate: () => URL): URL | undefined {
  try {
    return locate();
  } catch {
    return undefined;
  }
}
