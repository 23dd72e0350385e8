import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { BatchNormalization } from "./batch_normalization.ts";
import { Dense } from "./dense.ts";
import { Dropout } from "./dropout.ts";
import { Flatten } from "./flatten.ts";
import { layerFromConfig, modelFromConfig } from "./from_config.ts";
import { Normalization } from "./normalization.ts";

Deno.test("a shape of inputs among a layer's options is refused with what says it here", async () => {
  await using kernel = await createKernel("naive");
  const made: Record<string, (options: never) => unknown> = {
    Dense: (options) => new Dense(kernel, options),
    Flatten: (options) => new Flatten(kernel, options),
    BatchNormalization: (options) => new BatchNormalization(kernel, options),
  };
  for (const [name, make] of Object.entries(made)) {
    for (const option of ["inputShape", "inputDim", "batchInputShape", "input_shape"]) {
      assertThrows(
        () => make({ units: 1, [option]: [3] } as never),
        ArgumentError,
        `${name} has no option "${option}"; an Input before it says it`,
      );
    }
  }
  assertThrows(
    () => made.Dense!({ units: 1, input: 3 } as never),
    ArgumentError,
    "there are units",
  );
});

Deno.test("a configuration without its class, or as text, is refused with what it may be", async () => {
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: 1 });
  const read = (from: (kernel: Kernel, given: never) => unknown, given: unknown, hint: string) =>
    assertThrows(() => from(kernel, given as never), ArgumentError, hint);
  const config = layer.getConfig();
  const hint = "may be such a config: getConfig() gives it without the class";
  read(layerFromConfig, config, hint);
  read(modelFromConfig, { name: "m", layers: [] }, hint);
  read(modelFromConfig, JSON.stringify({ class_name: "Sequential" }), "JSON.parse() may make");
  const message = assertThrows(() => layerFromConfig(kernel, { units: 1 }), ArgumentError).message;
  assertEquals(message, "a layer must be { class_name, config }; got an object");
});

Deno.test("adapt() takes data as predict() does, with the statistics of a tensor of them", async () => {
  await using kernel = await createKernel("naive");
  const rows = [[1, 5, 2], [3, 5, 4], [8, 5, -1]];
  using tensor = kernel.tensor([3, 3], rows.flat());
  const statistics = async (data: Parameters<Normalization["adapt"]>[0]) => {
    using layer = new Normalization(kernel);
    layer.adapt(data);
    return await layer.getWeights();
  };
  const wanted = await statistics(tensor);
  const given = [rows, rows.map((row) => new Float64Array(row)), {
    shape: [3, 3],
    data: rows.flat(),
  }];
  for (const data of [...given, [tensor]]) assertEquals(await statistics(data as never), wanted);
  using layer = new Normalization(kernel);
  const refuse = (data: unknown, message: string) =>
    assertThrows(() => layer.adapt(data as never), Error, message);
  refuse([1, 2, 3], "must have an axis of examples and one of inputs");
  refuse([[1], [2, 3]], "has 2 numbers, where others have 1");
  refuse([], "adapt() takes at least one tensor");
  refuse("text", "must be a tensor");
});

Deno.test("a layer that was given its options without a kernel says what comes first", () => {
  const made = [Dense, Dropout] as unknown as (new (options: unknown) => unknown)[];
  for (const Layer of made) {
    assertThrows(
      () => new Layer({ units: 2 }),
      ArgumentError,
      `${Layer.name} takes a kernel and then its options: new ${Layer.name}(kernel, { … })`,
    );
  }
});
