import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { createRandom, type Random } from "../common/random.ts";
import { type Activation, activations } from "./activation.ts";
import type { Kernel, KernelOptions, NetworkLayer, Tensor } from "./kernel.ts";
import { createKernel, type KernelName } from "./registry.ts";
import { kernelsHere } from "./kernels_testing.ts";

const here = await kernelsHere();

/** Kernels that have networks, with several threads even for the smallest. */
const ways: readonly (readonly [KernelName, KernelOptions])[] = [
  ["wasm-simd", {}],
  ["wasm-threads", { threads: 3, serialBelow: 0 }],
  ["native", {}],
];

const floats = (size: number, random: Random) =>
  Float32Array.from({ length: size }, () => random.uniform() - 0.5);

function layersOf(
  kernel: Kernel,
  sizes: readonly number[],
  random: Random,
  activationOf: (i: number) => Activation = (i) => activations[i % activations.length]!,
): NetworkLayer[] {
  return sizes.slice(1).map((n, i) => ({
    weight: kernel.tensor([sizes[i]!, n], floats(sizes[i]! * n, random)),
    bias: i % 3 === 2 ? null : kernel.tensor([n], floats(n, random)),
    activation: activationOf(i),
  }));
}

/** By dense() of each layer. */
async function byLayers(kernel: Kernel, x: Tensor, layers: readonly NetworkLayer[]) {
  let from = x;
  for (const { weight, bias, activation } of layers) {
    const to = kernel.tensor([x.shape[0]!, weight.shape[1]!]);
    kernel.dense(from, weight, bias, activation, to);
    from = to;
  }
  return await from.read();
}

async function expectBits(
  kernel: Kernel,
  rows: number,
  layers: readonly NetworkLayer[],
  random: Random,
  calls = 3,
) {
  const [inputs, units] = [layers[0]!.weight.shape[0]!, layers.at(-1)!.weight.shape[1]!];
  for (let call = 0; call < calls; call++) {
    using x = kernel.tensor([rows, inputs], floats(rows * inputs, random));
    using y = kernel.tensor([rows, units], new Float32Array(rows * units).fill(NaN));
    kernel.network!(x, layers, y);
    assertEquals(await y.read(), await byLayers(kernel, x, layers), `${rows} rows, call ${call}`);
    assertEquals(y.version, 1);
  }
}

for (const [name, options] of ways.filter(([name]) => here.includes(name))) {
  const title = [name, ...Object.entries(options).map((each) => each.join(" "))].join(", ");

  Deno.test(`network() gives the bits of its layers, whatever the rows: ${title}`, async () => {
    await using kernel = await createKernel(name, options);
    const random = createRandom(1);
    // A chunk and panels, their edges, one column, and rows of A that are copied.
    for (const sizes of [[5, 13, 13, 8], [65, 49, 130, 1, 7], [600, 113, 3, 640]]) {
      const layers = layersOf(kernel, sizes, random);
      for (const rows of [1, 2, 3, 4, 5, 31, 32, 33, 48, 129, 300]) {
        await expectBits(kernel, rows, layers, random, 1);
      }
    }
  });

  Deno.test(`network() takes what has no elements, and more layers and weights than a list holds: ${title}`, async () => {
    await using kernel = await createKernel(name, options);
    const random = createRandom(2);
    for (const sizes of [[0, 3, 2], [3, 0, 2], [3, 2, 0]]) {
      await expectBits(kernel, 4, layersOf(kernel, sizes, random), random);
    }
    await expectBits(kernel, 0, layersOf(kernel, [3, 2, 4], random), random);
    const many = new Array(200).fill(3);
    await expectBits(kernel, 40, layersOf(kernel, many, random, () => "tanh"), random, 2);
    const wide = layersOf(kernel, [400, 3000, 400], random, () => "linear");
    await expectBits(kernel, 5, wide, random, 2);
    // Lists that do not fit side by side.
    const some = Array.from({ length: 6 }, () => layersOf(kernel, [300, 900, 10], random));
    for (const layers of [...some, ...some]) await expectBits(kernel, 40, layers, random, 2);
  });

  Deno.test(`network() sees layers that are exchanged in their array: ${title}`, async () => {
    await using kernel = await createKernel(name, options);
    const random = createRandom(3);
    const layers = layersOf(kernel, [7, 20, 9], random, () => "relu");
    for (let i = 0; i < 8; i++) {
      await expectBits(kernel, 40, layers, random, 2);
      const [other] = layersOf(kernel, [7, 20], random, () => i % 2 ? "tanh" : "softmax");
      layers[0]!.weight[Symbol.dispose]();
      layers[0] = other!;
      if (i === 5) layers.push(...layersOf(kernel, [9, 4], random));
    }
  });

  Deno.test(`network() tells networks apart that come in a fresh array at each call: ${title}`, async () => {
    await using kernel = await createKernel(name, options);
    const random = createRandom(4);
    const layers = layersOf(kernel, [13, 9, 17, 5], random);
    const others = layersOf(kernel, [13, 9, 17, 5], random);
    // More than are compared with each other, alike but for one layer.
    for (let call = 0; call < 40; call++) {
      const at = random.between(0, 2);
      const kept = layers[at]!;
      const bias = random.uniform() < 0.5 ? kept.bias : others[at]!.bias;
      const activation = activations[random.between(0, activations.length - 1)]!;
      const weight = random.uniform() < 0.5 ? kept.weight : others[at]!.weight;
      await expectBits(kernel, 37, layers.with(at, { weight, bias, activation }), random, 1);
      await expectBits(kernel, 37, [...layers], random, 1);
    }
  });

  Deno.test(`network() leaves the memory as it was: ${title}`, async () => {
    await using kernel = await createKernel(name, options);
    const random = createRandom(4);
    const layers = layersOf(kernel, [70, 400, 90, 10], random, () => "relu");
    using x = kernel.tensor([300, 70], floats(300 * 70, random));
    using y = kernel.tensor([300, 10]);
    for (let i = 0; i < 3; i++) kernel.network!(x, layers, y);
    const used = kernel.memory!();
    for (let i = 0; i < 20; i++) kernel.network!(x, layers, y);
    assertEquals(kernel.memory!(), used);
    const weights = layers.reduce(
      (sum, { weight, bias }) => sum + weight.size + (bias?.size ?? 0),
      0,
    );
    for (const { weight, bias } of layers) {
      weight[Symbol.dispose]();
      bias?.[Symbol.dispose]();
    }
    assert(used - kernel.memory!() >= 4 * weights);
    const left = kernel.memory!();
    assert(left < 4 * (x.size + y.size) + 1024, `${left}`);
  });
}

Deno.test("network() refuses what does not fit, and says which layer it is", async () => {
  await using kernel = await createKernel("wasm-simd");
  const random = createRandom(5);
  const layers = layersOf(kernel, [3, 4, 2], random, () => "relu");
  const [x, y] = [kernel.tensor([5, 3]), kernel.tensor([5, 2])];
  const second = (part: Partial<NetworkLayer>) => [layers[0]!, { ...layers[1]!, ...part }];
  const run = (network: readonly NetworkLayer[], to = y, from = x) => () =>
    kernel.network!(from, network, to);
  const gone = kernel.tensor([4, 2]);
  gone[Symbol.dispose]();
  assertThrows(run([]), ArgumentError, "a network is an array of at least one layer; got none");
  assertThrows(run(second({ weight: gone })), OwnershipError, "weight of layer 1 [4, 2] was disp");
  assertThrows(run(second({ weight: y })), OwnershipError, "y and weight of layer 1 are one");
  assertThrows(
    run([layers[1]!, layers[0]!]),
    ShapeError,
    "weight of layer 0 [4, 2] has 4 rows, and x 3 columns; they must be equal",
  );
  assertThrows(
    run([layers[0]!, layers[0]!]),
    ShapeError,
    "weight of layer 1 [3, 4] has 3 rows, and the layer before it 4 columns",
  );
  assertThrows(run(layers, kernel.tensor([4, 2])), ShapeError, "y must have 5 rows and 2 columns");
  assertThrows(run(layers, x), OwnershipError, "y and x are one tensor");
  assertThrows(
    run(second({ bias: layers[0]!.bias })),
    ShapeError,
    "bias of layer 1 must have the shape [2]; got [4]",
  );
  assertThrows(run(second({ activation: "Relu" as Activation })), ArgumentError, "Relu");
  assertThrows(
    run([layers[0]!, null as never]),
    ArgumentError,
    "layer 1 of a network must have a weight, a bias and an activation; got null",
  );
  await using other = await createKernel("wasm-simd");
  assertThrows(run(layers, y, other.tensor([5, 3])), OwnershipError, "x belongs to the kernel");
  await kernel[Symbol.asyncDispose]();
  assertThrows(run(layers), OwnershipError, "was disposed");
});

Deno.test("wasm-threads: the form of a weight for networks is freed once it is outdated, whatever the weight is used for", async () => {
  await using kernel = await createKernel("wasm-threads", { threads: 2, serialBelow: 0 });
  const random = createRandom(5);
  const layers = layersOf(kernel, [64, 64, 64], random, () => "relu");
  using x = kernel.tensor([64, 64], floats(64 * 64, random));
  using y = kernel.tensor([64, 64]);
  const before = kernel.memory!();
  for (let i = 0; i < 3; i++) kernel.network!(x, layers, y);
  assert(kernel.memory!() > before);
  for (const { weight } of layers) {
    weight.write(new Float32Array(64 * 64).fill(1));
    // Used once, it is read as it is stored.
    kernel.dense(x, weight, null, "linear", y);
  }
  assertEquals(kernel.memory!(), before);
});
