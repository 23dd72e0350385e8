/**
 * The subjects of the mutation tests of layers: a layer whose methods are
 * replaced by others, and a BatchNormalization in plain float64 arithmetic, each
 * of whose steps can be replaced by a wrong one. As it is, it is right.
 *
 * @module
 */
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { BaseLayer } from "../../layers/base_layer.ts";
import type { BatchNormalizationOptions } from "../../layers/batch_normalization.ts";
import type { Layer } from "../../layers/layer.ts";
import type { Computed, GradientRequest } from "../../layers/layer_options.ts";
import type { LayerVariable } from "../../layers/layer_variable.ts";
import { getRegularizer } from "../../layers/regularizers.ts";
import { dataOf } from "./mutant.ts";

/** An object with other methods in place of some of its own. */
export function around<T extends object>(of: T, change: Partial<T>): T {
  return new Proxy(of, {
    get: (target, key) => {
      if (Object.hasOwn(change, key)) return change[key as keyof T];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

/** A layer on the heap whose results and gradients are changed after it has computed them. */
export function spoiled(layer: Layer, { result, inputGradient, gradients, losses }: {
  readonly result?: (y: Float32Array, x: Float32Array, training: boolean, y0: Tensor) => void;
  readonly inputGradient?: (dx: Float32Array, dy: Float32Array, shape: readonly number[]) => void;
  readonly gradients?: (gradient: Float32Array, name: string, rows: number) => void;
  readonly losses?: (losses: Tensor[]) => Tensor[];
}): Layer {
  const run = (x: Tensor, training: boolean) => {
    const y = layer.forward(x, { training });
    result?.(dataOf(y), dataOf(x), training, y);
    return y;
  };
  const back = (dy: Tensor, y: Tensor | undefined, options = {}) => {
    const dx = layer.backward(dy, y, options);
    if (dx) inputGradient?.(dataOf(dx), dataOf(dy), dx.shape);
    for (const { name, gradient } of layer.variables) {
      if (gradient) gradients?.(dataOf(gradient), name, dy.shape[0]!);
    }
    return dx;
  };
  return around<Layer>(layer, {
    forward: (x, options = {}) => run(x, options.training ?? true),
    predict: (x) => run(x, false),
    backward: back as Layer["backward"],
    ...(losses ? { losses: () => losses(layer.losses?.() ?? []) } : {}),
  });
}

/** The steps of the plain BatchNormalization, on one column. */
export interface BatchSteps {
  readonly mean: (column: readonly number[]) => number;
  readonly variance: (column: readonly number[], mean: number) => number;
  /** By what a centred number is multiplied. */
  readonly inverse: (variance: number, epsilon: number) => number;
  /** A moving average after a batch of so many rows. */
  readonly moved: (
    old: number,
    value: number,
    momentum: number,
    rows: number,
    of: "mean" | "variance",
  ) => number;
  /** Whether a pass uses the statistics of its batch, and moves the averages. */
  readonly ofBatch: (training: boolean, trainable: boolean) => boolean;
  /** The gradients by gamma and beta of the centred and scaled numbers. */
  readonly ofGamma: (dy: readonly number[], normal: readonly number[]) => number;
  readonly ofBeta: (dy: readonly number[]) => number;
  /** The gradient by the input, over gamma times the inverse. */
  readonly ofInput: (dy: readonly number[], normal: readonly number[], i: number) => number;
}

const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
const meanOf = (list: readonly number[]) => sum(list) / list.length;
const products = (a: readonly number[], b: readonly number[]) => a.map((each, i) => each * b[i]!);

/** The right steps. */
const rightBatchSteps: BatchSteps = {
  mean: meanOf,
  // In one pass, as some have it.
  variance: (column, mean) => meanOf(column.map((x) => x * x)) - mean * mean,
  inverse: (variance, epsilon) => 1 / Math.sqrt(variance + epsilon),
  moved: (old, value, momentum) => old + (1 - momentum) * (value - old),
  ofBatch: (training, trainable) => training && trainable,
  ofGamma: (dy, normal) => sum(products(dy, normal)),
  ofBeta: sum,
  ofInput: (dy, normal, i) => dy[i]! - meanOf(dy) - normal[i]! * meanOf(products(dy, normal)),
};

/** A BatchNormalization on the heap. */
export class PlainBatchNormalization extends BaseLayer {
  readonly #options: BatchNormalizationOptions;
  readonly #steps: BatchSteps;
  readonly #kept = new WeakMap<Tensor, { inverse: number[]; mean: number[]; ofBatch: boolean }>();
  #gamma: LayerVariable | null = null;
  #beta: LayerVariable | null = null;
  #mean: LayerVariable | null = null;
  #variance: LayerVariable | null = null;

  constructor(
    kernel: Kernel,
    options: BatchNormalizationOptions,
    steps: Partial<BatchSteps> = {},
  ) {
    const { trainable = true } = options;
    super(kernel, "BatchNormalization", { trainable });
    this.#options = options;
    this.#steps = { ...rightBatchSteps, ...steps };
  }

  protected override createVariables(inputShape: readonly (number | null)[]): void {
    const shape = [inputShape.at(-1)!];
    const { center = true, scale = true, gammaRegularizer, betaRegularizer } = this.#options;
    const add = (
      name: string,
      initializer: "ones" | "zeros",
      learns: boolean,
      regularizer = getRegularizer(null),
    ) => this.addVariable({ name, shape, initializer, seed: 0, learns, regularizer });
    if (scale) {
      this.#gamma = add("gamma", "ones", true, getRegularizer(gammaRegularizer ?? null));
    }
    if (center) this.#beta = add("beta", "zeros", true, getRegularizer(betaRegularizer ?? null));
    this.#mean = add("moving_mean", "zeros", false);
    this.#variance = add("moving_variance", "ones", false);
  }

  #columns(values: Float32Array): number[][] {
    const columns = this.#mean!.tensor.size;
    const all = Array.from({ length: columns }, (): number[] => []);
    values.forEach((value, i) => all[i % columns]!.push(value));
    return all;
  }

  protected override ownConfig(): Record<string, never> {
    return {};
  }

  protected override compute(x: Tensor, training: boolean): Computed {
    const { momentum = 0.99, epsilon = 0.001 } = this.#options;
    const steps = this.#steps;
    const columns = this.#columns(dataOf(x));
    const ofBatch = steps.ofBatch(training, this.trainable);
    const [means, variances] = [dataOf(this.#mean!.tensor), dataOf(this.#variance!.tensor)];
    const own = columns.map((column, j) => {
      if (!ofBatch) return { mean: means[j]!, variance: variances[j]! };
      const mean = steps.mean(column);
      return { mean, variance: steps.variance(column, mean) };
    });
    if (ofBatch) {
      for (const [j, { mean, variance }] of own.entries()) {
        const rows = columns[j]!.length;
        means[j] = steps.moved(means[j]!, mean, momentum, rows, "mean");
        variances[j] = steps.moved(variances[j]!, variance, momentum, rows, "variance");
      }
    }
    const inverse = own.map(({ variance }) => steps.inverse(variance, epsilon));
    const [gamma, beta] = [this.#gamma, this.#beta].map((each) => each && dataOf(each.tensor));
    const y = this.kernel.tensor(
      x.shape,
      dataOf(x).map((value, i) => {
        const j = i % own.length;
        return (value - own[j]!.mean) * inverse[j]! * (gamma?.[j] ?? 1) + (beta?.[j] ?? 0);
      }),
    );
    this.#kept.set(x, { inverse, mean: own.map(({ mean }) => mean), ofBatch });
    return { y };
  }

  protected override computeGradients(
    { pass: { x }, dy, inputGradient, create }: GradientRequest,
  ): Tensor | null {
    const steps = this.#steps;
    const { inverse, mean, ofBatch } = this.#kept.get(x)!;
    const upstream = this.#columns(dataOf(dy));
    const normal = this.#columns(dataOf(x)).map((column, j) =>
      column.map((value) => (value - mean[j]!) * inverse[j]!)
    );
    const set = (
      variable: LayerVariable | null,
      of: (dy: readonly number[], normal: readonly number[]) => number,
    ) => {
      if (!variable || !this.learns(variable)) return;
      const gradient = variable.gradientTensor(create);
      gradient.write(Float32Array.from(upstream, (column, j) => of(column, normal[j]!)));
      variable.setGradient(gradient);
    };
    set(this.#gamma, steps.ofGamma);
    set(this.#beta, steps.ofBeta);
    if (!inputGradient) return null;
    const gamma = this.#gamma && dataOf(this.#gamma.tensor);
    const dx = create(x.shape);
    const columns = inverse.length;
    dx.write(Float32Array.from({ length: x.size }, (_, at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      const of = ofBatch ? steps.ofInput(upstream[j]!, normal[j]!, i) : upstream[j]![i]!;
      return of * inverse[j]! * (gamma?.[j] ?? 1);
    }));
    return dx;
  }
}
