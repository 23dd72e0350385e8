import { assertEquals } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { ActivationLayer } from "./activation_layer.ts";
import type { NamedActivation } from "./activations.ts";
import { formulaKernelsHere } from "./formula_kernels_testing.ts";
import { binaryAccuracy } from "./training/metrics.ts";
import { withFormulas } from "./training/formula_kernel.ts";

for (const name of await formulaKernelsHere()) {
  Deno.test(`${name}: a number at a threshold is not beyond it, whichever way that is rounded`, async () => {
    await using kernel = await createKernel(name);
    // As float32 the first two are larger, the third is smaller.
    for (const threshold of [0.1, 0.3, 0.7]) {
      using x = kernel.tensor([1, 1], [threshold]);
      using one = kernel.tensor([1, 1], [1]);
      const cases: readonly (readonly [NamedActivation, number, number])[] = [
        [{ name: "hard_shrink", threshold }, 0, 0],
        [{ name: "soft_shrink", threshold }, 0, 0],
        [{ name: "threshold", threshold, defaultValue: 5 }, 5, 0],
        [{ name: "relu", threshold }, 0, 0],
        [{ name: "relu", threshold, negativeSlope: 0.5 }, 0, 0.5],
        [{ name: "relu", maxValue: threshold }, Math.fround(threshold), 0],
        [{ name: "relu", maxValue: threshold, threshold: -1 }, Math.fround(threshold), 0],
      ];
      for (const [activation, value, slope] of cases) {
        using layer = new ActivationLayer(kernel, { activation });
        using y = layer.forward(x);
        using dx = layer.backward(one);
        const got = [(await y.read())[0]! + 0, (await dx.read())[0]! + 0];
        assertEquals(got, [value, slope], JSON.stringify(activation));
      }
      using rows = kernel.tensor([1]);
      const inputs = { prediction: x, target: one, weights: null };
      binaryAccuracy({ threshold }).compute(withFormulas("the test", kernel), inputs, [rows]);
      assertEquals([...await rows.read()], [0]);
    }
  });
}
