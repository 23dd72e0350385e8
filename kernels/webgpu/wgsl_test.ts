// The generated WGSL as text, without a GPU. To update the snapshots after an intended change:
// deno test -A kernels/webgpu/wgsl_test.ts -- --update
import { assert, assertEquals } from "@std/assert";
import { activations, type Pointwise } from "../activation.ts";
import { add, choose, log, mul, operand, parameter, perRow } from "../formula/expression.ts";
import { formula } from "../formula/formula.ts";
import {
  codeOf,
  mapProgram,
  type ReadOperand,
  reduceProgram as formulaReduction,
} from "./formula_wgsl.ts";
import { layOutProduct, leastLimits, type ProductShape, tiles } from "./product_layout.ts";
import { f32 } from "./math_wgsl.ts";
import { specOf } from "./product_spec.ts";
import { productProgram, reduceProgram } from "./product_wgsl.ts";
import {
  activateProgram,
  gradientProgram,
  lanesOf,
  padProgram,
  softmaxGradientProgram,
  softmaxProgram,
} from "./rows_wgsl.ts";

/** The program of a product of this shape, as the kernel would ask for it. */
function programOf(shape: Partial<ProductShape>, any = false, z = false): string {
  const layout = layOutProduct(
    { m: 1, n: 1, k: 1, transposeA: false, transposeB: false, ...shape },
    leastLimits,
  );
  return productProgram(specOf(layout, { any, z, ones: false }));
}

const pointwise = activations.filter((name): name is Pointwise => name !== "softmax");
const [square, , large] = tiles;

/** The larger of a formula's two kinds of programs, of an operand in place and one by row. */
const code = codeOf(
  formula(choose("less", operand(0), 0, log(operand(0)), add(mul(parameter(0), perRow(1)), 2.5))),
  [0],
);
const left: ReadOperand = { name: "in1", along: "row" };

const snapshots: Readonly<Record<string, string>> = {
  "tile_32x32_scalar": programOf({ m: 33, n: 35, k: 17, force: square! }),
  "tile_32x32_vec4_any_activation": programOf({ m: 32, n: 36, k: 20, force: square! }, true),
  "tile_32x32_transposed_both": programOf({
    m: 64,
    n: 64,
    k: 64,
    transposeA: true,
    transposeB: true,
    force: square!,
  }),
  "tile_128x128_fit": programOf({ m: 256, n: 256, k: 64, force: large! }),
  "columns_of_4_pieces": programOf({ m: 3, n: 70, k: 4096 }),
  "dots_of_1": programOf({ m: 1, n: 64, k: 256, transposeB: true }),
  "reduce": reduceProgram({ any: false, vec4: false, fit: false, z: true }),
  "softmax_of_8": softmaxProgram(8),
  "softmax_gradient_of_1": softmaxGradientProgram(1),
  "pad": padProgram,
  "formula_map_in_place": mapProgram({
    code,
    operands: new Map([[0, { name: "out0", along: "element" }], [1, left]]),
    reads: [left],
    aligned: false,
  }),
  "formula_largest_of_columns": formulaReduction({
    code,
    reduction: "max",
    reduced: "columns",
    operands: new Map([[0, { name: "in0", along: "element" }], [1, left]]),
    reads: [{ name: "in0", along: "element" }, left],
    lanes: 8,
  }),
};

for (const [name, text] of Object.entries(snapshots)) {
  Deno.test(`the WGSL of ${name} is that of the snapshot`, async () => {
    const file = new URL(`snapshots/${name}.wgsl`, import.meta.url);
    if (Deno.args.includes("--update")) await Deno.writeTextFile(file, text);
    assertEquals(text, await Deno.readTextFile(file));
  });
}

/** All programs of the products of many shapes, and all others. */
function* programs(): Generator<[string, string]> {
  for (const force of [...tiles, undefined]) {
    for (const [m, n, k] of [[1, 7, 9], [3, 64, 64], [128, 128, 64], [65, 63, 3000]] as const) {
      for (const t of [0, 1, 2, 3]) {
        const shape = { m, n, k, transposeA: t % 2 === 1, transposeB: t > 1 };
        const whole = force ? { ...shape, force } : shape;
        yield [JSON.stringify(whole), programOf(whole, t === 0, t === 2)];
      }
    }
  }
  for (const name of pointwise) {
    yield [name, activateProgram(name)];
    yield [`${name}'`, gradientProgram(name)];
  }
  yield* Object.entries(snapshots);
}

Deno.test("every program has matching brackets and uses each of its buffers", () => {
  let count = 0;
  for (const [name, text] of programs()) {
    count++;
    const code = text.replaceAll(/\/\/.*/g, "");
    for (const [open, close] of ["{}", "()", "[]"]) {
      assertEquals(code.split(open!).length, code.split(close!).length, `${name}: ${open}`);
    }
    assert(!/undefined|NaN|\bInfinity|\[object/.test(code), name);
    for (const [, buffer = ""] of code.matchAll(/var<storage, \w+> (\w+)/g)) {
      assert(
        code.split(new RegExp(`\\b${buffer}\\[`)).length > 1,
        `${name}: ${buffer} is not used`,
      );
    }
  }
  assert(count > 90, `${count}`);
});

Deno.test("the program of a tile has two barriers, and accumulators as variables", () => {
  for (const tile of tiles) {
    const text = programOf({ m: 256, n: 256, k: 64, force: tile });
    assertEquals(text.match(/workgroupBarrier\(\);/g)?.length, 2);
    const { rows, columns, threadRows, threadColumns, unroll } = tile;
    const accumulators = threadRows * threadColumns / 4;
    assertEquals(text.match(/var acc\d+_\d+ = vec4f\(\);/g)?.length, accumulators);
    assertEquals(text.match(/= fma\(/g)?.length, accumulators * unroll);
    assert(
      text.includes(`array<vec4f, ${rows * 4}>`) && text.includes(`array<vec4f, ${columns * 4}>`),
    );
  }
});

Deno.test("a program of whole tiles checks no bounds", () => {
  const fit = programOf({ m: 256, n: 256, k: 64, force: large! });
  const loose = programOf({ m: 252, n: 256, k: 64, force: large! });
  assert(!/>= p\.[mnk]/.test(fit));
  assert(/row >= p\.m \|\| col >= p\.k/.test(loose));
});

Deno.test("f32() writes float32 constants of WGSL", () => {
  assertEquals([1, 0.1, -2.5, 1e-7, 2 ** 100].map(f32), [
    "1.0",
    "0.10000000149011612",
    "-2.5",
    "1.0000000116860974e-7",
    "1.2676506002282294e+30",
  ]);
});

Deno.test("lanesOf() is a power of two for every width", () => {
  for (const columns of [0, 1, 3, 4, 5, 9, 10, 100, 256, 257, 100_000]) {
    const lanes = lanesOf(columns);
    assert(lanes >= 1 && lanes <= 64 && Number.isInteger(Math.log2(lanes)), `${columns}: ${lanes}`);
  }
});
