/**
 * Products at every size: each way of calling, each of m, n and k across every
 * threshold that the traits name, every power of two and random sizes, alone and
 * together, up to limits that are fixed (`sizes/limits.ts`). On operands of up
 * to 24 bits whose sums are exact, so that all elements are compared to the bit,
 * and on real numbers, of which a sample is compared with float64.
 *
 * @module
 */
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import {
  type Case,
  type Check,
  type Effort,
  shapedCase,
  uniqueCases,
  Workspace,
} from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { findWrongRow } from "../freivalds.ts";
import { scratchFloats } from "../scratch.ts";
import {
  exactFamilies,
  type ExactFamily,
  mostExactTerms,
  selectedRows,
} from "../sizes/exact_data.ts";
import { limitsFor, logUniform, type SizeLimits } from "../sizes/limits.ts";
import {
  axes,
  blockShapes,
  elementsOf,
  farSizes,
  longShapes,
  mainCalls,
  pairedShapes,
  pairsOfRemainders,
  realShapes,
  roundShapes,
  sizesOf,
  thickShapes,
  thinShape,
  triplesOfRemainders,
  usualShapes,
  within,
} from "../sizes/product_shapes.ts";
import { addendOf, callProduct, type ProductCall, productCalls } from "../sizes/products.ts";
import { runSized } from "../sizes/running.ts";
import { sample, sampledProduct } from "../sizes/sampled.ts";
import { compareActivation } from "./rigorous_forward.ts";

const name = "product-sizes";

/** The families in turn. */
const families: readonly ExactFamily[] = [
  "selected-rows",
  "selected-columns",
  "wide-x",
  "wide-weight",
  "every-term",
];

/** How many are no NaN. */
function countNumbers(values: Float32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === values[i]) count++;
  return count;
}

/** relu of each. */
function positivePart(values: Float32Array): Float32Array {
  const found = scratchFloats(values.length);
  for (let i = 0; i < values.length; i++) found[i] = Math.max(0, values[i]!);
  return found;
}

/** All elements of a product of an exact family, to the bit. */
async function compareProduct(
  kernel: Kernel,
  call: ProductCall,
  family: ExactFamily,
  shape: Dimensions,
  random: Random,
): Promise<Outcome> {
  const { m, n, k } = shape;
  if (m * n * k === 0) return { worst: 0, problem: null };
  if (k > mostExactTerms) return { worst: 0, problem: null, indeterminate: m * n };
  const { x, weight, bias, product } = exactFamilies[family](shape, random);
  const added = addendOf(call);
  // Where a sum has one term, a column that has an addend has no product.
  const addend = product || added !== "element"
    ? (_i: number, j: number) => bias[j]!
    : (i: number, j: number) => i % 2 ? bias[(i + j) % n]! : -bias[(i + j) % n]!;
  const { z, y } = await callProduct(kernel, call, shape, { x, weight, addend });
  const known = product ? countNumbers(product) : m * n;
  const elements = { all: m * n, compared: known };
  const activated = y ? compareExact("y", y, positivePart(z), n) : { worst: 0, problem: null };
  if (product) {
    if (added !== "none") {
      for (let i = 0, at = 0; i < m; i++) for (let j = 0; j < n; j++) product[at++]! += bias[j]!;
    }
    // What has no exact sum is not compared.
    if (known < m * n) {
      for (let at = 0; at < product.length; at++) {
        if (product[at] !== product[at]) product[at] = z[at] ?? NaN;
      }
    }
    const { tile } = kernel.traits;
    return { ...merge([compareExact("x·w + b", z, product, n, { tile }), activated]), elements };
  }
  if (added === "element") {
    for (let i = 0, at = 0; i < m; i++) {
      for (let j = 0; j < n; j++, at++) z[at] = z[at]! - addend(i, j) + bias[j]!;
    }
  }
  const operands = { x, weight, bias: added === "none" ? null : bias, unitX: 1, unitWeight: 1 };
  const problem = findWrongRow(shape, operands, z, random.integer());
  return { ...merge([outcomeOf(problem), activated]), elements };
}

function exactCase(call: ProductCall, family: ExactFamily, shape: Dimensions): Case {
  return shapedCase(`${name}/${family}`, shape, call, (shape, kernel, random) =>
    runSized(
      kernel,
      elementsOf(shape),
      () => compareProduct(kernel, call, family, shape, random),
    ));
}

function realCase(call: ProductCall, shape: Dimensions, terms: number): Case {
  return shapedCase(`${name}/real`, shape, call, (shape, kernel, random) =>
    runSized(
      kernel,
      elementsOf(shape),
      () => sampledProduct(kernel, call, shape, terms, random),
    ));
}

/** The most elements of an activation's output that are compared. */
const mostActivated = 2 ** 10;

/** An activation behind a product whose z is known exactly. */
function activationCase(activation: Activation, shape: Dimensions): Case {
  return shapedCase(
    `${name}/activated`,
    shape,
    activation,
    (shape, kernel, random) =>
      runSized(kernel, elementsOf(shape), async () => {
        const { m, n, k } = shape;
        if (m * n * k === 0) return { worst: 0, problem: null };
        const { x, weight, bias, product } = selectedRows(shape, random, 2);
        using space = new Workspace(kernel);
        const y = space.output([m, n]);
        kernel.dense(
          space.tensor([m, k], x),
          space.tensor([k, n], weight),
          space.tensor([n], bias),
          activation,
          y,
        );
        const found = await y.read();
        // Softmax needs whole rows.
        const rowwise = activation === "softmax";
        const rows = sample(m, rowwise ? Math.max(1, Math.floor(mostActivated / n)) : 32, random);
        const columns = rowwise
          ? sample(n, n, random)
          : sample(n, Math.max(1, Math.floor(mostActivated / rows.length)), random);
        const places = rows.flatMap((i) => columns.map((j) => i * n + j));
        const z = Float64Array.from(places, (at) => product[at]! + bias[at % n]!);
        const outcome = compareActivation(
          activation,
          Float32Array.from(places, (at) => found[at] ?? NaN),
          z,
          new Float64Array(z.length),
          columns.length,
          kernel.traits,
        );
        return { ...outcome, elements: { all: m * n, compared: places.length } };
      }),
  );
}

/** The cases, those first that find most for their time. */
function casesFor(
  kernel: Kernel,
  effort: Effort,
  limits: SizeLimits,
  random: Random,
  way: number,
): Case[] {
  let turn = 0;
  const nextFamily = () => families[turn++ % families.length]!;
  const exact = (call: ProductCall, shape: Dimensions) => exactCase(call, nextFamily(), shape);
  const precise = ["selected-rows", "selected-columns", "wide-x", "wide-weight"] as const;
  const others = [[2, 3], [1, 1], [5, 4], [3, 1], [1, 2]] as const;
  // Another one for each seed: a product as large takes as long as hundreds of others.
  const largestCall = mainCalls[random.between(0, mainCalls.length - 1)]!;
  const ways = ["dense", ...mainCalls] as const;
  const thick = productCalls.flatMap((call, c) =>
    thickShapes(call, limits, call === largestCall).flatMap((shape, s) =>
      shape.m * shape.n * shape.k > limits.often
        ? [exactCase(call, "mixed", shape)]
        : call === "dense"
        ? precise.map((family) => exactCase(call, family, shape))
        : [exactCase(call, s === 0 ? "mixed" : precise[(c + s) % 4]!, shape)]
    )
  );
  const paired = productCalls.flatMap((call, c) =>
    pairedShapes(call, limits).map((shape, s) => exactCase(call, families[(c + s) % 5]!, shape))
  );
  const usual = effort === "smoke"
    ? []
    : productCalls.flatMap((call) => usualShapes(call).map((shape) => exact(call, shape)));
  const round = effort === "smoke"
    ? []
    : ways.flatMap((call) => roundShapes.map((shape) => exact(call, shape)));
  const edges = effort === "smoke" ? [] : [
    // Pairs that are alike modulo 8 are called in four ways, in each run in others.
    ...pairsOfRemainders().map((shape, i) =>
      exact(ways[((i >> 3) % 2 + (i >> 7) * 2 + way) % 4]!, shape)
    ),
    ...(effort === "full" ? triplesOfRemainders().map((shape) => exact("dense", shape)) : []),
    ...productCalls.flatMap((call, c) => blockShapes(c).map((shape) => exact(call, shape))),
  ];
  const far = axes.flatMap((axis, a) =>
    farSizes(limits, random).map((size, s) =>
      exact(
        productCalls[(a + s) % productCalls.length]!,
        thinShape(axis, size, s % 2 ? [1, 2] : [1, 1]),
      )
    )
  );
  const swept = productCalls.flatMap((call, c) =>
    axes.flatMap((axis, a) =>
      sizesOf(kernel, axis, limits).map((size, s) =>
        exact(call, thinShape(axis, size, others[(a + c + s) % others.length]!))
      )
    )
  );
  const long = productCalls.flatMap((call, c) =>
    longShapes(limits.long).map((shape, s) =>
      exactCase(call, s % 2 ? precise[(c + (s >> 1)) % 4]! : "every-term", shape)
    )
  );
  const longest = axes.map((axis) =>
    exactCase(
      "dense",
      "every-term",
      thinShape(axis, Math.min(limits.longest + 5, axis === "k" ? mostExactTerms : Infinity), [
        1,
        1,
      ]),
    )
  );
  const drawn = productCalls.flatMap((call) =>
    Array.from({ length: limits.drawn }, () => {
      const size = () => logUniform(1, limits.long / 8, random);
      const shape = within({ m: size(), n: size(), k: size() }, limits.often, limits.long / 2);
      return exact(call, shape);
    })
  );
  const real = productCalls.flatMap((call, c) =>
    realShapes(kernel, call, c, limits, random).map((shape) => realCase(call, shape, limits.terms))
  );
  const activated = activations.flatMap((activation, a) => {
    const size = Math.floor(Math.sqrt(limits.long)) + a;
    return [
      { m: 131, n: size, k: 3 },
      { m: limits.everySize * 8 + 1, n: 2, k: 1 },
      a % 2 ? { m: 1, n: limits.long + a, k: 1 } : { m: limits.long / 2 + a, n: 2, k: 1 },
    ].map((shape) => activationCase(activation, within(shape, limits.often, limits.long * 4)));
  });
  const [heavy, light] = [true, false].map((isHeavy) =>
    thick.filter(({ shape }) => shape!.m * shape!.n * shape!.k > 8 * limits.often === isHeavy)
  );
  return uniqueCases([
    ...light!,
    ...activated,
    ...real,
    ...long,
    ...paired,
    ...usual,
    ...round,
    ...edges,
    ...drawn,
    ...longest,
    ...far,
    ...swept,
    ...heavy!,
  ]);
}

/** The check. */
export const productSizes: Check = {
  name,
  anyShape: true,
  description:
    "products of every size and way of calling are right to the bit on operands of 24 bits, and in the claimed order",
  cases: (kernel, { effort, seed = 1, sweepSeed = seed }) => {
    const random = createRandom(seedOf(name, seed));
    return casesFor(kernel, effort, limitsFor(kernel, effort), random, sweepSeed);
  },
};
