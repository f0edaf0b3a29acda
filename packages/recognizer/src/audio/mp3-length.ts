/**
 * How many samples an MP3 file should give, by the "Xing" or "Info" frame that encoders put first.
 *
 * MP3 has no length of its own and its decoders accept any piece of a file; where whole frames are missing at the end, this
 * count is the only way to tell (mp3-frames.ts tells the rest). Its layout is that of the LAME tag (http://gabriel.mp3-tech.org/mp3infotag.html).
 */

/** Bytes between a frame's header and the tag: [MPEG-1, MPEG-2 and 2.5] by [stereo, mono]. */
const SIDE_INFO_BYTES = { mpeg1: { stereo: 32, mono: 17 }, mpeg2: { stereo: 17, mono: 9 } } as const;
const SAMPLES_PER_FRAME = { mpeg1: 1152, mpeg2: 576 } as const;
const FRAME_COUNT_FLAG = 1;

/** Samples a channel without the encoder's delay and padding; undefined where the file does not say. */
export function promisedMp3Samples(bytes: Uint8Array): number | undefined {
  const version = ((bytes[1] ?? 0) & 0x18) === 0x18 ? "mpeg1" : "mpeg2";
  const layout = (bytes[3] ?? 0) >> 6 === 3 ? "mono" : "stereo";
  const tag = 4 + SIDE_INFO_BYTES[version][layout];
  if (tag + 144 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const name = String.fromCharCode(...bytes.subarray(tag, tag + 4));
  const isTag = name === "Xing" || name === "Info";
  if (!isTag || (view.getUint32(tag + 4) & FRAME_COUNT_FLAG) === 0) return undefined;
  // Twelve bits of delay, then twelve of padding, at 141 bytes of a LAME tag; zero in a plain Xing tag.
  const delayAndPadding = view.getUint32(tag + 140) & 0xffffff;
  const unwanted = (delayAndPadding >> 12) + (delayAndPadding & 0xfff);
  return view.getUint32(tag + 8) * SAMPLES_PER_FRAME[version] - unwanted;
}
