import { assertEquals, assertRejects } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import { Softmax } from "../softmax_layer.ts";
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from "./crossentropy.ts";
import { binaryCrossentropy } from "./elementwise_losses.ts";
import type { LossName } from "./losses.ts";
import type { Loss } from "./loss.ts";

type Ending = "sigmoid" | "softmax" | "linear";

/** The weights before and after fit(), and its error. */
async function fitted(loss: LossName | Loss, activation: Ending, units: number, y: unknown) {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units, activation, seed: 1 })]);
  model.build([null, 2]);
  model.compile({ loss, optimizer: "sgd" });
  const before = String(await model.getWeights());
  const fit = model.fit([[1, 2], [3, 5]], y as number[]);
  const error: unknown = await fit.then(() => null, (reason) => reason);
  return { error, changed: String(await model.getWeights()) !== before };
}

async function refuse(message: string, ...given: Parameters<typeof fitted>): Promise<void> {
  const { error, changed } = await fitted(...given);
  await assertRejects(() => Promise.reject(error), ArgumentError, message);
  assertEquals(changed, false);
}

Deno.test("fit() refuses a cross-entropy of classes where a row has one result", async () => {
  const column = [[0], [1]];
  await refuse(
    "categorical_crossentropy of one result a row is 0 whatever it is; binary_crossentropy is for one",
    "categorical_crossentropy",
    "sigmoid",
    1,
    column,
  );
  await refuse("of one result a row", "sparse_categorical_crossentropy", "linear", 1, [0, 0]);
});

Deno.test("fit() refuses a softmax of one result", async () => {
  const message = "the model ends with a softmax of one result a row, which is always 1; a sigmoid";
  await refuse(message, "binary_crossentropy", "softmax", 1, [0, 1]);
  await refuse(message, "mse", "softmax", 1, [0, 1]);
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 1 }), new Softmax(kernel)]);
  model.compile({ loss: "mse" });
  await assertRejects(() => model.fit([[1], [2]], [0, 1]), ArgumentError, message);
});

Deno.test("fit() refuses an activation that a loss of logits applies once more", async () => {
  const bits = [0, 1];
  const vectors = [[1, 0, 0], [0, 0, 1]];
  const message = (own: string) => `with fromLogits applies a ${own}, and the model ends with one`;
  const fromLogits = true;
  await refuse(message("sigmoid"), binaryCrossentropy({ fromLogits }), "sigmoid", 1, bits);
  await refuse(message("softmax"), categoricalCrossentropy({ fromLogits }), "softmax", 3, vectors);
  const sparse = sparseCategoricalCrossentropy({ fromLogits });
  await refuse(message("softmax"), sparse, "softmax", 3, [0, 2]);
});

Deno.test("fit() takes every pair that can be meant", async () => {
  const bits = [0, 1];
  const vectors = [[1, 0, 0], [0, 0, 1]];
  const fromLogits = true;
  const pairs: Parameters<typeof fitted>[] = [
    ["binary_crossentropy", "sigmoid", 1, bits],
    ["binary_crossentropy", "softmax", 3, vectors],
    ["mse", "softmax", 3, vectors],
    ["mse", "sigmoid", 1, bits],
    ["categorical_crossentropy", "softmax", 3, vectors],
    ["sparse_categorical_crossentropy", "softmax", 2, bits],
    [binaryCrossentropy({ fromLogits }), "linear", 1, bits],
    [categoricalCrossentropy({ fromLogits }), "linear", 3, vectors],
    [categoricalCrossentropy({ fromLogits }), "sigmoid", 3, vectors],
    [sparseCategoricalCrossentropy({ fromLogits }), "linear", 2, bits],
  ];
  for (const [i, pair] of pairs.entries()) {
    assertEquals(await fitted(...pair), { error: null, changed: true }, `pair ${i}`);
  }
});
