/**
 * The activations and their derivatives in WGSL, by vec4, with the functions of
 * `math_wgsl.ts`. No finite input gives NaN: arguments are clamped before
 * anything could overflow. Those with a left tail are max(z, 0) minus a function
 * of |z| that tends to 0, so that no digits cancel on either side.
 *
 * @module
 */
import { type Activation, type Pointwise, selu } from "../activation.ts";
import { f32, gateSlope, mathFunctions } from "./math_wgsl.ts";

/**
 * The largest errors in ULP over all float32 inputs. Divisions count with the
 * 2.5 ULP that WGSL permits; where a driver rounds them correctly, the errors are
 * about half of these.
 */
export const webGpuActivationUlp: Readonly<Record<Activation, number>> = Object.freeze({
  linear: 0,
  relu: 0,
  sigmoid: 5,
  tanh: 6,
  softmax: 5,
  gelu: 10,
  gelu_tanh: 8,
  exponential: 2,
  elu: 3,
  selu: 4,
  softplus: 6,
  silu: 6,
  mish: 10,
});

/**
 * The same of the gradients. That of selu, y + 1.76, has no such limit where y
 * takes away all but the error of the constant.
 */
export const webGpuGradientUlp: Readonly<Partial<Record<Pointwise, number>>> = Object.freeze({
  linear: 0,
  relu: 0,
  sigmoid: 4,
  tanh: 4,
  gelu: 12,
  gelu_tanh: 10,
  exponential: 0,
  elu: 1,
  softplus: 4,
  silu: 8,
  mish: 10,
});

const values: Readonly<Record<Pointwise, string>> = {
  linear: "return z;",
  relu: "return max(z, vec4f());",
  sigmoid: `
  let e = exp_of(-abs(z));
  return select(e, vec4f(1.0), z >= vec4f()) / (e + vec4f(1.0));`,
  tanh: `
  let e = exp_less_one(-2.0 * min(abs(z), vec4f(20.0)));
  let size = -e / (e + vec4f(2.0));
  return select(size, -size, z < vec4f());`,
  gelu: `
  let a = min(abs(z), vec4f(20.0));
  return max(z, vec4f()) - scaled_tail(a, a);`,
  gelu_tanh: `
  let a = min(abs(z), vec4f(12.0));
  return max(z, vec4f()) - scaled_gate(a, a) / (scaled_gate(vec4f(1.0), a) + vec4f(1.0));`,
  exponential: "return exp_of(z);",
  elu: "return select(z, exp_less_one(min(z, vec4f())), z < vec4f());",
  selu: `
  let negative = exp_less_one(min(z, vec4f())) * ${f32(selu.scale * selu.alpha)};
  return select(z * ${f32(selu.scale)}, negative, z < vec4f());`,
  softplus: "return max(z, vec4f()) + log_one_plus(exp_of(-abs(z)));",
  silu: `
  let a = min(abs(z), vec4f(150.0));
  return max(z, vec4f()) - scaled_exp(a, -a, vec4f()) / (exp_of(-a) + vec4f(1.0));`,
  // z w/(w + 2) with w = e^z(e^z + 2); in the tail z e^z, since w is flushed to 0 before z w is.
  mish: `
  let e = exp_of(min(z, vec4f(30.0)));
  let w = e * (e + vec4f(2.0));
  let tail = max(z, vec4f(-150.0));
  return select(z * (w / (w + vec4f(2.0))), scaled_exp(tail, tail, vec4f()), z < vec4f(-17.0));`,
};

// x is y or, for those of gradientNeedsZ, z. Where h is the derivative for z < 0, it is 1 - h for z >= 0.
const derivatives: Readonly<Record<Pointwise, string>> = {
  linear: "return vec4f(1.0);",
  relu: "return select(vec4f(), vec4f(1.0), x > vec4f());",
  sigmoid: "return x * (vec4f(1.0) - x);",
  tanh: "return (vec4f(1.0) - x) * (vec4f(1.0) + x);",
  exponential: "return x;",
  elu: "return select(x + vec4f(1.0), vec4f(1.0), x > vec4f());",
  selu: `return select(x + vec4f(${f32(selu.scale * selu.alpha)}), vec4f(${
    f32(selu.scale)
  }), x > vec4f());`,
  softplus: "return -exp_less_one(-max(x, vec4f()));",
  gelu: `
  let a = min(abs(x), vec4f(20.0));
  let h = scaled_tail(vec4f(1.0), a) - scaled_density(a * ${f32(1 / Math.sqrt(2 * Math.PI))}, a);
  return select(vec4f(1.0) - h, h, x < vec4f());`,
  gelu_tanh: `
  let a = min(abs(x), vec4f(12.0));
  let d = scaled_gate(vec4f(1.0), a) + vec4f(1.0);
  let slope = a * (vec4f(${gateSlope.alpha}) + a * a * ${gateSlope.threeBeta});
  let h = scaled_gate((vec4f(1.0) - slope / d) / d, a);
  return select(vec4f(1.0) - h, h, x < vec4f());`,
  silu: `
  let a = min(abs(x), vec4f(150.0));
  let d = exp_of(-a) + vec4f(1.0);
  let h = scaled_exp((vec4f(1.0) - a / d) / d, -a, vec4f());
  return select(vec4f(1.0) - h, h, x < vec4f());`,
  // w/(w + 2) + z 4e(e + 1)/(w + 2)²; from 15 on it is 1, and the square would overflow. In the
  // tail it is (1 + z) e^z, since e is flushed to 0, or loses digits, before the product is small.
  mish: `
  let z = clamp(x, vec4f(-150.0), vec4f(15.0));
  let e = exp_of(z);
  let w = e * (e + vec4f(2.0));
  let d = w + vec4f(2.0);
  let slope = w / d + z * ((4.0 * e / d) * ((e + vec4f(1.0)) / d));
  return select(slope, scaled_exp(vec4f(1.0) + z, z, vec4f()), z < vec4f(-17.0));`,
};

/** Whether the code of an activation calls any of the elementary functions. */
function needsMath(code: string): boolean {
  return /(exp|scaled|log)_/.test(code);
}

function withMath(code: string): string {
  return needsMath(code) ? `${mathFunctions}\n\n${code}` : code;
}

/** `fn activation(z: vec4f) -> vec4f`, with all that it calls. */
export function activationFunction(activation: Pointwise): string {
  return withMath(`fn activation(z: vec4f) -> vec4f {\n  ${values[activation].trim()}\n}`);
}

/** `fn NAME_of(z: vec4f) -> vec4f` of an activation, without what it calls. */
export function activationNamed(name: string, activation: Pointwise): string {
  return `fn ${name}_of(z: vec4f) -> vec4f {\n  ${values[activation].trim()}\n}`;
}

/** `fn NAME_of(x: vec4f) -> vec4f` of an activation's derivative, without what it calls. */
export function derivativeNamed(name: string, activation: Pointwise): string {
  return `fn ${name}_of(x: vec4f) -> vec4f {\n  ${derivatives[activation].trim()}\n}`;
}

/** The activations of {@linkcode anyActivationFunction}, in the order of their numbers. */
export const numbered = Object.keys(values) as readonly Pointwise[];

/**
 * `fn activation(z: vec4f) -> vec4f` that chooses by p.activation: between linear
 * and relu, or all of them. A number that is the same for all threads and read
 * once at the end of a product costs nothing, and there is one program to compile.
 */
export function anyActivationFunction(all: boolean): string {
  const cases = numbered.flatMap((name, i) =>
    name === "linear" || !(all || name === "relu")
      ? []
      : [`    case ${i}u: { return ${name}_of(z); }`]
  );
  const functions = numbered.flatMap((name) =>
    name === "linear" || !(all || name === "relu") ? [] : [`${activationNamed(name, name)}\n`]
  );
  return [
    ...(all ? [mathFunctions, ""] : []),
    ...functions,
    "fn activation(z: vec4f) -> vec4f {",
    "  switch p.activation {",
    ...cases,
    "    default: { return z; }",
    "  }",
    "}",
  ].join("\n");
}

/** `fn derivative(x: vec4f) -> vec4f` of y or z, as `gradientNeedsZ` says, with all that it calls. */
export function derivativeFunction(activation: Pointwise): string {
  return withMath(`fn derivative(x: vec4f) -> vec4f {\n  ${derivatives[activation].trim()}\n}`);
}
