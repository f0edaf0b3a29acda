/** Elements without a template language: text is always text, never markup. */

type Child = Node | string | null | undefined;

/** `class` is the class list; other keys are attributes. False, null and undefined leave an attribute out, true is "". */
export type Attributes = Record<string, string | number | boolean | null | undefined>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined)
      made.setAttribute(key, value === true ? "" : `${value}`);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The element that page-document.ts gave this id. */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element "${id}"`);
  return found as Type;
}

/** A row of a table: its heading, then its cells. */
export function row(heading: Child, cells: readonly Child[], attributes: Attributes = {}): HTMLTableRowElement {
  const cellElements = cells.map((cell) => element("td", {}, cell));
  return element("tr", attributes, element("th", { scope: "row" }, heading), ...cellElements);
}

export function table(headings: readonly string[], rows: readonly HTMLTableRowElement[]): HTMLTableElement {
  const titles = headings.map((heading) => element("th", { scope: "col" }, heading));
  return element("table", {}, element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows));
}

/** The line that stands for a run wherever it is named; dashed for its dev set in a chart with both. */
export function swatch(colour: number, isDashed = false): HTMLSpanElement {
  const style = `swatch run-${colour % NUM_COLOURS}${isDashed ? " dashed" : ""}`;
  return element("span", { class: style, "aria-hidden": "true" });
}

/** As many as page-style.ts has. */
export const NUM_COLOURS = 8;
