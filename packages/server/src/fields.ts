/** The fields of a form or a query: each name, without a list's "[]", with its values in the order in which they came. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** Forms send a field that nobody filled in as an empty one: it is as absent. */
export function fieldsOf(entries: Iterable<readonly [name: string, value: string]>): Fields {
  const fields = new Map<string, string[]>();
  for (const [fullName, value] of entries) {
    if (value.trim() === "") continue;
    const name = fullName.replace(/\[\]$/, "");
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  return fields;
}

export function single(fields: Fields, name: string): string | undefined {
  return fields.get(name)?.[0];
}
