/** The real server over real runs, for tests; both vanish with the test. */
import { request } from "node:http";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import type { RunDetail, RunList } from "./page/api-types.js";
import { type DashboardOptions, startDashboard } from "./start-dashboard.js";

export interface TestServer {
  /** Where runs are looked for. */
  folder: string;
  url: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  list(): Promise<RunList>;
  /** The detail of a run by its name, such as "voice/version_0". */
  detail(name: string): Promise<RunDetail>;
}

export async function testServer(context: TestContext, options: Partial<DashboardOptions> = {}): Promise<TestServer> {
  const folder = await temporaryFolder(context);
  const { url, close } = await startDashboard({ folders: [folder], port: 0, ...options });
  context.after(close);
  const get = (path: string, headers = {}) => fetch(new URL(path, url), { headers });
  const list = async (): Promise<RunList> => (await get("api/runs")).json() as Promise<RunList>;
  const detail = async (name: string): Promise<RunDetail> => {
    const run = (await list()).runs.find(({ experiment, version }) => join(experiment, version) === name);
    if (!run) throw new Error(`no run ${name}`);
    return (await get(`api/runs/${run.id}`)).json() as Promise<RunDetail>;
  };
  return { folder, url, get, list, detail };
}

/** Asks under any name and for any path as it is: `fetch` would mend both. */
export function rawStatus(url: string, path: string, host?: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const headers = host === undefined ? {} : { host };
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end();
  });
}
