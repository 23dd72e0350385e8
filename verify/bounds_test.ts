import { assert, assertEquals, assertLess } from "@std/assert";
import { createRandom } from "../common/random.ts";
import type { SumTree } from "../common/sum_tree.ts";
import type { KernelTraits, Summation } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { depthOf, productBound, unitInLastPlace } from "./bounds.ts";
import { emulate } from "./summation/emulate.ts";
import {
  blocked,
  dot2,
  inFloat64,
  kahan,
  kahanLanes,
  neumaier,
  pairwise,
  type Sum,
  sum2,
} from "./mutants/sums.ts";
import { referenceProduct } from "./reference.ts";

Deno.test("unitInLastPlace() is the distance to the next float32 number, in every binade", () => {
  const bits = new Uint32Array(2);
  const floats = new Float32Array(bits.buffer);
  for (let field = 0; field < 255; field++) {
    for (const mantissa of [0, 1, 0x400000, 0x7ffffe]) {
      bits[0] = field * 2 ** 23 + mantissa;
      bits[1] = bits[0] + 1;
      const [y = NaN, next = NaN] = floats;
      assertEquals(unitInLastPlace(y), next - y, `at ${y}`);
      assertEquals(unitInLastPlace(-y), next - y, `at ${-y}`);
    }
  }
});

Deno.test("unitInLastPlace() goes up at a power of two, not a float64 before it", () => {
  for (const power of [2 ** -126, 0.5, 1, 2 ** 29, 2 ** 127]) {
    const below = power * (1 - 2 ** -53);
    const half = power === 2 ** -126 ? 1 : 0.5;
    assertEquals(unitInLastPlace(power), power * 2 ** -23);
    assertEquals(unitInLastPlace(below), power * 2 ** -23 * half);
  }
});

Deno.test("unitInLastPlace() of infinities and NaN is that of the largest number", () => {
  for (const y of [Infinity, -Infinity, NaN]) assertEquals(unitInLastPlace(y), 2 ** 104);
  assertEquals(unitInLastPlace(2 ** 128), 2 ** 105);
  assertEquals(unitInLastPlace(1e-300), 2 ** -149);
});

await using naive = await createKernel("naive");
const rounded = { order: "compensated", products: "rounded" } as const;
const sums: Readonly<Record<string, readonly [Sum, Summation]>> = {
  "Kahan's sum": [kahan(), rounded],
  "Kahan's sum in four parts": [kahanLanes(4), { ...rounded, parts: () => 4 }],
  "Neumaier's sum": [neumaier, rounded],
  "Sum2": [sum2, rounded],
  "Dot2": [dot2, { order: "compensated", products: "exact" }],
  "a sum by halves": [pairwise(), { order: "pairwise" }],
  "a sum by halves of at least 8": [pairwise(8), { order: "pairwise", base: 8 }],
};

for (const [name, [sum, summation]] of Object.entries(sums)) {
  Deno.test(`productBound() holds ${name} on positive, mixed and cancelling numbers, seed 3`, () => {
    const random = createRandom(3);
    const traits: KernelTraits = { ...naive.traits, summation };
    for (let round = 0; round < 150; round++) {
      const k = random.between(1, 400);
      const spread = random.between(0, 20);
      const draw = () =>
        (round % 3 === 0 ? random.uniform() : random.uniform() - 0.5) *
        2 ** random.between(-spread, spread);
      const x = Float32Array.from({ length: k }, draw);
      const w = Float32Array.from({ length: k }, draw);
      // The second half takes back the first but for a little.
      if (round % 3 === 2) {
        for (let p = 0; p + 1 < k; p += 2) [x[p + 1], w[p + 1]] = [-x[p]!, w[p]! * (1 + 2 ** -20)];
      }
      const { value: [value = NaN], gauge: [gauge = NaN] } = referenceProduct(
        { m: 1, n: 1, k },
        x,
        w,
      );
      const error = Math.abs(Math.fround(sum((p) => [x[p]!, w[p]!], k)) - value);
      const bound = productBound(traits, k, { value, gauge });
      assert(error <= bound, `${error} is beyond ${bound} for ${k}`);
    }
  });
}

const stored = { ...naive.traits, accumulator: "float64", storedEvery: () => 32 } as const;

/** The largest error of a sum of random products, and of 1 and numbers that it swallows, as a share of its bound. */
function worstShare(
  traits: KernelTraits,
  k: number,
  sum: (x: Float32Array, w: Float32Array) => number,
): number {
  const random = createRandom(9);
  const values = () => Float32Array.from({ length: k }, () => 0.5 + random.uniform());
  const ones = new Float32Array(k).fill(1);
  // Sums of so many are just less than half a unit in the last place of 1.
  const swallowed = [1, 8, 24, 32].map((many) =>
    Float32Array.from(ones, (_, p) => p === 0 ? 1 : 0.98 * 2 ** -24 / many)
  );
  const cases = [
    ...Array.from({ length: 20 }, () => [values(), values()] as const),
    ...swallowed.map((x) => [x, ones] as const),
  ];
  return Math.max(...cases.map(([x, w]) => {
    const { value: [value = NaN], gauge: [gauge = NaN] } = referenceProduct(
      { m: 1, n: 1, k },
      x,
      w,
    );
    return Math.abs(sum(x, w) - value) / productBound(traits, k, { value, gauge });
  }));
}

const wideOrders: Readonly<Record<string, Summation>> = {
  "in blocks of 8": { order: "blocked", block: () => 8 },
  "in blocks of 48": { order: "blocked", block: () => 48 },
  "in 128 accumulators": { order: "interleaved", accumulators: 128, combine: "sequential" },
  "in 12 accumulators, by halves": { order: "interleaved", accumulators: 12, combine: "halves" },
  "by a tree": {
    order: "tree",
    tree: (k) => Array.from({ length: k }, (_, p): SumTree => p).reduce((sum, p) => [sum, p]),
  },
};

for (const [name, summation] of Object.entries(wideOrders)) {
  Deno.test(`productBound() holds float64 sums ${name} that are stored after 32 products, seed 9`, () => {
    const traits: KernelTraits = { ...stored, summation };
    for (const k of [7, 96, 1024, 3000]) {
      const run = (x: Float32Array, w: Float32Array) =>
        emulate(traits, { m: 1, n: 1, k }, x, w, null)!.low[0]!;
      assert(worstShare(traits, k, run) <= 1, `for ${k}`);
    }
  });
}

Deno.test("productBound() holds float64 sums that are stored in an order that is not said, seed 9", () => {
  const traits: KernelTraits = { ...stored, summation: { order: "unspecified" } };
  const run = (x: Float32Array, w: Float32Array) =>
    Math.fround(blocked(() => 8, inFloat64)((p) => [x[p]!, w[p]!], x.length));
  assert(worstShare(traits, 1024, run) <= 1);
  assertLess(
    worstShare(
      { ...traits, summation: { order: "pairwise" } },
      1024,
      (x, w) => pairwise()((p) => [x[p]!, w[p]!], x.length),
    ),
    1,
  );
});

Deno.test("productBound() of a sum that is stored now and then is far below that of float32", () => {
  const terms = { value: 0.5, gauge: 1024 };
  const sequential = { order: "sequential" } as const;
  const wide = productBound({ ...stored, summation: sequential }, 1024, terms);
  assertLess(wide, productBound({ ...naive.traits, summation: sequential }, 1024, terms) / 30);
  const lanes = { order: "interleaved", accumulators: 8, combine: "halves" } as const;
  assertLess(productBound({ ...stored, summation: lanes }, 1024, terms), wide / 4);
});

Deno.test("productBound() of compensated and pairwise sums is far below that of any order", () => {
  const bound = (summation: Summation) =>
    productBound({ ...naive.traits, summation }, 4096, { value: 0.5, gauge: 1024 });
  const any = bound({ order: "unspecified" });
  assertLess(bound(rounded), any / 500);
  assertLess(bound({ order: "pairwise" }), any / 200);
  assertLess(bound({ order: "compensated", products: "exact" }), bound(rounded));
  assertLess(bound({ order: "unspecified", depth: () => 100 }), any / 40);
});

Deno.test("depthOf() follows the claim, and never exceeds that of a sum in any order", () => {
  assertEquals(depthOf({ order: "interleaved", accumulators: 8, combine: "pairs" }, 800), 105);
  assertEquals(depthOf({ order: "tree", tree: () => [[0, 1], [2, 3]] }, 4), 4);
  assertEquals(depthOf({ order: "blocked", block: () => 1 }, 5), 6);
  assertEquals(depthOf({ order: "pairwise" }, 1024), 13);
  // Of 12 accumulators by halves 7 that hold something are 4 additions deep: [[[[0, 6], 3], [2, 5]], [1, 4]].
  assertEquals(depthOf({ order: "interleaved", accumulators: 12, combine: "halves" }, 7), 7);
});
