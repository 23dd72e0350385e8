import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import { denseByFormulas } from "../int8/int8_testing.ts";
import { quantizeWeight } from "../int8/quantize.ts";
import { wasmKernelsHere } from "../kernels_testing.ts";
import { createKernel } from "../registry.ts";
import { type Int8Method, int8Method, methodOfResults } from "./int8_probe.ts";
import { WasmKernel } from "./wasm_kernel.ts";

const seed = 815;

const names = await wasmKernelsHere();

for (const name of names) {
  for (const method of new Set<Int8Method>(["int16", int8Method()])) {
    Deno.test(`${name}: denseInt8() has the bits of Keras's formulas, by ${method} (seed ${seed})`, async () => {
      await using kernel = await createKernel(name, { threads: 2, serialBelow: 0 }) as WasmKernel;
      assert(kernel instanceof WasmKernel);
      const random = createRandom(seed);
      const draw = (length: number) =>
        Float32Array.from({ length }, () => (random.uniform() - 0.5) * 2 ** random.between(-8, 3));
      const shapes = [[1, 1, 1], [2, 3, 5], [3, 24, 16], [5, 25, 17], [1, 60, 130], [66, 49, 33]];
      for (const [m, n, k] of shapes as [number, number, number][]) {
        const [data, added] = [draw(m * k), draw(n)];
        const quantizedOnes = quantizeWeight(draw(k * n), n);
        using x = kernel.tensor([m, k], data);
        using bias = kernel.tensor([n], added);
        using y = kernel.tensor([m, n]);
        using weight = kernel.int8Weight([k, n], quantizedOnes.values, quantizedOnes.scale, method);
        kernel.denseInt8(x, weight, bias, "linear", y);
        const expected = denseByFormulas(data, quantizedOnes, added, k);
        assertEquals(await y.read(), expected, `${m}x${n}x${k}`);
        kernel.denseInt8(x, weight, null, "relu", y);
        assertEquals(
          await y.read(),
          denseByFormulas(data, quantizedOnes, null, k).map((each) => Math.max(each, 0)),
        );
        kernel.denseInt8(x, weight, bias, "softmax", y);
        const plain = kernel.tensor([m, n], expected);
        const shares = kernel.tensor([m, n]);
        kernel.activate("softmax", plain, shares);
        assertEquals(await y.read(), await shares.read());
      }
    });
  }
}

// A method of another machine: right here where bytes of x are such that all machines agree.
for (const [method, sign] of [["signed", 1], ["unsigned", -1]] as const) {
  Deno.test(`denseInt8() by ${method} is exact on every machine where x is ${sign > 0 ? "positive" : "negative"}`, async () => {
    await using kernel = await createKernel("wasm-simd") as WasmKernel;
    const random = createRandom(seed);
    const [m, n, k] = [3, 30, 50];
    // Not halves, which 127 of x and 128 could take for 128.
    const data = Float32Array.from({ length: m * k }, () => sign * (0.01 + random.uniform()));
    const weight = quantizeWeight(
      Float32Array.from({ length: k * n }, () => random.uniform() - 0.5),
      n,
    );
    const x = kernel.tensor([m, k], data);
    const y = kernel.tensor([m, n]);
    const packed = kernel.int8Weight([k, n], weight.values, weight.scale, method);
    kernel.denseInt8(x, packed, null, "linear", y);
    assertEquals(await y.read(), denseByFormulas(data, weight, null, k));
  });
}

Deno.test("denseInt8() is exact at the extremes: all of 127 and -127, where 16 bits would not suffice", async () => {
  await using kernel = await createKernel("wasm-simd") as WasmKernel;
  const [m, n, k] = [2, 26, 133];
  const data = Float32Array.from({ length: m * k }, (_, i) => i < k ? 1 : -1);
  const values = new Int8Array(k * n).map((_, i) => i % n % 2 ? 127 : -127);
  const weight = { values, scale: new Float32Array(n).fill(1) };
  for (const method of new Set<Int8Method>(["int16", int8Method()])) {
    const [x, y] = [kernel.tensor([m, k], data), kernel.tensor([m, n])];
    const packed = kernel.int8Weight([k, n], values, weight.scale, method);
    kernel.denseInt8(x, packed, null, "linear", y);
    assertEquals(await y.read(), denseByFormulas(data, weight, null, k));
  }
});

Deno.test("methodOfResults() knows unsigned and signed bytes, and takes 16 bits for all else", () => {
  const a = 2 ** 30 + 12345;
  const unsigned = [129540 + a, -130560 + a, -41402 + a, 21917 + a];
  const dots = [
    [[127, 127, 127, 127], [255, 255, 255, 255]],
    [[-128, -128, -128, -128], [255, 255, 255, 255]],
    [[127, -127, 127, -127], [128, 255, 1, 200]],
    [[-3, 100, 0, 77], [254, 129, 255, 127]],
  ] as const;
  const sums = (of: (byte: number) => number) =>
    dots.map(([w, x]) => w.reduce<number>((sum, each, i) => sum + each * of(x[i]!), a));
  assertEquals(sums((byte) => byte), unsigned);
  assertEquals(methodOfResults(unsigned), "unsigned");
  assertEquals(methodOfResults(sums((byte) => byte < 128 ? byte : byte - 256)), "signed");
  const saturated = [65534 + a, -65536 + a, unsigned[2]!, unsigned[3]!];
  assertEquals(methodOfResults(saturated), "int16");
});
