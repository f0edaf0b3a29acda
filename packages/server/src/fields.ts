/** The fields of a form or a query: each name, without a list's "[]", with its values in the order in which they came. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** Fields in which "null" is a word like any other. */
const SAID = new Set(["text", "hot_words"]);

/**
 * Forms send a field that nobody filled in as an empty one, and clients whose forms know no null send its name, where
 * OpenAI's documents allow a null: both are as absent.
 */
export function fieldsOf(entries: Iterable<readonly [name: string, value: string]>): Fields {
  const fields = new Map<string, string[]>();
  for (const [fullName, value] of entries) {
    const name = fullName.replace(/\[\]$/, "");
    const content = value.trim();
    if (content === "" || (content === "null" && !SAID.has(name))) continue;
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  return fields;
}

export function single(fields: Fields, name: string): string | undefined {
  return fields.get(name)?.[0];
}
