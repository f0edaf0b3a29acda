/** ONNX Runtime, which has no build for every system: where it cannot be loaded, one line says why and what to use. */
import { errorMessage, RecognizerError } from "../errors.js";

export type OnnxRuntime = typeof import("onnxruntime-node");

/** @throws RecognizerError `no-runtime` */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  try {
    return await import("onnxruntime-node");
  } catch (error) {
    const { platform, arch } = process;
    throw new RecognizerError("no-runtime", missingRuntime({ platform, arch, isMusl: isMusl(), error }), {
      cause: error,
    });
  }
}

/** What is told of a system without a build, and of an install that lacks it. */
export function missingRuntime(system: { platform: string; arch: string; isMusl: boolean; error: unknown }): string {
  const { platform, arch, isMusl, error } = system;
  if (isMusl) {
    return (
      "ONNX Runtime has no build for Linux with musl, such as Alpine: use an image with glibc (node:22-slim), or " +
      "onnxruntime-web in a page (@deepspeech-ts/recognizer/web)"
    );
  }
  if (!BUILDS.has(`${platform}-${arch}`)) {
    const builds = [...BUILDS].join(", ");
    return `ONNX Runtime has no build for ${platform}-${arch}: it has some for ${builds}, and one for pages (@deepspeech-ts/recognizer/web)`;
  }
  return (
    `ONNX Runtime cannot be loaded (${errorMessage(error)}): install again with the variable ` +
    "ONNXRUNTIME_NODE_INSTALL=skip, which keeps its install script from fetching what is not needed; where a build has " +
    "copied your app, have it copy onnxruntime-node/bin too"
  );
}

/** What onnxruntime-node 1.30 brings. */
const BUILDS: ReadonlySet<string> = new Set(["darwin-arm64", "linux-arm64", "linux-x64", "win32-arm64", "win32-x64"]);

/** Node's report tells glibc's version, where that is what it runs with. */
function isMusl(): boolean {
  if (process.platform !== "linux") return false;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}
