/** Damaged sound files. Half of the Ogg files get right checksums again after the change. */
import { type Bytes, type MutatedFile, mutatedFile as mutated, type SeedFile } from "../mutate.test.support.js";
import { CHECKSUM_OFFSET, isPageStart, PAGE_HEADER_BYTES, pageChecksum } from "./ogg.js";

const MARKERS = [
  ...["fmt ", "data", "RIFF", "fLaC", "OggS", "OpusHead", "OpusTags", "vorbis", "ID3", "Xing", "Info", "LAME"],
  ...["ftyp", "moov", "trak", "mdhd", "stsd", "mp4a", "esds", "stsz", "stco", "stsc", "stts", "elst", "mdat", "mvhd"],
];

/** File `index` of the sequence that belongs to `seed`. */
export function mutatedFile(seeds: readonly SeedFile[], seed: number, index: number): MutatedFile {
  return mutated(seeds, { seed, index }, { markers: MARKERS, repair: repairOggChecksums });
}

/** Writes right checksums into all pages that lie within the bytes. Says whether there are any. */
function repairOggChecksums(bytes: Bytes): boolean {
  let numPages = 0;
  for (let at = 0; at + PAGE_HEADER_BYTES <= bytes.length; at++) {
    if (!isPageStart(bytes, at)) continue;
    const body = at + PAGE_HEADER_BYTES + (bytes[at + PAGE_HEADER_BYTES - 1] as number);
    const end = bytes.subarray(at + PAGE_HEADER_BYTES, body).reduce((sum, length) => sum + length, body);
    if (end > bytes.length) continue;
    new DataView(bytes.buffer).setUint32(at + CHECKSUM_OFFSET, pageChecksum(bytes, at, end), true);
    numPages += 1;
  }
  return numPages > 0;
}
