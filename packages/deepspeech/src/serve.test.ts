/** `deepspeech serve` is the server's own program, which has its tests beside it: here only that the command leads there. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { BINARY, BUNDLE, deepspeech, TELL_ADDONS_ENVIRONMENT } from "./command.test.support.js";

test("serve answers, without libtorch, until it is told to stop", async (t) => {
  const child = spawn(process.execPath, [BINARY, "serve", BUNDLE, "--port", "0", "--threads", "1"], {
    env: TELL_ADDONS_ENVIRONMENT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let stderr = "";
  for await (const text of child.stderr.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    stderr += text;
    if (stderr.includes("(Ctrl-C ends it)\n")) break;
  }
  const [, url] = /as quickstart-fp16: (http:\S+)\/v1 /.exec(stderr) ?? [];
  assert.ok(url, stderr);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  assert.match(stderr, /^loaded .*onnxruntime/m);
  assert.doesNotMatch(stderr, /^loaded .*torch\.node/m);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("its help and its complaints name the command", () => {
  assert.match(deepspeech("serve", "--help").stdout, /^ {2}\$ npx deepspeech-ts serve model\.dsb --port 8080$/m);
  const { status, stderr } = deepspeech("serve", "--prt", "8080");
  assert.deepEqual([status, stderr], [2, "deepspeech: unknown option '--prt'; did you mean '--port'?\n"]);
});
