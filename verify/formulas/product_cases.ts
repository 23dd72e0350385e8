/**
 * Rows that are gathered, to the bit, and formulas as activations of a product:
 * what the formula may be of a sum within its bound, with z stored and without.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import {
  choose,
  div,
  max,
  mul,
  operand,
  sub,
  type Term,
  unary,
} from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import { productBound } from "../bounds.ts";
import { type Case, type Effort, floats, integers, uniqueCases, Workspace } from "../check.ts";
import { compareBounded, compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { formatDimensions } from "../dimensions.ts";
import { smallestNormal } from "../float32.ts";
import { referenceProduct } from "../reference.ts";
import { claimsOf, type Interval, keep } from "./arithmetic.ts";
import { randomFloat, repeating } from "./inputs.ts";
import { formulaCase, type FormulaKernel, judge, sampleOf } from "./judge.ts";

const z = operand(0);

/** Formulas as activations: of one step and of several, with constants of their own. */
const activations: Readonly<Record<string, Term>> = {
  identity: z,
  leaky: max(z, div(z, 8)),
  other_leaky: max(z, div(z, 4)),
  hard_sigmoid: unary("relu", sub(1, unary("relu", sub(0.5, mul(0.25, z))))),
  shrink: choose("less", unary("abs", z), 0.5, 0, sub(z, mul(0.5, unary("sign", z)))),
  softplus: unary("softplus", z),
  // What needs no operand may be computed once for all.
  scaled: mul(z, unary("log", 3)),
};

async function denseMap(
  kernel: FormulaKernel,
  name: string,
  { m, n, k }: Dimensions,
  whole: boolean,
  random: Random,
  hasBias = random.integer() % 3 !== 0,
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const values = (length: number) =>
    whole ? integers(length, 5, random) : floats(length, -1, 1, random);
  const [x, weight, b] = [values(m * k), values(k * n), values(n)];
  const bias = hasBias ? b : null;
  const tensors = [
    space.tensor([m, k], x),
    space.tensor([k, n], weight),
    bias && space.tensor([n], bias),
  ] as const;
  const made = formula(activations[name]!);
  const [y, alone, zs] = [space.output([m, n]), space.output([m, n]), space.output([m, n])];
  kernel.denseMap(...tensors, made, y, zs);
  kernel.denseMap(...tensors, made, alone);
  const [withZ, without, stored] = await Promise.all([y.read(), alone.read(), zs.read()]);
  const sums = referenceProduct({ m, n, k }, x, weight, { bias });
  const { traits } = kernel;
  const claims = claimsOf(traits);
  // Whole numbers as small as these add up exactly in any order.
  const bounds = sums.value.map((value, i) =>
    whole
      ? 0
      : productBound(traits, k, { value, gauge: sums.gauge[i]! }, bias ? bias[i % n]! : null)
  );
  const set = (at: number, to: Interval) => {
    to.low = sums.value[at]! - bounds[at]!;
    to.high = sums.value[at]! + bounds[at]!;
    to.flags = 0;
    keep(to, claims);
  };
  const judged = {
    formula: made,
    size: { rows: m, columns: n },
    operands: [set],
    elements: sampleOf(m * n, 300, random.integer() % 2 ** 20),
  };
  return {
    ...merge([
      compareBounded("z", stored, sums.value, (i) => bounds[i]!, n),
      judge(claims, { ...judged, outputs: [withZ] }),
      judge(claims, { ...judged, outputs: [without] }),
    ]),
    elements: { all: 3 * m * n, compared: m * n + 2 * judged.elements.length },
  };
}

/** Thin, square, beside tiles; none, and none to add up. */
const shapes: readonly (readonly [number, number, number])[] = [
  [0, 3, 2],
  [3, 4, 0],
  [1, 1, 1],
  [2, 3, 5],
  [1, 97, 33],
  [9, 16, 20],
  [17, 33, 65],
  [33, 5, 7],
  [33, 40, 150],
];

function denseCase(name: string, shape: Dimensions, whole: boolean): Case {
  return formulaCase(
    `dense/${formatDimensions(shape)}/${name}-${whole ? "integers" : "reals"}`,
    (kernel, random) => denseMap(kernel, name, shape, whole, random),
  );
}

/** Every remainder of vectors, with a bias and without: an epilogue with a formula is code of its own. */
function widthsCase(name: string): Case {
  return formulaCase(`dense/widths/${name}`, async (kernel, random) => {
    const outcomes: Outcome[] = [];
    for (let n = 1; n <= 9; n++) {
      for (const hasBias of [true, false]) {
        const shape = { m: 1 + n % 3, n, k: 2 };
        outcomes.push(await denseMap(kernel, name, shape, true, random, hasBias));
      }
    }
    return merge(outcomes);
  });
}

async function gather(
  kernel: FormulaKernel,
  [rows, columns, count]: readonly [number, number, number],
  kind: string,
  random: Random,
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const flushed = kernel.traits.denormals === "flushed";
  const unspecified = kernel.traits.nan === "unspecified";
  const values = repeating(rows * columns, () => {
    const value = randomFloat(random);
    if (random.integer() % 8 === 0) return value < 0 ? -0 : 0;
    const bare = unspecified && !Number.isFinite(value);
    return bare || flushed && Math.abs(value) < smallestNormal ? 1 : value;
  });
  const numbers = Array.from(
    { length: count },
    (_, i) =>
      kind === "reversed"
        ? (rows - 1 - i % rows)
        : kind === "same"
        ? rows - 1
        : random.between(0, rows - 1),
  );
  const list = {
    list: [...numbers],
    unsigned: Uint32Array.from(numbers),
    signed: Int32Array.from(numbers),
  };
  const given = Object.values(list)[random.between(0, 2)]!;
  const out = space.output([count, columns]);
  kernel.gather(space.tensor([rows, columns], values), given, out);
  // What the caller does with the list afterwards is no concern of what was queued.
  given.fill(0);
  const want = new Float32Array(count * columns);
  numbers.forEach((row, i) =>
    want.set(values.subarray(row * columns, (row + 1) * columns), i * columns)
  );
  const got = await out.read();
  // A copy keeps the sign of a zero, which arithmetic need not.
  const turned = got.findIndex((value, i) => value === 0 && !Object.is(value, want[i]));
  return {
    ...merge([
      compareExact("out", got, want, columns),
      outcomeOf(
        turned < 0 || want[turned] !== 0
          ? null
          : `out: element ${turned} is a zero of the other sign`,
      ),
    ]),
    elements: { all: want.length, compared: want.length },
  };
}

const gathered: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [3, 2, 5],
  [4, 3, 0],
  [5, 0, 3],
  [9, 17, 30],
  [100, 784, 32],
  // More rows than 16 bits count, and more elements.
  [66_500, 1, 3000],
  [300, 260, 270],
  // Few rows gathered many times, and many of which few are: each may be another way.
  [2, 9, 200],
  [31, 40, 300],
  [30, 1, 130],
  [1000, 33, 2],
  [1000, 8, 1],
];

function gatherCase(shape: readonly [number, number, number], kind: string): Case {
  return formulaCase(
    `gather/${shape.join("x")}/${kind}`,
    (kernel, random) => gather(kernel, shape, kind, random),
  );
}

/** Every shape, with each formula and kind of order in turn; all of them in full mode. */
export function productCases(effort: Effort, slow: boolean): Case[] {
  const turn = <T>(items: readonly T[], i: number) =>
    effort === "full" ? items : [items[i % items.length]!];
  // On a GPU a product with another formula is another program: two that differ in a constant, and one more.
  const names = slow && effort !== "full" ? ["leaky", "other_leaky"] : Object.keys(activations);
  return uniqueCases([
    ...(slow ? [denseCase("softplus", { m: 17, n: 33, k: 65 }, false)] : []),
    ...shapes.flatMap(([m, n, k], i) =>
      [true, false].flatMap((whole, j) =>
        turn(names, i + (slow ? j : 2 * j)).map((name) => denseCase(name, { m, n, k }, whole))
      )
    ),
    ...names.map(widthsCase),
    ...gathered.flatMap((shape, i) =>
      turn(["random", "reversed", "same"], i).map((kind) => gatherCase(shape, kind))
    ),
    gatherCase([9, 5, 40], "random"),
  ]);
}
