/**
 * A number with its derivative along one direction, each with a bound of what a
 * kernel's result may be off by: dual numbers (Clifford 1873; Wengert 1964) under
 * a running error analysis (Wilkinson; Higham, Accuracy and Stability, §3.3).
 * Each step adds its own error to what it makes of its operands' errors. A step
 * is granted four roundings, since another right formula has other steps.
 *
 * @module
 */
import type { Pointwise } from "../../kernels/activation.ts";
import type { BinaryFunction, UnaryFunction } from "../../kernels/formula/expression.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { roundoffOf, smallestOf, unitInLastPlace } from "../bounds.ts";
import { references } from "../reference_activations.ts";
import { gradientAllowance, slopeFromY } from "../reference_gradients.ts";

const { abs, max } = Math;

/** How many roundings a step of the reference may be, of a formula that is another and right. */
const roundings = 4;

/** What a kernel claims of its arithmetic, as far as it bounds the error of a step. */
export interface Rules {
  readonly traits: KernelTraits;
  /** The relative error of one rounding. */
  readonly roundoff: number;
  /** That of one step. */
  readonly step: number;
  /** What a step may lose near zero. */
  readonly least: number;
  /** The largest relative error that is claimed of a function of which others are made: sigmoid of exponential, for example. */
  readonly elementary: number;
  /** The relative error of a step that is a function. */
  readonly errorOf: (name: UnaryFunction | BinaryFunction) => number;
}

/** Functions that another right formula may use in place of each other. */
const interchangeable: readonly UnaryFunction[] = [
  "exponential",
  "expm1",
  "log",
  "log1p",
  "sigmoid",
  "tanh",
  "softplus",
];

/** The rules of a kernel. */
export function rulesOf(traits: KernelTraits): Rules {
  const roundoff = roundoffOf(traits);
  const step = roundings * roundoff;
  const errors = traits.formulas?.errors ?? {};
  const elementary = max(...interchangeable.map((name) => errors[name] ?? 0));
  const claimedOf = (name: UnaryFunction | BinaryFunction) =>
    interchangeable.some((one) => one === name) ? elementary : errors[name] ?? 0;
  return {
    traits,
    roundoff,
    step,
    elementary,
    least: 2 * smallestOf(traits),
    // Another formula may call it twice.
    errorOf: (name) => step + 2 * claimedOf(name),
  };
}

/** A function of one number with its derivative, in float64. */
interface Smooth {
  readonly value: (x: number) => number;
  readonly slope: (x: number) => number;
  /** It is only of numbers from here on. */
  readonly from?: number;
}

const smooth = {
  exponential: { value: Math.exp, slope: Math.exp },
  expm1: { value: Math.expm1, slope: Math.exp },
  log: { value: Math.log, slope: (x) => 1 / x, from: 0 },
  log1p: { value: Math.log1p, slope: (x) => 1 / (1 + x), from: -1 },
  sqrt: { value: Math.sqrt, slope: (x) => 0.5 / Math.sqrt(x), from: 0 },
} as const satisfies Partial<Record<UnaryFunction, Smooth>>;

/** How far a function is from its value at x where x is off by at most `error`. */
function spread(f: (x: number) => number, x: number, error: number, from = -Infinity): number {
  if (error === 0) return 0;
  const middle = f(x);
  return max(abs(f(x + error) - middle), abs(f(max(from, x - error)) - middle));
}

/** A value and its derivative, with bounds of their errors. */
export class Quantity {
  constructor(
    readonly rules: Rules,
    readonly value: number,
    readonly error = 0,
    readonly slope = 0,
    readonly slopeError = 0,
  ) {}

  /** A number that no kernel computes; off by its rounding to float32 where it is none. */
  static constant(rules: Rules, value: number): Quantity {
    return new Quantity(rules, value, abs(Math.fround(value) - value));
  }

  /** Whether it changes along the direction. */
  get moves(): boolean {
    return this.slope !== 0 || this.slopeError !== 0;
  }

  /** Whether it is 0 and stays so: such a term, or a product with it, takes no rounding. */
  get isZero(): boolean {
    return this.value === 0 && this.error === 0 && !this.moves;
  }

  #of(other: Quantity | number): Quantity {
    return typeof other === "number" ? Quantity.constant(this.rules, other) : other;
  }

  /** The same value, which does not change along the direction. */
  fixed(): Quantity {
    return new Quantity(this.rules, this.value, this.error);
  }

  /** The derivative as a number by itself: what a kernel computes as a gradient. */
  derivative(): Quantity {
    return new Quantity(this.rules, this.slope, this.slopeError);
  }

  negated(): Quantity {
    return new Quantity(this.rules, -this.value, this.error, -this.slope, this.slopeError);
  }

  plus(other: Quantity | number): Quantity {
    const { rules } = this;
    const b = this.#of(other);
    if (b.isZero) return this;
    if (this.isZero) return b;
    const value = this.value + b.value;
    const error = this.error + b.error + rules.step * abs(value) + rules.least;
    if (!this.moves && !b.moves) return new Quantity(rules, value, error);
    const slope = this.slope + b.slope;
    const slopeError = this.slopeError + b.slopeError + rules.step * abs(slope);
    return new Quantity(rules, value, error, slope, slopeError);
  }

  minus(other: Quantity | number): Quantity {
    return this.plus(this.#of(other).negated());
  }

  times(other: Quantity | number): Quantity {
    const { rules } = this;
    const [a, b] = [this, this.#of(other)];
    const [size, sizeOfB] = [abs(a.value), abs(b.value)];
    // Nothing is rounded of 0, whatever it is multiplied by.
    if (a.isZero) return a;
    if (b.isZero) return b;
    const value = a.value * b.value;
    const error = size * b.error + sizeOfB * a.error + a.error * b.error +
      rules.step * abs(value) + rules.least;
    if (!a.moves && !b.moves) return new Quantity(rules, value, error);
    const [first, second] = [a.slope * b.value, a.value * b.slope];
    const slopeError = abs(a.slope) * b.error + sizeOfB * a.slopeError + a.slopeError * b.error +
      size * b.slopeError + abs(b.slope) * a.error + a.error * b.slopeError +
      rules.step * (abs(first) + abs(second)) + rules.least;
    return new Quantity(rules, value, error, first + second, slopeError);
  }

  squared(): Quantity {
    return this.times(this);
  }

  over(other: Quantity | number): Quantity {
    const { rules } = this;
    const [a, b] = [this, this.#of(other)];
    const value = a.value / b.value;
    const least = abs(b.value) - b.error;
    if (!(least > 0)) return new Quantity(rules, value, Infinity, 0, Infinity);
    const own = rules.errorOf("div");
    const error = (a.error + abs(value) * b.error) / least + own * abs(value) + rules.least;
    if (!a.moves && !b.moves) return new Quantity(rules, value, error);
    const slope = (a.slope - value * b.slope) / b.value;
    const terms = abs(a.slope) + abs(value * b.slope);
    const slopeError =
      (a.slopeError + abs(value) * b.slopeError + error * (abs(b.slope) + b.slopeError) +
          abs(slope) * b.error + own * terms) / least + rules.least;
    return new Quantity(rules, value, error, slope, slopeError);
  }

  #chain(value: number, error: number, derivative: number, ofDerivative: number): Quantity {
    const { rules } = this;
    const own = error + rules.least;
    if (!this.moves) return new Quantity(rules, value, own);
    const slope = derivative * this.slope;
    const slopeError = abs(derivative) * this.slopeError +
      ofDerivative * (abs(this.slope) + this.slopeError) + rules.step * abs(slope) + rules.least;
    return new Quantity(rules, value, own, slope, slopeError);
  }

  #apply(name: keyof typeof smooth, claimed = this.rules.errorOf(name)): Quantity {
    const f: Smooth = smooth[name];
    const x = this.value;
    const [value, derivative] = [f.value(x), f.slope(x)];
    return this.#chain(
      value,
      spread(f.value, x, this.error, f.from) + claimed * abs(value),
      derivative,
      this.moves
        ? spread(f.slope, x, this.error, f.from) + (claimed + this.rules.step) * abs(derivative)
        : 0,
    );
  }

  exp(): Quantity {
    const { exponential, softmax } = this.rules.traits.activationUlp;
    const claimed = 2 ** -22 * max(exponential, softmax);
    return this.#apply("exponential", this.rules.errorOf("exponential") + claimed);
  }

  /** e^x − 1. */
  expm1(): Quantity {
    return this.#apply("expm1");
  }

  log(): Quantity {
    return this.#apply("log");
  }

  /** log(1 + x). */
  log1p(): Quantity {
    return this.#apply("log1p");
  }

  sqrt(): Quantity {
    return this.#apply("sqrt");
  }

  /** An activation that kernels have, and its gradient as they compute it, of y or of z. */
  activated(name: Pointwise): Quantity {
    const { rules, value: z } = this;
    const { traits } = rules;
    if (name === "linear") return this;
    if (name === "relu") return this.atLeast(0);
    const reference = references[name];
    const value = reference.value(z);
    const claimed = max(
      traits.activationUlp[name] * 2 ** -23,
      rules.errorOf(name) - rules.step,
      2 * rules.elementary,
    );
    const absolute = traits.activationAbsolute?.[name] ?? 0;
    const error = spread(reference.value, z, this.error) +
      (claimed + rules.roundoff) * abs(value) + absolute;
    if (!this.moves) return this.#chain(value, error, 0, 0);
    const derivative = reference.derivative(z);
    const { ulp, size } = gradientAllowance(name, traits);
    const ofY = slopeFromY[name];
    const x = ofY ? value : z;
    const scale = max(abs(derivative), size?.(x, derivative) ?? 0);
    const ofDerivative = (ofY ? spread(ofY, value, error) : 0) +
      spread(reference.derivative, z, this.error) + ulp * unitInLastPlace(scale) +
      2 * rules.elementary * scale +
      (traits.gradientAbsolute?.[name] ?? 0);
    return this.#chain(value, error, derivative, ofDerivative);
  }

  /**
   * What is chosen where this is above 0, and otherwise; either where it may be above 0 or not.
   * A kernel that compares does not round what it compares.
   */
  chooses(above: Quantity, otherwise: Quantity): Quantity {
    const { rules, value, error } = this;
    const [taken, other] = value > 0 ? [above, otherwise] : [otherwise, above];
    if (abs(value) > error || error === 0) return taken;
    return new Quantity(
      rules,
      taken.value,
      taken.error + other.error + abs(taken.value - other.value),
      taken.slope,
      taken.slopeError + other.slopeError + abs(taken.slope - other.slope),
    );
  }

  /** How far it is above another, as a test for {@linkcode chooses}: without a rounding. */
  above(other: Quantity | number): Quantity {
    const b = this.#of(other);
    return new Quantity(this.rules, this.value - b.value, this.error + b.error);
  }

  atLeast(other: Quantity | number): Quantity {
    const b = this.#of(other);
    return this.above(b).chooses(this, b);
  }

  atMost(other: Quantity | number): Quantity {
    const b = this.#of(other);
    return b.above(this).chooses(this, b);
  }

  /** Its derivative at 0 is taken for 0. */
  magnitude(): Quantity {
    if (this.value === 0 && this.error === 0) return this.fixed();
    return this.above(0).chooses(this, this.negated());
  }

  /** 1, 0 or −1. */
  sign(): Quantity {
    const [zero, one] = [0, 1].map((n) => Quantity.constant(this.rules, n)) as [Quantity, Quantity];
    return this.above(0).chooses(one, this.negated().above(0).chooses(one.negated(), zero));
  }
}

/** The sum of quantities in any order. */
export function sumOf(rules: Rules, list: readonly Quantity[]): Quantity {
  let [value, error, slope, slopeError] = [0, 0, 0, 0];
  let [sizes, sizesOfSlopes] = [0, 0];
  for (const each of list) {
    value += each.value;
    error += each.error;
    slope += each.slope;
    slopeError += each.slopeError;
    sizes += abs(each.value);
    sizesOfSlopes += abs(each.slope);
  }
  const own = max(0, list.length - 1) * rules.roundoff;
  const ofSlope = slopeError === 0 && sizesOfSlopes === 0
    ? 0
    : slopeError + (own + rules.step) * sizesOfSlopes + rules.least;
  return new Quantity(
    rules,
    value,
    error + own * sizes + rules.step * abs(value) + rules.least,
    slope,
    ofSlope,
  );
}

/** The mean of quantities. */
export function meanOf(rules: Rules, list: readonly Quantity[]): Quantity {
  return sumOf(rules, list).times(1 / list.length);
}
