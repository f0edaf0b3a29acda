/**
 * Ids that are each an utterance's own. Lists name recordings twice: one repeated line must not refuse a corpus, nor may
 * an utterance be lost in silence. So, of a list's own ids the first counts, and what repeats it is left out and named;
 * where an id was only made of a file's name, other words or another file of that name are an utterance of their own,
 * called `name#2`, and only what says the same again is left out.
 */

/** What tells whether two lines say the same. */
export interface Named {
  readonly id: string;
  readonly audioPath: string;
  readonly text: string;
  /** Whether the id is only made of the file's name. Default: the list states it. */
  readonly isIdDerived?: boolean | undefined;
}

/** Gives ids out, each once. `Place` is what a caller remembers of an utterance, such as its line. */
export class DistinctIds<Place> {
  readonly #taken = new Map<string, { place: Place; audioPath: string; text: string }>();
  /** Of derived ids that came more than once, what their utterances say, and where. */
  readonly #variants = new Map<string, Map<string, Place>>();

  /** The id to use, or the place of the utterance that this one repeats. */
  claim({ id, audioPath, text, isIdDerived = false }: Named, place: Place): { id: string } | { repeats: Place } {
    const other = this.#taken.get(id);
    if (other === undefined) {
      this.#taken.set(id, { place, audioPath, text });
      return { id };
    }
    if (!isIdDerived) return { repeats: other.place };
    const variants = this.#variants.get(id) ?? new Map([[contentOf(other), other.place]]);
    this.#variants.set(id, variants);
    const repeats = variants.get(contentOf({ audioPath, text }));
    if (repeats !== undefined) return { repeats };
    variants.set(contentOf({ audioPath, text }), place);
    return this.claim({ id: `${id}#${variants.size}`, audioPath, text, isIdDerived }, place);
  }
}

function contentOf({ audioPath, text }: { audioPath: string; text: string }): string {
  return `${audioPath}\n${text}`;
}
