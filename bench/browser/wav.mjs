/** A WAV file of one channel at 16 kHz, in 16 bits. */
const RATE = 16_000;
const HEADER_BYTES = 44;

export function wavOf(samples) {
  const bytes = Buffer.alloc(HEADER_BYTES + 2 * samples.length);
  bytes.write("RIFF    WAVEfmt ", "latin1");
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(RATE, 24);
  bytes.writeUInt32LE(2 * RATE, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(2 * samples.length, 40);
  for (const [i, sample] of samples.entries()) {
    bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(32_768 * sample))), HEADER_BYTES + 2 * i);
  }
  return bytes;
}
