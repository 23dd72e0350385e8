/**
 * Families of values that uniform random numbers never show, for every
 * operation that adds products: numbers of any bits, sums that lie exactly
 * between two float32 numbers, subnormal and huge numbers, magnitudes that
 * differ by 2^120 along each axis, sums that cancel. Judged to the bit where the
 * data or the kernel's claims allow it, else by the componentwise bound.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import type { Random } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { productBound, smallestOf, sumBound } from "../bounds.ts";
import { type Case, type Effort, exactMost, floats, shapedCase, Workspace } from "../check.ts";
import { compareBounded, compareExact, type Outcome } from "../compare.ts";
import { referenceProduct } from "../reference.ts";
import {
  addendAt,
  impliedSums,
  shapeFor,
  sizeClasses,
  type SumOperation,
  sumOperations,
  type Sums,
} from "./sum_operations.ts";

/** What a family makes of an operand's places. */
interface Family {
  /** Whether every sum is right in any order but for one rounding of the exact result. */
  readonly onceRounded: boolean;
  /** Whether products and sums on the way are beyond float32, so that only kernels that add in float64 can compute them. */
  readonly wide?: true;
  /** a[i, p], b[p, j] and the addend; in sums of rows a is 1 whatever it says. */
  fill(shape: Dimensions, random: Random, sumsRows: boolean): Fill;
}

interface Fill {
  a(i: number, p: number): number;
  b(p: number, j: number): number;
  addend(i: number, j: number): number;
}

/** A finite float32 number of any bits. */
function anyNumber(random: Random): number {
  const values = new Float32Array(1);
  bitPatterns(values)[0] = random.integer();
  return Number.isFinite(values[0]) ? values[0]! : values[0]! > 0 ? 1.5 : -3;
}

const sign = (random: Random) => random.integer() % 2 ? 1 : -1;
const real = (random: Random) => 2 * random.uniform() - 1;

/** Powers of two, one for each of `length` places. */
function scales(length: number, most: number, random: Random): number[] {
  return Array.from({ length }, () => 2 ** random.between(-most, most));
}

/** Real numbers with scales for the rows of a, the columns of b, or what both have in common. */
function scaled(along: "rows" | "columns" | "depth" | "elements"): Family {
  return {
    onceRounded: false,
    fill: ({ m, n, k }, random, sumsRows) => {
      const length = along === "rows" ? m : along === "columns" ? n : k;
      const scale = scales(length, 60, random);
      const element = () => along === "elements" ? 2 ** random.between(-60, 60) : 1;
      return {
        a: (i, p) =>
          real(random) * (along === "rows" ? scale[i]! : along === "depth" ? scale[p]! : element()),
        b: (p, j) =>
          real(random) *
          (along === "columns" ? scale[j]! : along === "depth"
            // Without an opposite the rows differ in magnitude.
            ? (sumsRows ? scale[p]! : 1 / scale[p]!)
            : element()),
        addend: (i, j) =>
          real(random) * (along === "rows" ? scale[i % m]! : along === "columns" ? scale[j]! : 1),
      };
    },
  };
}

/** For each column j the p whose b is not 0. */
function chosen(n: number, k: number, random: Random, odd: 0 | 1): number[] {
  return Array.from({ length: n }, () => {
    const p = random.between(0, k - 1);
    return Math.min(k - 1, p - p % 2 + odd);
  });
}

const whole = (random: Random, most: number) => sign(random) * random.between(1, most);

/** Whole multiples of 2^-149 whose sums are exact: products of operands of which a has the scale 2^-exponent. */
const subnormal = (low: number, high: number): Family => ({
  onceRounded: true,
  fill: ({ k }, random, sumsRows) => {
    const most = exactMost(k);
    const exponent = sumsRows ? 0 : random.between(low, high);
    const [left, right] = [2 ** -exponent, 2 ** (exponent - 149)];
    return {
      a: () => whole(random, most) * left,
      b: () => whole(random, most) * right,
      addend: () => whole(random, most) * 2 ** -149,
    };
  },
});

const families: Readonly<Record<string, Family>> = {
  // One product of each sum is not 0: what comes out is what went in, whatever its bits.
  "any-bits": {
    onceRounded: true,
    fill: ({ n, k }, random, sumsRows) => {
      const places = chosen(n, k, random, 0);
      return {
        a: () => anyNumber(random),
        b: (p, j) => p === places[j] ? (sumsRows ? anyNumber(random) : sign(random)) : 0,
        addend: () => sign(random) * 2 ** random.between(-140, 120) * (1 + random.uniform()),
      };
    },
  },
  // Two numbers whose sum lies halfway between two others, which the rule of rounding decides.
  ties: {
    onceRounded: true,
    fill: ({ m, n, k }, random, sumsRows) => {
      const scale = scales(m, 60, random);
      const [even, odd] = [chosen(n, k, random, 0), chosen(n, k, random, 1)];
      const tie = (p: number) =>
        p % 2
          ? whole(random, 8) * 2 - 1
          : sign(random) * (2 ** 24 + 2 * random.between(1, 2 ** 20));
      return {
        a: (i, p) => tie(p) * scale[i]!,
        b: (p, j) => p === even[j] || p === odd[j] ? (sumsRows ? tie(p) : 1) : 0,
        addend: () => 0,
      };
    },
  },
  "subnormal-a": subnormal(140, 149),
  "subnormal-b": subnormal(0, 9),
  "subnormal-products": subnormal(24, 125),
  "powers-of-two": {
    onceRounded: true,
    fill: (_shape, random) => ({
      a: () => sign(random) * 2 ** random.between(0, 5),
      b: () => sign(random) * 2 ** random.between(0, 5),
      addend: () => sign(random) * 2 ** random.between(0, 5),
    }),
  },
  sparse: {
    onceRounded: true,
    fill: ({ k }, random) => {
      const few = () => random.between(0, 9) === 0 ? whole(random, exactMost(k)) : 0;
      return { a: few, b: few, addend: few };
    },
  },
  "scaled-rows": scaled("rows"),
  "scaled-columns": scaled("columns"),
  "scaled-depth": scaled("depth"),
  "scaled-elements": scaled("elements"),
  "beyond-2^24": {
    onceRounded: false,
    fill: (_shape, random, sumsRows) => ({
      a: () => whole(random, 2 ** 24),
      b: () => whole(random, sumsRows ? 2 ** 24 : 4096),
      addend: () => whole(random, 2 ** 24),
    }),
  },
  // As large as may be without a sum that overflows in some order.
  huge: {
    onceRounded: false,
    fill: ({ k }, random, sumsRows) => {
      const total = 126 - Math.ceil(Math.log2(k + 1));
      const left = random.between(0, total);
      return {
        a: () => real(random) * 2 ** left,
        b: () => real(random) * 2 ** (sumsRows ? total : total - left),
        addend: () => real(random) * 2 ** total,
      };
    },
  },
  // Neighbours along k take each other away, but for a small rest.
  cancelling: {
    onceRounded: false,
    fill: ({ m, n, k }, random) => {
      const a = floats(m * (k + 1), -1, 1, random);
      const b = floats(n * (k + 1), -1, 1, random);
      const left = (p: number) => p - p % 2;
      return {
        a: (i, p) => a[i * k + left(p)]!,
        b: (p, j) => b[left(p) * n + j]! * (p % 2 ? -(1 + 2 ** -random.between(8, 23)) : 1),
        addend: () => real(random) * 2 ** -20,
      };
    },
  },
  equal: {
    onceRounded: false,
    fill: (_shape, random) => {
      const [a, b] = [real(random), real(random)];
      return { a: () => a, b: () => b, addend: () => a };
    },
  },
  alternating: {
    onceRounded: false,
    fill: (_shape, random) => {
      const value = real(random);
      return { a: (_, p) => p % 2 ? -value : value, b: () => value, addend: () => value };
    },
  },
  // Neighbours along k take each other away, each alone too large for float32.
  "beyond-float32": {
    onceRounded: false,
    wide: true,
    fill: ({ m, k }, random) => {
      const a = Array.from({ length: m * k }, () => whole(random, 8) * 2 ** 66);
      const pairs = k - k % 2;
      return {
        a: (i, p) => p < pairs ? (p % 2 ? -1 : 1) * a[i * k + p - p % 2]! : 0,
        b: (p) => p < pairs ? 3 * 2 ** 66 : 0,
        addend: () => real(random),
      };
    },
  },
};

function sumsOf(operation: SumOperation, { m, n, k }: Dimensions, fill: Fill): Sums {
  const matrix = (rows: number, columns: number, at: (row: number, column: number) => number) =>
    Float32Array.from(
      { length: rows * columns },
      (_, i) => at(Math.floor(i / columns), i % columns),
    );
  return {
    a: matrix(m, k, operation.sumsRows ? () => 1 : fill.a),
    b: matrix(k, n, fill.b),
    addend: operation.addend === "none"
      ? null
      : matrix(operation.addend === "bias" ? 1 : m, n, fill.addend),
  };
}

/** Results by the rules that hold for them: the claims' bits, one rounding, or the bound. */
function judge(
  operation: SumOperation,
  traits: KernelTraits,
  shape: Dimensions,
  sums: Sums,
  got: Float32Array,
  onceRounded: boolean,
): Outcome {
  const { n, k } = shape;
  const implied = impliedSums(traits, operation, shape, sums);
  if (implied !== null) return compareExact("out, as the claimed order has it,", got, implied, n);
  // The sum is exact, but for its one rounding; then comes the addend with another.
  const product = referenceProduct(shape, sums.a, sums.b);
  // A compensated sum may end on either side of a tie.
  const plain = traits.summation.order !== "compensated";
  if (onceRounded && plain && traits.rounding === "nearest" && traits.denormals === "kept") {
    const want = product.value.map((value, at) =>
      sums.addend === null ? value : Math.fround(value) + addendAt(sums, at)
    );
    return compareExact("out", got, Float32Array.from(want), n);
  }
  const value = product.value.map((each, at) => each + addendAt(sums, at));
  const gauge = product.gauge.map((each, at) => each + Math.abs(addendAt(sums, at)));
  return compareBounded("out", got, value, (at) => {
    const addend = sums.addend && addendAt(sums, at);
    const terms = { value: value[at]!, gauge: gauge[at]! };
    if (operation.sumsRows) return sumBound(traits, k + 1, terms.gauge) + smallestOf(traits);
    return productBound(traits, k, terms, addend);
  }, n);
}

function familyCase(
  check: string,
  operation: SumOperation,
  name: string,
  family: Family,
  shape: Dimensions,
): Case {
  const prefix = `${check}/${name}-${operation.name}`;
  return shapedCase(prefix, shapeFor(operation, shape), null, async (given, kernel, random) => {
    const shape = shapeFor(operation, given);
    if (shape.m * shape.n * shape.k === 0) return { worst: 0, problem: null };
    const sums = sumsOf(operation, shape, family.fill(shape, random, operation.sumsRows));
    using space = new Workspace(kernel);
    const got = await operation.call(space, shape, sums).read();
    return judge(operation, kernel.traits, shape, sums, got, family.onceRounded);
  });
}

/** Of shapes for a family some, in turn, so that every family meets every size class with some operation. */
function casesOf(
  check: string,
  operations: readonly SumOperation[],
  traits: KernelTraits,
  effort: Effort,
): Case[] {
  const shapes = sizeClasses(traits);
  const isWide = traits.accumulator === "float64" && traits.storedEvery === undefined;
  const count = effort === "smoke" ? 1 : effort === "quick" ? 2 : shapes.length;
  return operations.flatMap((operation, o) =>
    Object.entries(families).filter(([, { wide }]) => !wide || isWide && !operation.sumsRows)
      .flatMap(([name, family], f) =>
        Array.from({ length: count }, (_, s) => {
          const place = effort === "smoke" ? 1 + (o + f) % 3 : (o + 2 * f + 3 * s) % shapes.length;
          return familyCase(check, operation, name, family, shapes[place]!);
        })
      )
  );
}

/** The cases of dense(). */
export function forwardFamilyCases(check: string, traits: KernelTraits, effort: Effort): Case[] {
  const dense = sumOperations.filter(({ name }) => name.startsWith("dense"));
  return casesOf(check, dense, traits, effort);
}

/** The cases of matmul(), whatever its options, and of sumRows(). */
export function backwardFamilyCases(check: string, traits: KernelTraits, effort: Effort): Case[] {
  const others = sumOperations.filter(({ name }) => !name.startsWith("dense"));
  return casesOf(check, others, traits, effort);
}
