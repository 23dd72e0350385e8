/**
 * Functions as activations and as a penalty: their derivatives are made by the
 * rules of `kernels/formula/derivative.ts`, each of which is in one of these,
 * while those of the references follow from dual numbers.
 *
 * @module
 */
import * as e from "../../kernels/formula/expression.ts";
import type { Expression } from "../../kernels/formula/expression.ts";
import { product } from "./dense_cases.ts";
import type { LayerCase } from "./layer_case.ts";
import { Quantity, sumOf } from "./quantity.ts";

/** A function as formulas have it, and in quantities. */
interface FunctionCase {
  readonly name: string;
  readonly expression: (z: Expression) => Expression;
  readonly f: (z: Quantity) => Quantity;
}

const number = ({ rules }: Quantity, value: number) => Quantity.constant(rules, value);

const functions: readonly FunctionCase[] = [
  {
    name: "quotient and log1p",
    expression: (z) => e.add(e.div(z, e.add(1, e.mul(z, z))), e.log1p(e.exp(z))),
    f: (z) => z.over(z.squared().plus(1)).plus(z.exp().log1p()),
  },
  {
    name: "root, tanh and expm1",
    expression: (z) =>
      e.sub(
        e.mul(e.sqrt(e.add(1, e.mul(z, z))), e.activated("tanh", z)),
        e.expm1(e.neg(e.abs(z))),
      ),
    f: (z) =>
      z.squared().plus(1).sqrt().times(z.activated("tanh"))
        .minus(z.magnitude().negated().expm1()),
  },
  {
    name: "logarithm, limits and sigmoid",
    expression: (z) =>
      e.add(
        e.mul(e.log(e.add(1, e.mul(z, z))), e.min(z, 2)),
        e.mul(e.max(z, -1), e.activated("sigmoid", z)),
      ),
    f: (z) =>
      z.squared().plus(1).log().times(z.atMost(2))
        .plus(z.atLeast(-1).times(z.activated("sigmoid"))),
  },
  {
    name: "gelu, silu and mish",
    expression: (z) =>
      e.sub(
        e.add(e.activated("gelu", z), e.mul(e.activated("silu", z), e.activated("mish", z))),
        e.activated("gelu_tanh", e.mul(2, z)),
      ),
    f: (z) =>
      z.activated("gelu").plus(z.activated("silu").times(z.activated("mish")))
        .minus(z.times(2).activated("gelu_tanh")),
  },
  {
    name: "a choice of elu, selu and softplus",
    expression: (z) =>
      e.choose(
        "less",
        z,
        0.5,
        e.mul(e.activated("elu", z), z),
        e.sub(e.activated("selu", z), e.activated("softplus", z)),
      ),
    f: (z) =>
      number(z, 0.5).above(z).chooses(
        z.activated("elu").times(z),
        z.activated("selu").minus(z.activated("softplus")),
      ),
  },
  {
    name: "sign, floor, round and relu",
    expression: (z) =>
      e.add(
        e.mul(e.mul(e.sign(z), z), e.unary("floor", z)),
        e.mul(e.unary("round", z), e.activated("relu", z)),
      ),
    // Of inputs that are given exactly.
    f: (z) =>
      z.magnitude().times(number(z, Math.floor(z.value)))
        .plus(z.atLeast(0).times(number(z, Math.round(z.value)))),
  },
];

/** A penalty as a function of a weight. */
const penalty = {
  expression: (w: Expression) =>
    e.add(e.mul(e.abs(w), e.mul(w, w)), e.log1p(e.mul(w, e.mul(w, 0.5)))),
  f: (w: Quantity) => w.magnitude().times(w.squared()).plus(w.times(w.times(0.5)).log1p()),
};

/** All of them. */
export const functionCases: readonly LayerCase[] = [
  ...functions.map(({ name, expression, f }): LayerCase => ({
    name: `Activation/function, ${name}`,
    shape: [3, 4],
    make: (kernel, layers) => layers.Activation(kernel, { activation: expression }),
    inputs: [[1, 0], [4, 0]],
    expected: ({ x }) => ({ y: x.map((z) => f(z)) }),
  })),
  {
    name: "Dense/penalty as a function",
    shape: [3, 4],
    make: (kernel, layers) =>
      layers.Dense(kernel, {
        units: 2,
        useBias: false,
        seed: 1,
        kernelRegularizer: penalty.expression,
      }),
    variables: { kernel: { shape: [4, 2] } },
    expected: ({ rules, x, shape, variables }) => ({
      y: product(rules, x, variables.kernel!, 4),
      shape: [shape[0]!, 2],
      penalties: [sumOf(rules, variables.kernel!.map((w) => penalty.f(w)))],
    }),
  },
];
