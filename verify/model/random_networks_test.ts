// Networks drawn at random of all layers that are run: folded they are verified, and compute what they do unfolded.
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom, type Random } from "../../common/random.ts";
import { createKernel } from "../../kernels/registry.ts";
import { activationNames } from "../../layers/activations.ts";
import { randomInput } from "../../models/input.ts";
import { runnableOf } from "../../models/runnable.ts";
import { sequentialOf } from "../../models/sequential.ts";
import { stackOf } from "../../models/stack.ts";
import type { Config, StoredLayer, StoredModel, StoredWeight } from "../../models/stored_model.ts";
import { floats } from "../check.ts";
import { verifyModel } from "./verify_model.ts";

const sizeOf = (shape: readonly number[]) => shape.reduce((product, axis) => product * axis, 1);

/** A network of the shape of its input, drawn layer by layer. */
function drawn(random: Random): StoredModel {
  const pick = <T>(list: readonly T[]): T => list[random.between(0, list.length - 1)]!;
  const weight = (name: string, shape: readonly number[], low = -1, high = 1): StoredWeight => ({
    name,
    shape,
    dtype: "float32",
    values: floats(sizeOf(shape), low, high, random),
  });
  const inputShape = pick([[5], [3, 4], [2, 3, 2], [1, 6]]);
  const layers: StoredLayer[] = [];
  let shape: readonly number[] = inputShape;
  const add = (className: string, config: Config, weights: readonly StoredWeight[] = []) =>
    layers.push({ className, name: `layer_${layers.length}`, config, weights });
  const dense = (units: number, activation: string) => {
    const inputs = shape.at(-1)!;
    add("Dense", { units, activation }, [
      weight("kernel", [inputs, units]),
      weight("bias", [units]),
    ]);
    shape = [...shape.slice(0, -1), units];
  };
  // Two that need parameters, or leave float32's range where they follow each other.
  const names = activationNames.filter((name) => name !== "threshold" && name !== "exponential");
  const draw: readonly (() => void)[] = [
    () => dense(pick([2, 4, 6]), "linear"),
    () => dense(pick([2, 4, 6]), pick(names.filter((name) => name !== "glu"))),
    () => {
      const columns = shape.at(-1)!;
      const activation = pick(names);
      if (activation === "glu" && columns % 2 === 1) return;
      add("Activation", { activation });
      if (activation === "glu") shape = [...shape.slice(0, -1), columns / 2];
    },
    () => add("ReLU", { max_value: 1, negative_slope: 0.1, threshold: 0.2 }),
    () => {
      const columns = shape.at(-1)!;
      const names = ["gamma", "beta", "moving_mean"].map((name) => weight(name, [columns]));
      const variance = weight("moving_variance", [columns], 0.3, 2);
      add("BatchNormalization", { axis: pick([-1, shape.length]) }, [...names, variance]);
    },
    () => add("Rescaling", { scale: [...floats(shape.at(-1)!, -1, 1, random)], offset: 0.25 }),
    () => {
      add("Flatten", {});
      shape = [sizeOf(shape)];
    },
    () => {
      const size = sizeOf(shape);
      const rows = pick([1, 2, 3, 4].filter((each) => size % each === 0));
      add("Reshape", { target_shape: [rows, -1] });
      shape = [rows, size / rows];
    },
    () => {
      if (shape.length === 1) add("PReLU", {}, [weight("alpha", [shape[0]!], 0, 1)]);
    },
    () => add("Softmax", { axis: pick([-1, ...shape.map((_, i) => i + 1)]) }),
    () => add("Dropout", { rate: 0.5 }),
  ];
  for (let i = random.between(2, 7); i > 0; i--) pick(draw)();
  dense(3, "linear");
  return { name: "drawn", format: "", producer: "Keras 3.16.0", layers, inputShape, notes: [] };
}

Deno.test("networks of any layers are verified, and are the same folded and unfolded, seeds 1 to 60", async () => {
  await using kernel = await createKernel("wasm-simd");
  for (let seed = 1; seed <= 60; seed++) {
    const stored = drawn(createRandom(seed));
    const model = runnableOf(stored);
    const input = randomInput(model, seed, 12);
    const { problem } = await verifyModel(kernel, model, input);
    const what = `seed ${seed}: ${JSON.stringify(stored.layers.map(({ config }) => config))}`;
    assertEquals(problem, null, what);
    const shape = stored.inputShape as readonly number[];
    const m = input.values.length / sizeOf(shape);
    if (!Number.isInteger(m)) continue;
    using folded = sequentialOf(kernel, model);
    using stack = stackOf(kernel, stored);
    using x = kernel.tensor([m, ...shape], input.values);
    using rows = kernel.tensor(model.flatten ? [m, model.inputs] : [m, ...shape], input.values);
    using y = folded.predict(rows);
    using want = stack.predict(x);
    const [got, right] = [await y.read(), await want.read()];
    // Axes of length 1 may be left out.
    assertEquals(got.length, right.length, what);
    for (const [i, value] of right.entries()) {
      assertAlmostEquals(got[i]!, value, 1e-4 * Math.max(1, Math.abs(value)), what);
    }
  }
});
