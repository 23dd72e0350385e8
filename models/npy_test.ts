import { assertEquals, assertRejects } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { readNpy } from "./npy.ts";
import { bytesOf, concat, npy, npyWith, sourceOf } from "./files_testing.ts";

function headerOf(descr: string, shape: string, order = "False"): string {
  return `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
}

async function valuesOf(bytes: Uint8Array): Promise<{ shape: number[]; values: number[] }> {
  const array = await readNpy(sourceOf(bytes));
  return { shape: [...array.shape], values: [...await array.read()] };
}

const six = new Float32Array([1, 2, 3, 4, 5, 6]);

Deno.test("readNpy() reads what NumPy writes, in versions 1, 2 and 3", async () => {
  const want = { shape: [2, 3], values: [...six] };
  assertEquals(await valuesOf(npy([2, 3], six)), want);
  for (const version of [2, 3]) {
    assertEquals(await valuesOf(npyWith(headerOf("<f4", "(2, 3)"), bytesOf(six), version)), want);
  }
  assertEquals(await valuesOf(npy([6], six)), { shape: [6], values: [...six] });
  assertEquals(await valuesOf(npyWith(headerOf("<f4", "()"), bytesOf(six.subarray(0, 1)))), {
    shape: [],
    values: [1],
  });
});

Deno.test("readNpy() reads the first numbers alone", async () => {
  const array = await readNpy(sourceOf(npy([2, 3], six)));
  assertEquals([...await array.read(3)], [1, 2, 3]);
  const fortran = await readNpy(sourceOf(npyWith(headerOf("<f4", "(2, 3)", "True"), bytesOf(six))));
  assertEquals([...await fortran.read(3)], [1, 3, 5]);
});

Deno.test("readNpy() puts column-major arrays of any rank into row-major order", async () => {
  const matrix = npyWith(headerOf("<f4", "(2, 3)", "True"), bytesOf(six));
  assertEquals((await valuesOf(matrix)).values, [1, 3, 5, 2, 4, 6]);
  const shape = [2, 3, 4];
  const at = (i: number, j: number, l: number) => i + 2 * (j + 3 * l);
  const stored = Float32Array.from({ length: 24 }, (_, i) => i);
  const want: number[] = [];
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 3; j++) for (let l = 0; l < 4; l++) want.push(at(i, j, l));
  }
  const cube = npyWith(headerOf("<f4", `(${shape.join(", ")})`, "True"), bytesOf(stored));
  assertEquals((await valuesOf(cube)).values, want);
});

const formats: Record<string, [data: ArrayBufferView, want: number[]]> = {
  "<f8": [new Float64Array([1.5, 0.1]), [1.5, Math.fround(0.1)]],
  "<f2": [new Float16Array([1.5, -65504]), [1.5, -65504]],
  "|u1": [new Uint8Array([0, 255]), [0, 255]],
  "|i1": [new Int8Array([-128, 127]), [-128, 127]],
  "<u2": [new Uint16Array([0, 65535]), [0, 65535]],
  "<i2": [new Int16Array([-32768, 32767]), [-32768, 32767]],
  "<i4": [new Int32Array([-(2 ** 31), 2 ** 24]), [-(2 ** 31), 2 ** 24]],
  "<u4": [new Uint32Array([2 ** 31, 3]), [2 ** 31, 3]],
  "<i8": [new BigInt64Array([-(2n ** 63n), 2n ** 40n + 2n ** 17n]), [
    -(2 ** 63),
    2 ** 40 + 2 ** 17,
  ]],
  "<u8": [new BigUint64Array([2n ** 63n, 16777216n]), [2 ** 63, 16777216]],
  "|b1": [new Uint8Array([0, 1]), [0, 1]],
  "=f4": [new Float32Array([1.5, -2]), [1.5, -2]],
  ">f4": [new Uint8Array([0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0]), [1.5, -2]],
  ">f2": [new Uint8Array([0x3e, 0, 0xc0, 0]), [1.5, -2]],
  ">i2": [new Uint8Array([1, 2, 0xff, 0xfe]), [258, -2]],
  ">i8": [new Uint8Array([0, 0, 0, 0, 0, 0, 1, 0, ...new Uint8Array(8).fill(255)]), [256, -1]],
};

for (const [descr, [data, want]] of Object.entries(formats)) {
  Deno.test(`readNpy() reads ${descr}`, async () => {
    assertEquals((await valuesOf(npyWith(headerOf(descr, "(2,)"), bytesOf(data)))).values, want);
  });
}

Deno.test("readNpy() reads what Python 2 and NumPy's own integers make of a shape", async () => {
  const want = { shape: [2, 3], values: [...six] };
  for (const shape of ["(2L, 3L)", "(2, 3L,)", "(np.int64(2), 3)", "( 2,3 )"]) {
    assertEquals(await valuesOf(npyWith(headerOf("<f4", shape), bytesOf(six))), want);
  }
  // As NumPy 1.5 wrote it: another order of keys, and no newline.
  const old = "{'shape': (2L, 3L), 'fortran_order': False, 'descr': '<f4'} ";
  assertEquals(await valuesOf(npyWith(old, bytesOf(six))), want);
});

Deno.test("readNpy() reads big-endian numbers in column-major order, and the first of them alone", async () => {
  const bytes = bytesOf(six).slice();
  for (let i = 0; i < bytes.length; i += 4) bytes.subarray(i, i + 4).reverse();
  const columns = npyWith(headerOf(">f4", "(2, 3)", "True"), bytes);
  assertEquals((await valuesOf(columns)).values, [1, 3, 5, 2, 4, 6]);
  const array = await readNpy(sourceOf(npyWith(headerOf(">f4", "(2, 3)"), bytes)));
  assertEquals([...await array.read(2)], [1, 2]);
});

const good = npy([2, 3], six);
const data = bytesOf(six);
const refused: Record<string, [bytes: Uint8Array, message: string]> = {
  "an empty file": [new Uint8Array(), "does not begin with \\x93NUMPY"],
  "another magic": [concat("\x93PICKLE", data), "does not begin with \\x93NUMPY"],
  "a file that ends in the header": [good.subarray(0, 40), "ends early"],
  "a file that ends in the data": [good.subarray(0, -1), "needs 24 bytes; it has 23"],
  "bytes after the data": [concat(good, "x"), "needs 24 bytes; it has 25"],
  "another version": [npyWith(headerOf("<f4", "(2, 3)"), data, 4), "version 4 of .npy; 1, 2 and 3"],
  "a header longer than the file": [
    concat(good.subarray(0, 8), new Uint8Array([255, 255]), good.subarray(10)),
    "ends early",
  ],
  "a header of 4 GiB": [
    concat(good.subarray(0, 6), new Uint8Array([2, 0, 255, 255, 255, 255]), good),
    "its header says it has 4294967295 bytes; at most 65536",
  ],
  "a shape whose product overflows": [
    npyWith(headerOf("<f4", "(4294967296, 4294967296, 4)"), data),
    "needs Infinity bytes; it has 24",
  ],
  "a shape of a terabyte": [
    npyWith(headerOf("<f4", "(1048576, 1048576)"), data),
    "needs 4398046511104 bytes; it has 24",
  ],
  "an axis beyond 2^53": [
    npyWith(headerOf("<f4", "(99999999999999999999,)"), data),
    "every axis of a shape must be a whole number from 0 to 2^53",
  ],
  "a shape with a gap": [npyWith(headerOf("<f4", "(2,,3)"), data), "every axis of a shape"],
  "a shape of spaces between digits": [npyWith(headerOf("<f4", "(2 3,)"), data), "every axis"],
  "too many axes": [npyWith(headerOf("<f4", `(${"1, ".repeat(33)})`), data), "has 33 axes"],
  "an int64 that float32 does not hold": [
    npyWith(headerOf("<i8", "(2,)"), bytesOf(new BigInt64Array([1n, 16777217n]))),
    "its number 1 is 16777217, which float32 does not hold exactly",
  ],
  "a uint32 that float32 does not hold": [
    npyWith(headerOf("<u4", "(1,)"), bytesOf(new Uint32Array([2 ** 32 - 1]))),
    "its number 0 is 4294967295, which float32 does not hold exactly",
  ],
  "numbers of ten bytes": [npyWith(headerOf("<f16", "(2, 3)"), data), 'has the dtype "<f16"'],
  "texts": [npyWith(headerOf("<U3", "(2,)"), data), 'has the dtype "<U3"'],
  "a length with an L of its own": [npyWith(headerOf("<f4", "(L, 6)"), data), "cannot be read"],
  "a pickle": [npyWith(headerOf("|O", "(2, 3)"), data), "a pickle, which is never read"],
  "complex numbers": [npyWith(headerOf("<c8", "(3,)"), data), 'has the dtype "<c8"; those that'],
  "a dtype called like a property": [npyWith(headerOf("toString", "(3,)"), data), "has the dtype"],
  "a structured dtype": [
    npyWith(
      "{'descr': [('a', '<f4'), ('b c', '<i4', (2,))], 'fortran_order': False, 'shape': (2,), }",
      data,
    ),
    'structured dtype, of the fields "a" and "b c"; save one field alone',
  ],
  "a repeated key": [
    npyWith("{'descr': '<f4', 'shape': (6,), 'fortran_order': False, 'shape': (3,), }", data),
    'has "shape" twice',
  ],
  "a key too few": [npyWith("{'descr': '<f4', 'shape': (6,), }", data), "must have the keys"],
  "code in the header": [npyWith("__import__('os')", data), "is no dictionary"],
  "code in a value": [
    npyWith("{'descr': '<f4', 'fortran_order': exit(), 'shape': (6,), }", data),
    "its header cannot be read",
  ],
  "a header that is not UTF-8": [
    concat(good.subarray(0, 12), new Uint8Array([0xff]), good.subarray(13)),
    "is not UTF-8 text",
  ],
  "NaN": [npy([2], new Float32Array([1, NaN])), "its number 1 is NaN; weights and inputs must be"],
  "an infinity": [npy([1], new Float32Array([-Infinity])), "its number 0 is -Infinity"],
  "a float64 beyond float32": [
    npyWith(headerOf("<f8", "(1,)"), bytesOf(new Float64Array([1e39]))),
    "its number 0 is Infinity as float32",
  ],
};

for (const [what, [bytes, message]] of Object.entries(refused)) {
  Deno.test(`readNpy() refuses ${what} in one line`, async () => {
    const { message: found } = await assertRejects(() => valuesOf(bytes), ModelFileError, message);
    assertEquals(found.includes("\n"), false);
  });
}
