import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense } from "./dense.ts";
import { formulaKernelsHere } from "./formula_kernels_testing.ts";
import { layerFromConfig } from "./from_config.ts";
import { bytesOf, decoded, encoded } from "./int4_testing.ts";
import { layerObject } from "./sequential_config.ts";

const seed = 3011;
const { fround } = Math;

type Fill = (i: number, random: () => number) => number;

const cases: Readonly<Record<string, readonly [k: number, n: number, block: number | null, Fill]>> =
  {
    "columns, odd both ways": [5, 3, null, (_, random) => random() - 0.5],
    "columns, one unit": [7, 1, null, (_, random) => random() - 0.5],
    "groups of 2 of 5 rows": [5, 3, 2, (_, random) => random() - 0.5],
    "a group longer than the rows": [6, 4, 128, (_, random) => random() - 0.5],
    "a group for each row": [3, 2, 1, (_, random) => random() - 0.5],
    "128 rows and two more": [130, 5, 128, (_, random) => random() - 0.5],
    "numbers of one sign": [4, 3, 2, (i) => i % 3 === 0 ? 0.5 + i / 50 : -5 - i],
    "columns of zeros": [4, 2, 2, (i) => i % 2 === 0 ? 0 : i],
    "columns of zeros, whole": [4, 2, null, (i) => i % 2 === 0 ? 0 : i],
    "halves": [8, 2, 8, (i) => (Math.floor(i / 2) - 3.5) / 2],
    "huge and tiny": [6, 2, 3, (i) => i % 2 === 0 ? 1.5e38 * (i % 4 - 1) : 1e-42 * i],
    "huge and tiny, whole": [6, 2, null, (i) => i % 2 === 0 ? 3e38 * (i % 4 - 1) : 1e-42 * i],
    "negative zeros": [2, 2, 2, () => -0],
  };

/** The weight of a case. */
function weightOf(name: string): number[] {
  const [k, n, , fill] = cases[name]!;
  const random = createRandom(seed);
  return Array.from({ length: k * n }, (_, i) => fround(fill(i, () => random.uniform())));
}

for (const kernelName of await formulaKernelsHere()) {
  Deno.test(`${kernelName}: quantize("int4") gives Keras's numbers, scales and bytes, and its results (seed ${seed})`, async () => {
    await using kernel = await createKernel(kernelName);
    const exact = kernel.traits.rounding === "nearest";
    for (const [what, [k, n, block]] of Object.entries(cases)) {
      const weight = weightOf(what);
      const bias = Array.from({ length: n }, (_, j) => j - 1);
      using layer = new Dense(kernel, {
        units: n,
        kernelInitializer: weight,
        biasInitializer: bias,
        activation: "tanh",
      });
      layer.build([null, k]);
      layer.quantize("int4", { blockSize: block });
      const want = encoded(weight, k, n, block);
      const [bytes, , scale, zero, groups] = (await layer.getWeights()).map((each) => [...each]);
      const numbers = [...await layer.weight.read()];
      if (exact) {
        assertEquals(numbers, want.numbers.map((each) => each + 0), what);
        assertEquals(scale, want.scale, what);
        assertEquals(zero ?? null, want.zero, what);
        assertEquals(bytes, bytesOf(want.numbers, k, n), what);
      } else {
        const off = numbers.filter((each, i) => Math.abs(each - want.numbers[i]!) > 1);
        assertEquals(off, [], what);
      }
      if (block) assertEquals(groups, weight.slice(0, k).map((_, i) => Math.floor(i / block)));
      // Results of what the layer has, in float64.
      const own = { numbers, scale: scale!, zero: zero ?? null };
      const factor = decoded(own, n, block);
      const random = createRandom(seed + k);
      const data = Array.from({ length: 3 * k }, () => fround(random.uniform() - 0.5));
      using x = kernel.tensor([3, k], data);
      using y = layer.forward(x);
      const got = await y.read();
      for (const [at, value] of got.entries()) {
        const [row, j] = [Math.floor(at / n), at % n];
        const products = factor.filter((_, i) => i % n === j).map((w, i) => w * data[row * k + i]!);
        const z = products.reduce((sum, each) => sum + each, 0) + bias[j]!;
        const size = products.reduce((sum, each) => sum + Math.abs(each), Math.abs(bias[j]!));
        assert(
          Math.abs(value - Math.tanh(z)) <= (k + 8) * 2 ** -22 * Math.max(1, Math.min(size, 4)) ||
            size > 1e6 && Math.abs(value) === 1,
          `${what}: ${value}, not ${Math.tanh(z)}`,
        );
      }
      // The gradient by the input is through the weight that the numbers stand for.
      using dy = kernel.tensor([3, n], Array.from({ length: 3 * n }, (_, i) => (i % 3) - 1));
      using dx = layer.backward(dy, y);
      const [gradient, given] = [await dx.read(), await dy.read()];
      for (const [at, value] of gradient.entries()) {
        const [row, i] = [Math.floor(at / k), at % k];
        let [sum, size] = [0, 0];
        for (let j = 0; j < n; j++) {
          const dz = given[row * n + j]! * (1 - got[row * n + j]! ** 2);
          sum += dz * factor[i * n + j]!;
          size += Math.abs(given[row * n + j]! * factor[i * n + j]!);
        }
        assert(Math.abs(value - sum) <= 1e-5 * size + 1e-30, `${what}: dx ${value}, not ${sum}`);
      }
    }
  });

  Deno.test(`${kernelName}: int4 with inputs of int8 has the results of its numbers as int8`, async () => {
    await using kernel = await createKernel(kernelName);
    using int4 = new Dense(kernel, { units: 5, seed: 1, biasInitializer: "ones" });
    int4.build([null, 9]);
    int4.quantize("int4", { blockSize: null, inputs: true });
    using int8 = new Dense(kernel, { units: 5, quantization: "int8" });
    int8.build([null, 9]);
    const [, bias, scale] = await int4.getWeights();
    int8.setWeights([await int4.weight.read(), bias!, scale!]);
    using x = kernel.tensor([4, 9], Float32Array.from({ length: 36 }, (_, i) => Math.sin(i)));
    using a = int4.predict(x);
    using b = int8.predict(x);
    assertEquals(await a.read(), await b.read());
  });

  Deno.test(`${kernelName}: a layer of int4 numbers computes anew where its variables were set, and gives back all memory`, async () => {
    await using kernel = await createKernel(kernelName);
    const before = kernel.memory?.();
    const layer = new Dense(kernel, {
      units: 3,
      useBias: false,
      quantization: { mode: "int4", blockSize: 2 },
    });
    layer.build([null, 3]);
    using x = kernel.tensor([1, 3], [1, 10, 100]);
    const predicted = async () => {
      using y = layer.predict(x);
      return [...await y.read()];
    };
    assertEquals(await predicted(), [0, 0, 0]);
    // Rows [1, -2, 7], [-8, 0, 3], [2, 2, -1].
    const bytes = bytesOf([1, -2, 7, -8, 0, 3, 2, 2, -1], 3, 3);
    const scale = [1, 2, 4, 0.5, 0.25, 8];
    const zero = [0, 1, -1, 2, 0, -1];
    layer.setWeights([bytes, scale, zero, [0, 0, 1]]);
    const expected = [
      1 - 80 + 0,
      2 * (-2 - 1) + 2 * 10 * (0 - 1) + 0.25 * 100 * 2,
      4 * 8 + 4 * 10 * 4 + 8 * 100 * 0,
    ];
    assertEquals(await predicted(), expected);
    assertEquals([...await layer.weight.read()], [1, -2, 7, -8, 0, 3, 2, 2, -1]);
    layer.weights[1]!.write(scale.map((each) => 2 * each));
    assertEquals(await predicted(), expected.map((each) => 2 * each));
    for (
      const [place, values, message] of [
        [0, [...bytes.slice(1), 0.5], "the kernel of layer"],
        [0, [...bytes.slice(1), 128], "takes whole numbers from -128 to 127; got 128 at 5"],
        [2, [0, 0, 0, 0, 0, 8], "takes whole numbers from -8 to 7; got 8 at 5"],
        [3, [0, 1, 1], "has groups of 2 rows one after the other; got 1 at 1"],
      ] as const
    ) {
      const values_ = [bytes, scale, zero, [0, 0, 1]].map((each, i) =>
        i === place ? [...values] : each
      );
      assertThrows(() => layer.setWeights(values_), ArgumentError, message);
    }
    assertThrows(
      () => layer.setWeights([bytes, scale.slice(3), zero, [0, 0, 1]]),
      ShapeError,
      "needs 6 values",
    );
    // With one scale of a column, of which the numbers are kept.
    using whole = new Dense(kernel, {
      units: 3,
      useBias: false,
      quantization: { mode: "int4", blockSize: null },
    });
    whole.build([null, 3]);
    for (const scale of [1, 0.5]) {
      for (const numbers of [[1, -2, 7, -8, 0, 3, 2, 2, -1], [0, 1, 2, 3, 4, 5, -6, -7, -8]]) {
        whole.setWeights([bytesOf(numbers, 3, 3), [scale, scale, scale]]);
        using y = whole.predict(x);
        const sums = [0, 1, 2].map((j) =>
          (numbers[j]! + 10 * numbers[3 + j]! + 100 * numbers[6 + j]!) / scale
        );
        assertEquals([...await y.read()], sums);
        assertEquals([...await whole.weight.read()], numbers);
      }
    }
    whole[Symbol.dispose]();
    x[Symbol.dispose]();
    layer[Symbol.dispose]();
    assertEquals(kernel.memory?.(), before);
  });
}

Deno.test("numbers of one sign in one group stay apart, which Keras 3.16 lost", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units: 1, kernelInitializer: [0.5, 0.7], useBias: false });
  layer.build([null, 2]);
  layer.quantize("int4");
  using x = kernel.tensor([2, 2], [1, 0, 0, 1]);
  using y = layer.predict(x);
  const [a, b] = await y.read();
  assert(Math.abs(a! - 0.5) < 0.025 && Math.abs(b! - 0.7) < 0.025, `${a}, ${b}`);
});

Deno.test("the configuration of an int4 layer is Keras's, and is read again", async () => {
  await using kernel = await createKernel("blocked");
  for (const blockSize of [128, 3, null, -1]) {
    using layer = new Dense(kernel, { units: 3, seed: 4, name: "q" });
    layer.build([null, 7]);
    layer.quantize("int4", { blockSize });
    const size = blockSize === -1 ? null : blockSize;
    const object = JSON.parse(JSON.stringify(layerObject(layer)));
    const { dtype, quantization_config } = object.config;
    assertEquals(dtype, {
      module: "keras.dtype_policies",
      class_name: "Int4DTypePolicy",
      config: { mode: `int4/${size ?? -1}`, source_name: "float32" },
      registered_name: null,
    });
    assertEquals(quantization_config, {
      module: "keras.quantizers",
      class_name: "Int4QuantizationConfig",
      config: { weight_quantizer: null, activation_quantizer: null, block_size: size },
      registered_name: null,
    });
    using again = layerFromConfig(kernel, object) as Dense;
    again.build([null, 7]);
    again.setWeights(await layer.getWeights());
    assertEquals(again.getConfig(), layer.getConfig());
    assertEquals(again.quantizationMode, "int4");
    using x = kernel.tensor([1, 7], [1, 2, 3, 4, 5, 6, 7]);
    using a = layer.predict(x);
    using b = again.predict(x);
    assertEquals(await a.read(), await b.read());
  }
});

Deno.test("an int4 layer is read from all forms of its dtype", async () => {
  await using kernel = await createKernel("blocked");
  const read = (config: object) => {
    using layer = layerFromConfig(kernel, { class_name: "Dense", config: { units: 3, ...config } });
    layer.build([null, 5]);
    return layer.variables.map(({ tensor }) => `${tensor.shape}`).join(" ");
  };
  const columns = "5,2 3 3";
  const grouped = (groups: number) => `5,2 3 ${groups},3 ${groups},3 5`;
  assertEquals(read({ dtype: "int4_from_float32" }), columns);
  assertEquals(read({ dtype: "int4/None_from_float32" }), columns);
  assertEquals(read({ dtype: "int4/-1_from_mixed_bfloat16" }), columns);
  assertEquals(read({ dtype: "int4/128_from_float32" }), grouped(1));
  assertEquals(read({ dtype: "int4/2_from_float32" }), grouped(3));
  const by = (config: object) => ({ class_name: "Int4QuantizationConfig", config });
  // The config wins, as in Keras.
  const both = { dtype: "int4/128_from_float32", quantization_config: by({ block_size: 3 }) };
  assertEquals(read(both), grouped(2));
  assertEquals(read({ ...both, quantization_config: by({}) }), columns);
  // A layer that is to be quantized is not yet.
  assertEquals(read({ quantization_config: by({ block_size: 3 }) }), "5,3 3");
  for (
    const [config, message] of [
      [{ dtype: "int4/0_from_float32" }, 'has the dtype "int4/0_from_float32"'],
      [{ dtype: "int4/x_from_float32" }, 'has the dtype "int4/x_from_float32"'],
      [{ dtype: "int4/1.5_from_float32" }, "has the dtype"],
      [{ dtype: "int4/2_from_float16" }, "has the dtype"],
      [{ dtype: "int8_from_float32", quantization_config: by({}) }, "the dtype of int8 and a"],
      [{ quantization_config: by({ block_size: 0 }) }, "must be a whole number above 0"],
      [{ quantization_config: { class_name: "GPTQConfig", config: {} } }, 'by "GPTQConfig"'],
      [
        {
          quantization_config: by({
            weight_quantizer: { class_name: "AbsMaxQuantizer", config: { value_range: [-7, 7] } },
          }),
        },
        "has a quantizer other than Keras's AbsMaxQuantizer from -8 to 7",
      ],
      [
        {
          quantization_config: by({
            block_size: 128,
            activation_quantizer: { class_name: "AbsMaxQuantizer", config: {} },
          }),
        },
        "only with a scale of the whole column",
      ],
    ] as const
  ) assertThrows(() => read(config), ArgumentError, message);
});

Deno.test("quantize() refuses what it does not do, in one line", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units: 2 });
  assertThrows(() => layer.quantize("int4"), OwnershipError, "isn't yet built");
  layer.build([null, 3]);
  for (
    const [mode, options, message] of [
      ["int2", undefined, "Invalid quantization mode"],
      [undefined, undefined, "You must provide the mode"],
      ["int4", { blockSize: 0 }, "blockSize must be a whole number above 0, or null or -1"],
      ["int4", { blockSize: 2.5 }, "blockSize must be"],
      ["int4", { blockSize: "128" }, "blockSize must be"],
      ["int4", { inputs: true }, "only with a scale of the whole column, blockSize null"],
      ["int8", { blockSize: 128 }, "has no blockSize of int8"],
      ["int4", { block_size: 128 }, 'no option "block_size"'],
    ] as const
  ) {
    assertThrows(
      () => layer.quantize(mode as "int4", options as { blockSize: number }),
      ArgumentError,
      message,
    );
  }
  layer.quantize("int4");
  assertThrows(
    () => layer.quantize("int8"),
    OwnershipError,
    "dtype_policy='int4/128_from_float32'",
  );
  assertThrows(
    () => new Dense(kernel, { units: 2, quantization: "int3" as "int4" }),
    ArgumentError,
    'must be "int8", "int4" or null; got "int3"',
  );
});

Deno.test("quantize() takes the layer's quantizationConfig, and refuses another mode", async () => {
  await using kernel = await createKernel("blocked");
  const quantizationConfig = { mode: "int4", blockSize: 2 } as const;
  const make = () => {
    const layer = new Dense(kernel, { units: 2, quantizationConfig });
    layer.build([null, 3]);
    return layer;
  };
  using layer = make();
  assertEquals(layer.quantizationMode, null);
  assertThrows(() => layer.quantize("int8"), ArgumentError, "Contradictory arguments");
  layer.quantize();
  assertEquals(layer.weights.map(({ shape }) => `${shape}`), ["3,1", "2", "2,2", "2,2", "3"]);
  using other = make();
  other.quantize("int8", {});
  assertEquals(other.quantizationMode, "int8");
});
