/**
 * Layers and stacks of Keras's configurations: every layer by its class, a
 * Sequential, and a functional model that is a chain. What branches, and layers
 * that are not here, are refused by name.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { formatList, quote } from "../common/text.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { ActivationLayer } from "./activation_layer.ts";
import { BatchNormalization } from "./batch_normalization.ts";
import { Dense } from "./dense.ts";
import { Dropout } from "./dropout.ts";
import { ELU } from "./elu_layer.ts";
import { Flatten } from "./flatten.ts";
import { chainOf } from "./functional_chain.ts";
import { Input } from "./input_layer.ts";
import {
  checkDepth,
  type KerasConfig,
  type KerasObject,
  readKerasObject,
} from "./keras_objects.ts";
import type { Layer } from "./layer.ts";
import { LeakyReLU } from "./leaky_relu_layer.ts";
import { Normalization } from "./normalization.ts";
import { disposeAll } from "./pending_forwards.ts";
import { PReLU } from "./prelu.ts";
import { checkReadOptions, type ReadOptions } from "./read_options.ts";
import { ReLU } from "./relu_layer.ts";
import { Rescaling } from "./rescaling.ts";
import { Reshape } from "./reshape.ts";
import { Sequential } from "./sequential.ts";
import { Softmax } from "./softmax_layer.ts";

type FromConfig = (kernel: Kernel, config: KerasConfig, options: ReadOptions) => Layer;

/** The layers that are here, by Keras's names. */
const classes: Readonly<Record<string, FromConfig>> = {
  Dense: Dense.fromConfig,
  Activation: ActivationLayer.fromConfig,
  BatchNormalization: BatchNormalization.fromConfig,
  // What Keras 2 called it in some versions.
  BatchNormalizationV1: (kernel, { config }, options) =>
    BatchNormalization.fromConfig(kernel, config as KerasConfig, options),
  Dropout: Dropout.fromConfig,
  ELU: ELU.fromConfig,
  Flatten: Flatten.fromConfig,
  InputLayer: Input.fromConfig,
  LeakyReLU: LeakyReLU.fromConfig,
  Normalization: Normalization.fromConfig,
  PReLU: PReLU.fromConfig,
  ReLU: ReLU.fromConfig,
  Rescaling: Rescaling.fromConfig,
  Reshape: Reshape.fromConfig,
  Softmax: Softmax.fromConfig,
  Sequential: (kernel, config, options) => modelOf(kernel, config, options),
};

/** The classes whose layers {@linkcode layerFromConfig} makes. */
export const layerClasses: readonly string[] = Object.freeze(Object.keys(classes));

/**
 * A layer of its class's name and its configuration, as Keras 2, Keras 3 and
 * TensorFlow.js write them.
 *
 * @throws {ArgumentError} where the class is none of those here, or its configuration or an option is not allowed.
 *
 * @example
 * ```ts
 * import { createKernel, layerFromConfig } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = layerFromConfig(kernel, {
 *   class_name: "LeakyReLU",
 *   config: { name: "leak", alpha: 0.5 },
 * });
 * if (layer.name !== "leak") throw new Error(layer.name);
 * ```
 */
export function layerFromConfig(
  kernel: Kernel,
  object: KerasConfig,
  options: ReadOptions = {},
): Layer {
  const checked = checkReadOptions(options);
  checkDepth("the configuration of a layer", object);
  return layerOf(kernel, object, checked);
}

function layerOf(kernel: Kernel, object: KerasConfig, options: ReadOptions): Layer {
  const { class_name, config } = readKerasObject("a layer", object);
  if (!Object.hasOwn(classes, class_name)) {
    const { name } = config;
    throw new ArgumentError(
      `there is no layer ${quote(class_name)} here${
        typeof name === "string" ? `, which layer ${quote(name)} is` : ""
      }; there are ${formatList(layerClasses)}`,
    );
  }
  return classes[class_name]!(kernel, object, options);
}

/** The shape of input that a layer's configuration says; null where it says none. */
function shapeIn({ config }: KerasObject): readonly (number | null)[] | null {
  const { batch_shape, batch_input_shape = batch_shape, input_shape, input_dim } = config;
  if (Array.isArray(batch_input_shape)) return batch_input_shape;
  if (Array.isArray(input_shape)) return [null, ...input_shape];
  return typeof input_dim === "number" ? [null, input_dim] : null;
}

/** The layers of a model's configuration, from the first to the last. */
function layersOf({ class_name, config }: KerasObject): KerasObject[] {
  // Keras 1 had a list of layers alone.
  const { layers } = config;
  if (!Array.isArray(layers)) {
    throw new ArgumentError(`the layers of a ${class_name} are an array; got ${describe(layers)}`);
  }
  const objects = layers.map((layer, i) => readKerasObject(`layer ${i} of a ${class_name}`, layer));
  return class_name === "Sequential" ? objects : chainOf(config, objects);
}

/**
 * A stack of a model's configuration: of a Sequential, or of a functional model
 * that is a chain. It is built where the configuration says the shape of inputs.
 *
 * @param object `{ class_name, config }`, as `model.to_json()` gives it.
 * @throws {ArgumentError} where a layer is none of those here, the model branches, or a configuration or an option is not allowed.
 *
 * @example What getConfig() gives
 * ```ts
 * import { createKernel, Dense, modelFromConfig, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 2, name: "only" })]);
 * model.build([null, 3]);
 * using same = modelFromConfig(kernel, { class_name: "Sequential", config: model.getConfig() });
 * if (`${same.weightNames}` !== "only/weight,only/bias") throw new Error(`${same.weightNames}`);
 * ```
 */
export function modelFromConfig(
  kernel: Kernel,
  object: KerasConfig,
  options: ReadOptions = {},
): Sequential {
  const checked = checkReadOptions(options);
  checkDepth("the configuration of a model", object);
  return modelOf(kernel, object, checked);
}

function modelOf(kernel: Kernel, object: KerasConfig, options: ReadOptions): Sequential {
  const model = readKerasObject("a model", object);
  if (!["Sequential", "Functional", "Model"].includes(model.class_name)) {
    throw new ArgumentError(
      `a model is a Sequential or a Functional one; got ${quote(model.class_name)}`,
    );
  }
  const objects = layersOf(model);
  const built: Layer[] = [];
  try {
    for (const object of objects) {
      // What an InputLayer says is noted below; it computes nothing.
      if (object.class_name !== "InputLayer") built.push(layerOf(kernel, object, options));
    }
    const { name, build_input_shape } = model.config;
    const stack = new Sequential<Layer>(kernel, built, typeof name === "string" ? { name } : {});
    const [first] = objects;
    const shape = (first && shapeIn(first)) ??
      (Array.isArray(build_input_shape) ? build_input_shape : null);
    if (shape && isBuildable(shape) && built.length > 0) stack.build(shape);
    return stack;
  } catch (error) {
    disposeAll(built);
    throw error;
  }
}

/** Whether a shape says how many inputs there are. */
function isBuildable(shape: readonly unknown[]): shape is readonly (number | null)[] {
  return shape.length >= 2 && Number.isSafeInteger(shape.at(-1)) &&
    shape.every((axis) => axis === null || Number.isSafeInteger(axis));
}
