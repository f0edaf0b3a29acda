// Writes the types of libtorch's operators, packages/torch/src/generated/, from the schemas that libtorch's own
// dispatcher holds. Run it with the oldest libtorch that is supported: `node tools/generate-operators.mjs`. With --check
// it writes nothing and fails when an operator that the files name is missing from this libtorch or has other arguments.
//
// Left out: out= variants, named tensors, underscore-prefixed internals (but for _foreach_*), and what only libtorch 1.13
// has: they can still be called by name, without types.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../packages/torch/src/generated/", import.meta.url));
const addon = new URL("../packages/torch/build/torch.node", import.meta.url);

/** @typedef {{name: string, type: string, optional: boolean}} Argument */

/** @type {Record<string, string>} */
const TYPES = {
  Tensor: "Tensor",
  int: "number",
  SymInt: "number",
  float: "number",
  bool: "boolean",
  str: "string",
  Scalar: "Scalar",
  ScalarType: "Dtype",
  Device: "string",
  Layout: "string",
  MemoryFormat: "string",
  Generator: "Generator",
};

/** Their names print as plain strings, so that arguments do not tell. */
const NAMED_TENSORS = /^(align_|refine_names|rename)|\..*(dimname|names|named_out_dim)/i;
/** Of libtorch 1.13, gone from the 2.x that are supported too. */
const REMOVED =
  /^(diag_backward|frobenius_norm|mps_max_pool2d_backward|prelu_backward|symeig(\.e)?|upsample_\w+_backward\.vec)$/;

/**
 * The TypeScript type of a schema's type, or undefined where JavaScript has no form for it.
 * @param {string} schemaType
 * @param {"argument" | "result"} place
 * @returns {string | undefined}
 */
function typeOf(schemaType, place) {
  const bare = schemaType.replace(/\([^)]*\)/g, "");
  if (bare.endsWith("?")) {
    const inner = typeOf(bare.slice(0, -1), place);
    return inner && `${inner} | null`;
  }
  const list = /^(.+)\[(\d*)\]$/.exec(bare);
  if (!list) return TYPES[bare];
  const element = typeOf(list[1] ?? "", place);
  if (!element || element.endsWith("[]")) return undefined;
  const array = element.includes("|") ? `(${element})[]` : `${element}[]`;
  if (place === "result") return array;
  return list[2] ? `number | readonly ${array}` : `readonly ${array}`;
}

/**
 * Splits at the commas that no bracket or quote encloses.
 * @param {string} text
 */
function splitTopLevel(text) {
  return text.match(/(?:[^,"([]|\([^)]*\)|\[[^\]]*\]|"[^"]*")+/g)?.map((part) => part.trim()) ?? [];
}

/**
 * @param {string} schema as libtorch prints it, such as `aten::add.Tensor(Tensor self, …) -> Tensor`
 * @returns {{name: string, type: string} | undefined}
 */
function operatorOf(schema) {
  const parsed = /^aten::([A-Za-z]\w*|_foreach_\w+)(?:\.(\w+))?\((.*)\) -> (.*)$/.exec(schema);
  if (!parsed) return undefined;
  const [, base = "", overload = "", argumentList = "", resultList = ""] = parsed;
  const name = overload ? `${base}.${overload}` : base;
  if (/(^|_)out$/.test(overload) || NAMED_TENSORS.test(name) || REMOVED.test(name)) return undefined;
  /** @type {Argument[]} */
  const positional = [];
  /** @type {Argument[]} */
  const keywords = [];
  let target = positional;
  for (const part of splitTopLevel(argumentList)) {
    if (part === "*") {
      target = keywords;
      continue;
    }
    const argument = /^(\S+(?: -> \*\)\S*)?) (\w+)(=.*)?$/.exec(part);
    const type = argument && typeOf(argument[1] ?? "", "argument");
    if (!argument || !type) return undefined;
    const optional = argument[3] !== undefined || type.endsWith("| null");
    target.push({ name: argument[2] ?? "", type, optional });
  }
  const results = splitTopLevel(resultList.replace(/^\((.*)\)$/, "$1")).map((part) =>
    typeOf(part.split(" ")[0] ?? "", "result"),
  );
  if (results.some((type) => type === undefined)) return undefined;
  const result = results.length === 0 ? "void" : results.length === 1 ? results[0] : `[${results.join(", ")}]`;
  return {
    name,
    type: `Operator<${argumentTuple(positional, keywords)}, ${result}>`,
  };
}

/**
 * A positional argument may also be given by name, so options hold the optional positional ones too.
 * @param {Argument[]} positional
 * @param {Argument[]} keywords
 */
function argumentTuple(positional, keywords) {
  let lastRequired = positional.length - 1;
  while (lastRequired >= 0 && positional[lastRequired]?.optional) lastRequired--;
  const tuple = positional.map(
    ({ name, type, optional }, index) =>
      `${label(name)}${index > lastRequired ? "?" : ""}: ${type}${optional && index <= lastRequired ? " | undefined" : ""}`,
  );
  const named = [...positional.slice(lastRequired + 1), ...keywords];
  const options = named.map(({ name, type, optional }) => `${name}${optional ? "?" : ""}: ${type}`).join("; ");
  return `[${tuple.join(", ")}], { ${options} }`;
}

/**
 * A tuple's label may not be a reserved word.
 * @param {string} name
 */
function label(name) {
  return ["var", "this", "function", "default"].includes(name) ? `${name}_` : name;
}

/** @param {readonly string[]} schemas */
function filesOf(schemas) {
  /** @type {Map<string, string[]>} */
  const byLetter = new Map();
  for (const schema of schemas) {
    const operator = operatorOf(schema);
    if (!operator) continue;
    const letter = operator.name.startsWith("_") ? "foreach" : operator.name.charAt(0).toLowerCase();
    byLetter.set(letter, [...(byLetter.get(letter) ?? []), `  "${operator.name}": ${operator.type};`]);
  }
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const [letter, lines] of byLetter) {
    const imports = ["Dtype", "Generator", "Operator", "Scalar", "Tensor"].filter((name) =>
      lines.some((line) => new RegExp(`\\b${name}\\b`).test(line)),
    );
    files.set(
      `operators-${letter}.ts`,
      `// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.\nimport type { ${imports.join(", ")} } from "../operator-types.js";\n\nexport interface Operators${letter.toUpperCase()} {\n${lines.join("\n")}\n}\n`,
    );
  }
  const letters = [...byLetter.keys()].sort();
  const index = letters.map(
    (letter) => `import type { Operators${letter.toUpperCase()} } from "./operators-${letter}.js";`,
  );
  files.set(
    "operators.ts",
    `// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.\n${index.join("\n")}\n\nexport interface Operators\n  extends ${letters.map((letter) => `Operators${letter.toUpperCase()}`).join(",\n    ")} {}\n`,
  );
  return files;
}

const schemas = /** @type {string[]} */ (createRequire(import.meta.url)(fileURLToPath(addon)).schemas());
const files = filesOf(schemas);
if (process.argv.includes("--check")) {
  const stale = [...files].filter(([name, text]) => readFileSync(folder + name, "utf8") !== text).map(([name]) => name);
  console.log(stale.length === 0 ? "operator types agree with this libtorch" : `stale: ${stale.join(", ")}`);
  process.exit(stale.length === 0 ? 0 : 1);
}
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) rmSync(folder + name);
for (const [name, text] of files) writeFileSync(folder + name, text);
console.log(`wrote ${files.size} files for ${schemas.length} schemas`);
