/**
 * The WGSL of products by tiles in workgroup memory. Accumulators are variables
 * rather than an array, which some compilers would keep in memory.
 *
 * @module
 */
import { range } from "../range.ts";
import { threadsOf, tileDepth, type TileMethod } from "./product_layout.ts";
import {
  type FinishCall,
  leaveBeyondTiles,
  type MethodCode,
  pieceOfK,
  type ProductSpec,
} from "./product_spec.ts";
import { components, groupIndex, indented } from "./wgsl.ts";

/** The code of a tile. */
export function tileCode(method: TileMethod, spec: ProductSpec, call: FinishCall): MethodCode {
  const { rows, columns, threadRows, threadColumns } = method;
  const [x, y] = threadsOf(method);
  const quads = threadColumns / 4;
  const sums = range(threadRows).flatMap((r) => range(quads).map((q) => `acc${r}_${q}`));
  return {
    globals: [
      `var<workgroup> tile_a: array<vec4f, ${rows * tileDepth / 4}>;\n` +
      `var<workgroup> tile_b: array<vec4f, ${columns * tileDepth / 4}>;`,
    ],
    workgroup: [x, y],
    body: [
      groupIndex,
      leaveBeyondTiles,
      `let row0 = index / p.tiles_n * ${rows}u;`,
      `let col0 = index % p.tiles_n * ${columns}u;`,
      ...pieceOfK,
      ...sums.map((sum) => `var ${sum} = vec4f();`),
      `for (var k0 = first; k0 < last; k0 += ${tileDepth}u) {`,
      ...indented([
        ...loadTiles(method, spec, x * y),
        "workgroupBarrier();",
        ...multiplyTiles(method, spec.aTransposed),
        "workgroupBarrier();",
      ]),
      "}",
      // The epilogue once, in a loop, rather than unrolled.
      `var sums = array(${sums.join(", ")});`,
      `for (var i = 0u; i < ${sums.length}u; i++) {`,
      `  ${
        call(
          `row0 + local.y * ${threadRows}u + i / ${quads}u`,
          // Adjacent threads have adjacent vec4 of columns.
          `col0 + (local.x + i % ${quads}u * ${x}u) * 4u`,
          "sums[i]",
        )
      }`,
      "}",
    ],
  };
}

/** Loads the slices of a and b; each thread loads some vec4 of them. */
function loadTiles(method: TileMethod, spec: ProductSpec, threads: number): string[] {
  const { rows, columns } = method;
  const share = (total: number, body: (at: string) => string[]): string[] =>
    range(Math.ceil(total / threads)).flatMap((i) => {
      const whole = (i + 1) * threads <= total;
      return [
        whole ? "{" : `if (lane + ${i * threads}u < ${total}u) {`,
        `  let at = lane + ${i * threads}u;`,
        ...indented(body("at")),
        "}",
      ];
    });
  const rowQuads = rows / 4;
  const columnQuads = columns / 4;
  const depthQuads = tileDepth / 4;
  return [
    // a by vec4 along k, or, where it is stored transposed, along m.
    ...share(
      rows * depthQuads,
      (at) =>
        spec.aTransposed
          ? [`tile_a[${at}] = load_a(k0 + ${at} / ${rowQuads}u, row0 + ${at} % ${rowQuads}u * 4u);`]
          : [
            `tile_a[${at}] = load_a(row0 + ${at} / ${depthQuads}u, k0 + ${at} % ${depthQuads}u * 4u);`,
          ],
    ),
    // b by vec4 along n: where it is stored transposed, blocks of 4 x 4 are transposed while loading.
    ...(spec.bTransposed
      ? share(columnQuads * depthQuads, (at) => [
        `let col = ${at} / ${depthQuads}u;`,
        `let depth = ${at} % ${depthQuads}u * 4u;`,
        ...range(4).map((j) => `let b${j} = load_b(col0 + col * 4u + ${j}u, k0 + depth);`),
        ...components.map((component, i) =>
          `tile_b[(depth + ${i}u) * ${columnQuads}u + col] = vec4f(b0.${component}, b1.${component}, b2.${component}, b3.${component});`
        ),
      ])
      : share(columnQuads * tileDepth, (at) => [
        `tile_b[${at}] = load_b(k0 + ${at} / ${columnQuads}u, col0 + ${at} % ${columnQuads}u * 4u);`,
      ])),
  ];
}

/** The multiply-adds of one slice: `unroll` steps of k, and a loop that repeats them. */
function multiplyTiles(method: TileMethod, aTransposed: boolean): string[] {
  const { rows, columns, threadRows, threadColumns, unroll } = method;
  const [x] = threadsOf(method);
  const quads = threadColumns / 4;
  const rolled = unroll < tileDepth;
  const at = (perK: number, k: number) => `${perK * k}u${rolled ? ` + k * ${perK}u` : ""}`;
  const loadB = (k: number) =>
    range(quads).map((q) => `let b${q} = tile_b[${at(columns / 4, k)} + local.x + ${q * x}u];`);
  const multiply = (element: (r: number) => string) =>
    range(threadRows).flatMap((r) =>
      range(quads).map((q) => `acc${r}_${q} = fma(vec4f(${element(r)}), b${q}, acc${r}_${q});`)
    );
  const inBlock = (block: string[]) => ["{", ...indented(block), "}"];
  const blocks = aTransposed
    ? range(unroll).map((k) => [
      ...range(threadRows / 4).map((s) =>
        `let a${s} = tile_a[${at(rows / 4, k)} + local.y * ${threadRows / 4}u + ${s}u];`
      ),
      ...loadB(k),
      ...multiply((r) => `a${Math.floor(r / 4)}.${components[r % 4]}`),
    ])
    : range(unroll / 4).map((k4) => [
      ...range(threadRows).map((r) =>
        `let a${r} = tile_a[(local.y * ${threadRows}u + ${r}u) * ${tileDepth / 4}u + ${k4}u${
          rolled ? " + (k >> 2u)" : ""
        }];`
      ),
      ...range(4).flatMap((i) =>
        inBlock([...loadB(4 * k4 + i), ...multiply((r) => `a${r}.${components[i]}`)])
      ),
    ]);
  const code = blocks.flatMap(inBlock);
  return rolled
    ? [
      `for (var k = 0u; k < ${tileDepth}u; k += ${unroll}u) {`,
      ...indented(code),
      "}",
    ]
    : code;
}
