import { assertRejects, assertThrows } from "@std/assert";
import { encodeKeras, encodeKerasWeights } from "./encode_keras.ts";
import { encodeSafetensorsModel } from "./encode_safetensors.ts";
import { encodeTfjs } from "./encode_tfjs.ts";
import { ModelFileError } from "./errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { encodeNpz } from "./npz.ts";
import { runnableOf } from "./runnable.ts";
import { stackOf } from "./stack.ts";
import type { StoredModel, StoredWeight } from "./stored_model.ts";

const writers = { encodeKeras, encodeKerasWeights, encodeSafetensorsModel, encodeTfjs, encodeNpz };

/** A model of one layer without a bias. */
function modelOf(weights: readonly StoredWeight[]): StoredModel {
  const config = { units: 2, use_bias: false };
  return {
    name: "m",
    format: "",
    producer: null,
    layers: [{ className: "Dense", name: "fc", config, weights }],
    inputShape: [3],
    notes: [],
  };
}

const weight = (name: string, shape: readonly number[], count: number): StoredWeight => ({
  name,
  shape,
  dtype: "float32",
  values: new Float32Array(count),
});

for (const [name, write] of Object.entries(writers)) {
  Deno.test(`${name}() refuses weights that their layer has not, or that are not as long as they say`, async () => {
    const refused = async (weights: readonly StoredWeight[], message: string) => {
      const attempt = () => write(modelOf(weights));
      if (write === encodeKeras || write === encodeNpz) {
        await assertRejects(async () => await attempt(), ModelFileError, message);
      } else assertThrows(attempt, ModelFileError, message);
    };
    const kernel = weight("kernel", [3, 2], 6);
    await refused(
      [weight("kernel", [3, 2], 5)],
      '"fc" (Dense) has 5 numbers for its kernel of [3, 2]',
    );
    const lora = [weight("lora_kernel_a", [3, 1], 3), weight("lora_kernel_b", [1, 2], 2)];
    await refused([kernel, ...lora], "has 3 weights; files have kernel of it; mergeLora() first");
    await write(modelOf([kernel]));
  });
}

type Change = Partial<Record<"className" | "name" | "config" | "weights", unknown>>;

/** Models of one layer, of which something is not as it should be. */
const wrong: Readonly<Record<string, readonly [change: Change, message: string]>> = {
  "a config of null": [{ config: null }, "has a config that is null; it must be an object"],
  "a config that is a list": [{ config: [] }, "has a config that is a list"],
  "a bias of 5 for two units": [
    { config: { units: 2 }, weights: [weight("kernel", [3, 2], 6), weight("bias", [5], 5)] },
    "must have a bias of the shape [2]; got [5]",
  ],
  "a kernel of three axes": [
    { weights: [weight("kernel", [3, 2, 1], 6)] },
    "must have a kernel of two axes, [inputs, units]; got [3, 2, 1]",
  ],
  "an unknown dtype": [
    { weights: [{ ...weight("kernel", [3, 2], 6), dtype: "constructor" }] },
    'has the dtype "constructor" for its kernel; there are float64, float32',
  ],
  "numbers of another kind than the dtype": [
    { weights: [{ ...weight("kernel", [3, 2], 6), values: [1, 2, 3, 4, 5, 6] }] },
    "has no Float32Array for its kernel, which is float32",
  ],
  "a shape that is none": [
    { weights: [{ ...weight("kernel", [3, 2], 6), shape: [-3, -2] }] },
    "has the shape a list for its kernel",
  ],
  "no kernel": [{ weights: [weight("other", [3, 2], 6)] }, "has no weight kernel"],
  "a gamma of one number for three columns": [
    {
      className: "BatchNormalization",
      config: { center: false },
      weights: [
        weight("gamma", [1], 1),
        weight("moving_mean", [3], 3),
        weight("moving_variance", [3], 3),
      ],
    },
    "must have a moving_mean of [1], as its gamma; got [3]",
  ],
};

for (const [what, [change, message]] of Object.entries(wrong)) {
  Deno.test(`runnableOf(), stackOf() and what writes refuse ${what} in one line`, async () => {
    const [layer] = modelOf([weight("kernel", [3, 2], 6)]).layers;
    const model = { ...modelOf([]), layers: [{ ...layer, ...change }] } as StoredModel;
    await using kernel = await createKernel("naive");
    for (const use of [runnableOf, encodeTfjs, encodeSafetensorsModel, encodeKerasWeights]) {
      assertThrows(() => use(model), ModelFileError, message);
    }
    assertThrows(() => stackOf(kernel, model), ModelFileError, message);
    await assertRejects(async () => await encodeNpz(model), ModelFileError, message);
    await assertRejects(() => encodeKeras(model), ModelFileError, message);
  });
}
