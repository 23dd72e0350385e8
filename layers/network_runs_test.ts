import { assert, assertEquals, assertThrows } from "@std/assert";
import { OwnershipError, ShapeError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense } from "./dense.ts";
import { Dropout } from "./dropout.ts";
import type { Layer } from "./layer.ts";
import type { ExampleData } from "./training/examples.ts";
import type { NumberArray } from "./training/number_array.ts";
import { Sequential } from "./sequential.ts";

const here = await kernelsHere();

/** Counts the layers of each call of network(). */
function countNetworks(kernel: Kernel): number[] {
  const counts: number[] = [];
  const own = kernel.network?.bind(kernel);
  if (own) {
    kernel.network = (x, layers, y) => {
      counts.push(layers.length);
      own(x, layers, y);
    };
  }
  return counts;
}

async function byLayers(model: Sequential, x: Tensor): Promise<Float32Array> {
  const y = model.layers.reduce((before, layer) => layer.predict(before), x);
  return await y.read();
}

for (const name of here) {
  Deno.test(`predict() gives the bits of its layers one by one: ${name}`, async () => {
    await using kernel = await createKernel(name, { serialBelow: 0 });
    const counts = countNetworks(kernel);
    using model = new Sequential<Layer>(kernel, [
      new Dense(kernel, { units: 20, activation: "tanh", seed: 1 }),
      new Dense(kernel, { units: 9, activation: "gelu", seed: 2 }),
      new Dropout(kernel, { rate: 0.5 }),
      new Dense(kernel, { units: 30, activation: "leaky_relu", seed: 3 }),
      new Dense(kernel, { units: 30, activation: "relu", seed: 4, useBias: false }),
      new Dense(kernel, { units: 40, activation: "relu", seed: 5 }),
      new Dense(kernel, { units: 4, activation: "softmax", seed: 6 }),
    ]);
    model.build([null, 3, 7]);
    const random = createRandom(1);
    for (const rows of [1, 40, 5, 40, 40]) {
      using x = kernel.tensor(
        [rows, 3, 7],
        Float32Array.from({ length: 21 * rows }, () => random.uniform() - 0.5),
      );
      using y = model.predict(x);
      assertEquals(y.shape, [rows, 3, 4]);
      assertEquals(await y.read(), await byLayers(model, x));
      // As training does, and as a file does.
      const [weight, bias] = (model.layers[0] as Dense).weights;
      kernel.sumRows(x, kernel.tensor([7]));
      using a = kernel.tensor([7, 1], new Float32Array(7).fill(0.1));
      using b = kernel.tensor([1, 20], new Float32Array(20).fill(0.1));
      kernel.matmul(a, b, weight!, { accumulate: true });
      bias!.write(new Float32Array(20).fill(rows));
    }
    assertEquals(counts, kernel.network ? new Array(5).fill([2, 3]).flat() : []);
  });
}

Deno.test("predict() leaves to the layers what is no plain Dense layer", async () => {
  await using kernel = await createKernel("wasm-simd");
  const counts = countNetworks(kernel);
  class Twice extends Dense {
    override predict(x: Tensor): Tensor;
    override predict(x: ExampleData): Promise<NumberArray>;
    override predict(x: ExampleData): Tensor | Promise<NumberArray> {
      using y = super.predict(x as Tensor);
      return super.predict(y);
    }
  }
  const dense = (seed: number) => new Dense(kernel, { units: 8, seed });
  const lora = dense(1);
  lora.build([null, 8]);
  lora.enableLora(2);
  const quantized = dense(2);
  quantized.build([null, 8]);
  quantized.quantize("int8");
  const penalized = new Dense(kernel, { units: 8, activityRegularizer: "l2" });
  const own = dense(3);
  own.predict = Dense.prototype.predict.bind(own) as Dense["predict"];
  using x = kernel.tensor([2, 8], new Float32Array(16).fill(0.5));
  for (const layer of [lora, quantized, penalized, own, new Twice(kernel, { units: 8 })]) {
    using model = new Sequential(kernel, [dense(4), layer, dense(5)]);
    model.build([null, 8]);
    using y = model.predict(x);
    assertEquals(await y.read(), await byLayers(model, x));
  }
  assertEquals(counts, []);
});

Deno.test("predict() as a network throws what the layers throw, and leaves nothing behind", async () => {
  await using kernel = await createKernel("wasm-simd");
  using model = new Sequential(kernel, [
    new Dense(kernel, { units: 3, name: "first" }),
    new Dense(kernel, { units: 2, name: "second" }),
  ]);
  using x = kernel.tensor([4, 5]);
  model.predict(x)[Symbol.dispose]();
  model.predict(x)[Symbol.dispose]();
  const used = kernel.memory!();
  using narrow = kernel.tensor([4, 4]);
  const more = kernel.memory!();
  assertThrows(() => model.predict(narrow), ShapeError, `layer "first"`);
  await using other = await createKernel("wasm-simd");
  assertThrows(() => model.predict(other.tensor([4, 5])), OwnershipError, `layer "first"`);
  model.layers[1]!.weights[1]![Symbol.dispose]();
  assertThrows(() => model.predict(x), OwnershipError, "bias [2] was disposed");
  assert(kernel.memory!() < more && more > used);
  model.layers[1]![Symbol.dispose]();
  assertThrows(() => model.predict(x), OwnershipError, `layer "second" was disposed`);
});
