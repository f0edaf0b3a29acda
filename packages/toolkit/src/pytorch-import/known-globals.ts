/**
 * What a pickle may name. A pickle is a program: it names functions and calls them with arguments of its choice, and
 * Python's own reader obeys. Here a name stands for one of the few builders below or for nothing at all, and no name
 * is ever looked up anywhere else. Those that only an attack would name are refused, so that the person hears of it.
 */
import { KnownGlobal, Storage, StorageType, StoredTensor, Unknown } from "./pickle-values.js";

type Fail = (reason: string) => never;

/** The builder, or storage class, or unknown thing that a name stands for. */
export function resolveGlobal(module: string, name: string, fail: Fail): KnownGlobal | StorageType | Unknown {
  const typeName = `${module}.${name}`;
  if (isDangerous(module, name)) {
    return fail(
      `holds ${typeName}, which this importer does not execute; Python would, so open the file there only if you trust its source`,
    );
  }
  return KNOWN.get(typeName) ?? storageType(module, name) ?? new Unknown(typeName);
}

const STORAGE_TYPES: ReadonlyMap<string, StorageType> = new Map([
  ["FloatStorage", new StorageType("float32", 4)],
  ["DoubleStorage", new StorageType("float64", 8)],
  ["HalfStorage", new StorageType("float16", 2)],
  ["BFloat16Storage", new StorageType("bfloat16", 2)],
  ["LongStorage", new StorageType("int64", 8)],
  ["IntStorage", new StorageType("int32", 4)],
  ["ShortStorage", new StorageType("int16", 2)],
  ["CharStorage", new StorageType("int8", 1)],
  ["ByteStorage", new StorageType("uint8", 1)],
  ["BoolStorage", new StorageType("bool", 1)],
]);

/** What was saved on a GPU names the storages of torch.cuda. */
function storageType(module: string, name: string): StorageType | undefined {
  return module === "torch" || module === "torch.cuda" ? STORAGE_TYPES.get(name) : undefined;
}

const KNOWN: ReadonlyMap<string, KnownGlobal> = new Map(
  [
    new KnownGlobal("collections.OrderedDict", orderedDict),
    new KnownGlobal("torch.Size", ([sizes = []], fail) => numbers(sizes, fail)),
    new KnownGlobal("torch._utils._rebuild_tensor", rebuildTensor),
    new KnownGlobal("torch._utils._rebuild_tensor_v2", rebuildTensor),
    // (tensor, requires_grad, hooks) and, with a state, a fourth
    new KnownGlobal("torch._utils._rebuild_parameter", ([tensor]) => tensor),
    new KnownGlobal("torch._utils._rebuild_parameter_with_state", ([tensor]) => tensor),
    // (rebuild function, class, its arguments, attributes): a tensor that carries attributes, or of a subclass
    new KnownGlobal("torch._tensor._rebuild_from_type_v2", rebuildFromType),
  ].map((known) => [known.typeName, known]),
);

function orderedDict([pairs = []]: readonly unknown[], fail: Fail): Map<unknown, unknown> {
  if (!Array.isArray(pairs) || !pairs.every(Array.isArray)) return fail("is corrupt: an OrderedDict has no pairs");
  return new Map(pairs.map(([key, value]) => [key, value]));
}

/** (storage, offset, size, stride, …): the rest does not bear on the values. */
function rebuildTensor([storage, offset, size, stride]: readonly unknown[], fail: Fail): StoredTensor | Unknown {
  if (storage instanceof Unknown) return storage;
  const [shape, strides] = [numbers(size, fail), numbers(stride, fail)];
  if (!(storage instanceof Storage) || !isWhole(offset) || shape.length !== strides.length) {
    return fail("is corrupt: a tensor without a storage, an offset, sizes and strides");
  }
  const last = shape.reduce((place, length, i) => place + (length - 1) * strides[i]!, offset);
  if (!shape.includes(0) && last >= storage.numElements) {
    return fail(`is corrupt: a tensor of [${shape}] reaches beyond its storage of ${storage.numElements} elements`);
  }
  return new StoredTensor(storage, offset, shape, strides);
}

function rebuildFromType([rebuild, , args]: readonly unknown[], fail: Fail): unknown {
  if (rebuild instanceof Unknown) return rebuild;
  if (!(rebuild instanceof KnownGlobal) || !Array.isArray(args)) return fail("is corrupt: a tensor of no type");
  // Within itself it would be a way to recurse without end.
  return rebuild.build === rebuildFromType
    ? fail("is corrupt: a tensor of a type of types")
    : rebuild.build(args, fail);
}

function numbers(value: unknown, fail: Fail): number[] {
  return Array.isArray(value) && value.every(isWhole)
    ? value
    : fail("is corrupt: a tensor's size is no list of numbers");
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Modules that a checkpoint has no business with, and all that is below them; also by their names with underscores. */
const DANGEROUS_MODULES = new Set(
  `os posix nt sys subprocess posixsubprocess commands popen2 pty shutil socket asyncio multiprocessing signal ctypes cffi
  importlib imp runpy zipimport pkgutil pickle cPickle marshal shelve code codeop pdb bdb timeit trace profile cProfile
  doctest pydoc webbrowser http urllib urllib2 requests httplib ftplib smtplib telnetlib xmlrpc pip ensurepip venv
  setuptools distutils numpy.testing torch.hub torch.package torch.utils.cpp_extension`.split(/\s+/),
);

const DANGEROUS_BUILTINS = new Set(
  `eval exec execfile compile open input raw_input file __import__ getattr setattr delattr globals locals vars
  breakpoint apply reload memoryview help exit quit`.split(/\s+/),
);

/** Of modules that are otherwise harmless. */
const DANGEROUS_NAMES = new Set([
  ...["operator.attrgetter", "operator.methodcaller", "types.FunctionType", "types.CodeType", "types.LambdaType"],
  ...["functools.reduce", "io.open", "io.FileIO", "codecs.open", "torch.load", "torch.serialization.load"],
  ...["numpy.load", "pandas.read_pickle", "yaml.load", "yaml.unsafe_load"],
]);

function isDangerous(module: string, name: string): boolean {
  // Since protocol 4 a name may have dots, and reach into what its module imports: "argparse", "_os.system".
  const parts = name.split(".");
  const publicModule = module.replace(/^_+/, "").replace(/__$/, "");
  if (publicModule === "builtins" || publicModule === "builtin")
    return parts.some((part) => DANGEROUS_BUILTINS.has(part));
  const modules = publicModule.split(".").map((_, i, path) => path.slice(0, i + 1).join("."));
  const reached = parts.slice(0, -1).map((part) => part.replace(/^_+/, ""));
  return (
    [...modules, ...reached].some((path) => DANGEROUS_MODULES.has(path)) ||
    DANGEROUS_NAMES.has(`${publicModule}.${name}`)
  );
}
