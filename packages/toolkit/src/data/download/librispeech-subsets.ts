/**
 * Where LibriSpeech and Mini LibriSpeech can be had, and the checksums by which their archives are known.
 *
 * The checksums are those of OpenSLR's own md5sum.txt beside the archives (https://www.openslr.org/12 and
 * https://www.openslr.org/31). They stand here instead of being fetched, so that a mirror cannot vouch for itself.
 */
import { UserError } from "../../errors.js";

/** One archive of the corpus, and the folder below LibriSpeech/ that it unpacks to. */
export interface LibriSpeechSubset {
  readonly name: string;
  /** OpenSLR's number of the corpus: 12 is LibriSpeech, 31 is Mini LibriSpeech. */
  readonly resource: 12 | 31;
  /** MD5 of `<name>.tar.gz`, in hexadecimal. */
  readonly md5: string;
  /** What is in it, for people. */
  readonly description: string;
}

export const LIBRISPEECH_SUBSETS: readonly LibriSpeechSubset[] = [
  subset("train-clean-100", 12, "2a93770f6d5c6c964bc36631d331a522", "100 hours, clear speech, 6.4 GB"),
  subset("train-clean-360", 12, "c0e676e450a7ff2f54aeade5171606fa", "364 hours, clear speech, 23 GB"),
  subset("train-other-500", 12, "d1a0fd59409feb2c614ce4d30c387708", "497 hours, harder speech, 31 GB"),
  subset("dev-clean", 12, "42e2234ba48799c1f50f24a7926300a1", "5 hours to choose models by, 0.3 GB"),
  subset("dev-other", 12, "c8d0bcc9cca99d4f8b62fcc847357931", "5 hours to choose models by, harder, 0.3 GB"),
  subset("test-clean", 12, "32fa31d27d2e1cad72775fee3f4849a9", "5 hours to report on, 0.3 GB"),
  subset("test-other", 12, "fb5a50374b501bb3bac4815ee91d3135", "5 hours to report on, harder, 0.3 GB"),
  subset("train-clean-5", 31, "5df7d4e78065366204ca6845bb08f490", "Mini LibriSpeech: 5 hours to train on, 0.3 GB"),
  subset("dev-clean-2", 31, "6d7ab67ac6a1d2c993d050e16d61080d", "Mini LibriSpeech: 2 hours to choose by, 0.1 GB"),
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

function subset(name: string, resource: 12 | 31, md5: string, description: string): LibriSpeechSubset {
  return { name, resource, md5, description };
}
