import { assertEquals, assertThrows } from "@std/assert";
import { ShapeError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { layerFromConfig } from "./from_config.ts";
import { Rescaling } from "./rescaling.ts";

Deno.test("Rescaling takes a list of one number for all columns, alone and beside a longer one", async () => {
  await using kernel = await createKernel("blocked");
  for (
    const [scale, offset, expected] of [
      [[2], [1], [3, 5]],
      [[2], 1, [3, 5]],
      [[2, 3], [1], [3, 7]],
      [2, [1, 0], [3, 4]],
    ] as const
  ) {
    using layer = layerFromConfig(kernel, { class_name: "Rescaling", config: { scale, offset } });
    using x = kernel.tensor([1, 2], [1, 2]);
    using y = layer.predict(x);
    assertEquals([...await y.read()], [...expected]);
  }
  using layer = new Rescaling(kernel, { scale: [1, 2, 3] });
  using x = kernel.tensor([1, 2], [1, 2]);
  assertThrows(() => layer.predict(x), ShapeError, "has 3 numbers for the columns");
});
