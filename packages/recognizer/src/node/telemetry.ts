/**
 * ONNX Runtime 1.30 reports its use to its maker unless told otherwise before its library is loaded. What a recogniser
 * hears is nobody's business; besides, it reads the command line for its report by a method that overflows a thread's
 * stack where some 16,000 characters of file names stand there.
 */

/**
 * Switches the reports off for this process. To be called on the main thread, whose environment alone a library sees,
 * before anything opens a session. Who wants them sets ORT_DISABLE_TELEMETRY to 0.
 */
export function silenceTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
}
