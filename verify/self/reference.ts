/**
 * Verifies the verifier's references: the elementary functions that they are
 * made of, and the activations of reference_activations.ts themselves, against
 * series on BigInt to hundreds of bits. The formulas here are the definitions,
 * written without regard to cancellation: there are bits enough to waste.
 *
 * @module
 */
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import type { ReferenceTest } from "../../results/verification/schema.ts";
import {
  errorFunction,
  exponential,
  fixed,
  logOnePlus,
  over,
  pi,
  relativeError,
  squareRoot,
  times,
} from "../high_precision.ts";
import { erfc, references } from "../reference_activations.ts";
import { type Pointwise, pointwise } from "../sweep/findings.ts";

/** What was found of one function. */
export interface FunctionTest {
  readonly name: string;
  readonly points: number;
  /** The largest relative error, and where. */
  readonly worst: number;
  readonly at: number;
}

/** What the self-test of the references found; a line of `failures` for each function that is not what it should be. */
export interface ReferenceSelfTest extends ReferenceTest {
  /** The largest relative error. */
  readonly worst: number;
  readonly functions: readonly FunctionTest[];
}

/** The references may be so far off, relatively: 2^-16 of an ULP of float32. */
const allowed = 2 ** -40;

/** A function under test, its definition, and where it is tested. */
interface TestedFunction {
  readonly compute: (x: number) => number;
  readonly define: (x: bigint, bits: bigint, float: number) => bigint;
  /** Bits after the point that leave the definition some hundred right ones. */
  readonly bits: (x: number) => number;
  /** Results smaller than this are as good as 0. */
  readonly smallest: number;
  readonly points: (random: Random) => number[];
}

/** So many of each kind of points. */
const count = 100;

/** Points from 2^low to 2^high in magnitude, all exponents alike, of the signs given. */
function scattered(random: Random, low: number, high: number, signs: readonly number[]): number[] {
  return Array.from({ length: count }, (_, i) => {
    const exponent = low + (high - low) * random.uniform();
    return (signs[i % signs.length] ?? 1) * 2 ** exponent;
  });
}

/** Points of an interval, all parts alike. */
function spread(random: Random, low: number, high: number): number[] {
  return Array.from({ length: count }, () => low + (high - low) * random.uniform());
}

const both = [1, -1];
const one = (bits: bigint) => 1n << bits;

/** Functions of float64, over its range: from the smallest subnormal numbers to where the result ends. */
const elementary: Readonly<Record<string, TestedFunction>> = {
  exp: {
    compute: Math.exp,
    define: exponential,
    bits: () => 1300,
    smallest: 0,
    points: (random) => [
      ...scattered(random, -1074, 9, both),
      ...spread(random, -708, 709),
      0,
      5e-324,
    ],
  },
  expm1: {
    compute: Math.expm1,
    define: (x, bits) => exponential(x, bits) - one(bits),
    bits: () => 1300,
    smallest: 0,
    points: (random) => [
      ...scattered(random, -1074, 9, both),
      ...spread(random, -40, 40),
      5e-324,
      -5e-324,
    ],
  },
  sinh: {
    compute: Math.sinh,
    define: (x, bits) => (exponential(x, bits) - exponential(-x, bits)) / 2n,
    bits: () => 1300,
    smallest: 0,
    points: (random) => [...scattered(random, -1074, 9, both), ...spread(random, -40, 40)],
  },
  log1p: {
    compute: Math.log1p,
    define: (x, bits, float) => logOnePlus(x, Math.log1p(float), bits),
    bits: () => 1300,
    smallest: 0,
    points: (random) => [
      ...scattered(random, -1074, 1000, [1]),
      ...spread(random, -0.9999, 3),
      5e-324,
      -5e-324,
      -1 + 2 ** -53,
    ],
  },
  erfc: {
    compute: erfc,
    define: (x, bits) => one(bits) - errorFunction(x, bits),
    bits: (x) => 200 + 3 * x * x,
    smallest: 0,
    points: (random) => [
      ...scattered(random, -1074, 3, both),
      ...spread(random, -6, 14),
      2,
      2 - 2 ** -52,
      26.5,
    ],
  },
};

/** σ(x). */
function logistic(x: bigint, bits: bigint): bigint {
  return over(one(bits), one(bits) + exponential(-x, bits), bits);
}

/** tanh x. */
function tangent(x: bigint, bits: bigint): bigint {
  const e = exponential(2n * x, bits);
  return over(e - one(bits), e + one(bits), bits);
}

/** p/q. */
function ratio(p: bigint, q: bigint, bits: bigint): bigint {
  return (p << bits) / q;
}

/** α(e^x − 1) below 0. */
function linearUnit(x: bigint, alpha: bigint, bits: bigint): bigint {
  return x > 0n ? x : times(alpha, exponential(x, bits) - one(bits), bits);
}

/** log(1 + e^x). */
function softplus(x: bigint, bits: bigint, z: number): bigint {
  return logOnePlus(
    exponential(x, bits),
    Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
    bits,
  );
}

const selu = [16732632423543772848170429916717n, 10507009873554804934193349852946n] as const;

/** Each activation as its definition says. */
export const definitions: Readonly<Record<Pointwise, TestedFunction["define"]>> = {
  linear: (x) => x,
  relu: (x) => x > 0n ? x : 0n,
  sigmoid: logistic,
  tanh: tangent,
  gelu: (x, bits) => {
    const scaled = over(x, squareRoot(2n << bits, bits), bits);
    return times(x, one(bits) + errorFunction(scaled, bits), bits) / 2n;
  },
  gelu_tanh: (x, bits) => {
    const cube = times(times(x, x, bits), x, bits);
    const inner = x + times(ratio(44715n, 1000000n, bits), cube, bits);
    const argument = times(squareRoot(over(2n << bits, pi(bits), bits), bits), inner, bits);
    return times(x, one(bits) + tangent(argument, bits), bits) / 2n;
  },
  exponential,
  elu: (x, bits) => linearUnit(x, one(bits), bits),
  selu: (x, bits) => {
    const [alpha, scale] = selu.map((digits) => ratio(digits, 10n ** 31n, bits));
    return times(scale!, linearUnit(x, alpha!, bits), bits);
  },
  softplus,
  silu: (x, bits) => times(x, logistic(x, bits), bits),
  mish: (x, bits, z) => times(x, tangent(softplus(x, bits, z), bits), bits),
};

/** Beyond these magnitudes of inputs a definition takes too many bits to compute; the result is z or 0 there. */
const reach: Partial<Record<Pointwise, number>> = { gelu: 4, gelu_tanh: 4 };

/** An activation on float32 numbers: over all exponents, where it bends, and in its tails. */
function activation(name: Pointwise): TestedFunction {
  return {
    compute: references[name].value,
    define: definitions[name],
    bits: (z) => name === "gelu" ? 450 + 2 * z * z : name === "gelu_tanh" ? 1000 : 450,
    // Half the smallest float32 number: what rounds to 0.
    smallest: 2 ** -150,
    points: (random) => {
      const exponent = reach[name] ?? 7;
      const tail = Math.min(89, 2 ** exponent);
      return [
        ...scattered(random, -149, exponent, both),
        ...spread(random, -8, 8),
        ...spread(random, -Math.min(104, 2 ** exponent), tail),
        2 ** -149,
        -(2 ** -149),
        0,
      ].map(Math.fround);
    },
  };
}

const testedFunctions: readonly (readonly [string, TestedFunction])[] = [
  ...Object.entries(elementary),
  ...pointwise.map((name) => [name, activation(name)] as const),
];

/** Tests one function at its points. */
function testFunction(name: string, tested: TestedFunction, seed: number): FunctionTest {
  const { compute, define, bits, smallest, points } = tested;
  const chosen = points(createRandom(seedOf(name, seed)));
  let worst = 0;
  let at = NaN;
  for (const x of chosen) {
    const kept = BigInt(Math.ceil(bits(x)));
    const got = compute(x);
    const want = define(fixed(x, kept), kept, x);
    // As a share of what is at least `smallest`.
    const floor = fixed(smallest, kept);
    const size = (want < 0n ? -want : want) < floor ? floor : want;
    const error = Math.abs(relativeError(got, want, size, kept));
    if (!(error <= worst)) [worst, at] = [error, x];
  }
  return { name, points: chosen.length, worst, at };
}

/** Whether a function is as near to its definition as the verifier relies on. */
function problemOf({ name, worst, at }: FunctionTest): string | null {
  return worst < allowed
    ? null
    : `${name}(${at}) is off by ${worst.toExponential(2)} of its value; at most ${
      allowed.toExponential(2)
    } is allowed`;
}

/**
 * Tests the functions that the verifier trusts at 200 to 300 points each, which
 * the seed determines. Over many seeds the largest relative error is 2^-43, in
 * erfc just below 2 and so in gelu, and 2^-51 elsewhere but for gelu's tanh form
 * (2^-45, in its tail); `allowed` is 2^-40, where a float32 unit is 2^-23.
 *
 * @param replaced Functions to be tested in place of those of the same name, for tests of the test.
 *
 * @example
 * ```ts
 * import { referenceSelfTest } from "./reference.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(referenceSelfTest(1).failures, []);
 * ```
 */
export function referenceSelfTest(
  seed: number,
  replaced: Readonly<Record<string, (x: number) => number>> = {},
): ReferenceSelfTest {
  const functions = testedFunctions.map(([name, tested]) =>
    testFunction(name, { ...tested, compute: replaced[name] ?? tested.compute }, seed)
  );
  return {
    name: "activations against series of whole numbers",
    points: functions.reduce((sum, { points }) => sum + points, 0),
    worst: functions.reduce((largest, { worst }) => Math.max(largest, worst), 0),
    failures: functions.map(problemOf).filter((problem) => problem !== null),
    functions,
  };
}
