import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense, type DenseOptions } from "./dense.ts";
import { formulaKernelsHere } from "./formula_kernels_testing.ts";

const [k, n, rank, alpha] = [5, 3, 2, 4];
const modes: readonly (DenseOptions["quantization"])[] = [
  null,
  "int8",
  { mode: "int8", inputs: false },
  "int4",
  { mode: "int4", blockSize: 2 },
  { mode: "int4", blockSize: null },
];

/** A layer with an adaptation that changes something. */
function layerOf(kernel: Kernel, mode: DenseOptions["quantization"]): Dense {
  const random = createRandom(7);
  const draw = (length: number) => Array.from({ length }, () => random.uniform() - 0.5);
  const layer = new Dense(kernel, {
    units: n,
    activation: "tanh",
    kernelInitializer: draw(k * n),
    biasInitializer: draw(n),
  });
  layer.build([null, k]);
  const { mode: name, ...options } = typeof mode === "string" ? { mode } : mode ?? {};
  if (name) layer.quantize(name, options);
  layer.enableLora(rank, {
    loraAlpha: alpha,
    aInitializer: draw(k * rank),
    bInitializer: draw(rank * n),
  });
  return layer;
}

/** What the weight stands for without the adaptation: the results for unit rows, less the bias, before the activation. */
async function frozenWeight(layer: Dense): Promise<number[]> {
  const { kernel } = layer;
  using plain = Dense.fromConfig(kernel, {
    ...layer.getConfig(),
    name: "plain",
    activation: "linear",
    use_bias: false,
    lora_rank: null,
    // Of inputs as they are.
    quantization_config: withoutInputs(layer.getConfig().quantization_config),
  });
  plain.build([null, k]);
  const bias = layer.bias;
  const [a, b] = layer.variables.slice(-2).map(({ tensor }) => tensor);
  const own = layer.weights.filter((each) => each !== bias && each !== a && each !== b);
  plain.setWeights(await Promise.all(own.map((each) => each.read())));
  using rows = kernel.tensor([k, k], Array.from({ length: k * k }, (_, i) => i % (k + 1) ? 0 : 1));
  using y = plain.predict(rows);
  return [...await y.read()];
}

function withoutInputs(config: unknown): unknown {
  if (config === null) return null;
  const { config: own, ...rest } = config as { config: object };
  return { ...rest, config: { ...own, activation_quantizer: null } };
}

const add = (weight: readonly number[], a: readonly number[], b: readonly number[]) =>
  weight.map((value, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += a[i * rank + r]! * b[r * n + j]!;
    return value + alpha / rank * sum;
  });

for (const name of await formulaKernelsHere()) {
  Deno.test(`${name}: a lora on a weight in whole numbers is of the inputs as they are, and learns`, async () => {
    await using kernel = await createKernel(name);
    for (const mode of modes) {
      const what = JSON.stringify(mode);
      using layer = layerOf(kernel, mode);
      assertEquals(
        layer.variables.filter(({ trainable }) => trainable).map(({ name }) => name),
        ["bias", "lora_kernel_a", "lora_kernel_b"],
        what,
      );
      const weight = await frozenWeight(layer);
      const bias = [...await layer.bias!.read()];
      const [a, b] = await Promise.all(
        layer.weights.slice(-2).map(async (each) => [...await each.read()]),
      );
      const whole = add(weight, a!, b!);
      const x = [0.3, -0.7, 0.2, 0.9, -0.4];
      using input = kernel.tensor([1, k], x);
      using y = layer.forward(input);
      const got = await y.read();
      // Inputs of int8 are rounded to a 127th of the largest.
      const near = mode === "int8" ? 0.02 : 1e-5;
      for (const [j, value] of got.entries()) {
        const z = x.reduce((sum, each, i) => sum + each * whole[i * n + j]!, bias[j]!);
        assertAlmostEquals(value, Math.tanh(z), near, what);
      }
      using dy = kernel.tensor([1, n], [1, -2, 0.5]);
      using dx = layer.backward(dy, y);
      const dz = [1, -2, 0.5].map((each, j) => each * (1 - got[j]! ** 2));
      for (const [i, value] of (await dx.read()).entries()) {
        const want = dz.reduce((sum, each, j) => sum + each * whole[i * n + j]!, 0);
        assertAlmostEquals(value, want, 1e-5, `${what} dx`);
      }
      const [ofBias, ofA, ofB] = await Promise.all(
        layer.variables.filter(({ trainable }) => trainable).map((each) => each.gradient!.read()),
      );
      ofBias!.forEach((value, j) => assertAlmostEquals(value, dz[j]!, 1e-5));
      ofA!.forEach((value, at) => {
        const [i, r] = [Math.floor(at / rank), at % rank];
        const want = dz.reduce((sum, each, j) => sum + each * b![r * n + j]!, 0) * x[i]! * alpha /
          rank;
        assertAlmostEquals(value, want, 1e-5, `${what} da`);
      });
      ofB!.forEach((value, at) => {
        const [r, j] = [Math.floor(at / n), at % n];
        const want = x.reduce((sum, each, i) => sum + each * a![i * rank + r]!, 0) * dz[j]! *
          alpha / rank;
        assertAlmostEquals(value, want, 1e-5, `${what} db`);
      });
    }
  });
}

Deno.test("saveOwnVariables() has the lora in the weight, and loadOwnVariables() sets its matrices to 0", async () => {
  await using kernel = await createKernel("blocked");
  for (const mode of modes) {
    const what = JSON.stringify(mode);
    using layer = layerOf(kernel, mode);
    const before = await layer.getWeights();
    // What the numbers stand for is kept from then on.
    await layer.saveOwnVariables();
    const used = kernel.memory!();
    const store = await layer.saveOwnVariables();
    assertEquals(kernel.memory!(), used, what);
    assertEquals(await layer.getWeights(), before, what);
    // What merging would make of it, to the bit.
    using merged = layerOf(kernel, mode);
    merged.mergeLora();
    const plain = await merged.saveOwnVariables();
    assertEquals(store, plain, what);
    assertEquals(Object.keys(store), merged.weights.map((_, i) => `${i}`));
    assertEquals(
      merged.variables.map(({ name, trainable }) =>
        trainable === (name === "bias" || (name === "kernel" && !mode))
      ),
      merged.variables.map(() => true),
      what,
    );
    layer.loadOwnVariables(store);
    const after = await layer.getWeights();
    assertEquals(after.slice(-2).every((each) => each.every((value) => value === 0)), true, what);
    assertEquals(after.slice(0, -2), await merged.getWeights(), what);
    assertEquals(layer.loraEnabled, true);
  }
});

Deno.test("weight is Keras's kernel: with a lora the sum, made anew where a part was changed", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, {
    units: 1,
    kernelInitializer: [1, 2],
    loraRank: 1,
    loraAlpha: 3,
  });
  layer.build([null, 2]);
  assertEquals([...await layer.weight.read()], [1, 2]);
  assertEquals([layer.loraRank, layer.loraAlpha], [1, 3]);
  layer.setWeights([[1, 2], [0], [1, 10], [2]]);
  assertEquals([...await layer.weight.read()], [7, 62]);
  assertEquals(layer.variables.map(({ name }) => name), [
    "kernel",
    "bias",
    "lora_kernel_a",
    "lora_kernel_b",
  ]);
});

Deno.test("loadOwnVariables() refuses what does not fit, in one line, and changes nothing", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units: 2, name: "d" });
  assertEquals(await layer.saveOwnVariables(), {});
  layer.loadOwnVariables({});
  assertThrows(() => layer.loadOwnVariables({ 0: [1] }), OwnershipError, "was never built");
  layer.build([null, 3]);
  const before = await layer.getWeights();
  const fits = { 0: new Float32Array(6), 1: [1, 2] };
  for (
    const [store, type, message] of [
      [{}, ShapeError, 'layer "d" expected 2 variables, but received 0 variables during loading'],
      [{ 0: fits[0] }, ShapeError, 'Expected: "0" of [3, 2] and "1" of [2]'],
      [{ ...fits, 2: [1] }, ShapeError, "received 3 variables"],
      [{ 0: fits[0], bias: fits[1] }, ShapeError, "expected 2 variables"],
      [{ ...fits, 0: { shape: [2, 3], data: fits[0] } }, ShapeError, "is not compatible"],
      [{ ...fits, 1: [1, 2, 3] }, ShapeError, "needs 2 values"],
      [{ ...fits, 1: ["a", "b"] }, ArgumentError, ""],
      [null, ArgumentError, "takes an object"],
      [{ __proto__: null, 0: fits[0], __proto: 1 }, ShapeError, "expected 2"],
    ] as const
  ) {
    const error = assertThrows(() => layer.loadOwnVariables(store as never), type, message);
    assert(!error.message.includes("\n"));
  }
  assertEquals(await layer.getWeights(), before);
  layer.loadOwnVariables(fits);
  assertEquals([...await layer.bias!.read()], [1, 2]);
  layer[Symbol.dispose]();
  await assertRejects(() => layer.saveOwnVariables(), OwnershipError, "disposed");
});
