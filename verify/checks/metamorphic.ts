/**
 * Relations between results that hold to the last bit, whatever the results
 * are, so that no reference can be wrong together with the kernel: operands
 * times powers of two, of the other sign, with rows and columns in another
 * order, split along k, or transposed. Where arithmetic may differ from call to
 * call (WGSL), a relation that does not hold is a warning.
 * Method: Chen, Cheung & Yiu, "Metamorphic Testing", 1998.
 *
 * @module
 */
import { transpose } from "../../common/matrix.ts";
import { type Random, shuffle } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel, MatmulOptions } from "../../kernels/kernel.ts";
import {
  type Case,
  type Check,
  exactMost,
  floats,
  integers,
  shapedCase,
  Workspace,
} from "../check.ts";
import { compareExact, type Outcome } from "../compare.ts";
import { exactShapes, floatShapes, thin } from "../shapes.ts";
import { heldToTheBit } from "../summation/plan.ts";

const name = "metamorphic";

/** a [m, k] · b [k, n]. */
async function multiply(
  kernel: Kernel,
  { m, n, k }: Dimensions,
  a: Float32Array,
  b: Float32Array,
  options: MatmulOptions = {},
): Promise<Float32Array> {
  using space = new Workspace(kernel);
  const out = space.output([m, n]);
  const left = space.tensor(options.transposeA ? [k, m] : [m, k], a);
  const right = space.tensor(options.transposeB ? [n, k] : [k, n], b);
  kernel.matmul(left, right, out, options);
  return await out.read();
}

type Relation = (
  shape: Dimensions,
  kernel: Kernel,
  data: (length: number) => Float32Array,
  random: Random,
) => Promise<Outcome>;

/** Row `order[i]` of values [rows, columns] as row i. */
function rowsInOrder(
  values: Float32Array,
  columns: number,
  order: readonly number[],
): Float32Array {
  const out = new Float32Array(values.length);
  for (const [i, from] of order.entries()) {
    out.set(values.subarray(from * columns, (from + 1) * columns), i * columns);
  }
  return out;
}

function someOrder(length: number, random: Random): number[] {
  return shuffle(Array.from({ length }, (_, i) => i), random);
}

// Each with the data that it holds for: any real numbers, or whole numbers that add up exactly.
const relations: Readonly<Record<string, { readonly real: boolean; readonly run: Relation }>> = {
  "powers-of-two": {
    real: true,
    run: async (shape, kernel, data) => {
      const [a, b] = [data(shape.m * shape.k), data(shape.k * shape.n)];
      const one = await multiply(kernel, shape, a, b);
      const scaled = await multiply(
        kernel,
        shape,
        a.map((value) => value * 2 ** 20),
        b.map((value) => value * 2 ** -33),
      );
      const want = one.map((value) => value * 2 ** -13);
      return compareExact("2^20·x · 2^-33·w", scaled, want, shape.n);
    },
  },
  sign: {
    real: true,
    run: async (shape, kernel, data) => {
      const [a, b] = [data(shape.m * shape.k), data(shape.k * shape.n)];
      const one = await multiply(kernel, shape, a, b);
      const other = await multiply(kernel, shape, a.map((value) => -value), b);
      return compareExact("−x · w", other, one.map((value) => -value), shape.n);
    },
  },
  rows: {
    real: false,
    run: async (shape, kernel, data, random) => {
      const [a, b] = [data(shape.m * shape.k), data(shape.k * shape.n)];
      const order = someOrder(shape.m, random);
      const one = await multiply(kernel, shape, a, b);
      const other = await multiply(kernel, shape, rowsInOrder(a, shape.k, order), b);
      return compareExact(
        "rows in another order",
        other,
        rowsInOrder(one, shape.n, order),
        shape.n,
      );
    },
  },
  columns: {
    real: false,
    run: async (shape, kernel, data, random) => {
      const { m, n, k } = shape;
      const [a, b] = [data(m * k), data(k * n)];
      const order = someOrder(n, random);
      const columns = (values: Float32Array) =>
        values.map((_, i) => values[Math.floor(i / n) * n + order[i % n]!]!);
      const one = await multiply(kernel, shape, a, b);
      const other = await multiply(kernel, shape, a, columns(b));
      return compareExact("columns in another order", other, columns(one), n);
    },
  },
  "split-k": {
    real: false,
    run: async (shape, kernel, data) => {
      const { m, n, k } = shape;
      const [a, b] = [data(m * k), data(k * n)];
      const whole = await multiply(kernel, shape, a, b);
      const first = Math.floor(k / 3);
      const part = (from: number, to: number) =>
        multiply(
          kernel,
          { m, n, k: to - from },
          a.filter((_, i) => i % k >= from && i % k < to),
          b.subarray(from * n, to * n),
        );
      const [low, high] = [await part(0, first), await part(first, k)];
      return compareExact(
        "two parts of k together",
        low.map((value, i) => value + high[i]!),
        whole,
        n,
      );
    },
  },
  transpose: {
    real: false,
    run: async (shape, kernel, data) => {
      const { m, n, k } = shape;
      const [a, b] = [data(m * k), data(k * n)];
      const one = await multiply(kernel, shape, a, b);
      // (a · b)ᵀ = bᵀ · aᵀ, both by data that are transposed and by the kernel's own options.
      const swapped = { m: n, n: m, k };
      const other = await multiply(kernel, swapped, transpose(b, k, n), transpose(a, m, k));
      const options = { transposeA: true, transposeB: true };
      const same = await multiply(kernel, swapped, b, a, options);
      const want = transpose(one, m, n);
      const outcome = compareExact("wᵀ · xᵀ", other, want, m);
      return outcome.problem ? outcome : compareExact("wᵀ · xᵀ by options", same, want, m);
    },
  },
};

function relationCase(relation: string, shape: Dimensions): Case {
  const { real, run } = relations[relation]!;
  return shapedCase(`${name}/${relation}`, shape, null, async (shape, kernel, random) => {
    const most = exactMost(shape.k);
    const data = (length: number) =>
      real ? floats(length, -1, 1, random) : integers(length, most, random);
    const outcome = await run(shape, kernel, data, random);
    // Real numbers may be rounded differently in another call where no order is promised.
    return real && !heldToTheBit(kernel.traits)
      ? { worst: 0, problem: null, warning: outcome.problem }
      : outcome;
  });
}

/** The check. */
export const metamorphic: Check = {
  name,
  anyShape: true,
  description: "scaling, signs, permutations, splits and transposes change results as they must",
  cases: ({ traits }, { effort }) => {
    const few = { smoke: 6, quick: 5, full: 1 }[effort];
    const whole = thin(exactShapes(traits, effort === "full" ? "quick" : effort), 6 * few);
    const real = thin(floatShapes(traits, effort === "full" ? "quick" : effort), few);
    return Object.entries(relations).flatMap(([relation, { real: onReal }]) =>
      (onReal ? real : whole).filter(({ m, n, k }) => m * n * k > 0).map((shape) =>
        relationCase(relation, shape)
      )
    );
  },
};
