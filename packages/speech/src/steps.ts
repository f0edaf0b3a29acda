/**
 * Long work that pauses now and then, some hundredths of a second apart: whoever does it can see to others in between, or
 * give it up.
 */
export type Steps<T> = Generator<void, T, void>;

/** Does it all at once. */
export function finished<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
