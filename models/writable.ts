/**
 * What every writer checks first: that a model says what it has, so that no file
 * is written that its own reader refuses, or reads otherwise.
 *
 * @module
 */
import { formatCount } from "../common/numbers.ts";
import { quote, quotePath } from "../common/text.ts";
import { formatShape } from "../kernels/checks.ts";
import { ModelFileError } from "./errors.ts";
import { weightNames } from "./keras_config.ts";
import { elementsOf } from "./stored_array.ts";
import type { StoredModel } from "./stored_model.ts";

/** @throws {ModelFileError} where a weight has not as many numbers as its shape says, or a layer not the weights that Keras's has, such as one with a low-rank adaptation. */
export function expectWritable({ name: file, layers }: StoredModel): void {
  for (const { className, name, config, weights } of layers) {
    const what = `${quotePath(file)}: the layer ${quote(name)} (${className ?? "of no class"})`;
    for (const { name, shape, values } of weights) {
      if (values.length === elementsOf(shape)) continue;
      throw new ModelFileError(
        `${what} has ${formatCount(values.length, "number")} for its ${name} of ${
          formatShape(shape)
        }`,
      );
    }
    const expected = className === null ? null : weightNames.get(className)?.(config);
    if (!expected || expected.length === weights.length) continue;
    const hint = weights.some(({ name }) => name.startsWith("lora_")) || "lora_rank" in config
      ? "; mergeLora() first"
      : "";
    throw new ModelFileError(
      `${what} has ${formatCount(weights.length, "weight")}; files have ${
        expected.join(", ") || "none"
      } of it${hint}`,
    );
  }
}
