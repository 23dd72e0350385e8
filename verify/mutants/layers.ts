/**
 * Broken layers, each of which the check of layers must find, and layers of other
 * formulas that it must accept: the faults are those of reimplementations of
 * Keras, of a wrong axis, mean, scale, default or mode.
 *
 * @module
 */
import type { Tensor } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import type { NamedActivation } from "../../layers/activations.ts";
import type { BackwardOptions, Layer } from "../../layers/layer.ts";
import { layersCheck } from "../checks/layers.ts";
import { type Layers, type Library, ownLibrary } from "../layers/library.ts";
import { around, type BatchSteps, PlainBatchNormalization, spoiled } from "./layer_subject.ts";
import { type ConformingVariant, dataOf, type Mutant } from "./mutant.ts";

/** A mutant of a part of the library, of which those cases alone can be wrong whose ids begin so. */
export function brokenLibrary(
  name: string,
  of: string,
  change: (own: Library) => Partial<Library>,
  key = false,
): Mutant {
  return {
    name: `layers: ${name}`,
    kind: "JavaScript",
    killer: "layers",
    effort: "quick",
    key,
    check: layersCheck({ ...ownLibrary, ...change(ownLibrary) }, of),
    create: () => createKernel("naive"),
  };
}

/** A variant of the library that is right. */
export function otherLibrary(
  name: string,
  of: string,
  change: (own: Library) => Partial<Library>,
): ConformingVariant {
  return {
    name: `layers: ${name}`,
    check: layersCheck({ ...ownLibrary, ...change(ownLibrary) }, of),
    create: () => createKernel("naive"),
  };
}

function broken(name: string, of: keyof Layers, change: (own: Layers) => Partial<Layers>): Mutant {
  const family = of.replace(/(?:WithLora|Of)$/, "");
  return brokenLibrary(
    name,
    `layer/${family}`,
    ({ layers }) => ({ layers: { ...layers, ...change(layers) } }),
  );
}

const batch = (name: string, steps: Partial<BatchSteps>): Mutant =>
  broken(`BatchNormalization: ${name}`, "BatchNormalization", () => ({
    BatchNormalization: (kernel, options) => new PlainBatchNormalization(kernel, options!, steps),
  }));

type Changes = Parameters<typeof spoiled>[1];

/** A layer of a class, spoiled. */
const spoiling = (name: string, of: Exclude<keyof Layers, "Sequential">, changes: Changes) =>
  broken(name, of, (own) => {
    const make = own[of] as (...given: readonly unknown[]) => Layer;
    return { [of]: (...given: readonly unknown[]) => spoiled(make(...given), changes) };
  });

/** A layer of a class with other options than it was given. */
const asking = <Of extends "Dense" | "ReLU" | "LeakyReLU" | "ELU" | "Softmax" | "Rescaling">(
  name: string,
  of: Of,
  change: (options: NonNullable<Parameters<Layers[Of]>[1]>) => object,
) =>
  broken(name, of, (own) => {
    const make = own[of] as (kernel: unknown, options: unknown) => Layer;
    return {
      [of]: (kernel: unknown, options: NonNullable<Parameters<Layers[Of]>[1]>) =>
        make(kernel, { ...options, ...change(options ?? {}) }),
    };
  });

const activation = (name: string, change: (given: NamedActivation) => NamedActivation) =>
  asking(`Dense: ${name}`, "Dense", ({ activation }) => ({
    activation: change(activation as NamedActivation),
  }));

const times = (factor: number) => (values: Float32Array) => {
  values.forEach((value, i) => values[i] = value * factor);
};

const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;

/** All of them. */
export const layerMutants: readonly Mutant[] = [
  batch("gradients lack the term of the mean", {
    ofInput: (dy, normal, i) => dy[i]! - normal[i]! * mean(dy.map((each, j) => each * normal[j]!)),
  }),
  batch("gradients lack the term of the variance", { ofInput: (dy, _, i) => dy[i]! - mean(dy) }),
  batch("gradients take the statistics for constants", { ofInput: (dy, _, i) => dy[i]! }),
  batch("epsilon is added to the root", { inverse: (v, epsilon) => 1 / (Math.sqrt(v) + epsilon) }),
  batch("epsilon is that of other libraries", { inverse: (v) => 1 / Math.sqrt(v + 1e-5) }),
  batch("the variance is that of a sample", {
    variance: (column, of) =>
      column.reduce((sum, x) => sum + (x - of) ** 2, 0) / Math.max(1, column.length - 1),
  }),
  batch("the moving variance is that of a sample", {
    moved: (old, value, momentum, rows, of) =>
      momentum * old + (1 - momentum) * value * (of === "variance" ? rows / (rows - 1) : 1),
  }),
  batch("momentum is the share of the new", {
    moved: (old, value, momentum) => (1 - momentum) * old + momentum * value,
  }),
  batch("the moving averages stay", { moved: (old) => old }),
  batch("use has the statistics of its batch", { ofBatch: (_, trainable) => trainable }),
  batch("a frozen one has the statistics of its batch", { ofBatch: (training) => training }),
  batch("the gradient by beta is a mean", { ofBeta: mean }),
  batch("the gradient by gamma is of what is not centred", {
    ofGamma: (dy, normal) => dy.reduce((sum, each, i) => sum + each * (normal[i]! + 1), 0),
  }),
  spoiling("Dense: the gradient by the bias is a mean", "Dense", {
    gradients: (gradient, name, rows) => {
      if (name === "bias") times(1 / rows)(gradient);
    },
  }),
  spoiling("Dense: the gradient by the weight is a mean over examples", "Dense", {
    gradients: (gradient, name, rows) => {
      if (name === "kernel") times(1 / rows)(gradient);
    },
  }),
  spoiling("Dense: one element of the gradient by the input is off by a millionth", "Dense", {
    inputGradient: (dx) => dx[0] = dx[0]! * (1 + 4e-6),
  }),
  spoiling("Dense: penalties are left out of the loss", "Dense", {
    losses: (losses) => losses.slice(0, 0),
  }),
  asking("Dense: l2 is half the sum of squares", "Dense", ({ kernelRegularizer: given }) => {
    const named = given as { name: string; l2?: number } | undefined;
    return named?.name === "l2"
      ? { kernelRegularizer: { name: "l2", l2: (named.l2 ?? 0.01) / 2 } }
      : {};
  }),
  asking("Dense: the default of l2 is 0.001", "Dense", ({ kernelRegularizer: given }) => {
    const named = given as { name: string; l2?: number } | undefined;
    return named?.name === "l2" ? { kernelRegularizer: { l2: 0.001, ...named } } : {};
  }),
  asking("Dense: the penalty of a bias is none", "Dense", () => ({ biasRegularizer: null })),
  broken(
    "Dense: the penalty of results is not divided by the examples",
    "Dense",
    (own) => ({
      Dense: (kernel, options) =>
        spoiled(own.Dense(kernel, options), {
          losses: (losses) => {
            if (options?.activityRegularizer) times(3)(dataOf(losses[0]!));
            return losses;
          },
        }),
    }),
  ),
  asking(
    "Dense: rows are orthogonal in place of columns",
    "Dense",
    ({ kernelRegularizer: given }) =>
      (given as { mode?: string } | undefined)?.mode === "columns"
        ? { kernelRegularizer: { ...(given as object), mode: "rows" } }
        : {},
  ),
  activation(
    "gelu is its tanh form",
    (given) => given.name === "gelu" ? { ...given, approximate: true } : given,
  ),
  activation(
    "hard_sigmoid is that of Keras 2",
    (given) =>
      given.name === "hard_sigmoid" && given.slope === undefined ? { ...given, slope: 0.2 } : given,
  ),
  activation(
    "leaky_relu is that of Keras 2",
    (given) => given.name === "leaky_relu" ? { negativeSlope: 0.3, ...given } : given,
  ),
  activation(
    "the alpha of elu is ignored",
    (given) => given.name === "elu" ? { name: "elu" } : given,
  ),
  activation(
    "celu is elu with alpha",
    (given) => given.name === "celu" ? { ...given, name: "elu" } : given,
  ),
  activation("relu6 has no end", (given) => given.name === "relu6" ? { name: "relu" } : given),
  activation(
    "log_softmax is softmax",
    (given) => given.name === "log_softmax" ? { name: "softmax" } : given,
  ),
  broken("Dense: alpha of a lora is not divided by its rank", "DenseWithLora", (own) => ({
    DenseWithLora: (kernel, options, lora) =>
      own.DenseWithLora(kernel, options, {
        ...lora,
        alpha: (lora.alpha ?? lora.rank) * lora.rank,
      }),
  })),
  broken("Dense: alpha of a lora is 1 by default", "DenseWithLora", (own) => ({
    DenseWithLora: (kernel, options, lora) =>
      own.DenseWithLora(kernel, options, { alpha: 1, ...lora }),
  })),
  spoiling("Dense: the gradient by a lora's a lacks the scale", "DenseWithLora", {
    gradients: (gradient, name) => {
      if (name === "lora_kernel_a") times(2 / 3)(gradient);
    },
  }),
  broken("Dense: gradients are of the last pass", "Dense", (own) => ({
    Dense: (kernel, options) => {
      const layer = own.Dense(kernel, options);
      let last: Tensor | undefined;
      return around<Layer>(layer, {
        forward: (x, given) => last = layer.forward(x, given),
        backward: ((dy, _, given: BackwardOptions = {}) =>
          layer.backward(dy, last, given)) as Layer["backward"],
      });
    },
  })),
  broken("Dense: from the fifth call on an element is off by a thousandth", "Dense", (own) => ({
    Dense: (kernel, options) => {
      let calls = 0;
      return spoiled(own.Dense(kernel, options), {
        result: (y, _, training) => {
          if (training && ++calls > 4) y[0] = y[0]! + 0.001;
        },
      });
    },
  })),
  asking("Softmax: of the last axis always", "Softmax", () => ({ axis: -1 })),
  asking(
    "Softmax: several axes are all",
    "Softmax",
    ({ axis }) => Array.isArray(axis) ? { axis: null } : {},
  ),
  asking("ReLU: no threshold", "ReLU", () => ({ threshold: 0 })),
  asking("LeakyReLU: the default of the function", "LeakyReLU", (options) => ({
    negativeSlope: options.negativeSlope ?? 0.2,
  })),
  asking("ELU: alpha is left out", "ELU", () => ({ alpha: 1 })),
  asking(
    "Rescaling: the offset comes first",
    "Rescaling",
    ({ scale, offset = 0 }) =>
      typeof scale === "number" && typeof offset === "number" ? { offset: offset * scale } : {},
  ),
  spoiling("PReLU: the gradient by the slopes is that of positive numbers", "PReLU", {
    gradients: times(-1),
  }),
  spoiling("PReLU: the gradient by the slopes is a mean", "PReLU", {
    gradients: (gradient, _, rows) => times(1 / rows)(gradient),
  }),
  broken("Normalization: the variance is taken for the deviation", "Normalization", (own) => ({
    Normalization: (kernel, options = {}) => {
      const { variance = null } = options;
      const square = (v: number) => v * v;
      return own.Normalization(kernel, {
        ...options,
        variance: typeof variance === "number" ? square(variance) : variance?.map(square) ?? null,
      });
    },
  })),
  broken("Normalization: the data of the last tensor alone count", "NormalizationOf", (own) => ({
    NormalizationOf: (kernel, data) => own.NormalizationOf(kernel, data.slice(-1)),
  })),
  broken("Normalization: the variance is that of a sample", "NormalizationOf", (own) => ({
    NormalizationOf: (kernel, data) => {
      const layer = own.NormalizationOf(kernel, data);
      const { tensor } = layer.variables[1]!;
      tensor.write(dataOf(tensor).map((value) => value * 11 / 10));
      return layer;
    },
  })),
  spoiling("Flatten: by columns", "Flatten", {
    result: (y, x, _, { shape: [rows = 1, columns = 1] }) => {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          y[i * columns + j] = x[i * columns + j % 3 * 4 + Math.floor(j / 3)]!;
        }
      }
    },
  }),
  spoiling("Reshape: gradients are not put back", "Reshape", {
    inputGradient: (dx) => dx.reverse(),
  }),
  spoiling("Dropout: what is kept is not scaled", "Dropout", {
    result: (y, _, training) => {
      if (training) times(0.75)(y);
    },
  }),
  spoiling("Dropout: gradients are not scaled", "Dropout", { inputGradient: times(0.75) }),
  spoiling("Dropout: in use too", "Dropout", {
    result: (y, _, training) => {
      if (!training) y.forEach((value, i) => y[i] = i % 4 === 0 ? 0 : value / 0.75);
    },
  }),
  broken("Dropout: the rate is what is kept", "Dropout", (own) => ({
    Dropout: (kernel, options) =>
      own.Dropout(kernel, {
        ...options!,
        rate: options!.rate === 0 ? 0 : 1 - options!.rate,
      }),
  })),
  spoiling("Dropout: gradients pass through what is left out", "Dropout", {
    inputGradient: (dx, dy) => dx.forEach((_, i) => dx[i] = dy[i]! / 0.75),
  }),
  spoiling("Dropout: whole rows are left out", "Dropout", {
    result: (y, x, training, { shape: [, columns = 1] }) => {
      if (!training) return;
      y.forEach((_, i) => y[i] = Math.floor(i / columns) % 4 === 0 ? 0 : x[i]! / 0.75);
    },
  }),
  broken("Dropout: the same in each pass", "Dropout", (own) => ({
    Dropout: (kernel, options) => {
      let layer = own.Dropout(kernel, options);
      const again = () => layer = own.Dropout(kernel, options);
      const forward = (x: Tensor) => again().forward(x);
      return new Proxy(layer, {
        get: (_, key) => {
          if (key === "forward") return forward;
          const value: unknown = Reflect.get(layer, key, layer);
          return typeof value === "function" ? value.bind(layer) : value;
        },
      });
    },
  })),
];

/** Other formulas that are right. */
export const layerVariants: readonly ConformingVariant[] = [
  otherLibrary("BatchNormalization in float64, with the variance in one pass", "layer/Batch", (
    { layers },
  ) => ({
    layers: {
      ...layers,
      BatchNormalization: (kernel, options) => new PlainBatchNormalization(kernel, options!),
    },
  })),
];
