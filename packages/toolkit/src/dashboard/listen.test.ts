import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { startDashboard } from "./start-dashboard.js";

test("a port that is named must be free", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  await assert.rejects(startDashboard({ folders: [], port }), {
    name: "UserError",
    message: `port ${port} is in use on 127.0.0.1; choose another with --port, or 0 for any.`,
  });
});

test("without a port, each dashboard of a machine finds one from 6007 on", async (t) => {
  const first = await startDashboard({ folders: [] });
  t.after(first.close);
  const second = await startDashboard({ folders: [] });
  t.after(second.close);
  const ports = [first, second].map(({ url }) => Number(new URL(url).port));
  assert.ok(ports[0]! >= 6007 && ports[1]! > ports[0]! && ports[1]! < 6027, `ports ${ports}`);
  assert.equal((await fetch(second.url)).status, 200);
});

test("a host that is none of this machine's is refused by name", async () => {
  await assert.rejects(
    startDashboard({ folders: [], port: 0, host: "192.0.2.1" }),
    /--host 192\.0\.2\.1 is no address/,
  );
});
