// What a port of Keras's Dense easily gets wrong: each a test of its own.
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense, type DenseOptions } from "./dense.ts";
import { formulaKernelsHere } from "./formula_kernels_testing.ts";
import { LeakyReLU } from "./leaky_relu_layer.ts";
import { getRegularizer } from "./regularizers.ts";

const read = async (tensor: Tensor) => [...await tensor.read()];

/** The penalties of a layer as numbers. */
async function lossesOf(layer: Dense): Promise<number[]> {
  const losses: number[] = [];
  for (const loss of layer.losses()) {
    losses.push((await loss.read())[0]!);
    loss[Symbol.dispose]();
  }
  return losses;
}

/** A layer of two inputs and the weight [3, −4; 0, 1]. */
function layerOf(kernel: Kernel, options: Partial<DenseOptions> = {}): Dense {
  const layer = new Dense(kernel, {
    name: "d",
    units: 2,
    kernelInitializer: [3, -4, 0, 1],
    biasInitializer: [1, -2],
    ...options,
  });
  layer.build([null, 2]);
  return layer;
}

for (const name of await formulaKernelsHere()) {
  const test = (title: string, run: (kernel: Kernel) => Promise<void> | void) =>
    Deno.test(`${name}: ${title}`, async () => {
      await using kernel = await createKernel(name);
      await run(kernel);
    });

  test("no activation is linear, in the configuration too", (kernel) => {
    for (const activation of [undefined, null, "linear"] as const) {
      using layer = layerOf(kernel, activation === undefined ? {} : { activation });
      assertEquals([layer.activation, layer.getConfig().activation], ["linear", "linear"]);
    }
  });

  test("an input of one axis is refused, one of three is not, nor one without rows", (kernel) => {
    using layer = layerOf(kernel);
    using vector = kernel.tensor([2]);
    assertThrows(() => layer.forward(vector), ShapeError, "expected min_ndim=2, found ndim=1");
    for (const shape of [[3, 5, 2], [0, 2]]) {
      using x = kernel.tensor(shape);
      using y = layer.predict(x);
      assertEquals([...y.shape], [...shape.slice(0, -1), 2]);
    }
  });

  test("penalties are of results first, divided by the first axis alone, and are made anew by each forward", async (kernel) => {
    using layer = layerOf(kernel, {
      kernelRegularizer: { name: "l1", l1: 1 },
      biasRegularizer: { name: "l2", l2: 1 },
      activityRegularizer: { name: "l2", l2: 1 },
    });
    assertEquals(await lossesOf(layer), [8, 5]);
    using x = kernel.tensor([2, 1, 2], [1, 0, 0, 1]);
    // Results [4, −6] and [1, −1]: 54 in two examples.
    for (let time = 0; time < 2; time++) {
      using _ = layer.forward(x);
      assertEquals(await lossesOf(layer), [27, 8, 5]);
    }
    layer.trainable = false;
    assertEquals(await lossesOf(layer), [27]);
  });

  test("the penalty of l2 has no factor of one half, and its gradient is 2·l2·w", async (kernel) => {
    using layer = layerOf(kernel, { kernelRegularizer: { name: "l2", l2: 0.5 } });
    assertEquals(await lossesOf(layer), [13]);
    using x = kernel.tensor([1, 2]);
    using y = layer.forward(x);
    using dy = kernel.tensor([1, 2]);
    using _dx = layer.backward(dy, y);
    assertEquals(await read(layer.weightGradient), [3, -4, 0, 1]);
    // A second backward does not add it twice, nor one that leaves the weight alone.
    using _again = layer.backward(dy, y);
    layer.trainable = false;
    using _frozen = layer.backward(dy, y);
    assertEquals(await read(layer.weightGradient), [3, -4, 0, 1]);
  });

  test("constraints change nothing until an optimizer asks for it", async (kernel) => {
    const e = 1e-7;
    const cases: readonly (readonly [DenseOptions["kernelConstraint"], readonly number[]])[] = [
      [{ name: "max_norm", maxValue: 2 }, [2, -4 * 2 / Math.sqrt(17), 0, 2 / Math.sqrt(17)]],
      ["max_norm", [2, -4 * 2 / Math.sqrt(17), 0, 2 / Math.sqrt(17)]],
      ["non_neg", [3, 0, 0, 1]],
      ["unit_norm", [3 / (e + 3), -4 / Math.sqrt(17), 0, 1 / Math.sqrt(17)]],
      [{ name: "unit_norm", axis: 1 }, [0.6, -0.8, 0, 1]],
      [
        { name: "min_max_norm", minValue: 4, maxValue: 4, rate: 0.5 },
        [3.5, -4 * (0.5 + 2 / Math.sqrt(17)), 0, 0.5 + 2 / Math.sqrt(17)],
      ],
    ];
    for (const [kernelConstraint, expected] of cases) {
      using layer = layerOf(kernel, { kernelConstraint: kernelConstraint! });
      using x = kernel.tensor([1, 2]);
      using _ = layer.forward(x);
      assertEquals(await read(layer.weight), [3, -4, 0, 1]);
      layer.variables[0]!.constrain!();
      for (const [i, value] of (await read(layer.weight)).entries()) {
        assertAlmostEquals(value, expected[i]!, 2e-6, JSON.stringify(kernelConstraint));
      }
      assertEquals(layer.variables[1]!.constrain, undefined);
    }
    // A bias is one vector; a column of zeros stays.
    using bias = layerOf(kernel, {
      biasInitializer: [3, -4],
      kernelInitializer: "zeros",
      biasConstraint: "unit_norm",
      kernelConstraint: "unit_norm",
    });
    for (const { constrain } of bias.variables) constrain!();
    assertEquals(await read(bias.weight), [0, 0, 0, 0]);
    assertEquals((await read(bias.bias!)).map((v) => Math.round(v * 1e6)), [6e5, -8e5]);
  });

  test("gelu is exact, hard_sigmoid is x/6 + 0.5, and the slope of leaky_relu 0.2, of its layer 0.3", async (kernel) => {
    using x = kernel.tensor([1, 1], [-1]);
    const of = async (activation: "gelu" | "hard_sigmoid" | "leaky_relu") => {
      using layer = new Dense(kernel, { units: 1, activation, kernelInitializer: "ones" });
      using y = layer.predict(x);
      return (await y.read())[0]!;
    };
    assertAlmostEquals(await of("gelu"), -0.15865525, 1e-7);
    assertAlmostEquals(await of("hard_sigmoid"), 1 / 3, 1e-7);
    assertEquals(await of("leaky_relu"), Math.fround(-0.2));
    using leaky = new LeakyReLU(kernel);
    using y = leaky.predict(x);
    assertEquals(await read(y), [Math.fround(-0.3)]);
    using old = Dense.fromConfig(kernel, {
      units: 1,
      activation: "hard_sigmoid",
      kernel_initializer: "ones",
    });
    using z = old.predict(x);
    assertAlmostEquals((await z.read())[0]!, 0.3, 1e-7);
  });

  test("relu's threshold is strict, and below it there is slope·(z − threshold)", async (kernel) => {
    using layer = new Dense(kernel, {
      units: 1,
      kernelInitializer: "ones",
      activation: { name: "relu", threshold: 1, negativeSlope: 0.5 },
    });
    using x = kernel.tensor([3, 1], [1, 2, -1]);
    using y = layer.predict(x);
    assertEquals(await read(y), [0, 2, -1]);
  });

  test("l1l2 by its name alone is no penalty, and l1_l2 by its name alone is refused", async (kernel) => {
    using layer = layerOf(kernel, { kernelRegularizer: "l1l2" });
    assertEquals(await lossesOf(layer), [0]);
    assertThrows(() => getRegularizer("l1_l2" as "l1l2"), ArgumentError, '"l1_l2"');
    using both = layerOf(kernel, { kernelRegularizer: { name: "l1_l2", l1: 1, l2: 1 } });
    assertEquals(await lossesOf(both), [8 + 26]);
  });

  test("a lora freezes the weight, whose penalty moves to both of its matrices", async (kernel) => {
    using layer = layerOf(kernel, { kernelRegularizer: { name: "l2", l2: 1 } });
    layer.enableLora(1, { loraAlpha: 2 });
    layer.setWeights([[3, -4, 0, 1], [1, -2], [1, 2], [3, 4]]);
    assertEquals(layer.variables.map(({ name, trainable }) => [name, trainable]), [
      ["kernel", false],
      ["bias", true],
      ["lora_kernel_a", true],
      ["lora_kernel_b", true],
    ]);
    assertEquals(await lossesOf(layer), [5, 25]);
    using x = kernel.tensor([1, 2], [1, 10]);
    using y = layer.forward(x);
    // The weight and 2 · [1, 2] · [3, 4]: [9, 4; 12, 17].
    assertEquals(await read(y), [9 + 120 + 1, 4 + 170 - 2]);
    using dy = kernel.tensor([1, 2], [1, 0]);
    using dx = layer.backward(dy, y);
    assertEquals(await read(dx), [9, 12]);
    const [weight, , a, b] = layer.variables;
    assertEquals(weight!.gradient, null);
    // 2 · x · dy · bᵀ and 2 · aᵀ · x · dy, with 2·w of the penalty.
    assertEquals(await read(a!.gradient!), [6 + 2, 60 + 4]);
    assertEquals(await read(b!.gradient!), [2 * 21 + 6, 8]);
    assertThrows(() => layer.enableLora(1), OwnershipError, "lora is already enabled");
    assertEquals(layer.getConfig().lora_rank, 1);
    layer.mergeLora();
    assertEquals(await read(layer.weight), [9, 4, 12, 17]);
    assertEquals(layer.variables.map(({ trainable }) => trainable), [true, true]);
    assertEquals("lora_rank" in layer.getConfig(), false);
  });

  test("a lora of a new layer changes nothing, and is refused where Keras refuses it", async (kernel) => {
    using x = kernel.tensor([1, 2], [1, 10]);
    using layer = new Dense(kernel, { units: 2, kernelInitializer: [3, -4, 0, 1], loraRank: 2 });
    using y = layer.predict(x);
    assertEquals(await read(y), [3, 6]);
    assertEquals(layer.loraEnabled, true);
    using strong = new Dense(kernel, {
      units: 1,
      kernelInitializer: "zeros",
      loraRank: 2,
      loraAlpha: 6,
    });
    strong.build([null, 2]);
    strong.setWeights([[0, 0], [0], [1, 1, 1, 1], [1, 1]]);
    using z = strong.predict(x);
    // 6/2 · a · b = 6 for each input.
    assertEquals(await read(z), [66]);
    using open = new Dense(kernel, { units: 1 });
    assertThrows(() => open.enableLora(1), OwnershipError, "isn't yet built");
    using bound = new Dense(kernel, { units: 1, kernelConstraint: "non_neg" });
    assertThrows(
      () => bound.enableLora(1),
      ArgumentError,
      "Lora is incompatible with kernel constraints",
    );
    assertThrows(
      () => new Dense(kernel, { units: 1, loraRank: 2, kernelConstraint: "non_neg" }),
      ArgumentError,
      "Lora is incompatible",
    );
    for (const rank of [0, 1.5, -1]) {
      assertThrows(() => layer.enableLora(rank), ArgumentError, "a whole number above 0");
    }
  });

  test("int8 numbers are divided by their scale, however many there are", async (kernel) => {
    for (const k of [8, 1100, 1041, 2 * 1024]) {
      const weight = Array.from({ length: k }, (_, i) => (i * 37 % 255 - 127) / 127);
      using layer = new Dense(kernel, { units: 1, kernelInitializer: weight });
      layer.build([null, k]);
      layer.quantize("int8");
      using x = kernel.tensor(
        [2, k],
        Array.from({ length: 2 * k }, (_, i) => (i * 53 % 201 - 100) / 50),
      );
      using y = layer.predict(x);
      const f = Math.fround;
      const [scale] = await layer.weights[2]!.read();
      const largest = weight.reduce((most, v) => Math.max(most, Math.abs(f(v))), 0);
      assertEquals(scale, f(127 / f(f(largest) + f(1e-7))));
      const round = (v: number) =>
        Math.round(v) - (Math.abs(v % 1) === 0.5 && Math.round(v) % 2 !== 0 ? 1 : 0);
      const q = weight.map((v) => round(f(f(v) * scale!)));
      assertEquals(await read(layer.weight), q);
      const values = [...await x.read()];
      const expected = [0, 1].map((row) => {
        const line = values.slice(row * k, row * k + k);
        const scaleX = f(127 / f(f(Math.max(...line.map(Math.abs))) + f(1e-7)));
        const sum = line.reduce((total, v, i) => total + round(f(v * scaleX)) * q[i]!, 0);
        return f(f(sum) / f(scaleX * scale!));
      });
      const got = await read(y);
      if (kernel.traits.rounding === "nearest") assertEquals(got, expected, `k = ${k}`);
      else {got.forEach((v, i) =>
          assertAlmostEquals(v, expected[i]!, 1e-5 * Math.abs(expected[i]!))
        );}
    }
  });

  test("a layer of int8 numbers has gradients by its input and bias alone", async (kernel) => {
    using layer = layerOf(kernel, { kernelInitializer: [127, -127, 0, 63.5], activation: "relu" });
    layer.quantize("int8");
    assertEquals(layer.variables.map(({ name, trainable }) => [name, trainable]), [
      ["kernel", false],
      ["bias", true],
      ["kernel_scale", false],
    ]);
    using x = kernel.tensor([1, 2], [1, 1]);
    using y = layer.forward(x);
    using dy = kernel.tensor([1, 2], [1, 1]);
    using dx = layer.backward(dy, y);
    (await read(dx)).forEach((v, i) => assertAlmostEquals(v, [127, 0][i]!, 0.5));
    assertEquals(await read(layer.biasGradient!), [1, 0]);
    assertThrows(
      () => layer.quantize("int8"),
      OwnershipError,
      "is already quantized with dtype_policy='int8_from_float32'",
    );
    using open = new Dense(kernel, { units: 1 });
    assertThrows(
      () => open.quantize("int8"),
      OwnershipError,
      "Cannot quantize a layer that isn't yet built.",
    );
    assertThrows(
      () => open.quantize("int7" as "int8"),
      ArgumentError,
      "Invalid quantization mode. Expected one of 'int8' and 'int4', which are here. Received: mode=\"int7\"",
    );
    using weightsAlone = layerOf(kernel, { kernelInitializer: [127, -127, 0, 63.5] });
    weightsAlone.quantize("int8", { inputs: false });
    using z = weightsAlone.predict(x);
    (await read(z)).forEach((v, i) => assertAlmostEquals(v, [128, -65][i]!, 0.6));
  });

  test("the configuration has no activity_regularizer nor lora where there is none, and always quantization_config", (kernel) => {
    using layer = layerOf(kernel);
    const keys = Object.keys(layer.getConfig());
    assertEquals(keys, [
      ...["name", "trainable", "dtype", "units", "activation", "use_bias", "kernel_initializer"],
      ...["bias_initializer", "kernel_regularizer", "bias_regularizer", "kernel_constraint"],
      ...["bias_constraint", "quantization_config"],
    ]);
    using more = layerOf(kernel, { activityRegularizer: "l1" });
    assert("activity_regularizer" in more.getConfig());
  });

  test("glu halves the units, in computeOutputShape() too", async (kernel) => {
    using layer = layerOf(kernel, { activation: "glu" });
    assertEquals(layer.computeOutputShape([null, 7, 2]), [null, 7, 1]);
    using x = kernel.tensor([1, 2], [1, 2]);
    using y = layer.predict(x);
    // Sums 4 and −4: 4 · sigmoid(−4).
    assertAlmostEquals((await read(y))[0]!, 4 / (1 + Math.exp(4)), 1e-6);
    assertThrows(
      () => new Dense(kernel, { units: 3, activation: "glu" }),
      ShapeError,
      "axis size must be divisible by 2",
    );
  });

  test("a layer without a bias has the weight alone, and one of shape is compared by shape", async (kernel) => {
    using layer = layerOf(kernel, { useBias: false, activation: "relu" });
    assertEquals([layer.bias, layer.weights.length, layer.countParams()], [null, 1, 4]);
    layer.setWeights([[[1, 2], [3, 4]]]);
    assertEquals(await read(layer.weight), [1, 2, 3, 4]);
    layer.setWeights([{ shape: [2, 2], data: new Float32Array([4, 3, 2, 1]) }]);
    assertEquals(await read(layer.weight), [4, 3, 2, 1]);
    assertThrows(
      () => layer.setWeights([{ shape: [4], data: [1, 2, 3, 4] }]),
      ShapeError,
      'layer "d" weight shape [2, 2] is not compatible with provided weight shape [4].',
    );
    assertThrows(
      () => layer.setWeights([[[1, 2, 3], [1, 2, 3]]]),
      ShapeError,
      "weight shape [2, 3].",
    );
    assertThrows(
      () => layer.setWeights([]),
      ShapeError,
      "with a weight list of length 0, but the layer was expecting 1 weights.",
    );
    using open = new Dense(kernel, { units: 1, name: "o" });
    assertThrows(
      () => open.countParams(),
      OwnershipError,
      'You tried to call `count_params` on layer "o", but the layer isn\'t built.',
    );
  });

  test("two layers of one initializer with a seed are alike, and without one they are not", async (kernel) => {
    const weightsOf = async (kernelInitializer: DenseOptions["kernelInitializer"]) => {
      using layer = new Dense(kernel, { units: 3, kernelInitializer: kernelInitializer! });
      layer.build([null, 3]);
      return await read(layer.weight);
    };
    const shared = { name: "he_normal", seed: 4 } as const;
    assertEquals(await weightsOf(shared), await weightsOf(shared));
    assert(`${await weightsOf("he_normal")}` !== `${await weightsOf("he_normal")}`);
  });
}

Deno.test("a kernel without formulas has the activations of the contract, and refuses what needs formulas", async () => {
  await using kernel = await createKernel("naive");
  const { formulas: _, ...traits } = kernel.traits;
  const without: Kernel = Object.create(kernel, { traits: { value: traits } });
  using layer = new Dense(without, { units: 2, activation: "gelu" });
  layer.build([null, 3]);
  const cases: readonly (readonly [Partial<DenseOptions>, string])[] = [
    [{ activation: "softsign" }, "which the activation softsign needs"],
    [{ kernelRegularizer: "l2" }, "which a regularizer needs"],
    [{ activityRegularizer: "l2" }, "which a regularizer needs"],
    [{ biasConstraint: "non_neg" }, "which a constraint needs"],
    [{ loraRank: 1 }, "which a lora needs"],
    [{ quantization: "int8" }, "which int8 needs"],
  ];
  for (const [options, says] of cases) {
    assertThrows(
      () => new Dense(without, { units: 1, ...options }),
      ArgumentError,
      `the kernel "naive" computes no formulas, ${says}`,
    );
  }
  assertThrows(() => layer.quantize("int8"), ArgumentError, "which quantize() needs");
});
