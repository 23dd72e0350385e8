/**
 * What a stored model is held to before it is run or written: that it is what
 * its type says, that each weight has as many numbers as its shape, and that a
 * layer's weights are those of its class and fit each other. Readers give such
 * models; those made by hand, or changed, are checked like them.
 *
 * @module
 */
import { formatCount } from "../common/numbers.ts";
import { formatList, quote, quotePath } from "../common/text.ts";
import { formatShape } from "../kernels/checks.ts";
import { ModelFileError } from "./errors.ts";
import { weightNames } from "./keras_config.ts";
import { misfitOf } from "./quantized.ts";
import { dtypeNamed, dtypes, elementsOf, nativeOf } from "./stored_array.ts";
import type { StoredLayer, StoredModel, StoredWeight } from "./stored_model.ts";

type Fail = (reason: string) => never;

const isObject = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Holds that an array is one: of a known format, with as many numbers as its shape says. */
function expectWeight(weight: StoredWeight, fail: Fail): void {
  if (!isObject(weight)) fail(`has a weight that is ${quote(weight)}`);
  const { name, shape, dtype, values } = weight;
  if (typeof name !== "string") fail(`has a weight whose name is ${quote(name)}`);
  const format = dtypeNamed(dtype);
  if (!format) {
    fail(
      `has the dtype ${quote(dtype)} for its ${name}; there are ${
        formatList([...dtypes.values()].map(({ name }) => name))
      }`,
    );
  }
  if (!Array.isArray(shape) || !shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0)) {
    fail(`has the shape ${quote(shape)} for its ${name}; a list of whole numbers >= 0 is one`);
  }
  const { constructor } = nativeOf(format!, new Uint8Array());
  if (!(values instanceof constructor)) {
    fail(`has no ${constructor.name} for its ${name}, which is ${dtype}`);
  }
  if (values.length === elementsOf(shape)) return;
  fail(`has ${formatCount(values.length, "number")} for its ${name} of ${formatShape(shape)}`);
}

/** Holds that a Dense's weights fit each other, and the parts of what is normalized. */
function expectShapes({ className, config, weights }: StoredLayer, fail: Fail): void {
  const [first, ...others] = weights;
  if (!first) return;
  const wrong = ({ name, shape }: StoredWeight, wanted: string) =>
    fail(`must have a ${name} of ${wanted}; got ${formatShape(shape)}`);
  if (className === "Dense") {
    const misfit = misfitOf(config, weights);
    if (misfit) wrong(misfit.weight, misfit.wanted);
  }
  if (className === "BatchNormalization" || className === "Normalization") {
    if (className === "BatchNormalization" && first.shape.length !== 1) {
      wrong(first, "one axis, [columns]");
    }
    for (const each of others) {
      if (each.name !== "count" && `${each.shape}` !== `${first.shape}`) {
        wrong(each, `${formatShape(first.shape)}, as its ${first.name}`);
      }
    }
  }
}

/**
 * Holds that a model is consistent in itself.
 *
 * @throws {ModelFileError} one line that names the layer and what is wrong with it.
 */
export function expectConsistent({ name: file, layers, optimizer }: StoredModel): void {
  for (const weight of optimizer?.weights ?? []) {
    expectWeight(weight, (reason) => {
      throw new ModelFileError(`${quotePath(file)}: the optimizer ${reason}`);
    });
  }
  for (const layer of layers) {
    const { className, name, config, weights } = layer;
    const what = `${quotePath(file)}: the layer ${quote(name)} (${className ?? "of no class"})`;
    const fail: Fail = (reason) => {
      throw new ModelFileError(`${what} ${reason}`);
    };
    if (typeof name !== "string") fail("has a name that is no text");
    if (!isObject(config)) fail(`has a config that is ${quote(config)}; it must be an object`);
    if (!Array.isArray(weights)) fail("has weights that are no list");
    for (const weight of weights) expectWeight(weight, fail);
    const expected = className === null ? null : weightNames.get(className)?.(config);
    if (!expected) continue;
    // Keras 2 counts what it adapted a Normalization to.
    const own = weights.filter(({ name }) => name !== "count");
    if (expected.length !== own.length) {
      const hint = weights.some(({ name }) => name.startsWith("lora_")) || "lora_rank" in config
        ? "; mergeLora() first"
        : "";
      fail(
        `has ${formatCount(weights.length, "weight")}; files have ${
          expected.join(", ") || "none"
        } of it${hint}`,
      );
    }
    const missing = expected.find((each) => !own.some(({ name }) => name === each));
    if (missing !== undefined) {
      fail(
        `has no weight ${missing}; its weights are ${
          formatList(own.map(({ name }) => quote(name)))
        }`,
      );
    }
    expectShapes({ ...layer, weights: own }, fail);
  }
}
