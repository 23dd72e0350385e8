/**
 * For tests: a stored model computed in float64, layer by layer as Keras says
 * and nothing folded, and what is expected of the sample files.
 *
 * @module
 */
import { float32Of } from "./stored_array.ts";
import type { StoredLayer, StoredModel } from "./stored_model.ts";

type Rows = readonly (readonly number[])[];

/** What a sample's `expected.json` has. */
export interface Expected {
  readonly input: Rows;
  readonly output_float64: Rows;
  readonly output_before_quantizing?: Rows;
  readonly weights?: readonly {
    readonly layer: string;
    readonly weight: string;
    readonly shape: readonly number[];
    readonly first: readonly number[];
    readonly bits_xor?: number;
  }[];
}

const erf = (x: number): number => {
  // The series for small arguments, the continued fraction for large ones (Abramowitz & Stegun, 7.1.5, 7.1.14).
  if (Math.abs(x) < 3) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
  let fraction = 0;
  for (let n = 100; n > 0; n--) fraction = n / 2 / (Math.abs(x) + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction));
};

const [alpha, scale] = [1.6732632423543772, 1.0507009873554805];

const pointwise: Readonly<Record<string, (x: number) => number>> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  elu: (x) => x > 0 ? x : Math.expm1(x),
  selu: (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
  gelu: (x) => x * (1 + erf(x / Math.SQRT2)) / 2,
  swish: (x) => x / (1 + Math.exp(-x)),
};

function activate(name: unknown, row: readonly number[]): number[] {
  if (name === "softmax") {
    const largest = Math.max(...row);
    const powers = row.map((x) => Math.exp(x - largest));
    const sum = powers.reduce((all, each) => all + each, 0);
    return powers.map((each) => each / sum);
  }
  const apply = pointwise[String(name ?? "linear")];
  if (!apply) throw new Error(`the test knows no activation ${name}`);
  return row.map(apply);
}

// Keras takes such numbers as float32.
const listOf = (value: unknown) => ([value].flat(9) as number[]).map(Math.fround);

function layerOn({ className, config, weights }: StoredLayer, row: readonly number[]): number[] {
  const [first, second, third, fourth] = weights.map((weight) => float32Of(weight));
  switch (className) {
    case "Dense": {
      const units = weights[0]!.shape[1]!;
      const quantized = weights[2]?.name === "kernel_scale";
      const sums = Array.from({ length: units }, (_, j) => {
        const products = row.map((x, i) => x * first![i * units + j]!);
        const sum = products.reduce((all, each) => all + each, 0);
        return (quantized ? sum / third![j]! : sum) + (second?.[j] ?? 0);
      });
      return activate(config.activation, sums);
    }
    case "Activation":
      return activate(config.activation, row);
    case "LeakyReLU": {
      const slope = Number(config.negative_slope ?? config.alpha);
      return row.map((x) => x > 0 ? x : slope * x);
    }
    case "BatchNormalization":
      return row.map((x, i) =>
        first![i]! * (x - third![i]!) / Math.sqrt(fourth![i]! + Number(config.epsilon)) +
        second![i]!
      );
    case "Rescaling":
      return row.map((x) => x * Number(config.scale) + Number(config.offset));
    case "Normalization": {
      const [mean, variance] = [listOf(config.mean), listOf(config.variance)];
      return row.map((x, i) => (x - mean[i]!) / Math.sqrt(variance[i]!));
    }
    default:
      if (weights.length > 0) throw new Error(`the test knows no ${className}`);
      return [...row];
  }
}

/** What a model gives for these rows, in float64. */
export function computeStored({ layers }: StoredModel, input: Rows): number[][] {
  return input.map((row) => layers.reduce((x, layer) => layerOn(layer, x), [...row]));
}
