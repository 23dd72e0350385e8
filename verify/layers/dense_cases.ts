/**
 * Dense in quantities: x · w + b and every activation, penalties of weights and
 * results, and the low-rank adaptation, as Keras 3.16's documentation has them.
 *
 * @module
 */
import type { DenseOptions } from "../../layers/dense.ts";
import type { NamedActivation } from "../../layers/activations.ts";
import type { NamedRegularizer } from "../../layers/regularizers.ts";
import { rowFunction, rowsOf } from "./activations.ts";
import type { Expected, Given, LayerCase } from "./layer_case.ts";
import type { Adaptation } from "./library.ts";
import { type Quantity, type Rules, sumOf } from "./quantity.ts";

type Row = readonly Quantity[];

/** The sum of products of two rows. */
export function dot(rules: Rules, a: Row, b: Row): Quantity {
  return sumOf(rules, a.map((each, i) => each.times(b[i]!)));
}

const columnOf = (matrix: Row, columns: number, j: number) =>
  Array.from({ length: matrix.length / columns }, (_, i) => matrix[i * columns + j]!);

/** A product of matrices, row by row. */
export function product(rules: Rules, a: Row, b: Row, inner: number): Quantity[] {
  const columns = b.length / inner;
  const ofB = Array.from({ length: columns }, (_, j) => columnOf(b, columns, j));
  return rowsOf(a, inner).flatMap((row) => ofB.map((column) => dot(rules, row, column)));
}

/** The mean |cosine| between different vectors, halved, times a factor. */
function orthogonal(rules: Rules, vectors: readonly Row[], factor: number): Quantity {
  const units = vectors.map((vector) => {
    // The length is at least Keras's epsilon.
    const length = dot(rules, vector, vector).atLeast(1e-14).sqrt();
    return vector.map((each) => each.over(length));
  });
  const cosines = units.flatMap((a, i) =>
    units.slice(i + 1).map((b) => dot(rules, a, b).magnitude())
  );
  return sumOf(rules, cosines).times(factor / cosines.length);
}

/** The penalty of values [rows, columns]. */
export function penaltyOf(
  rules: Rules,
  { name, l1, l2, factor = 0.01, mode = "rows" }: NamedRegularizer,
  values: Row,
  columns: number,
): Quantity {
  const ofL1 = l1 ?? (name === "l1" ? 0.01 : 0);
  const ofL2 = l2 ?? (name === "l2" ? 0.01 : 0);
  if (name.startsWith("orthogonal")) {
    const rows = rowsOf(values, columns);
    return orthogonal(
      rules,
      mode === "rows" ? rows : rows[0]!.map((_, j) => columnOf(values, columns, j)),
      factor,
    );
  }
  return sumOf(
    rules,
    values.map((w) => w.magnitude().times(ofL1).plus(w.squared().times(ofL2))),
  );
}

/** A penalty of results, which Keras divides by the number of examples. */
export function activityPenalty(given: Given, y: Row, regularizer: NamedRegularizer): Quantity {
  return penaltyOf(given.rules, regularizer, y, 1).times(1 / given.shape[0]!);
}

/** What is asked of a Dense layer. */
interface DenseCase {
  readonly activation?: NamedActivation;
  readonly useBias?: boolean;
  readonly weight?: NamedRegularizer;
  readonly bias?: NamedRegularizer;
  readonly activity?: NamedRegularizer;
  readonly lora?: Adaptation;
  readonly shape?: readonly number[];
  readonly units?: number;
  readonly frozen?: boolean;
}

const hasLogits = ["softmax", "sigmoid", "tanh", "relu"];

function denseCase(name: string, asked: DenseCase): LayerCase {
  const { activation = { name: "linear" }, useBias = true, lora, activity } = asked;
  const { shape = [3, 4], units = 4, frozen = false } = asked;
  const inputs = shape.at(-1)!;
  const f = rowFunction(activation);
  const sums = ({ rules, x, variables }: Given): Quantity[] => {
    const weight = variables.kernel!;
    const [a, b] = [variables.lora_kernel_a, variables.lora_kernel_b];
    const adapted = lora
      ? product(rules, a!, b!, lora.rank).map((each, i) =>
        weight[i]!.plus(each.times((lora.alpha ?? lora.rank) / lora.rank))
      )
      : weight;
    const z = product(rules, x, adapted, inputs);
    return useBias ? z.map((each, i) => each.plus(variables.bias![i % units]!)) : z;
  };
  const penalties = (given: Given, y: Row): Quantity[] => {
    const { rules, variables } = given;
    return [
      ...(activity ? [activityPenalty(given, y, activity)] : []),
      ...(asked.weight && !frozen
        ? lora
          // The weight is frozen, and its penalty is that of what is trained in its place.
          ? [variables.lora_kernel_a!, variables.lora_kernel_b!].map((each) =>
            penaltyOf(rules, asked.weight!, each, 1)
          )
          : [penaltyOf(rules, asked.weight, variables.kernel!, units)]
        : []),
      ...(asked.bias && !frozen ? [penaltyOf(rules, asked.bias, variables.bias!, units)] : []),
    ];
  };
  const outShape = (columns: number) => [...shape.slice(0, -1), columns];
  const expected = (given: Given): Expected => {
    const y = rowsOf(sums(given), units).flatMap((row) => f(row));
    const columns = units * y.length / (given.x.length / inputs * units);
    const of = [...given.shape.slice(0, -1), columns];
    return { y, shape: of, penalties: penalties(given, y) };
  };
  const options: DenseOptions = {
    units,
    activation,
    seed: 1,
    ...(useBias ? {} : { useBias }),
    ...(asked.weight ? { kernelRegularizer: asked.weight } : {}),
    ...(asked.bias ? { biasRegularizer: asked.bias } : {}),
    ...(activity ? { activityRegularizer: activity } : {}),
    ...(frozen ? { trainable: false } : {}),
  };
  const plain = !activity && !asked.weight && !asked.bias && !lora;
  return {
    name: `Dense/${name}`,
    shape,
    make: (kernel, layers) =>
      lora ? layers.DenseWithLora(kernel, options, lora) : layers.Dense(kernel, options),
    variables: {
      kernel: { shape: [inputs, units], learns: !frozen && !lora },
      ...(useBias ? { bias: { shape: [units], learns: !frozen, first: 0 } } : {}),
      ...(lora
        ? {
          lora_kernel_a: { shape: [inputs, lora.rank] },
          lora_kernel_b: { shape: [lora.rank, units], first: 0 },
        }
        : {}),
    },
    expected,
    ...(plain && hasLogits.includes(activation.name) && Object.keys(activation).length === 1
      ? {
        beforeActivation: (given: Given): Expected => ({
          y: sums(given),
          shape: outShape(units),
          penalties: penalties(given, []),
        }),
      }
      : {}),
    // Beyond these, results of e^z are too large for gradients of them.
    ...(activation.name === "exponential" ? { inputs: [[1, 0], [2, 0]] as const } : {}),
    formulas: !plain || !ofKernels.includes(activation.name) || Object.keys(activation).length > 1,
  };
}

/** Activations that a kernel without formulas has. */
const ofKernels = [
  ...["linear", "relu", "sigmoid", "tanh", "softmax", "softplus", "elu", "selu", "gelu"],
  ...["gelu_tanh", "silu", "mish", "exponential"],
];

/** Every activation, those with parameters also with others than the default's. */
export const activations: readonly NamedActivation[] = [
  ...([
    ...["linear", "relu", "leaky_relu", "relu6", "sigmoid", "tanh", "softmax", "log_softmax"],
    ...["softplus", "softsign", "elu", "selu", "celu", "gelu", "gelu_tanh", "silu"],
    ...["hard_sigmoid", "hard_silu", "hard_tanh", "mish", "exponential", "log_sigmoid"],
    ...["squareplus", "sparse_plus", "sparse_sigmoid", "tanh_shrink", "soft_shrink"],
    ...["hard_shrink", "glu", "sparsemax"],
  ] as const).map((name) => ({ name }) as NamedActivation),
  { name: "relu", negativeSlope: 0.25, maxValue: 1.5, threshold: 0.5 },
  { name: "relu", maxValue: 2, threshold: -0.5 },
  { name: "leaky_relu", negativeSlope: -0.5 },
  { name: "elu", alpha: 1.5 },
  { name: "celu", alpha: 0.5 },
  { name: "gelu", approximate: true },
  { name: "hard_sigmoid", slope: 0.2, offset: 0.4 },
  { name: "squareplus", b: 0.5 },
  { name: "soft_shrink", threshold: 0.25 },
  { name: "hard_shrink", threshold: 1.25 },
  { name: "threshold", threshold: 0.25, defaultValue: -2 },
];

const titleOf = ({ name, ...parameters }: NamedActivation) =>
  [name, ...Object.entries(parameters).map(([key, value]) => `${key} ${value}`)].join(" ");

/** All cases of Dense. */
export const denseCases: readonly LayerCase[] = [
  ...activations.map((activation) => denseCase(titleOf(activation), { activation })),
  denseCase("no bias", { useBias: false, activation: { name: "tanh" } }),
  denseCase("three axes", { shape: [2, 3, 4], units: 3, activation: { name: "sigmoid" } }),
  denseCase("seventeen rows", { shape: [17, 9], units: 5, activation: { name: "sigmoid" } }),
  denseCase("one input and one unit", { shape: [5, 1], units: 1 }),
  denseCase("frozen", { frozen: true, weight: { name: "l2" }, activation: { name: "tanh" } }),
  denseCase("l1 and l2", { weight: { name: "l1", l1: 0.5 }, bias: { name: "l2", l2: 0.25 } }),
  denseCase("default penalties", { weight: { name: "l2" }, bias: { name: "l1" } }),
  denseCase("l1l2 of results", {
    activation: { name: "tanh" },
    activity: { name: "l1l2", l1: 0.5, l2: 2 },
  }),
  denseCase("penalty of results of three axes", {
    shape: [2, 3, 4],
    activation: { name: "softmax" },
    activity: { name: "l2", l2: 0.5 },
  }),
  denseCase("orthogonal rows", {
    weight: { name: "orthogonal_regularizer", factor: 2 },
    units: 3,
    shape: [3, 3],
  }),
  denseCase("orthogonal columns", {
    weight: { name: "orthogonal_regularizer", factor: 2, mode: "columns" },
    units: 3,
  }),
  denseCase("low-rank adaptation", { lora: { inputs: 4, rank: 2 } }),
  denseCase("low-rank adaptation with a penalty", {
    lora: { inputs: 4, rank: 1 },
    weight: { name: "l2", l2: 0.25 },
  }),
  denseCase("low-rank adaptation with alpha", {
    lora: { inputs: 4, rank: 2, alpha: 3 },
    activation: { name: "gelu" },
  }),
];
