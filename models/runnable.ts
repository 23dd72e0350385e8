/**
 * A stored model as what kernels compute: Dense layers and activations. Layers
 * that only scale and shift are folded into Dense ones, those that do nothing
 * but in training are left out. All shapes are checked against each other here,
 * and all numbers for being finite in float32, so that a {@linkcode Model} is
 * consistent. Which activations there are is asked of layers/.
 *
 * @module
 */
import { formatList, quote, quotePath } from "../common/text.ts";
import { activationLayerNames } from "./activation_names.ts";
import { expectConsistent } from "./consistent.ts";
import { ModelFileError } from "./errors.ts";
import type { Folding } from "./fold.ts";
import { layerGeneration } from "./generation.ts";
import { idleClasses } from "./keras_config.ts";
import type { Model, ModelLayer } from "./model.ts";
import { type Placed, Runner } from "./runner.ts";
import { sizeOf } from "./sample_shapes.ts";
import { expectClasses, type StoredLayer, type StoredModel } from "./stored_model.ts";
import type { KerasVersion } from "../layers/keras_objects.ts";

// A row's values in all layers, of which a caller may hold a dozen copies.
const mostValues = 2 ** 23;

type Apply = (runner: Runner, layer: StoredLayer, version: KerasVersion) => void;

/** What each class of layer is when it is run. */
const classes: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  ["Dense", (runner, layer, version) => runner.dense(layer, version)],
  ...["Activation", ...activationLayerNames].map((name): [string, Apply] => [
    name,
    (runner, layer, version) => runner.activation(layer, version),
  ]),
  ["PReLU", (runner, layer) => runner.slopes(layer)],
  ...["BatchNormalization", "Normalization", "Rescaling"].map((name): [string, Apply] => [
    name,
    (runner, layer) => runner.affine(layer),
  ]),
  ...["Flatten", "Reshape"].map((name): [string, Apply] => [
    name,
    (runner, layer) => runner.reshape(layer),
  ]),
  ...["InputLayer", ...idleClasses].map((name): [string, Apply] => [name, () => {}]),
]);

function apply(runner: Runner, layer: StoredLayer, i: number, version: KerasVersion): void {
  const own = classes.get(layer.className!);
  if (!own) {
    runner.fail(
      layer,
      `is none that kernels compute; those that are run are ${formatList([...classes.keys()])}`,
    );
  }
  if (layer.className === "InputLayer" && i > 0) runner.fail(layer, "is not the first layer");
  own(runner, layer, version);
}

/** Weights as float32, where folding left them in double precision, and how many rows an example makes. */
function finished(file: string, { layer, lead }: Placed, byExample: boolean): ModelLayer {
  const round = (values: Folding["weight"], what: string) => {
    if (values === null || values instanceof Float32Array) return values;
    const floats = new Float32Array(values);
    if (floats.every(Number.isFinite)) return floats;
    throw new ModelFileError(
      `${file}: the ${what} of ${quote(layer.name)} leaves float32's range when folded`,
    );
  };
  const own = { ...layer, weight: round(layer.weight, "kernel"), bias: round(layer.bias, "bias") };
  if (!byExample) return own;
  const rows = sizeOf(lead);
  if (rows !== null) return rows === 1 ? own : { ...own, rows };
  throw new ModelFileError(
    `${file}: the layer ${
      quote(layer.name)
    } needs to know the shape of its input, which the file does not say`,
  );
}

/**
 * A stored model as Dense layers and activations, for inference.
 *
 * @throws {ModelFileError} one line that names the layer that cannot be run, or does not fit the one before it.
 *
 * @example BatchNormalization is folded into the layer before it
 * ```ts
 * import { runnableOf, type StoredModel } from "@densemark/densemark/models";
 *
 * const row = (name: string, ...values: number[]) =>
 *   ({ name, shape: [1], dtype: "float32", values: new Float32Array(values) }) as const;
 * const stored: StoredModel = {
 *   name: "small",
 *   format: "by hand",
 *   producer: null,
 *   layers: [
 *     {
 *       className: "Dense",
 *       name: "fc",
 *       config: { units: 1 },
 *       weights: [{ ...row("kernel", 3), shape: [1, 1] }, row("bias", 1)],
 *     },
 *     {
 *       className: "BatchNormalization",
 *       name: "bn",
 *       config: { epsilon: 0, axis: -1 },
 *       weights: [row("gamma", 2), row("beta", 5), row("moving_mean", 1), row("moving_variance", 4)],
 *     },
 *   ],
 *   inputShape: [1],
 *   notes: [],
 * };
 * const [layer] = runnableOf(stored).layers;
 * if (layer?.weight?.[0] !== 3 || layer.bias?.[0] !== 5) throw new Error("3x + 1 - 1, then + 5");
 * ```
 */
export function runnableOf(stored: StoredModel): Model {
  const file = quotePath(stored.name);
  expectClasses(stored);
  expectConsistent(stored);
  const runner = new Runner(file, stored.inputShape);
  for (const [i, layer] of stored.layers.entries()) {
    apply(runner, layer, i, layerGeneration(stored, layer));
  }
  runner.finish();
  const { placed, byExample, notes } = runner;
  const layers = placed.map((each) => finished(file, each, byExample));
  const [first] = layers;
  if (!first || !layers.some(({ weight }) => weight !== null)) {
    throw new ModelFileError(`${file} has no Dense layer`);
  }
  const inputs = first.inputs * (first.rows ?? 1);
  const values = layers.reduce((sum, { units, rows = 1 }) => sum + rows * units, inputs);
  if (values > mostValues) {
    throw new ModelFileError(
      `${file}: a row has ${values} values in all layers; at most ${mostValues}`,
    );
  }
  return {
    name: stored.name,
    layers,
    inputs,
    flatten: byExample,
    notes: [...stored.notes, ...notes],
  };
}
