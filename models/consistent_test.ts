import { assertRejects, assertThrows } from "@std/assert";
import { encodeKeras, encodeKerasWeights } from "./encode_keras.ts";
import { encodeSafetensorsModel } from "./encode_safetensors.ts";
import { encodeTfjs } from "./encode_tfjs.ts";
import { ModelFileError } from "./errors.ts";
import { encodeNpz } from "./npz.ts";
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
