/**
 * NumPy's .npy files, versions 1 to 3 (numpy.lib.format). The header is a
 * Python literal of three keys and is matched as just that, nothing is
 * evaluated; arrays of Python objects, which are pickles, are refused. The
 * file's size must be what the header says, before anything is allocated.
 *
 * @module
 */
import { formatList, quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import { decodeText, type Source } from "./source.ts";
import {
  decodeFinite,
  type Dtype,
  dtypes,
  elementsOf,
  expectReadable,
  nativeOf,
  shapeOf,
  type StoredArray,
  swapBytes,
} from "./stored_array.ts";

const magic = "\x93NUMPY";
// NumPy itself reads no header beyond 10,000 characters.
const longestHeader = 2 ** 16;

/** NumPy's names of the formats that are read, without their order of bytes. */
const names: Readonly<Record<string, string>> = {
  f8: "F64",
  f4: "F32",
  f2: "F16",
  b1: "BOOL",
  u1: "U8",
  i1: "I8",
  u2: "U16",
  i2: "I16",
  u4: "U32",
  i4: "I32",
  u8: "U64",
  i8: "I64",
};

// safetensors' bfloat16 is none of NumPy's.
const readable = Object.values(names).map((key) => dtypes.get(key)?.name).join(", ");

function dtypeOf(descr: string, name: string): Dtype {
  const [, key = ""] = /^[<>|=](\w+)$/.exec(descr) ?? [];
  const dtype = Object.hasOwn(names, key) ? dtypes.get(names[key] ?? "") : undefined;
  if (dtype) return dtype;
  const reason = /^[<>|=]?O/.test(descr)
    ? "holds Python objects, a pickle, which is never read; save plain numbers"
    : `has the dtype ${quote(descr)}; those that are read are ${readable}`;
  throw new ModelFileError(`${name} ${reason}`);
}

/** The values of the header's keys, as they are written there. */
function parseHeader(header: string, name: string): ReadonlyMap<string, string> {
  const wrong = (what: string) => new ModelFileError(`${name}: its header ${what}`);
  const inside = /^\s*\{(.*)\}\s*$/s.exec(header)?.[1];
  if (inside === undefined) throw wrong("is no dictionary");
  const structured = /'descr'\s*:\s*\[(.*?)\]\s*,\s*'(?:fortran_order|shape)'/s.exec(inside)?.[1];
  if (structured !== undefined || /'descr'\s*:\s*\[/.test(inside)) {
    const fields = [...(structured ?? "").matchAll(/\(\s*'([^']*)'\s*,/g)].map(([, field = ""]) =>
      field
    );
    throw wrong(
      `says a structured dtype${
        fields.length > 0
          ? `, of the fields ${formatList(fields.map((field) => quote(field)), { most: 8 })}`
          : ""
      }; save one field alone, as plain numbers`,
    );
  }
  const values = new Map<string, string>();
  const entry =
    /^\s*'(\w+)'\s*:\s*('[^']*'|True|False|\((?:[\s,]|\d+L?|np\.u?int\d+\(\d+\))*\))\s*(?:,\s*|$)/;
  for (let rest = inside; rest !== "";) {
    const [found, key = "", value = ""] = entry.exec(rest) ?? [];
    if (found === undefined) throw wrong("cannot be read");
    if (values.has(key)) throw wrong(`has ${quote(key)} twice`);
    values.set(key, value);
    rest = rest.slice(found.length);
  }
  const keys = [...values.keys()].sort().join(", ");
  if (keys !== "descr, fortran_order, shape") {
    throw wrong(`must have the keys descr, fortran_order and shape; it has ${quote(keys)}`);
  }
  return values;
}

/** Column-major numbers as row-major ones, of as many bytes each as `size`. */
function reorder(
  stored: Uint8Array,
  shape: readonly number[],
  size: number,
): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(stored.length);
  const strides = shape.map((_, i) => shape.slice(0, i).reduce((product, n) => product * n, 1));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < values.length; to += size) {
    for (let byte = 0; byte < size; byte++) values[to + byte] = stored[from * size + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      from += stride;
      if (++(index[axis] as number) < (shape[axis] as number)) break;
      from -= stride * (index[axis] as number);
      index[axis] = 0;
    }
  }
  return values;
}

/**
 * The array in a .npy file.
 *
 * @throws {ModelFileError} where it is no such file, or holds no plain numbers.
 */
export async function readNpy(source: Source): Promise<StoredArray> {
  const { name } = source;
  const start = await source.read(0, Math.min(source.size, 12));
  if (String.fromCharCode(...start.subarray(0, magic.length)) !== magic || start.length < 12) {
    throw new ModelFileError(`${name} is no .npy file: it does not begin with \\x93NUMPY`);
  }
  const [version = 0] = start.subarray(6);
  if (version < 1 || version > 3) {
    throw new ModelFileError(`${name} is of version ${version} of .npy; 1, 2 and 3 are read`);
  }
  const view = new DataView(start.buffer);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const headerAt = version === 1 ? 10 : 12;
  if (length > longestHeader) {
    throw new ModelFileError(
      `${name}: its header says it has ${length} bytes; at most ${longestHeader}`,
    );
  }
  const header = parseHeader(decodeText(await source.read(headerAt, length), name), name);
  const descr = (header.get("descr") ?? "").slice(1, -1);
  const dtype = dtypeOf(descr, name);
  // Python 2 wrote its long integers with an L, and some versions of NumPy their own by name.
  const axes = (header.get("shape") ?? "").slice(1, -1).split(",")
    .map((axis) => axis.trim().replace(/^(\d+)L$|^np\.u?int\d+\((\d+)\)$/, "$1$2"));
  if (axes.at(-1) === "") axes.pop();
  const shape = shapeOf(axes.map((axis) => axis === "" ? NaN : Number(axis)), name);
  const dataAt = headerAt + length;
  const found = source.size - dataAt;
  const needed = elementsOf(shape) * dtype.bytes;
  if (found !== needed) {
    throw new ModelFileError(
      `${name}: its shape (${
        shape.join(", ")
      }) of ${dtype.name} needs ${needed} bytes; it has ${found}`,
    );
  }
  const fortran = header.get("fortran_order") === "True";
  /** The bytes of the first `count` numbers, little-endian and row-major. */
  const bytesOf = async (count: number) => {
    // Column-major order has parts of every row everywhere.
    const stored = fortran ? elementsOf(shape) : count;
    expectReadable(name, stored);
    const bytes = await source.read(dataAt, stored * dtype.bytes);
    if (descr.startsWith(">")) swapBytes(bytes, dtype.bytes);
    return fortran ? reorder(bytes, shape, dtype.bytes).slice(0, count * dtype.bytes) : bytes;
  };
  return {
    name,
    shape,
    dtype,
    read: async (count = elementsOf(shape)) => decodeFinite(name, dtype, await bytesOf(count)),
    native: async () => nativeOf(dtype, await bytesOf(elementsOf(shape))),
  };
}
