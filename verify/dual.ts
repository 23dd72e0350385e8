/**
 * Dual numbers a + b·ε with ε² = 0: a function computed on x + ε gives its
 * value and its derivative at once, by the rules of calculus and without a step
 * size (Clifford 1873; forward-mode automatic differentiation, Wengert 1964).
 *
 * @module
 */
import { erfc } from "./reference_activations.ts";

/** A value and its derivative. */
export class Dual {
  constructor(readonly value: number, readonly slope: number = 0) {}

  /** x + ε: the variable itself. */
  static variable(x: number): Dual {
    return new Dual(x, 1);
  }

  plus(other: Dual | number): Dual {
    const { value, slope } = dual(other);
    return new Dual(this.value + value, this.slope + slope);
  }

  minus(other: Dual | number): Dual {
    return this.plus(dual(other).times(-1));
  }

  times(other: Dual | number): Dual {
    const { value, slope } = dual(other);
    return new Dual(this.value * value, this.slope * value + this.value * slope);
  }

  over(other: Dual | number): Dual {
    const { value, slope } = dual(other);
    const quotient = this.value / value;
    return new Dual(quotient, (this.slope - quotient * slope) / value);
  }

  /** f(this), by the chain rule. */
  chain(value: number, derivative: number): Dual {
    return new Dual(value, derivative * this.slope);
  }

  exp(): Dual {
    const e = Math.exp(this.value);
    return this.chain(e, e);
  }

  log(): Dual {
    return this.chain(Math.log(this.value), 1 / this.value);
  }

  tanh(): Dual {
    return this.chain(Math.tanh(this.value), 1 / Math.cosh(this.value) ** 2);
  }

  /** The error function; its derivative is 2/√π e^(−x²). */
  erf(): Dual {
    const slope = 2 / Math.sqrt(Math.PI) * Math.exp(-this.value * this.value);
    return this.chain(1 - erfc(this.value), slope);
  }
}

function dual(value: Dual | number): Dual {
  return typeof value === "number" ? new Dual(value) : value;
}
