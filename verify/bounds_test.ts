import { assert, assertEquals, assertLess } from "@std/assert";
import { createRandom } from "../common/random.ts";
import type { KernelTraits, Summation } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { depthOf, productBound, unitInLastPlace } from "./bounds.ts";
import { dot2, kahan, kahanLanes, neumaier, pairwise, type Sum, sum2 } from "./mutants/sums.ts";
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

Deno.test("unitInLastPlace() of infinities is that of the largest number, of NaN it is NaN", () => {
  for (const y of [Infinity, -Infinity]) assertEquals(unitInLastPlace(y), 2 ** 104);
  assertEquals(unitInLastPlace(NaN), NaN);
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
});
