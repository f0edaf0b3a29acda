/**
 * The settings that a schema holds, as a flat list: what flags, help and error messages are made of. The schema stays
 * the one place where an option is named, described, defaulted and checked.
 */
import { z } from "zod";

export type SettingKind = "boolean" | "number" | "text" | "list";

/** One value of a configuration, such as `model.hiddenSize`. */
export interface Setting {
  /** Keys from the configuration's root. */
  path: readonly string[];
  /** The path with dots. */
  key: string;
  kind: SettingKind;
  /** A list's elements; the value itself otherwise. */
  elementKind: Exclude<SettingKind, "list">;
  description: string;
  /** What holds where nothing is given; undefined where the setting may stay unset. */
  defaultValue: unknown;
  /** What may be given, in words that follow "must be": "a whole number of at least 1". */
  expectation: string;
  /** The words that may be given, where only some may; a list's, each of its words. */
  choices: readonly string[] | undefined;
}

/** Every setting of `schema`, those of nested objects included, in the schema's order. */
export function settingsOf(schema: z.ZodObject, path: readonly string[] = []): Setting[] {
  return Object.entries(schema.shape).flatMap(([name, outer]) => {
    const { schema: inner, defaultValue } = unwrap(outer as z.ZodType);
    const here = [...path, name];
    if (inner instanceof z.ZodObject) return settingsOf(inner, here);
    return [settingOf(here, inner, { description: (outer as z.ZodType).description ?? "", defaultValue })];
  });
}

function settingOf(
  path: readonly string[],
  schema: z.ZodType,
  { description, defaultValue }: { description: string; defaultValue: unknown },
): Setting {
  const json = z.toJSONSchema(schema, { io: "input" }) as JsonSchema;
  const kind = kindOf(json);
  return {
    path,
    key: path.join("."),
    kind,
    elementKind: kind === "list" ? elementKindOf(json) : kind,
    description,
    defaultValue,
    expectation: describeExpectation(json),
    choices: (json.items ?? json).enum?.map(String),
  };
}

/** The schema inside `.default()`, `.prefault()` and `.optional()`, and the default found on the way. */
function unwrap(outer: z.ZodType): { schema: z.ZodType; defaultValue: unknown } {
  let schema = outer;
  let defaultValue: unknown;
  while (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    if (schema instanceof z.ZodDefault) defaultValue = schema.def.defaultValue;
    schema = schema.unwrap() as z.ZodType;
  }
  return { schema, defaultValue };
}

/** The part of JSON Schema that configurations use. */
interface JsonSchema {
  type: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  minItems?: number;
}

function kindOf({ type }: JsonSchema): SettingKind {
  if (type === "array") return "list";
  if (type === "boolean") return "boolean";
  return type === "number" || type === "integer" ? "number" : "text";
}

function elementKindOf({ items, prefixItems }: JsonSchema): Setting["elementKind"] {
  const element = prefixItems?.[0] ?? items;
  const kind = element ? kindOf(element) : "text";
  if (kind === "list") throw new TypeError("a setting may not be a list of lists: no flag could give one");
  return kind;
}

function describeExpectation(json: JsonSchema): string {
  if (json.prefixItems) return `${json.prefixItems.length} values, each ${describeExpectation(json.prefixItems[0]!)}`;
  if (json.items) return `a list${json.minItems ? " of one or more" : ""}, each ${describeExpectation(json.items)}`;
  if (json.enum) return listChoices(json.enum.map(String));
  if (json.type === "boolean") return "true or false";
  if (json.type === "string") return "text that is not empty";
  const noun = json.type === "integer" ? "a whole number" : "a number";
  const multiple = json.multipleOf === undefined ? "" : ` and a multiple of ${json.multipleOf}`;
  return [noun, describeRange(json)].filter(Boolean).join(" ") + multiple;
}

function describeRange({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  // zod bounds whole numbers by what a double holds exactly; that says nothing about the setting.
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (least !== undefined && most !== undefined) return `from ${least} to ${most}`;
  const bounds = [
    least === undefined ? "" : `of at least ${least}`,
    exclusiveMinimum === undefined ? "" : `above ${exclusiveMinimum}`,
    most === undefined ? "" : `of at most ${most}`,
    exclusiveMaximum === undefined ? "" : `below ${exclusiveMaximum}`,
  ];
  return bounds.filter(Boolean).join(" and ");
}

/** "a, b or c" */
function listChoices(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join("") : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}
