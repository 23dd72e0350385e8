/**
 * A formula in intervals: what a kernel of certain claims may compute for one
 * element, step by step. A comparison that the intervals leave undecided leaves
 * both branches right.
 *
 * @module
 */
import type {
  BinaryFunction,
  Comparison,
  Expression,
  UnaryFunction,
} from "../../kernels/formula/expression.ts";
import type { Formula } from "../../kernels/formula/formula.ts";
import { smallestNormal } from "../float32.ts";
import { type FlushLoss, lostByFlushing } from "../reference_gradients.ts";
import {
  anything,
  type Claims,
  copy,
  errorOf,
  type Interval,
  isInfinite,
  isNaNAlone,
  keep,
  mayBeNaN,
  nothingButNaN,
  takeNumber,
  widen,
} from "./arithmetic.ts";
import { lastExtreme, referenceError, referenceUnaries, type ReferenceUnary } from "./functions.ts";

const { fround } = Math;
const isFloat = (value: number) => fround(value) === value;
const isPoint = ({ low, high, flags }: Interval) => low === high && flags === 0;
const hasNumbers = ({ flags }: Interval) => (flags & isNaNAlone) === 0;

/** The result of an operation of float64 and whether it may be rounded, for numbers as the ends of intervals are. */
const operations: Readonly<
  Record<"add" | "sub" | "mul" | "div", {
    readonly compute: (a: number, b: number) => number;
    readonly isExact: (a: number, b: number, result: number) => boolean;
  }>
> = {
  add: { compute: (a, b) => a + b, isExact: (a, b, sum) => sum - a === b && sum - b === a },
  sub: {
    compute: (a, b) => a - b,
    isExact: (a, b, difference) => difference + b === a && a - difference === b,
  },
  mul: { compute: (a, b) => a * b, isExact: (a, b) => isFloat(a) && isFloat(b) },
  div: {
    compute: (a, b) => a / b,
    isExact: (a, b, quotient) => isFloat(quotient) && isFloat(b) && quotient * b === a,
  },
};

/** The inexactness of one operation of float64, with room. */
const roundoff = 2 ** -52;

function setOfBinary(
  name: "add" | "sub" | "mul" | "div",
  a: Interval,
  b: Interval,
  to: Interval,
  claims: Claims,
): void {
  const { compute, isExact } = operations[name];
  to.flags = (a.flags | b.flags) & mayBeNaN;
  if (!hasNumbers(a) || !hasNumbers(b)) return claims.special ? nothingButNaN(to) : anything(to);
  if (name === "div" && b.low <= 0 && b.high >= 0) return setOfQuotientByZero(a, b, to, claims);
  const differ = name === "sub" || name === "add";
  if (differ) {
    to.low = compute(a.low, name === "sub" ? b.high : b.low);
    to.high = compute(a.high, name === "sub" ? b.low : b.high);
  } else {
    const [first, second] = [compute(a.low, b.low), compute(a.low, b.high)];
    const [third, fourth] = [compute(a.high, b.low), compute(a.high, b.high)];
    to.low = Math.min(first, second, third, fourth);
    to.high = Math.max(first, second, third, fourth);
  }
  // Infinity less infinity, zero times infinity, infinity over infinity.
  if (Number.isNaN(to.low) || Number.isNaN(to.high)) {
    return isPoint(a) && isPoint(b) && claims.special ? nothingButNaN(to) : anything(to);
  }
  if (name === "mul" && mayMeetInfinity(a, b)) to.flags |= mayBeNaN;
  if (differ && mayCancelInfinities(a, b, name === "sub")) to.flags |= mayBeNaN;
  const exact = isPoint(a) && isPoint(b) && isExact(a.low, b.low, to.low);
  widen(to, claims, errorOf(name, claims), exact ? 0 : roundoff, null, 0);
}

const containsZero = ({ low, high }: Interval) => low <= 0 && high >= 0;
const containsInfinity = ({ low, high }: Interval) => low === -Infinity || high === Infinity;

function mayMeetInfinity(a: Interval, b: Interval): boolean {
  return containsZero(a) && containsInfinity(b) || containsZero(b) && containsInfinity(a);
}

function mayCancelInfinities(a: Interval, b: Interval, subtracted: boolean): boolean {
  const [lower, upper] = subtracted ? [-b.high, -b.low] : [b.low, b.high];
  return a.high === Infinity && lower === -Infinity || a.low === -Infinity && upper === Infinity;
}

/** Of a divisor that may be 0, whose sign is free. */
function setOfQuotientByZero(a: Interval, b: Interval, to: Interval, claims: Claims): void {
  anything(to);
  if (!claims.special || b.low < b.high) return;
  if (containsZero(a)) {
    if (a.low === a.high) nothingButNaN(to);
    return;
  }
  to.flags = isInfinite | (a.flags | b.flags) & mayBeNaN;
}

const meetsSubnormals = ({ low, high }: Interval) => low < smallestNormal && high > -smallestNormal;

/** Makes an interval as wide as another's subnormal numbers ask for. */
function takeInSubnormals({ low, high }: Interval, to: Interval): void {
  takeIn(Math.max(low, -smallestNormal), to);
  takeIn(Math.min(high, smallestNormal), to);
}

function setOfExtreme(
  name: "min" | "max",
  a: Interval,
  b: Interval,
  to: Interval,
  claims: Claims,
): void {
  if (!hasNumbers(a) || !hasNumbers(b)) return claims.special ? nothingButNaN(to) : anything(to);
  to.flags = (a.flags | b.flags) & mayBeNaN;
  to.low = Math[name](a.low, b.low);
  to.high = Math[name](a.high, b.high);
  if (claims.flushed && meetsSubnormals(a) && meetsSubnormals(b)) {
    // Compared as zeros, either may be taken as it is.
    takeInSubnormals(a, to);
    takeInSubnormals(b, to);
  }
  keep(to, claims);
}

/** The image of an interval of numbers. */
function imageOf({ value, course }: ReferenceUnary, low: number, high: number, to: Interval): void {
  const first = value(low);
  to.low = first;
  to.high = first;
  if (low === high) return;
  takeIn(value(high), to);
  if (course.kind === "minimum" && low < course.at && course.at < high) {
    takeIn(value(course.at), to);
  }
  if (course.kind !== "curved" || low >= lastExtreme || high <= -lastExtreme) return;
  const middle = value((low + high) / 2);
  const reach = course.curvature * (high - low) / 2;
  // Derivatives of activations lie between −0.2 and 1.2.
  takeIn(reach < 1 ? Math.max(-0.2, middle - reach) : -0.2, to);
  takeIn(reach < 1 ? Math.min(1.2, middle + reach) : 1.2, to);
}

/** Makes an interval as wide as a number asks for. */
function takeIn(value: number, to: Interval): void {
  to.low = Math.min(to.low, value);
  to.high = Math.max(to.high, value);
}

function setOfUnary(
  step: Extract<Expression, { kind: "unary" }>,
  a: Interval,
  to: Interval,
  claims: Claims,
  lostIn: FlushLoss | null,
): void {
  const f = referenceUnaries[step.name];
  if (!hasNumbers(a) || a.high < f.domain) {
    return claims.special ? nothingButNaN(to) : anything(to);
  }
  if (!claims.special && a.flags !== 0) return anything(to);
  to.flags = a.flags & mayBeNaN;
  let { low } = a;
  if (low < f.domain) {
    low = f.domain;
    to.flags |= mayBeNaN;
  }
  imageOf(f, low, a.high, to);
  // An extreme of the argument and 0.
  if (step.name === "relu" && claims.flushed && meetsSubnormals(a)) takeInSubnormals(a, to);
  if (f.exact) return keep(to, claims);
  const lost = lostIn ? Math.max(lostIn(low, to.low), lostIn(a.high, to.high)) : 0;
  // By the larger of what the ends have; far apart, by what no such size exceeds.
  const size = f.size === null
    ? null
    : a.high - low > 0.25
    ? 2.5
    : Math.max(f.size(low, f.value(low)), f.size(a.high, f.value(a.high)));
  widen(to, claims, errorOf(step.name, claims), ownError(step.name, a, to), size, lost);
}

/** What flushing may take from a function; null where nothing is flushed. */
function lossOf(name: UnaryFunction, { flushed, wide, traits }: Claims): FlushLoss | null {
  const { activation } = referenceUnaries[name];
  return flushed && !wide && activation
    ? lostByFlushing(activation.name, activation.of, traits)
    : null;
}

/** How far the reference's own value may be off. */
function ownError(name: string, a: Interval, to: Interval): number {
  if (name !== "sqrt") return referenceError;
  return isPoint(a) && isFloat(to.low) && to.low * to.low === a.low ? 0 : roundoff;
}

const tests: Readonly<Record<Comparison, (a: Interval, b: Interval) => boolean | null>> = {
  less: (a, b) => a.high < b.low ? true : a.low >= b.high ? false : null,
  lessOrEqual: (a, b) => a.high <= b.low ? true : a.low > b.high ? false : null,
  equal: (a, b) =>
    a.low === a.high && b.low === b.high && a.low === b.low
      ? true
      : a.high < b.low || b.high < a.low
      ? false
      : null,
};

/** Whether a comparison is true; null where it is undecided. */
function outcomeOf(test: Comparison, a: Interval, b: Interval): boolean | null {
  if (!hasNumbers(a) || !hasNumbers(b)) return false;
  const found = tests[test](a, b);
  return found === true && ((a.flags | b.flags) & mayBeNaN) !== 0 ? null : found;
}

function setOfChoice(
  chosen: boolean | null,
  then: Interval,
  otherwise: Interval,
  to: Interval,
): void {
  if (chosen !== null) {
    copy(chosen ? then : otherwise, to);
    return;
  }
  to.low = Math.min(then.low, otherwise.low);
  to.high = Math.max(then.high, otherwise.high);
  to.flags = (then.flags | otherwise.flags) & mayBeNaN | then.flags & otherwise.flags;
}

/** A formula made ready, with an interval for each of its steps. */
export class SetEvaluator {
  readonly #sets: readonly Interval[];
  readonly #compute: readonly (() => void)[];
  /** What each operand may be for the element; to be set before `run`. */
  readonly operands: readonly Interval[];
  /** What each output may be before it is stored. */
  readonly outputs: readonly Interval[];

  constructor(formula: Formula, readonly claims: Claims, parameters: readonly number[]) {
    const { steps } = formula;
    this.#sets = steps.map(() => ({ low: 0, high: 0, flags: 0 }));
    this.operands = formula.operands.map(() => ({ low: 0, high: 0, flags: 0 }));
    const places = new Map(steps.map((step, i) => [step, i]));
    const of = (step: Expression) => this.#sets[places.get(step)!]!;
    this.outputs = formula.outputs.map(of);
    this.#compute = steps.flatMap((step, i) => {
      const to = this.#sets[i]!;
      switch (step.kind) {
        case "operand": {
          const from = this.operands[step.index]!;
          return [() => copy(from, to)];
        }
        case "parameter":
          takeNumber(parameters[step.index]!, to, claims);
          return [];
        case "constant":
          takeNumber(step.value, to, claims);
          return [];
        case "unary": {
          const a = of(step.a);
          const lostIn = lossOf(step.name, claims);
          return [() => setOfUnary(step, a, to, claims, lostIn)];
        }
        case "binary":
          return [binaryStep(step.name, of(step.a), of(step.b), to, claims)];
        case "choice": {
          const [a, b, then, otherwise] = [step.a, step.b, step.then, step.otherwise].map(of) as [
            Interval,
            Interval,
            Interval,
            Interval,
          ];
          return [() => setOfChoice(outcomeOfStep(step.test, a, b, claims), then, otherwise, to)];
        }
      }
    });
  }

  /** Computes all steps. */
  run(): void {
    for (const compute of this.#compute) compute();
  }
}

/** Where NaN is not as IEEE says, a comparison with what may be one is undecided. */
function outcomeOfStep(test: Comparison, a: Interval, b: Interval, claims: Claims): boolean | null {
  return !claims.special && (a.flags | b.flags) !== 0 ? null : outcomeOf(test, a, b);
}

function binaryStep(
  name: BinaryFunction,
  a: Interval,
  b: Interval,
  to: Interval,
  claims: Claims,
): () => void {
  return name === "min" || name === "max"
    ? () => setOfExtreme(name, a, b, to, claims)
    : () => setOfBinary(name, a, b, to, claims);
}
