/**
 * For tests: the activations beyond the contract's in float64, written as their
 * papers and Keras's documentation have them, and formulas in float32 arithmetic,
 * each step rounded, as a GPU computes them.
 *
 * @module
 */
import type { Expression, UnaryFunction } from "../kernels/formula/expression.ts";
import type { Formula } from "../kernels/formula/formula.ts";
import { pointwiseDerivative, pointwiseValue } from "../kernels/scalar_activations.ts";
import { roundToEven } from "../kernels/formula/evaluate.ts";
import type { NamedActivation } from "./activations.ts";

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const clip = (z: number, low: number, high: number) => Math.min(Math.max(z, low), high);

/** z − tanh z by its series near 0, summed until nothing changes; tan's numbers with alternating signs. */
function tanhShrink(z: number): number {
  if (Math.abs(z) > 0.05) return z - Math.tanh(z);
  // From sinh and cosh: (z cosh z − sinh z)/cosh z, of which both series are positive.
  let [term, sum] = [z * z * z / 6, 0];
  for (let k = 1; k < 12; k++) {
    sum += term * 2 * k;
    term *= z * z / ((2 * k + 2) * (2 * k + 3));
  }
  return sum / Math.cosh(z);
}

/** An activation with f and f' in float64; at kinks f' is not asked for. */
export interface Reference {
  readonly of: NamedActivation;
  readonly f: (z: number) => number;
  readonly slope: (z: number) => number;
  readonly kinks?: readonly number[];
}

const leaky = (slope: number) => (z: number) => z > 0 ? z : slope * z;
const slopeOfLeaky = (slope: number) => (z: number) => z > 0 ? 1 : slope;

/** All elementwise activations beyond the contract's, with defaults and with parameters. */
export const references: readonly Reference[] = [
  { of: { name: "leaky_relu" }, f: leaky(0.2), slope: slopeOfLeaky(0.2), kinks: [0] },
  {
    of: { name: "leaky_relu", negativeSlope: 0 },
    f: (z) => Math.max(z, 0),
    slope: (z) => +(z > 0),
    kinks: [0],
  },
  {
    of: { name: "leaky_relu", negativeSlope: -3 },
    f: leaky(-3),
    slope: slopeOfLeaky(-3),
    kinks: [0],
  },
  { of: { name: "relu", negativeSlope: 0.5 }, f: leaky(0.5), slope: slopeOfLeaky(0.5), kinks: [0] },
  {
    of: { name: "relu6" },
    f: (z) => clip(z, 0, 6),
    slope: (z) => +(z > 0 && z < 6),
    kinks: [0, 6],
  },
  {
    of: { name: "relu", maxValue: 2, threshold: 1 },
    f: (z) => z > 1 ? Math.min(z, 2) : 0,
    slope: (z) => +(z > 1 && z < 2),
    kinks: [1, 2],
  },
  {
    of: { name: "relu", maxValue: 3, negativeSlope: 0.25, threshold: 0.5 },
    f: (z) => z > 0.5 ? Math.min(z, 3) : 0.25 * (z - 0.5),
    slope: (z) => z > 0.5 ? +(z < 3) : 0.25,
    kinks: [0.5, 3],
  },
  {
    of: { name: "relu", threshold: -1, negativeSlope: 0.25 },
    f: (z) => z > -1 ? z : 0.25 * (z + 1),
    slope: (z) => z > -1 ? 1 : 0.25,
    kinks: [-1],
  },
  {
    of: { name: "elu", alpha: 2 },
    f: (z) => z > 0 ? z : 2 * Math.expm1(z),
    slope: (z) => z > 0 ? 1 : 2 * Math.exp(z),
    kinks: [0],
  },
  {
    of: { name: "celu", alpha: 0.25 },
    f: (z) => Math.max(z, 0) + 0.25 * Math.expm1(Math.min(z, 0) / 0.25),
    slope: (z) => z > 0 ? 1 : Math.exp(z / 0.25),
  },
  {
    of: { name: "softsign" },
    f: (z) => Math.abs(z) === Infinity ? Math.sign(z) : z / (1 + Math.abs(z)),
    slope: (z) => (1 / (1 + Math.abs(z))) ** 2,
  },
  ...[4, 0.01, 1e6].map((b): Reference => {
    const value = (z: number) =>
      z < 0 ? b / 2 / (Math.hypot(z, Math.sqrt(b)) - z) : (z + Math.hypot(z, Math.sqrt(b))) / 2;
    return {
      of: { name: "squareplus", b },
      f: value,
      slope: (z) => Math.abs(z) === Infinity ? +(z > 0) : value(z) / Math.hypot(z, Math.sqrt(b)),
    };
  }),
  {
    of: { name: "soft_shrink" },
    f: (z) => z > 0.5 ? z - 0.5 : z < -0.5 ? z + 0.5 : 0,
    slope: (z) => +(Math.abs(z) > 0.5),
    kinks: [-0.5, 0.5],
  },
  {
    of: { name: "hard_shrink", threshold: 1.5 },
    f: (z) => Math.abs(z) > 1.5 ? z : 0,
    slope: (z) => +(Math.abs(z) > 1.5),
    kinks: [-1.5, 1.5],
  },
  {
    of: { name: "threshold", threshold: 1, defaultValue: -7 },
    f: (z) => z > 1 ? z : -7,
    slope: (z) => +(z > 1),
    kinks: [1],
  },
  {
    of: { name: "tanh_shrink" },
    f: tanhShrink,
    slope: (z) => Math.tanh(z) ** 2,
  },
  {
    of: { name: "sparse_plus" },
    f: (z) => z <= -1 ? 0 : z < 1 ? (z + 1) ** 2 / 4 : z,
    slope: (z) => clip((z + 1) / 2, 0, 1),
  },
  {
    of: { name: "sparse_sigmoid" },
    f: (z) => clip((z + 1) / 2, 0, 1),
    slope: (z) => Math.abs(z) < 1 ? 0.5 : 0,
    kinks: [-1, 1],
  },
  ...([["hard_sigmoid", 1 / 6, 0.5], ["hard_sigmoid", 0.2, 0.5]] as const).map((
    [name, slope, offset],
  ): Reference => ({
    of: slope === 0.2 ? { name, slope, offset } : { name },
    f: (z) => clip(slope * z + offset, 0, 1),
    slope: (z) => z > -offset / slope && z < (1 - offset) / slope ? slope : 0,
    kinks: [-offset / slope, (1 - offset) / slope],
  })),
  {
    of: { name: "hard_silu" },
    f: (z) => z <= -3 ? 0 : z >= 3 ? z : z * (z + 3) / 6,
    slope: (z) => z < -3 ? 0 : z >= 3 ? 1 : (2 * z + 3) / 6,
    kinks: [-3, 3],
  },
  {
    of: { name: "hard_tanh" },
    f: (z) => clip(z, -1, 1),
    slope: (z) => +(Math.abs(z) < 1),
    kinks: [-1, 1],
  },
  {
    of: { name: "log_sigmoid" },
    f: (z) => Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z))),
    slope: (z) => sigmoid(-z),
  },
];

const unaries: Readonly<Record<string, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sign: (a) => Math.sign(a),
  floor: Math.floor,
  round: roundToEven,
  sqrt: Math.sqrt,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
};

function unary(name: UnaryFunction): (a: number) => number {
  if (Object.hasOwn(unaries, name)) return unaries[name]!;
  const derivative = name.endsWith("_derivative");
  const of = name.replace("_derivative", "") as Parameters<typeof pointwiseValue>[0];
  return derivative ? pointwiseDerivative(of) : pointwiseValue(of);
}

/** The value of a formula of one output in float32 arithmetic. */
export function float32Value(formula: Formula, operands: readonly number[]): number {
  const values = new Map<Expression, number>();
  for (const step of formula.steps) {
    const at = (expression: Expression) => values.get(expression)!;
    const value = (): number => {
      switch (step.kind) {
        case "operand":
          return operands[step.index]!;
        case "parameter":
          throw new Error("no parameters here");
        case "constant":
          return step.value;
        case "unary":
          return unary(step.name)(at(step.a));
        case "choice": {
          const [a, b] = [at(step.a), at(step.b)];
          const test = step.test === "less" ? a < b : step.test === "equal" ? a === b : a <= b;
          return at(test ? step.then : step.otherwise);
        }
        case "binary": {
          const [a, b] = [at(step.a), at(step.b)];
          return {
            add: a + b,
            sub: a - b,
            mul: a * b,
            div: a / b,
            min: Math.min(a, b),
            max: Math.max(a, b),
          }[step.name];
        }
      }
    };
    values.set(step, Math.fround(value()));
  }
  return values.get(formula.outputs[0]!)!;
}

/** z from the smallest float32 to the largest, both signs, dense between −40 and 40, and near kinks. */
export function grid(): Float32Array {
  const values: number[] = [0];
  for (let exponent = -149; exponent < 128; exponent += 3) values.push(1.37 * 2 ** exponent);
  for (let i = 1; i <= 800; i++) values.push(i / 20, i / 20 + 1e-3);
  values.push(3.4028234663852886e38, 2.0001, 0.9999999, 1.0000001, 5.9999, 88.6, 88.8, 104, 1e19);
  return Float32Array.from([...values, ...values.map((value) => -value)]);
}
