/** HTML and SVG as tagged templates: whatever is put into one is escaped, unless it came out of one. */

/** Markup that may stand as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

export type MarkupValue = Markup | string | number | undefined | null | readonly MarkupValue[];

/** Escapes every value for text and for quoted attributes alike; lists are joined, undefined and null are nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...values.map(render)));
}

function render(value: MarkupValue): string {
  if (value === undefined || value === null) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "string" || typeof value === "number") return escapeHtml(String(value));
  return value.map(render).join("");
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
