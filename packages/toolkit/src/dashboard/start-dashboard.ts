/** The dashboard's server: reads runs' folders, writes nothing, and needs no libtorch. */
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { guard } from "./access.js";
import { addAssets } from "./assets.js";
import { Catalogue } from "./catalogue.js";
import { DEFAULT_HOST, listen } from "./listen.js";
import { LiveUpdates } from "./live-updates.js";
import { addRoutes } from "./routes.js";

export interface DashboardOptions {
  /** Folders of runs, or folders above them; one that is not there yet is looked for again. */
  folders: readonly string[];
  /** Default 6007, or the next one that is free; 0 for any. A port that is named must be free. */
  port?: number;
  /** The address to listen at. Default 127.0.0.1: this machine alone. */
  host?: string;
}

export interface Dashboard {
  /** Where the page is: "http://127.0.0.1:6007/". */
  url: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** @throws UserError where the port is taken or the host is none of this machine's */
export async function startDashboard({ folders, port, host = DEFAULT_HOST }: DashboardOptions): Promise<Dashboard> {
  const app = fastify({ forceCloseConnections: true });
  const catalogue = new Catalogue(folders);
  const updates = new LiveUpdates(catalogue);
  guard(app, host);
  addAssets(app);
  addRoutes(app, catalogue, updates);
  app.addHook("preClose", async () => updates.close());
  try {
    await listen(app, host, port);
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port: ownPort } = app.server.address() as AddressInfo;
  return { url: urlOf(host, ownPort), close: () => app.close() };
}

/** An address that a browser on this machine understands. */
function urlOf(host: string, port: number): string {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const name = isEverywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}/`;
}
