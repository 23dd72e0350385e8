import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import {
  isPossible,
  layOutProduct,
  leastLimits,
  type Limits,
  type ProductLayout,
  type ProductShape,
  spread,
  storageOf,
  threadsOf,
  tileDepth,
  tiles,
} from "./product_layout.ts";

const seed = 20_260;

function layOut(m: number, n: number, k: number, more: Partial<ProductShape> = {}): ProductLayout {
  return layOutProduct({ m, n, k, transposeA: false, transposeB: false, ...more }, leastLimits);
}

function programOf({ method }: ProductLayout): string {
  return method.kind === "tile"
    ? `${method.rows}x${method.columns}`
    : `${method.kind} of ${method.rows}`;
}

/** Threads and bytes of workgroup memory of a layout's program. */
function needs({ method }: ProductLayout): { x: number; y: number; bytes: number } {
  if (method.kind === "tile") {
    const [x, y] = threadsOf(method);
    return { x, y, bytes: storageOf(method) };
  }
  return method.kind === "columns"
    ? {
      x: method.lanesN,
      y: method.lanesK,
      bytes: 16 * method.rows * method.lanesN * method.lanesK,
    }
    : {
      x: method.lanesK,
      y: method.outputs,
      bytes: 4 * method.rows * method.lanesK * method.outputs,
    };
}

Deno.test("layOutProduct() chooses the method by the shape", () => {
  const choices: readonly [string, ProductLayout][] = [
    ["128x128", layOut(4096, 4096, 4096)],
    ["128x128", layOut(2048, 1024, 64)],
    ["64x64", layOut(512, 1024, 1024)],
    ["32x32", layOut(256, 256, 256)],
    ["32x32", layOut(16, 4096, 4096)],
    ["32x32", layOut(32, 128, 784)],
    ["columns of 1", layOut(1, 4096, 4096)],
    ["columns of 4", layOut(3, 4096, 4096)],
    ["dots of 1", layOut(1, 4096, 4096, { transposeB: true })],
    ["dots of 4", layOut(4, 100, 100, { transposeB: true })],
    // One column is one row of the transposed product.
    ["dots of 1", layOut(1000, 1, 300)],
    ["columns of 1", layOut(1000, 1, 300, { transposeA: true })],
  ];
  for (const [program, chosen] of choices) {
    assertEquals(programOf(chosen), program, JSON.stringify(chosen));
  }
});

Deno.test("layOutProduct() cuts k into pieces only where workgroups are few and k is long", () => {
  assertEquals(layOut(8, 64, 8192).splits, 32);
  assertEquals(layOut(1, 64, 8192).splits, 32);
  assertEquals(layOut(8, 64, 300).splits, 1);
  // Of a weight that is read once more is on its way, beyond one workgroup for each multiprocessor too.
  assertEquals(layOut(1, 4096, 4096).splits, 4);
  assertEquals(layOut(32, 4096, 4096).splits, 8);
  assertEquals(layOut(1, 50_257, 768).splits, 1);
  // 64 and 96 workgroups of two warps, and 256 of them.
  assertEquals(layOut(128, 512, 784).splits, 3);
  assertEquals(layOut(128, 768, 3072).splits, 2);
  assertEquals(layOut(512, 512, 512).splits, 1);
  assertEquals(layOut(4096, 4096, 8192).splits, 1);
  assertEquals(layOut(2048, 2048, 0).splits, 1);
});

Deno.test("layOutProduct() respects the limits, and its tiles and pieces cover the product once", () => {
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
    const chosen = layOutProduct(shape, limits);
    const text = `${JSON.stringify(shape)}, seed ${seed}`;
    const { x, y, bytes } = needs(chosen);
    assertLessOrEqual(x * y, limits.maxComputeInvocationsPerWorkgroup, text);
    assertLessOrEqual(bytes, limits.maxComputeWorkgroupStorageSize, text);
    const { method, m, n, k, splits, chunk, a, b, fit } = chosen;
    const [rows, columns] = method.kind === "tile"
      ? [method.rows, method.columns]
      : [method.rows, method.kind === "columns" ? 4 * method.lanesN : method.outputs];
    assert(chosen.tilesN * columns >= n && (chosen.tilesN - 1) * columns < n, text);
    const tilesM = chosen.tiles / chosen.tilesN;
    assert(tilesM * rows >= m && (tilesM - 1) * rows < m, text);
    // A program for few rows has one tile of them.
    if (method.kind !== "tile") assertEquals(tilesM, 1, text);
    assert(splits * chunk >= k && (k === 0 ? splits === 1 : (splits - 1) * chunk < k), text);
    // A loop over a piece must end with it.
    const step = method.kind === "tile" ? tileDepth : 4 * method.lanesK;
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
      assertEquals(method.rows, 1, text);
    } else assertEquals([m, n, k], [shape.m, shape.n, shape.k], text);
  }
});

Deno.test("layOutProduct() reads a padded weight by vec4 and stores single elements", () => {
  const { b, storeVec4 } = layOut(64, 63, 64, { strideB: 64 });
  assertEquals([b.vec4, b.stride, b.columns, storeVec4], [true, 64, 63, false]);
  assertEquals(layOut(64, 63, 64).b.vec4, false);
});

Deno.test("isPossible() is true for all tiles on every device, and tiles are whole", () => {
  for (const tile of tiles) {
    assert(isPossible(tile, leastLimits));
    const { rows, columns, threadRows, threadColumns, unroll } = tile;
    assertEquals([threadRows % 4, threadColumns % 4, tileDepth % unroll, unroll % 4], [0, 0, 0, 0]);
    const [x, y] = threadsOf(tile);
    assertEquals(x * y * threadRows * threadColumns, rows * columns);
  }
});

Deno.test("spread() reaches every workgroup within the limit of a dimension", () => {
  for (const count of [0, 1, 65_535, 65_536, 1_000_000, 65_535 ** 2]) {
    const [x, y] = spread(count, leastLimits);
    assert(x * y >= count && x <= 65_535 && y <= 65_535);
    if (count > 0) assert((y - 1) * x < count);
  }
});

Deno.test("layOutProduct() reads parts of larger operands by vec4 only where no vec4 reaches into the next part", () => {
  const strides = { a: 64, b: 128, y: 128 };
  const whole = layOut(32, 64, 32, { strides });
  assertEquals([whole.a.vec4, whole.b.vec4, whole.storeVec4], [true, true, true]);
  assertEquals([whole.a.stride, whole.b.stride, whole.strideY], [64, 128, 128]);
  assertEquals(layOut(32, 64, 33, { strides }).a.vec4, false);
  assertEquals(layOut(32, 63, 32, { strides }).storeVec4, false);
  assertEquals(layOut(32, 64, 33, { strides, transposeB: true }).b.vec4, false);
  assertEquals(layOut(32, 64, 32, { strides: { ...strides, y: 65 } }).storeVec4, false);
  // A column of several is no row.
  assertEquals(layOut(32, 1, 32, { strides }).swapped, false);
  assertEquals(layOut(1, 64, 32, { strides, transposeA: true }).a.transposed, true);
});

Deno.test("layOutProduct() makes no more partial sums than can be bound", () => {
  const small = { ...leastLimits, maxStorageBufferBindingSize: 2 ** 14 };
  const shape = { m: 8, n: 64, k: 8192, transposeA: false, transposeB: false };
  const { splits, m, n } = layOutProduct(shape, small);
  assert(splits > 1 && 4 * splits * m * n <= 2 ** 14, `${splits}`);
});

Deno.test("docs/webgpu.md has the layouts of its products as they are", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/webgpu.md", import.meta.url));
  const wholeNumber = (cell = "") => Number(cell.replaceAll(",", ""));
  const rows = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, shape = ""]) => /^[\d,]+ x [\d,]+ x [\d,]+$/.test(shape));
  assert(rows.length > 20, `${rows.length}`);
  for (const [, shape = "", , name, groups, pieces] of rows) {
    const [m = 0, k = 0, n = 0] = shape.split(" x ").map(wholeNumber);
    const layout = layOut(m, n, k);
    const { method, tiles, splits } = layout;
    const own = method.kind === "tile"
      ? `${method.rows} x ${method.columns}`
      : `${method.kind} of one`;
    assertEquals(
      [name, wholeNumber(groups), wholeNumber(pieces)],
      [own, tiles * splits, splits],
      shape,
    );
  }
});
