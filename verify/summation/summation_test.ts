import { assertEquals, assertRejects } from "@std/assert";
import { bitsOf, floatOf } from "../../common/float_bits.ts";
import { createRandom, shuffle } from "../../common/random.ts";
import type { SumTree } from "../../results/verification/schema.ts";
import { scaled } from "../exact.ts";
import { adjacentFloat } from "../float32.ts";
import { emulate, fusedMultiplyAdd } from "./emulate.ts";
import { ProbeError, type ProbePath, probeTree } from "./probe.ts";
import { blocksOf, planOf } from "./plan.ts";
import { claimedTree, depthOfTree, describeSummation, sameTree } from "./tree.ts";

const { fround } = Math;

/** A path that adds in the order of a tree, nodes of several children in a sum that rounds once. */
function pathOf(tree: SumTree, terms: number): ProbePath {
  const sum = (node: SumTree, values: Float32Array): number =>
    typeof node === "number"
      ? values[node]!
      // As a unit that adds several numbers at the exponent of the largest.
      : fround(swallow(node.map((child) => sum(child, values))));
  return {
    name: "test",
    terms,
    sums: (lists) => Promise.resolve(lists.map((values) => sum(tree, values))),
  };
}

function swallow(values: readonly number[]): number {
  const largest = Math.max(...values.map(Math.abs));
  const kept = values.map((value) => Math.abs(value) < largest * 2 ** -30 ? 0 : value);
  return kept.reduce((total, value) => total + value, 0);
}

const trees: Record<string, [SumTree, number]> = {
  "one after the other": [[[[[0, 1], 2], 3], 4], 5],
  "backwards": [[[[[4, 3], 2], 1], 0], 5],
  "pairwise": [[[[0, 1], [2, 3]], [[4, 5], [6, 7]]], 8],
  "lanes": [[[[0, 4], [1, 5]], [[2, 6], [3, 7]]], 8],
  "blocks": [[[[[0, 1], 2], [[3, 4], 5]], [6, 7]], 8],
  "three at once": [[[0, 1, 2], [3, 4, 5], 6], 7],
  "several, and subtrees among them": [[[[0, 1], [2, 3], 4], [5, 6]], 7],
};

for (const [name, [tree, terms]] of Object.entries(trees)) {
  Deno.test(`probeTree() finds a tree: ${name}`, async () => {
    const found = await probeTree(pathOf(tree, terms));
    assertEquals(sameTree(found, tree), true, JSON.stringify(found));
  });
}

Deno.test("probeTree() finds random trees, seed 7", async () => {
  const random = createRandom(7);
  for (let round = 0; round < 60; round++) {
    const terms = random.between(1, 24);
    const nodes: SumTree[] = shuffle(Array.from({ length: terms }, (_, i) => i), random);
    while (nodes.length > 1) {
      const count = Math.min(nodes.length, random.between(2, 3));
      const at = random.between(0, nodes.length - count);
      nodes.splice(at, count, nodes.slice(at, at + count));
    }
    const found = await probeTree(pathOf(nodes[0]!, terms));
    assertEquals(sameTree(found, nodes[0]!), true, JSON.stringify([found, nodes[0]]));
  }
});

Deno.test("probeTree() refuses sums that no order gives", async () => {
  const path = {
    name: "broken",
    terms: 4,
    sums: (lists: readonly Float32Array[]) => Promise.resolve(lists.map(() => NaN)),
  };
  await assertRejects(() => probeTree(path), ProbeError, "broken: with 2^120 in term 0");
});

Deno.test("sameTree() takes a + b for b + a, and nothing else for the same", () => {
  assertEquals(sameTree([[0, 1], [2, 3]], [[3, 2], [1, 0]]), true);
  assertEquals(sameTree([[0, 1], [2, 3]], [[0, 2], [1, 3]]), false);
  assertEquals(sameTree([[0, 1], 2], [0, 1, 2]), false);
  assertEquals(sameTree(0, [0, 1]), false);
});

Deno.test("claimedTree() puts blocks and an addend where they are claimed", () => {
  assertEquals(claimedTree({ order: "sequential" }, 3, "after"), [[[0, 1], 2], 3]);
  const blocked = { order: "blocked", block: () => 2 } as const;
  assertEquals(claimedTree(blocked, 5, null), [[[0, 1], [2, 3]], 4]);
  assertEquals(claimedTree({ order: "unspecified" }, 5, null), null);
  assertEquals(depthOfTree(claimedTree(blocked, 5, "after")!), 4);
  assertEquals(blocksOf(blocked, 5), [2, 2, 1]);
  assertEquals(
    describeSummation({ order: "blocked", block: (k) => k > 64 ? 48 : k }),
    "blocks of 48",
  );
});

Deno.test("fusedMultiplyAdd() rounds once, exactly, seed 11", () => {
  const random = createRandom(11);
  const any = () => fround((random.uniform() - 0.5) * 2 ** random.between(-40, 40));
  for (let i = 0; i < 20_000; i++) {
    const [a, b] = [any(), any()];
    // Half of the time an addend that nearly cancels, or one that decides a tie.
    const c = i % 2 ? any() : fround(-a * b * (i % 4 ? 1 : 2 ** 24));
    const got = fusedMultiplyAdd(a, b, c);
    // The nearest float32 is no farther from the exact sum than its neighbours are.
    const exact = scaled(a * b) + scaled(c);
    const distance = (value: number) => {
      const difference = scaled(value) - exact;
      return difference < 0n ? -difference : difference;
    };
    const bits = bitsOf(got);
    for (const step of [-1, 1]) {
      const other = floatOf(bits + step);
      if (!Number.isFinite(other)) continue;
      const [own, its] = [distance(got), distance(other)];
      if (!(own < its || (own === its && (bits & 1) === 0))) {
        throw new Error(`${a} * ${b} + ${c} is ${got}, but ${other} is nearer`);
      }
    }
  }
});

Deno.test("emulate() carries out the claim: blocks, fusing, float64 and the bias", () => {
  const x = Float32Array.of(1, 2 ** -24, 2 ** -24, 2 ** -24);
  const weight = Float32Array.of(1, 1, 1, 1);
  const shape = { m: 1, n: 1, k: 4 };
  const run = (claims: Partial<Parameters<typeof emulate>[0]>, bias: Float32Array | null = null) =>
    emulate(
      {
        summation: { order: "sequential" },
        accumulator: "float32",
        fused: false,
        rounding: "nearest",
        denormals: "kept",
        ...claims,
      },
      shape,
      x,
      weight,
      bias,
    )?.low[0];
  // One after the other, each is lost; two together are not; three in float64 are 1.5 ULP, rounded to 2.
  assertEquals(run({}), 1);
  assertEquals(run({ summation: { order: "blocked", block: () => 2 } }), 1 + 2 ** -23);
  assertEquals(run({ accumulator: "float64" }), 1 + 2 ** -22);
  assertEquals(run({}, Float32Array.of(-1)), 0);
  assertEquals(run({ summation: { order: "unspecified" } }), undefined);
  const fused = {
    summation: { order: "sequential" },
    accumulator: "float32",
    fused: true,
    rounding: "nearest",
    denormals: "kept",
  } as const;
  const [a, b] = [Float32Array.of(-1, 1 + 2 ** -13), Float32Array.of(1, 1 - 2 ** -13)];
  assertEquals(emulate(fused, { m: 1, n: 1, k: 2 }, a, b, null)?.low[0], -(2 ** -26));
});

Deno.test("claimedTree() puts accumulators together as claimed, and begins where claimed", () => {
  const lanes = (combine: "sequential" | "pairs" | "halves") =>
    claimedTree({ order: "interleaved", accumulators: 4, combine }, 6, null);
  assertEquals(lanes("sequential"), [[[[0, 4], [1, 5]], 2], 3]);
  assertEquals(lanes("pairs"), [[[0, 4], [1, 5]], [2, 3]]);
  assertEquals(lanes("halves"), [[[0, 4], 2], [[1, 5], 3]]);
  // Accumulators that hold nothing decide where a half ends.
  const halves = (accumulators: number, k: number) =>
    claimedTree({ order: "interleaved", accumulators, combine: "halves" }, k, null);
  assertEquals(halves(8, 5), [[[0, 4], 2], [1, 3]]);
  assertEquals(halves(16, 3), [[0, 2], 1]);
  assertEquals(halves(12, 7), [[[[0, 6], 3], [2, 5]], [1, 4]]);
  assertEquals(halves(6, 6), [[[0, 3], [2, 5]], [1, 4]]);
  assertEquals(halves(8, 1), 0);
  assertEquals(claimedTree({ order: "sequential", reversed: true }, 3, "after"), [[[2, 1], 0], 3]);
  assertEquals(claimedTree({ order: "sequential" }, 3, "first"), [[[3, 0], 1], 2]);
  assertEquals(claimedTree({ order: "tree", tree: () => [0, [1, 2]] }, 3, "after"), [
    [0, [1, 2]],
    3,
  ]);
  assertEquals(planOf({ order: "blocked", block: () => 2 }, 3).chains, [[0, 1], [2]]);
  assertEquals(
    describeSummation({ order: "sequential", reversed: true }),
    "sequential from the end",
  );
});

Deno.test("emulate() gives an interval where claims leave several results, and it holds every one, seed 5", () => {
  const random = createRandom(5);
  const claims = {
    summation: { order: "sequential" },
    accumulator: "float32",
    fused: "either",
    rounding: "either",
    denormals: "kept",
  } as const;
  for (let round = 0; round < 300; round++) {
    const k = random.between(1, 9);
    const values = () => Float32Array.from({ length: k }, () => random.uniform() - 0.5);
    const [x, w] = [values(), values()];
    const want = emulate(claims, { m: 1, n: 1, k }, x, w, null)!;
    const [low, high] = [want.low[0]!, want.high[0]!];
    // Each step rounds to a random side, fused or not.
    const side = (value: number) => {
      const near = fround(value);
      if (near === value || random.integer() % 2) return near;
      return adjacentFloat(near, near < value === near > 0 ? 1 : -1);
    };
    const sum = x.reduce(
      (total, a, p) => side(total + (random.integer() % 2 ? a * w[p]! : side(a * w[p]!))),
      0,
    );
    if (!(sum >= low && sum <= high)) throw new Error(`${sum} is not in [${low}, ${high}]`);
    // As wide as the claims are, and no wider.
    const width = (high - low) / x.reduce((total, a, p) => total + Math.abs(a * w[p]!), 0);
    if (width > (k + 1) * 2 ** -21) throw new Error(`${width} for ${k}`);
  }
});

Deno.test("emulate() takes for 0 each operand that may be flushed, fused or not, and a bias too", () => {
  const small = 3 * 2 ** -128;
  const shape = { m: 1, n: 1, k: 2 };
  const interval = (
    fused: boolean | "either",
    [x, w]: readonly [number[], number[]],
    bias: number | null,
    position: "after" | "first" = "after",
  ) => {
    const want = emulate(
      {
        summation: { order: "sequential" },
        accumulator: "float32",
        fused,
        rounding: "nearest",
        denormals: "flushed",
        bias: position,
      },
      shape,
      Float32Array.from(x),
      Float32Array.from(w),
      bias === null ? null : Float32Array.of(bias),
    )!;
    return [want.low[0], want.high[0]];
  };
  for (const fused of [true, false, "either"] as const) {
    // The second product is 0.75 or nothing.
    assertEquals(interval(fused, [[1, small], [1, 2 ** 126]], null), [1, 1.75]);
    assertEquals(interval(fused, [[1, 2 ** 126], [1, -small]], null), [0.25, 1]);
    for (const position of ["after", "first"] as const) {
      // The bias is three quarters of the smallest normal number, or nothing.
      const normal = 2 ** -126;
      const sums = interval(fused, [[1, 0], [4 * normal, 0]], small, position);
      assertEquals(sums, [4 * normal, 4.75 * normal]);
    }
  }
});

Deno.test("emulate() adds a bias of each element where it differs from row to row", () => {
  const found = emulate(
    {
      summation: { order: "sequential" },
      accumulator: "float32",
      fused: false,
      rounding: "nearest",
      denormals: "kept",
      bias: "first",
    },
    { m: 2, n: 2, k: 1 },
    Float32Array.of(1, 2),
    Float32Array.of(1, 1),
    Float32Array.of(10, 20, 30, 40),
  );
  assertEquals([...found!.low], [11, 21, 32, 42]);
});

Deno.test("emulate() stores a wide sum where claimed, and adds a bias where claimed", () => {
  const claims = {
    summation: { order: "sequential" },
    accumulator: "float64",
    fused: false,
    rounding: "nearest",
    denormals: "kept",
  } as const;
  const one = Float32Array.of(1, 1);
  const x = Float32Array.of(2 ** 24, 1);
  const run = (more: Partial<Parameters<typeof emulate>[0]>) =>
    emulate({ ...claims, ...more }, { m: 1, n: 1, k: 2 }, x, one, Float32Array.of(-(2 ** 24)))
      ?.low[0];
  assertEquals(run({}), 0);
  assertEquals(run({ bias: "unrounded" }), 1);
  assertEquals(run({ bias: "first" }), 1);
  assertEquals(run({ bias: "unrounded", storedEvery: () => 2 }), 0);
});
