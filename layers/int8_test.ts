import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { OwnershipError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel, type KernelName } from "../kernels/registry.ts";
import { Dense, type DenseOptions } from "./dense.ts";
import { formulaKernelsHere } from "./formula_kernels_testing.ts";

const seed = 2511;

const names: KernelName[] = [];
for (const name of await formulaKernelsHere()) {
  await using kernel = await createKernel(name);
  if (kernel.denseInt8) names.push(name);
}

/** A kernel without the operations on int8 numbers. */
async function withoutInt8(name: KernelName): Promise<Kernel> {
  return Object.assign(await createKernel(name), { int8Weight: undefined, denseInt8: undefined });
}

/** A quantized layer [k, n] of random numbers. */
function layerOf(kernel: Kernel, k: number, options: DenseOptions): Dense {
  const random = createRandom(seed);
  const draw = (length: number) => Array.from({ length }, () => random.uniform() - 0.5);
  const layer = new Dense(kernel, {
    kernelInitializer: draw(k * options.units),
    biasInitializer: draw(options.units),
    ...options,
  });
  layer.build([null, k]);
  layer.quantize("int8");
  return layer;
}

for (const name of names) {
  Deno.test(`${name}: a layer of int8 numbers has the same bits by the kernel's operation and by formulas (seed ${seed})`, async () => {
    await using own = await createKernel(name);
    await using formulas = await withoutInt8(name);
    const cases: [k: number, DenseOptions][] = [
      [5, { units: 3 }],
      [64, { units: 25, activation: "relu" }],
      [33, { units: 7, activation: "softmax", useBias: false }],
      // Of which the gradient needs z, and which is none of the kernel's own.
      [40, { units: 6, activation: "gelu" }],
      [20, { units: 6, activation: "hard_tanh" }],
      [20, { units: 6, activation: "glu" }],
      // Sums beyond 2^24, of which the formulas need several parts.
      [1041, { units: 2 }],
      [2 * 1024, { units: 2, activation: "tanh" }],
      [0, { units: 2, activation: "tanh" }],
    ];
    for (const [k, options] of cases) {
      const random = createRandom(seed + k);
      const data = Float32Array.from({ length: 4 * k }, () => 2 * random.uniform() - 1);
      const results = await Promise.all([own, formulas].map(async (kernel) => {
        using layer = layerOf(kernel, k, options);
        using x = kernel.tensor([2, 2, k], data);
        using predicted = layer.predict(x);
        using y = layer.forward(x);
        using dx = layer.backward(y);
        return [await predicted.read(), await y.read(), await dx.read()];
      }));
      assertEquals(results[0], results[1], `k = ${k}, ${options.activation}`);
    }
  });

  Deno.test(`${name}: a layer without inputs gives its bias before and after it is quantized`, async () => {
    await using kernel = await createKernel(name);
    using layer = new Dense(kernel, { units: 2, biasInitializer: [3, -4] });
    using x = kernel.tensor([2, 0]);
    for (const quantized of [false, true]) {
      if (quantized) layer.quantize("int8");
      using y = layer.predict(x);
      assertEquals([...await y.read()], [3, -4, 3, -4]);
    }
  });

  Deno.test(`${name}: a layer of int8 numbers packs its weight once, and anew where weight or scale changed`, async () => {
    await using kernel = await createKernel(name);
    let packed = 0;
    const original = kernel.int8Weight!.bind(kernel);
    kernel.int8Weight = (...given) => {
      packed++;
      return original(...given);
    };
    using layer = layerOf(kernel, 4, { units: 2, useBias: false });
    using x = kernel.tensor([1, 4], [127, 0, 0, 0]);
    const predicted = async () => {
      using y = layer.predict(x);
      return [...await y.read()];
    };
    const [first, again] = [await predicted(), await predicted()];
    assertEquals([first, packed], [again, 1]);
    const [weight, scale] = layer.weights;
    weight!.write([1, -2, 0, 0, 0, 0, 0, 0]);
    scale!.write([1, 4]);
    const close = (got: readonly number[], expected: readonly number[]) =>
      got.forEach((each, i) => assertAlmostEquals(each, expected[i]!, 1e-4));
    close(await predicted(), [127, -63.5]);
    scale!.write([127, 127]);
    close(await predicted(), [1, -2]);
    layer.setWeights([[-3, 0, 0, 0, 0, 0, 0, 0], [127, 127]]);
    close(await predicted(), [-3, 0]);
    assertEquals(packed, 4);
  });

  Deno.test(`${name}: numbers of a quantized layer that are not whole are computed with as they are`, async () => {
    await using kernel = await createKernel(name);
    using layer = layerOf(kernel, 2, { units: 2, useBias: false });
    using x = kernel.tensor([1, 2], [127, 127]);
    layer.setWeights([[0.5, 1000, 0.25, 1], [1, 1]]);
    for (let i = 0; i < 2; i++) {
      using y = layer.predict(x);
      (await y.read()).forEach((each, i) =>
        assertAlmostEquals(each, 127 * [0.75, 1001][i]!, 0.001)
      );
    }
    layer.setWeights([[1, 2, 3, 4], [1, 1]]);
    using y = layer.predict(x);
    (await y.read()).forEach((each, i) => assertAlmostEquals(each, 127 * [4, 6][i]!, 0.001));
    layer.weights[1]![Symbol.dispose]();
    assertThrows(() => layer.predict(x), OwnershipError, "disposed");
  });

  Deno.test(`${name}: a layer of int8 numbers gives back all memory`, async () => {
    await using kernel = await createKernel(name);
    using x = kernel.tensor([3, 200]);
    const before = kernel.memory!();
    const layer = layerOf(kernel, 200, { units: 100 });
    layer.predict(x)[Symbol.dispose]();
    const held = kernel.memory!();
    layer.setWeights(await layer.getWeights());
    layer.predict(x)[Symbol.dispose]();
    assertEquals(kernel.memory!(), held);
    assert(held > before);
    layer[Symbol.dispose]();
    assertEquals(kernel.memory!(), before);
  });
}

Deno.test("a kernel that fails at an int8 weight for another reason is heard", async () => {
  await using kernel = await createKernel("blocked");
  using layer = layerOf(kernel, 2, { units: 1 });
  using x = kernel.tensor([1, 2]);
  const original = kernel.int8Weight!.bind(kernel);
  kernel.int8Weight = () => {
    throw new OwnershipError("no room");
  };
  const before = kernel.memory!();
  assertThrows(() => layer.predict(x), OwnershipError, "no room");
  assertEquals(kernel.memory!(), before);
  kernel.int8Weight = original;
  layer.predict(x)[Symbol.dispose]();
  assertThrows(() => layer.quantize("int4"), OwnershipError, "is already quantized");
});
