/** A file that is damaged, or of a kind that is not read; the message completes "<file>: ". */
export class DamagedAudioError extends Error {
  override readonly name = "DamagedAudioError";
}
