/**
 * Where LibriSpeech and Mini LibriSpeech can be had, and the checksums by which their archives are known.
 *
 * The checksums are those of OpenSLR's own md5sum.txt beside the archives (https://www.openslr.org/12 and
 * https://www.openslr.org/31). They stand here instead of being fetched, so that a mirror cannot vouch for itself.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";

/** One archive of the corpus, and the folder below LibriSpeech/ that it unpacks to. */
export interface LibriSpeechSubset {
  readonly name: string;
  /** OpenSLR's number of the corpus: 12 is LibriSpeech, 31 is Mini LibriSpeech. */
  readonly resource: 12 | 31;
  /** MD5 of `<name>.tar.gz`, in hexadecimal. */
  readonly md5: string;
  /** Size of `<name>.tar.gz`; Mini LibriSpeech's to the megabyte. */
  readonly archiveBytes: number;
  /** What is in it, for people. */
  readonly description: string;
}

/** LibriSpeech's parts, with their sizes and checksums. */
export const LIBRISPEECH_SUBSETS: readonly LibriSpeechSubset[] = [
  subset(
    "train-clean-100",
    12,
    { md5: "2a93770f6d5c6c964bc36631d331a522", archiveBytes: 6_387_309_499 },
    "100 hours, clear speech",
  ),
  subset(
    "train-clean-360",
    12,
    { md5: "c0e676e450a7ff2f54aeade5171606fa", archiveBytes: 23_049_477_885 },
    "364 hours, clear speech",
  ),
  subset(
    "train-other-500",
    12,
    { md5: "d1a0fd59409feb2c614ce4d30c387708", archiveBytes: 30_593_501_606 },
    "497 hours, harder speech",
  ),
  subset(
    "dev-clean",
    12,
    { md5: "42e2234ba48799c1f50f24a7926300a1", archiveBytes: 337_926_286 },
    "5 hours to choose models by",
  ),
  subset(
    "dev-other",
    12,
    { md5: "c8d0bcc9cca99d4f8b62fcc847357931", archiveBytes: 314_305_928 },
    "5 hours to choose models by, harder",
  ),
  subset(
    "test-clean",
    12,
    { md5: "32fa31d27d2e1cad72775fee3f4849a9", archiveBytes: 346_663_984 },
    "5 hours to report on",
  ),
  subset(
    "test-other",
    12,
    { md5: "fb5a50374b501bb3bac4815ee91d3135", archiveBytes: 328_757_843 },
    "5 hours to report on, harder",
  ),
  subset(
    "train-clean-5",
    31,
    { md5: "5df7d4e78065366204ca6845bb08f490", archiveBytes: 332_000_000 },
    "Mini LibriSpeech: 5 hours to train on",
  ),
  subset(
    "dev-clean-2",
    31,
    { md5: "6d7ab67ac6a1d2c993d050e16d61080d", archiveBytes: 126_000_000 },
    "Mini LibriSpeech: 2 hours to choose by",
  ),
];

/** Hosts that serve `resources/<number>/<archive>`, in the order in which they are tried. */
export const OPENSLR_MIRRORS: readonly string[] = [
  "https://www.openslr.org",
  "https://us.openslr.org",
  "https://openslr.elda.org",
  "https://openslr.magicdatatech.com",
];

/** The subset of that name; a UserError lists the names where there is none. */
export function findSubset(name: string): LibriSpeechSubset {
  const found = LIBRISPEECH_SUBSETS.find((candidate) => candidate.name === name);
  if (found) return found;
  const names = LIBRISPEECH_SUBSETS.map((candidate) => candidate.name).join(", ");
  throw new UserError(`--subset is "${name}", expected one or more of ${names}.`, { exitCode: 2 });
}

/** The addresses of a subset's archive, one a mirror. */
export function archiveUrls({ name, resource }: LibriSpeechSubset, mirrors = OPENSLR_MIRRORS): string[] {
  return mirrors.map((mirror) => `${mirror.replace(/\/$/, "")}/resources/${resource}/${name}.tar.gz`);
}

function subset(
  name: string,
  resource: 12 | 31,
  archive: Pick<LibriSpeechSubset, "md5" | "archiveBytes">,
  description: string,
): LibriSpeechSubset {
  return { name, resource, ...archive, description };
}
