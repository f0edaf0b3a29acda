/**
 * Every failure of libtorch or of this binding reaches JavaScript as a TorchError: `code` is for programs, and
 * `message` keeps libtorch's own words, without its C++ backtrace.
 */
export type TorchErrorCode =
  | "INDEX"
  | "VALUE"
  | "TYPE"
  | "NOT_IMPLEMENTED"
  | "OUT_OF_MEMORY"
  | "UNKNOWN_OPERATOR"
  | "DISPOSED"
  | "SCOPE"
  | "STATE_DICT"
  | "SAFETENSORS"
  | "NATIVE_MISSING"
  /** This libtorch cannot talk to other processes. */
  | "NO_PROCESS_GROUPS"
  /** Another process did not answer within the time limit. */
  | "TIMEOUT"
  /** Another process is gone, or the way to it. */
  | "PEER_LOST"
  | "LIBTORCH";

/** A failure of libtorch or of this binding; `code` is for programs. */
export class TorchError extends Error {
  override readonly name = "TorchError";

  constructor(
    readonly code: TorchErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
