/**
 * A registry of npm packages on this machine, for tests of what users install: ours as they are packed, and what these stand
 * on out of the repository's node_modules, packed again when it is asked for. No other host is needed.
 */
import { createReadStream, existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import tar from "tar-stream";

/** @typedef {import("./pack.mjs").Packed} Packed */
/** @typedef {{ manifest: any, tarball?: string, folder?: string }} Version */

/**
 * @typedef {object} Registry
 * @property {string} url
 * @property {() => void} close
 */

/**
 * @param {string} root of the repository
 * @param {readonly Packed[]} packed
 * @returns {Promise<Registry>}
 */
export async function startRegistry(root, packed) {
  const own = packed.map(({ manifest, tarball }) => ({ manifest, tarball }));
  const names = new Set(own.map(({ manifest }) => manifest.name));
  const others = installedIn(join(root, "node_modules")).filter(({ manifest }) => !names.has(manifest.name));
  /** @type {Version[]} */
  const versions = [...own, ...others];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "", "http://localhost").pathname.slice(1));
    const { host } = request.headers;
    answer(path, `http://${host}`, versions, response).catch((error) => response.destroy(error));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * @param {string} path
 * @param {string} url
 * @param {readonly Version[]} versions
 * @param {import("node:http").ServerResponse} response
 */
async function answer(path, url, versions, response) {
  const [name = "", version] = path.split("/-/");
  const found = versions.filter(({ manifest }) => manifest.name === name);
  if (found.length === 0) return void response.writeHead(404).end("{}");
  if (version === undefined) return void response.end(JSON.stringify(packument(name, url, found)));
  const asked = found.find(({ manifest }) => manifest.version === version.replace(/\.tgz$/, ""));
  if (asked?.tarball !== undefined) return await pipeline(createReadStream(asked.tarball), response);
  if (asked?.folder !== undefined) return await packInstalled(asked.folder, response);
  response.writeHead(404).end("{}");
}

/**
 * What npm asks for by a package's name.
 *
 * @param {string} name
 * @param {string} url
 * @param {readonly Version[]} found
 */
function packument(name, url, found) {
  const described = found.map(({ manifest }) => {
    const scripts = manifest.scripts ?? {};
    const hasInstallScript = ["preinstall", "install", "postinstall"].some((script) => script in scripts);
    const dist = { tarball: `${url}/${name}/-/${manifest.version}.tgz` };
    return [manifest.version, { ...manifest, hasInstallScript, dist }];
  });
  return { name, "dist-tags": { latest: described.at(-1)?.[0] }, versions: Object.fromEntries(described) };
}

/**
 * Every package in a node_modules folder and in those within it, each version once.
 *
 * @param {string} modules
 * @returns {Version[]}
 */
function installedIn(modules) {
  if (!existsSync(modules)) return [];
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name],
  );
  return names.flatMap((name) => {
    const folder = join(modules, name);
    const path = join(folder, "package.json");
    if (name.startsWith(".") || lstatSync(folder).isSymbolicLink() || !existsSync(path)) return [];
    return [{ manifest: JSON.parse(readFileSync(path, "utf8")), folder }, ...installedIn(join(folder, "node_modules"))];
  });
}

/**
 * Packs an installed package as it came, but for the binaries of other systems: of these ONNX Runtime has 220 MB.
 *
 * @param {string} folder
 * @param {import("node:http").ServerResponse} response
 */
async function packInstalled(folder, response) {
  const pack = tar.pack();
  const done = pipeline(pack, createGzip({ level: 1 }), response);
  for (const path of filesOf(folder)) {
    const name = relative(folder, path).split(sep).join("/");
    const foreign = /^bin\/napi-v\d+\/(darwin|linux|win32)\/(\w+)\//.exec(name);
    if (foreign && (foreign[1] !== process.platform || foreign[2] !== process.arch)) continue;
    pack.entry({ name: `package/${name}`, mode: statSync(path).mode & 0o777 }, readFileSync(path));
  }
  pack.finalize();
  await done;
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesOf(path);
    return entry.isFile() ? [path] : [];
  });
}
