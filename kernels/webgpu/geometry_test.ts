import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import {
  isPossible,
  leastLimits,
  type Limits,
  type Plan,
  planProduct,
  type ProductShape,
  spread,
  storageOf,
  threadsOf,
  tileDepth,
  tiles,
} from "./geometry.ts";

const seed = 20_260;

function plan(m: number, n: number, k: number, more: Partial<ProductShape> = {}): Plan {
  return planProduct({ m, n, k, transposeA: false, transposeB: false, ...more }, leastLimits);
}

function programOf({ kernel }: Plan): string {
  return kernel.kind === "tile"
    ? `${kernel.rows}x${kernel.columns}`
    : `${kernel.kind} of ${kernel.rows}`;
}

/** Threads and bytes of workgroup memory of a plan's program. */
function needs({ kernel }: Plan): { x: number; y: number; bytes: number } {
  if (kernel.kind === "tile") {
    const [x, y] = threadsOf(kernel);
    return { x, y, bytes: storageOf(kernel) };
  }
  return kernel.kind === "columns"
    ? {
      x: kernel.lanesN,
      y: kernel.lanesK,
      bytes: 16 * kernel.rows * kernel.lanesN * kernel.lanesK,
    }
    : {
      x: kernel.lanesK,
      y: kernel.outputs,
      bytes: 4 * kernel.rows * kernel.lanesK * kernel.outputs,
    };
}

Deno.test("planProduct() chooses the program by the shape", () => {
  const choices: readonly [string, Plan][] = [
    ["128x128", plan(4096, 4096, 4096)],
    ["128x128", plan(2048, 1024, 64)],
    ["64x64", plan(512, 1024, 1024)],
    ["32x32", plan(256, 256, 256)],
    ["32x32", plan(16, 4096, 4096)],
    ["32x32", plan(32, 128, 784)],
    ["columns of 1", plan(1, 4096, 4096)],
    ["columns of 4", plan(3, 4096, 4096)],
    ["dots of 1", plan(1, 4096, 4096, { transposeB: true })],
    ["dots of 4", plan(4, 100, 100, { transposeB: true })],
    // One column is one row of the transposed product.
    ["dots of 1", plan(1000, 1, 300)],
    ["columns of 1", plan(1000, 1, 300, { transposeA: true })],
  ];
  for (const [program, chosen] of choices) {
    assertEquals(programOf(chosen), program, JSON.stringify(chosen));
  }
});

Deno.test("planProduct() takes pieces of k only where workgroups are few and k is long", () => {
  assertEquals(plan(8, 64, 8192).splits, 32);
  assertEquals(plan(1, 64, 8192).splits, 32);
  assertEquals(plan(8, 64, 300).splits, 1);
  assertEquals(plan(4096, 4096, 8192).splits, 1);
  assertEquals(plan(2048, 2048, 0).splits, 1);
});

Deno.test("planProduct() keeps to the limits, and its tiles and pieces cover the product once", () => {
  const random = createRandom(seed);
  const sizes = [0, 1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 4096, 5001];
  const pick = () => sizes[random.between(0, sizes.length - 1)]!;
  const small: Limits = { ...leastLimits, maxComputeInvocationsPerWorkgroup: 64 };
  for (let i = 0; i < 3000; i++) {
    const limits = i % 4 === 0 ? small : leastLimits;
    const shape = {
      m: Math.max(1, pick()),
      n: Math.max(1, pick()),
      k: pick(),
      transposeA: random.between(0, 1) === 1,
      transposeB: random.between(0, 1) === 1,
    };
    const chosen = planProduct(shape, limits);
    const text = `${JSON.stringify(shape)}, seed ${seed}`;
    const { x, y, bytes } = needs(chosen);
    assertLessOrEqual(x * y, limits.maxComputeInvocationsPerWorkgroup, text);
    assertLessOrEqual(bytes, limits.maxComputeWorkgroupStorageSize, text);
    const { kernel, m, n, k, splits, chunk, a, b, fit } = chosen;
    const [rows, columns] = kernel.kind === "tile"
      ? [kernel.rows, kernel.columns]
      : [kernel.rows, kernel.kind === "columns" ? 4 * kernel.lanesN : kernel.outputs];
    assert(chosen.tilesN * columns >= n && (chosen.tilesN - 1) * columns < n, text);
    const tilesM = chosen.tiles / chosen.tilesN;
    assert(tilesM * rows >= m && (tilesM - 1) * rows < m, text);
    // A program for few rows has one tile of them.
    if (kernel.kind !== "tile") assertEquals(tilesM, 1, text);
    assert(splits * chunk >= k && (k === 0 ? splits === 1 : (splits - 1) * chunk < k), text);
    // A loop over a piece must end with it.
    const step = kernel.kind === "tile" ? tileDepth : 4 * kernel.lanesK;
    assertEquals(chunk % step, 0, text);
    assertEquals([a, b].map((each) => each.rows * each.columns), [m * k, k * n], text);
    for (const each of [a, b]) if (each.vec4) assertEquals(each.stride % 4, 0, text);
    if (chosen.storeVec4) assertEquals(n % 4, 0, text);
    if (fit) {
      assertEquals([m % rows, n % columns, k % tileDepth], [0, 0, 0], text);
      assert(a.vec4 && b.vec4, text);
    }
    if (chosen.swapped) {
      assertEquals([m, n, k], [1, shape.m, shape.k], text);
      assertEquals(kernel.rows, 1, text);
    } else assertEquals([m, n, k], [shape.m, shape.n, shape.k], text);
  }
});

Deno.test("planProduct() reads a padded weight by fours and stores by ones", () => {
  const { b, storeVec4 } = plan(64, 63, 64, { strideB: 64 });
  assertEquals([b.vec4, b.stride, b.columns, storeVec4], [true, 64, 63, false]);
  assertEquals(plan(64, 63, 64).b.vec4, false);
});

Deno.test("every device can run all tiles, and each tile is whole", () => {
  for (const tile of tiles) {
    assert(isPossible(tile, leastLimits));
    const { rows, columns, threadRows, threadColumns, unroll } = tile;
    assertEquals([threadRows % 4, threadColumns % 4, tileDepth % unroll, unroll % 4], [0, 0, 0, 0]);
    const [x, y] = threadsOf(tile);
    assertEquals(x * y * threadRows * threadColumns, rows * columns);
  }
});

Deno.test("spread() reaches every workgroup within the limit", () => {
  for (const count of [0, 1, 65_535, 65_536, 1_000_000, 65_535 ** 2]) {
    const [x, y] = spread(count, leastLimits);
    assert(x * y >= count && x <= 65_535 && y <= 65_535);
    if (count > 0) assert((y - 1) * x < count);
  }
});
