import { assert, assertEquals, assertLess } from "@std/assert";
import { inspect } from "node:util";
import { kernelOfProduct } from "../verify/product_kernel.ts";
import { HeapKernel } from "./heap.ts";
import type { Kernel, Tensor } from "./kernel.ts";
import { kernelsHere } from "./kernels_testing.ts";
import { createKernel } from "./registry.ts";

const here = await kernelsHere();

const count = (length: number) => Float32Array.from({ length }, (_, i) => i);

Deno.test("console.log() shows a tensor's shape, kernel and values on every kernel that needs no wait", async () => {
  for (const name of here) {
    await using kernel = await createKernel(name);
    const tensor = kernel.tensor([2, 3], count(6));
    const values = name === "webgpu"
      ? " (await its read() for the values)"
      : ": [[0, 1, 2], [3, 4, 5]]";
    assertEquals(Deno.inspect(tensor), `Tensor [2, 3] on "${name}"${values}`);
    assertEquals(inspect(tensor), Deno.inspect(tensor));
    assertEquals(`${tensor}`, Deno.inspect(tensor));
    tensor[Symbol.dispose]();
    assertEquals(Deno.inspect(tensor), `Tensor [2, 3] on "${name}", disposed`);
  }
});

Deno.test("console.log() shows what the last operation left, also where workers did it", async () => {
  await using kernel = await createKernel("wasm-threads", { threads: 2, serialBelow: 0 });
  using a = kernel.tensor([64, 64], new Float32Array(4096).fill(1));
  using out = kernel.tensor([64, 64]);
  kernel.matmul(a, a, out);
  assert(Deno.inspect(out).endsWith("[64, 64, 64, ..., 64, 64, 64]]"), Deno.inspect(out));
});

async function shown(shape: readonly number[], data: Float32Array, options = {}): Promise<string> {
  await using kernel = await createKernel("naive");
  return inspect(kernel.tensor(shape, data), options);
}

Deno.test("console.log() shows long axes by both ends, aligned, as NumPy does", async () => {
  assertEquals(
    await shown([20, 100], count(2000)),
    `Tensor [20, 100] on "naive":
[[   0,    1,    2, ...,   97,   98,   99],
 [ 100,  101,  102, ...,  197,  198,  199],
 [ 200,  201,  202, ...,  297,  298,  299],
 ...,
 [1700, 1701, 1702, ..., 1797, 1798, 1799],
 [1800, 1801, 1802, ..., 1897, 1898, 1899],
 [1900, 1901, 1902, ..., 1997, 1998, 1999]]`,
  );
  assertEquals(
    await shown([2, 2, 6], count(24).map((value) => value * 1000)),
    `Tensor [2, 2, 6] on "naive":
[[[    0,  1000,  2000,  3000,  4000,  5000],
  [ 6000,  7000,  8000,  9000, 10000, 11000]],

 [[12000, 13000, 14000, 15000, 16000, 17000],
  [18000, 19000, 20000, 21000, 22000, 23000]]]`,
  );
});

Deno.test("console.log() shows all of a short row, on several lines where it needs them", async () => {
  const text = await shown([1, 10], Float32Array.from({ length: 10 }, (_, i) => 1 / (i + 3)));
  assertEquals(
    text,
    `Tensor [1, 10] on "naive":
[[ 0.3333333,       0.25,        0.2,  0.1666667,  0.1428571,      0.125,
   0.1111111,        0.1, 0.09090909, 0.08333334]]`,
  );
  for (const line of text.split("\n")) assertLess(line.length, 81);
});

Deno.test("console.log() shows values with the digits that a float32 has", async () => {
  assertEquals(
    await shown([8], new Float32Array([0.1, -0, NaN, -Infinity, 1e20, 16777217, 1e-40, 1 / 3])),
    `Tensor [8] on "naive":
[         0.1,           -0,          NaN,    -Infinity,        1e+20,
     16777216, 9.999946e-41,    0.3333333]`,
  );
  assertEquals(
    await shown([2], new Float32Array([5e-5, 5e-4])),
    'Tensor [2] on "naive": [5e-5, 0.0005]',
  );
  assertEquals(await shown([0, 3], new Float32Array()), 'Tensor [0, 3] on "naive": []');
});

Deno.test("console.log() heeds colours, compact, the width and the depth", async () => {
  await using kernel = await createKernel("naive");
  const tensor = kernel.tensor([1, 2], [1, 2]);
  const what = 'Tensor [1, 2] on "naive":';
  assertEquals(
    inspect(tensor, { colors: true }),
    `${what} [[\x1b[33m1\x1b[39m, \x1b[33m2\x1b[39m]]`,
  );
  assertEquals(inspect(tensor, { compact: false }), `${what}\n[[1, 2]]`);
  assertEquals(inspect(tensor, { breakLength: 20 }), `${what}\n[[1, 2]]`);
  assertEquals(
    inspect(kernel.tensor([20], count(20)), { breakLength: Infinity }).split("\n").length,
    1,
  );
  assertEquals(Deno.inspect({ x: tensor }, { depth: 0 }), "{ x: [Tensor] }");
  assertEquals(
    Deno.inspect({ a: { b: kernel.tensor([2, 1], [1, 2]) } }, { compact: false }),
    `{
  a: {
    b: Tensor [2, 1] on "naive":
    [[1],
     [2]]
  }
}`,
  );
});

Deno.test("console.log() is short for every shape, and fast for large tensors", async () => {
  const shapes = [[30, 30, 30, 30], Array(16).fill(2), [300, 1, 300, 1], [65536, 1], [
    3,
    3,
    3,
    3,
    3,
  ]];
  for (const shape of shapes) {
    const text = await shown(
      shape,
      new Float32Array(shape.reduce((a, b) => a * b)).fill(-1.234567e-30),
    );
    assertLess(text.split("\n").length, 27, text);
  }
});

Deno.test("console.log() throws for no tensor, and quotes the name of a kernel from elsewhere", async () => {
  const name = "\x1b[31mred\n\u202e";
  await using kernel = new HeapKernel(name, {
    tile: { mr: 1, nr: 1, mc: 1, nc: 1, kc: 1 },
    accumulator: "float32",
    summation: { order: "sequential" },
  }, () => {});
  const tensor = kernel.tensor([1], [5]);
  assertEquals(Deno.inspect(tensor), 'Tensor [1] on "[31mred": [5]');
  for (const each of [Object.getPrototypeOf(tensor), Object.create(tensor)] as Tensor[]) {
    assertEquals(typeof Deno.inspect(each), "string");
  }
  assertEquals(Deno.inspect(kernel), 'Kernel "[31mred": JavaScript, 1 thread, 4 bytes in use');
  await kernel[Symbol.asyncDispose]();
  assertEquals(Deno.inspect(kernel), 'Kernel "[31mred", disposed');
  assertEquals(typeof Deno.inspect(Object.getPrototypeOf(kernel) as Kernel), "string");
});

Deno.test("console.log() does not look at a tensor whose product is still to come", async () => {
  await using kernel = kernelOfProduct("later", async () => {
    await Promise.resolve();
    return [6];
  });
  using a = kernel.tensor([1, 1], [2]);
  using out = kernel.tensor([1, 1]);
  kernel.matmul(a, a, out);
  assertEquals(Deno.inspect(out), 'Tensor [1, 1] on "later" (await its read() for the values)');
  await kernel.finished();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(Deno.inspect(out), 'Tensor [1, 1] on "later": [[6]]');
});
