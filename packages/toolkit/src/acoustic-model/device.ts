import { UserError } from "@deepspeech-ts/recognizer/system";
import { runtimeInfo } from "@deepspeech-ts/torch";

/** @throws UserError for a CUDA device where there is none, before any work is lost to it */
export function checkDevice(device: string): void {
  if (deviceKind(device) === "cpu" || runtimeInfo().cudaAvailable) return;
  throw new UserError(`device ${device}: this libtorch finds no CUDA; use cpu, or see what "deepspeech doctor" says.`, {
    code: "no-cuda",
  });
}

/** "cuda" for "cuda:1". */
export function deviceKind(device: string): "cpu" | "cuda" {
  return device.startsWith("cuda") ? "cuda" : "cpu";
}
