import { assertThrows } from "@std/assert";
import { ArgumentError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { getActivation } from "./activations.ts";
import { BatchNormalization } from "./batch_normalization.ts";
import { getConstraint } from "./constraints.ts";
import { Dense } from "./dense.ts";
import { Normalization } from "./normalization.ts";
import { adam, nadam, rmsprop } from "./training/optimizers.ts";
import { getRegularizer } from "./regularizers.ts";
import { Rescaling } from "./rescaling.ts";

Deno.test("layers refuse numbers that float32 takes for 0 or infinite as they refuse these", async () => {
  await using kernel = await createKernel("naive");
  const units = 1;
  for (
    const make of [
      () => getActivation({ name: "elu", alpha: 1e39 }),
      () => getActivation({ name: "celu", alpha: 1e-50 }),
      () => getActivation({ name: "hard_sigmoid", slope: 1e-50 }),
      () => getActivation({ name: "relu", maxValue: 1e300 }),
      () => new BatchNormalization(kernel, { epsilon: 1e39 }),
      () => new Normalization(kernel, { mean: 1e39, variance: 1 }),
      () => new Rescaling(kernel, { scale: [1, -1e39] }),
      () => new Dense(kernel, { units, loraRank: 1, loraAlpha: 1e-50 }),
      () =>
        new Dense(kernel, {
          units,
          kernelInitializer: { name: "constant", value: 1e39 },
        }),
      () => getRegularizer({ name: "l2", l2: 1e39 }),
      () => getConstraint({ name: "max_norm", maxValue: 1e39 }),
      () => adam({ beta1: 1 - 1e-9 }),
      () => nadam({ beta2: 1 - 1e-9 }),
      () => rmsprop({ rho: 1 - 1e-9 }),
    ]
  ) {
    assertThrows(make, ArgumentError);
  }
});
