/**
 * The API reference of all packages, built by TypeDoc of their docstrings into build/api: `npm run docs`. With --check nothing
 * is written. Fails where an export has no docstring, a type in its signature is no export, or a link leads nowhere.
 *
 * TypeDoc works with a TypeScript that is itself JavaScript, which this folder's package has beside the repository's own.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Application, DeclarationReflection, ReflectionKind } from "typedoc";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const OUTPUT = join(ROOT, "build/api");
const PACKAGES = ["torch", "speech", "recognizer", "server", "toolkit", "model-english"];
/** For our own programs. */
const OWN_USE = ["./setup", "./command-line", "./serve-command"];
const DOCUMENTED = [
  ReflectionKind.Class,
  ReflectionKind.Interface,
  ReflectionKind.Function,
  ReflectionKind.Variable,
  ReflectionKind.TypeAlias,
];

/**
 * The sources of what packages export, and the names by which they are imported.
 *
 * @returns {Map<string, string>}
 */
export function entryPoints() {
  /** @type {[source: string, name: string][]} */
  const entries = PACKAGES.flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(ROOT, "packages", folder, "package.json"), "utf8"));
    return Object.entries(exports)
      .filter(([path, target]) => typeof target === "object" && !path.includes("*") && !OWN_USE.includes(path))
      .map(([path, { types }]) => {
        const source = types.replace("./dist/", "src/").replace(/\.d\.ts$/, ".ts");
        return [join(ROOT, "packages", folder, source), path === "." ? name : `${name}${path.slice(1)}`];
      });
  });
  return new Map(entries);
}

/**
 * Reads all packages.
 *
 * @returns the application, the project, and the exports without docstrings, each with its place
 */
export async function convert() {
  const entries = entryPoints();
  const app = await Application.bootstrap({
    name: "deepspeech-ts",
    entryPoints: [...entries.keys()],
    tsconfig: join(ROOT, "tsconfig.base.json"),
    // The repository's own compiler checks types; here they are only read.
    skipErrorChecking: true,
    compilerOptions: { lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable"] },
    ...{ excludeInternal: true, excludePrivate: true, readme: "none", disableGit: true, logLevel: "Warn" },
    sourceLinkTemplate: "https://github.com/deepspeech-ts/deepspeech-ts/blob/main/{path}#L{line}",
    basePath: ROOT,
    treatWarningsAsErrors: true,
    validation: { notExported: true, invalidLink: true, notDocumented: false },
  });
  const project = await app.convert();
  if (!project) throw new Error("TypeDoc could not read the sources");
  for (const module of project.children ?? []) {
    const name = entries.get(module.sources?.[0]?.fullFileName ?? "");
    if (name) module.name = name;
  }
  return { app, project, undocumented: undocumentedIn(project) };
}

/** @param {import("typedoc").ProjectReflection} project */
function undocumentedIn(project) {
  return project
    .getReflectionsByKind(DOCUMENTED.reduce((all, kind) => all | kind))
    .filter((reflection) => reflection instanceof DeclarationReflection)
    .filter(({ comment, signatures = [] }) => !comment && !signatures.some((signature) => signature.comment))
    .map(({ name, sources }) => `${sources?.[0]?.fileName}:${sources?.[0]?.line}: ${name}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const { app, project, undocumented } = await convert();
  for (const place of undocumented) console.error(`${place} has no docstring.`);
  app.validate(project);
  if (undocumented.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
  else if (!values.check) {
    await app.generateDocs(project, OUTPUT);
    console.log(`${Object.keys(project.reflections).length} entries in ${OUTPUT}`);
  }
}
