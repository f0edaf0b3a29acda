import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { KnownGlobal, Unknown } from "./pickle-values.js";
import { complaintOf, fileOf, unpickleFile } from "./pytorch-import.test.support.js";

/** Instructions as Python's `pickle.dumps` wrote them, "\\x80" to "\\xff" for their bytes. */
const bytesOf = (pickle: string) => Buffer.from(pickle, "latin1");

async function read(t: TestContext, pickle: string): Promise<unknown> {
  return unpickleFile(await fileOf(t, bytesOf(pickle)));
}

async function complaint(t: TestContext, pickle: string): Promise<string> {
  const path = await fileOf(t, bytesOf(pickle));
  return complaintOf(path, () => unpickleFile(path));
}

describe("unpickle", () => {
  it("reads constants", async (t) => {
    assert.equal(await read(t, "\x80\x02N."), null);
    assert.equal(await read(t, "\x80\x02\x88."), true);
    assert.equal(await read(t, "\x80\x02K\xff."), 255);
    assert.equal(await read(t, "\x80\x02M\x00\x01."), 256);
    assert.equal(await read(t, "\x80\x02J\xfe\xff\xff\xff."), -2);
    assert.equal(await read(t, "\x80\x02\x8a\x05\x00\x00\x00\x00\x01."), 2 ** 32);
    assert.equal(await read(t, "\x80\x02\x8a\x00."), 0);
    assert.equal(await read(t, `\x80\x02\x8a\x09${"\x00".repeat(8)}\xff.`), -(2n ** 64n));
    assert.equal(await read(t, "\x80\x02G\x3f\xe0\x00\x00\x00\x00\x00\x00."), 0.5);
    assert.equal(await read(t, "\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x02\xc3\xa9\x94."), "é");
    assert.equal(await read(t, "\x80\x02U\x02\xe9a."), "éa");
    assert.deepEqual(await read(t, "\x80\x03C\x02\x00\xff."), new Uint8Array([0, 255]));
  });

  it("reads collections, and objects that hold themselves", async (t) => {
    assert.deepEqual(await read(t, "\x80\x02](K\x01K\x02e."), [1, 2]);
    assert.deepEqual(
      await read(t, "\x80\x02K\x01K\x02\x86K\x03\x85K\x04\x87."),
      await read(t, "\x80\x02K\x01K\x02\x86K\x03\x85K\x04\x87."),
    );
    assert.deepEqual(await read(t, "\x80\x02(K\x01K\x02K\x03K\x04t."), [1, 2, 3, 4]);
    assert.deepEqual(
      await read(t, "\x80\x02}(X\x01\x00\x00\x00aK\x01K\x07Nu."),
      new Map<unknown, unknown>([
        ["a", 1],
        [7, null],
      ]),
    );
    assert.deepEqual(await read(t, "\x80\x02(X\x01\x00\x00\x00aK\x01d."), new Map([["a", 1]]));
    assert.deepEqual(await read(t, "\x80\x04\x8f\x94(K\x01K\x02\x90."), new Set([1, 2]));
    assert.deepEqual(await read(t, "\x80\x04(K\x01\x91."), new Set([1]));
    const loop = (await read(t, "\x80\x02]q\x00h\x00a.")) as unknown[];
    assert.equal(loop[0], loop);
  });

  it("builds what it knows", async (t) => {
    const pairs = "](](X\x01\x00\x00\x00aK\x01ee\x85";
    assert.deepEqual(await read(t, `\x80\x02ccollections\nOrderedDict\n${pairs}R.`), new Map([["a", 1]]));
    assert.deepEqual(await read(t, "\x80\x02ctorch\nSize\nK\x02K\x03\x86\x85R."), [2, 3]);
    assert.ok((await read(t, "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n.")) instanceof KnownGlobal);
  });

  it("keeps of unknown classes their names alone, whatever is done to them", async (t) => {
    const made = ["c__main__\nThing\n)R", "c__main__\nThing\n)\x81", "c__main__\nThing\n)}\x92"];
    const done = ["", "}b", "(K\x01K\x02e", "K\x01a", "K\x01K\x02s", "(K\x01K\x02u"];
    for (const make of made) {
      for (const act of done) assert.deepEqual(await read(t, `\x80\x04${make}${act}.`), new Unknown("__main__.Thing"));
    }
    assert.deepEqual(
      await read(t, "\x80\x04\x8c\x05numpy\x8c\x05dtype\x93\x8c\x02f8\x85R."),
      new Unknown("numpy.dtype"),
    );
    assert.deepEqual(await read(t, "\x80\x02cargparse\nNamespace\n)R)R."), new Unknown("argparse.Namespace"));
  });

  it("refuses by name what only an attack names", async (t) => {
    const named = {
      "\x80\x02cos\nsystem\n.": "os.system",
      "\x80\x02cposix\nsystem\n.": "posix.system",
      "\x80\x02cnt\nsystem\n.": "nt.system",
      "\x80\x02csubprocess\nPopen\n.": "subprocess.Popen",
      "\x80\x02c__builtin__\neval\n.": "__builtin__.eval",
      "\x80\x02cbuiltins\nexec\n.": "builtins.exec",
      "\x80\x04\x8c\x08builtins\x8c\x07getattr\x93.": "builtins.getattr",
      "\x80\x04\x8c\x08argparse\x8c\x0a_os.system\x93.": "argparse._os.system",
      "\x80\x02c_pickle\nloads\n.": "_pickle.loads",
      "\x80\x02cimportlib.util\nmodule_from_spec\n.": "importlib.util.module_from_spec",
      "\x80\x02c_operator\nattrgetter\n.": "_operator.attrgetter",
      "\x80\x02ctorch\nload\n.": "torch.load",
      "\x80\x02c_posixsubprocess\nfork_exec\n.": "_posixsubprocess.fork_exec",
    };
    for (const [pickle, name] of Object.entries(named)) {
      const said = await complaint(t, pickle);
      assert.equal(
        said,
        `holds ${name}, which this importer does not execute; Python would, so open the file there only if you trust its source.`,
      );
    }
  });

  it("names of harmless modules that only look alike are not refused", async (t) => {
    for (const name of [
      "torch.multiprocessing\nX",
      "systems\nX",
      "position\nX",
      "builtins\nset",
      "pathlib\nPosixPath",
    ]) {
      assert.deepEqual(await read(t, `\x80\x02c${name}\n.`), new Unknown(name.replace("\n", ".")));
    }
  });

  it("says in one line what is broken", async (t) => {
    const broken: [string, RegExp][] = [
      ["", /^is truncated or corrupt: a part of it ends too early\.$/],
      ["\x80\x02K", /ends too early/],
      ["\x80\x02X\xff\xff\xff\xffabc.", /ends too early/],
      ["\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.", /ends too early/],
      ["\x80\x02ctorch", /ends too early/],
      ["\x80\x02.", /takes more than it has made/],
      ["\x80\x02K\x01\x86.", /takes more than it has made/],
      ["\x80\x02)b.", /takes more than it has made/],
      ["\x80\x02t.", /a list that never began/],
      ["\x80\x02h\x07.", /refers to a value that was never made/],
      ["\x80\x02K\x01K\x02a.", /appends to what is no list/],
      ["\x80\x02K\x01K\x02K\x03s.", /sets keys of what is no dict/],
      ["\x80\x02}(K\x01u.", /a key without a value/],
      ["\x80\x02K\x01)R.", /calls what is no class or function/],
      ["\x80\x04K\x01K\x02\x93.", /a class without a name/],
      ["\x80\x02\x8b\x00\x00\x01\x00.", /an integer of 65536 bytes/],
      ["\x80\x06.", /is a pickle of protocol 6; up to 5 can be read/],
      ["\x80\x02(S'echo'\nios\nsystem\n.", /not of torch.save: its pickle holds 0x53 as an instruction/],
      ["\x80\x02\x82\x01.", /0x82 as an instruction/],
      ["\x80\x02ccollections\nOrderedDict\nK\x01\x85R.", /an OrderedDict has no pairs/],
      ["\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.", /a tensor's size is no list of numbers/],
      ["\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))tR.", /a tensor without a storage/],
    ];
    for (const [pickle, said] of broken) assert.match(await complaint(t, pickle), said);
  });

  it("repeats no control characters of the file, and no endless names", async (t) => {
    const said = await complaint(t, "\x80\x04\x8c\x02os\x8c\x0b\x1b[2J\nsystem\x93.");
    assert.match(said, /^holds os\.\ufffd\[2J\ufffdsystem, which this importer does not execute/);
    const long = `\x80\x02cos\n${"x".repeat(1e5)}\n.`;
    assert.ok((await complaint(t, long)).length < 500);
  });

  it("a million nested lists are no danger", async (t) => {
    const deep = await read(t, `\x80\x02]${"\x85".repeat(1e6)}.`);
    assert.ok(Array.isArray(deep));
  });
});
