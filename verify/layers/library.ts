/**
 * The layers, losses, optimizers and schedules that the check of layers judges,
 * as functions by name, so that a broken one can stand in for each: the verifier
 * is tested on those.
 *
 * @module
 */
import { ActivationLayer } from "../../layers/activation_layer.ts";
import { BatchNormalization } from "../../layers/batch_normalization.ts";
import { getConstraint, type NamedConstraint } from "../../layers/constraints.ts";
import { Dense, type DenseOptions } from "../../layers/dense.ts";
import { Dropout } from "../../layers/dropout.ts";
import { ELU } from "../../layers/elu_layer.ts";
import { Flatten } from "../../layers/flatten.ts";
import type { Layer } from "../../layers/layer.ts";
import { LeakyReLU } from "../../layers/leaky_relu_layer.ts";
import { Normalization } from "../../layers/normalization.ts";
import { PReLU } from "../../layers/prelu.ts";
import { ReLU } from "../../layers/relu_layer.ts";
import { Rescaling } from "../../layers/rescaling.ts";
import { Reshape } from "../../layers/reshape.ts";
import { Sequential } from "../../layers/sequential.ts";
import { Softmax } from "../../layers/softmax_layer.ts";
import * as crossentropy from "../../layers/training/crossentropy.ts";
import * as elementwise from "../../layers/training/elementwise_losses.ts";
import * as optimizers from "../../layers/training/optimizers.ts";
import * as schedules from "../../layers/training/schedules.ts";
import type { Trainable } from "../../layers/training/trainable.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";

/** What makes a layer of a kernel and options. */
type Maker<Class extends new (kernel: Kernel, options: never) => Layer> = (
  kernel: Kernel,
  options?: ConstructorParameters<Class>[1],
) => Layer;

/** How a low-rank adaptation is asked for. */
export interface Adaptation {
  readonly inputs: number;
  readonly rank: number;
  readonly alpha?: number;
}

/** Layers by their classes' names. */
export interface Layers {
  readonly Activation: Maker<typeof ActivationLayer>;
  readonly BatchNormalization: Maker<typeof BatchNormalization>;
  readonly Dense: Maker<typeof Dense>;
  /** A Dense with a low-rank adaptation. */
  readonly DenseWithLora: (kernel: Kernel, options: DenseOptions, lora: Adaptation) => Layer;
  readonly Dropout: Maker<typeof Dropout>;
  readonly ELU: Maker<typeof ELU>;
  readonly Flatten: (kernel: Kernel) => Layer;
  readonly LeakyReLU: Maker<typeof LeakyReLU>;
  readonly Normalization: Maker<typeof Normalization>;
  /** A Normalization by the statistics of data. */
  readonly NormalizationOf: (kernel: Kernel, data: readonly Tensor[]) => Layer;
  readonly PReLU: Maker<typeof PReLU>;
  readonly ReLU: Maker<typeof ReLU>;
  readonly Rescaling: Maker<typeof Rescaling>;
  readonly Reshape: Maker<typeof Reshape>;
  readonly Softmax: Maker<typeof Softmax>;
  readonly Sequential: (layers: readonly Layer[]) => Layer & Trainable;
}

/** All that is judged. */
export interface Library {
  readonly layers: Layers;
  readonly losses: typeof elementwise & typeof crossentropy;
  readonly optimizers: Omit<typeof optimizers, "readOptimizer" | "optimizerNames">;
  readonly schedules: Omit<typeof schedules, "learningRate" | "rateAt">;
  readonly constraint: (given: NamedConstraint) => {
    apply(kernel: Kernel, values: Tensor): void;
  };
}

/** This project's own. */
export const ownLibrary: Library = {
  layers: {
    Activation: (kernel, options) => new ActivationLayer(kernel, options!),
    BatchNormalization: (kernel, options) => new BatchNormalization(kernel, options),
    Dense: (kernel, options) => new Dense(kernel, options!),
    DenseWithLora: (kernel, options, { inputs, rank, alpha }) => {
      const layer = new Dense(kernel, options);
      layer.build([null, inputs]);
      layer.enableLora(rank, alpha === undefined ? {} : { loraAlpha: alpha });
      return layer;
    },
    Dropout: (kernel, options) => new Dropout(kernel, options!),
    ELU: (kernel, options) => new ELU(kernel, options),
    Flatten: (kernel) => new Flatten(kernel),
    LeakyReLU: (kernel, options) => new LeakyReLU(kernel, options),
    Normalization: (kernel, options) => new Normalization(kernel, options),
    NormalizationOf: (kernel, data) => {
      const layer = new Normalization(kernel);
      layer.adapt(data);
      return layer;
    },
    PReLU: (kernel, options) => new PReLU(kernel, options),
    ReLU: (kernel, options) => new ReLU(kernel, options),
    Rescaling: (kernel, options) => new Rescaling(kernel, options!),
    Reshape: (kernel, options) => new Reshape(kernel, options!),
    Softmax: (kernel, options) => new Softmax(kernel, options),
    Sequential: (layers) => new Sequential(layers),
  },
  losses: { ...elementwise, ...crossentropy },
  optimizers,
  schedules,
  constraint: (given) => getConstraint(given)!,
};
