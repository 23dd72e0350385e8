/**
 * The WGSL of products, generated from a plan: tiles through workgroup memory
 * with named, unrolled accumulators (an array of them would be kept in memory
 * by some compilers), and two programs for few rows. With several pieces of k
 * each writes its own partial sums, which a second pass adds in order, so that
 * results do not depend on who was first.
 *
 * @module
 */
import {
  type ColumnsKernel,
  type DotsKernel,
  type ProductKernel,
  threadsOf,
  tileDepth,
  type TileKernel,
} from "./geometry.ts";
import {
  type Binding,
  declarations,
  type Ending,
  endingBindings,
  entry,
  finishFunction,
  groupIndex,
  lines,
  loadFunction,
  range,
} from "./wgsl.ts";

/** Whether a program takes a by fours, where a's rows allow it. */
export function takesFours(kernel: ProductKernel, aTransposed: boolean): boolean {
  return kernel.kind === "tile" || kernel.kind === "dots" && !aTransposed;
}

/** All that a product's program depends on. */
export interface ProductSpec {
  readonly kernel: ProductKernel;
  readonly aTransposed: boolean;
  readonly aVec4: boolean;
  readonly bTransposed: boolean;
  readonly bVec4: boolean;
  readonly fit: boolean;
  /** Whether it writes one of several partial sums, for `reduceProgram`, which then has the ending. */
  readonly partial: boolean;
  /** a is all ones and not read: sums of the columns of b. */
  readonly ones: boolean;
  readonly ending: Ending;
}

const letters = ["x", "y", "z", "w"] as const;

/** Partial sums lie as [pieces, m, n rounded up to fours]. */
const partialFinish = `fn finish(row: u32, col: u32, sum: vec4f, piece: u32) {
  if (row >= p.m || col >= p.n) { return; }
  y[(piece * p.m + row) * ((p.n + 3u) >> 2u) + (col >> 2u)] = sum;
}`;

/** The program of a product. */
export function productProgram(spec: ProductSpec): string {
  const { kernel, partial, ones, fit, aTransposed, bTransposed } = spec;
  const bindings: Binding[] = [
    ...(ones ? [] : [{ name: "a", vec4: spec.aVec4 }]),
    { name: "b", vec4: spec.bVec4 },
    ...(partial ? [{ name: "y", vec4: true, write: true }] : endingBindings(spec.ending)),
  ];
  const loads = [
    ...(ones || !takesFours(kernel, aTransposed) ? [] : [loadFunction({
      name: "a",
      rows: aTransposed ? "k" : "m",
      columns: aTransposed ? "m" : "k",
      vec4: spec.aVec4,
      fit,
    })]),
    loadFunction({
      name: "b",
      rows: bTransposed ? "n" : "k",
      columns: bTransposed ? "k" : "n",
      vec4: spec.bVec4,
      fit,
    }),
  ];
  const call = (row: string, col: string, sum: string) =>
    `finish(${row}, ${col}, ${sum}${partial ? ", group.z" : ""});`;
  const body = kernel.kind === "tile"
    ? tileBody(kernel, spec, call)
    : kernel.kind === "columns"
    ? columnsBody(kernel, spec, call)
    : dotsBody(kernel, spec, call);
  return [
    declarations(bindings),
    "",
    ...loads,
    partial ? partialFinish : finishFunction(spec.ending),
    "",
    body,
    "",
  ].join("\n");
}

type Call = (row: string, col: string, sum: string) => string;

/** The piece of k of this workgroup. */
const pieceOfK = [
  "let first = group.z * p.chunk;",
  "let last = min(p.k, first + p.chunk);",
];

const leaveBeyondTiles = "if (index >= p.tiles) { return; }";

function tileBody(kernel: TileKernel, spec: ProductSpec, call: Call): string {
  const { rows, columns, threadRows, threadColumns } = kernel;
  const [x, y] = threadsOf(kernel);
  const quads = threadColumns / 4;
  const accumulators = range(threadRows).flatMap((r) =>
    range(quads).map((q) => `var acc${r}_${q} = vec4f();`)
  );
  const sums = range(threadRows).flatMap((r) => range(quads).map((q) => `acc${r}_${q}`));
  return `var<workgroup> tile_a: array<vec4f, ${rows * tileDepth / 4}>;
var<workgroup> tile_b: array<vec4f, ${columns * tileDepth / 4}>;

${entry([x, y])}
${
    lines([
      groupIndex,
      leaveBeyondTiles,
      `let row0 = index / p.tiles_n * ${rows}u;`,
      `let col0 = index % p.tiles_n * ${columns}u;`,
      ...pieceOfK,
      ...accumulators,
      `for (var k0 = first; k0 < last; k0 += ${tileDepth}u) {`,
    ])
  }
${lines(loadTiles(kernel, spec, x * y), "    ")}
    workgroupBarrier();
${lines(multiplyTiles(kernel, spec.aTransposed), "    ")}
    workgroupBarrier();
  }
${
    lines([
      // The ending once, in a loop, rather than once for each of them.
      `var sums = array(${sums.join(", ")});`,
      `for (var i = 0u; i < ${sums.length}u; i++) {`,
      `  ${
        call(
          `row0 + local.y * ${threadRows}u + i / ${quads}u`,
          // Neighbouring threads have neighbouring fours of columns.
          `col0 + (local.x + i % ${quads}u * ${x}u) * 4u`,
          "sums[i]",
        )
      }`,
      "}",
    ])
  }
}`;
}

/** Fills the slices of a and b, each thread some vec4 of them. */
function loadTiles(kernel: TileKernel, spec: ProductSpec, threads: number): string[] {
  const { rows, columns } = kernel;
  const share = (total: number, body: (at: string) => string[]): string[] =>
    range(Math.ceil(total / threads)).flatMap((i) => {
      const whole = (i + 1) * threads <= total;
      return [
        whole ? "{" : `if (lane + ${i * threads}u < ${total}u) {`,
        `  let at = lane + ${i * threads}u;`,
        ...body("at").map((line) => `  ${line}`),
        "}",
      ];
    });
  const rowQuads = rows / 4;
  const columnQuads = columns / 4;
  const depthQuads = tileDepth / 4;
  return [
    // a by rows of fours along k, or, where it is stored transposed, by fours along m.
    ...share(
      rows * depthQuads,
      (at) =>
        spec.aTransposed
          ? [`tile_a[${at}] = load_a(k0 + ${at} / ${rowQuads}u, row0 + ${at} % ${rowQuads}u * 4u);`]
          : [
            `tile_a[${at}] = load_a(row0 + ${at} / ${depthQuads}u, k0 + ${at} % ${depthQuads}u * 4u);`,
          ],
    ),
    // b by fours along n always: where it is stored transposed, blocks of 4 x 4 are turned on the way.
    ...(spec.bTransposed
      ? share(columnQuads * depthQuads, (at) => [
        `let col = ${at} / ${depthQuads}u;`,
        `let depth = ${at} % ${depthQuads}u * 4u;`,
        ...range(4).map((j) => `let b${j} = load_b(col0 + col * 4u + ${j}u, k0 + depth);`),
        ...letters.map((letter, i) =>
          `tile_b[(depth + ${i}u) * ${columnQuads}u + col] = vec4f(b0.${letter}, b1.${letter}, b2.${letter}, b3.${letter});`
        ),
      ])
      : share(columnQuads * tileDepth, (at) => [
        `tile_b[${at}] = load_b(k0 + ${at} / ${columnQuads}u, col0 + ${at} % ${columnQuads}u * 4u);`,
      ])),
  ];
}

/** The multiply-adds of one slice, k by k; `unroll` of them written out, and a loop over them. */
function multiplyTiles(kernel: TileKernel, aTransposed: boolean): string[] {
  const { rows, columns, threadRows, threadColumns, unroll } = kernel;
  const [x] = threadsOf(kernel);
  const quads = threadColumns / 4;
  const rolled = unroll < tileDepth;
  const at = (perK: number, k: number) => `${perK * k}u${rolled ? ` + k * ${perK}u` : ""}`;
  const loadB = (k: number) =>
    range(quads).map((q) => `let b${q} = tile_b[${at(columns / 4, k)} + local.x + ${q * x}u];`);
  const multiply = (element: (r: number) => string) =>
    range(threadRows).flatMap((r) =>
      range(quads).map((q) => `acc${r}_${q} = fma(vec4f(${element(r)}), b${q}, acc${r}_${q});`)
    );
  const inBlock = (block: string[]) => ["{", ...block.map((line) => `  ${line}`), "}"];
  const blocks = aTransposed
    ? range(unroll).map((k) => [
      ...range(threadRows / 4).map((s) =>
        `let a${s} = tile_a[${at(rows / 4, k)} + local.y * ${threadRows / 4}u + ${s}u];`
      ),
      ...loadB(k),
      ...multiply((r) => `a${Math.floor(r / 4)}.${letters[r % 4]}`),
    ])
    : range(unroll / 4).map((k4) => [
      ...range(threadRows).map((r) =>
        `let a${r} = tile_a[(local.y * ${threadRows}u + ${r}u) * ${tileDepth / 4}u + ${k4}u${
          rolled ? " + (k >> 2u)" : ""
        }];`
      ),
      ...range(4).flatMap((i) =>
        inBlock([...loadB(4 * k4 + i), ...multiply((r) => `a${r}.${letters[i]}`)])
      ),
    ]);
  const code = blocks.flatMap(inBlock);
  return rolled
    ? [
      `for (var k = 0u; k < ${tileDepth}u; k += ${unroll}u) {`,
      ...code.map((line) => `  ${line}`),
      "}",
    ]
    : code;
}

/** Four loads in flight for each thread before the first is used. */
const inFlight = 4;

function columnsBody(kernel: ColumnsKernel, spec: ProductSpec, call: Call): string {
  const { rows, lanesN, lanesK } = kernel;
  const threads = lanesN * lanesK;
  const a = (r: number, k: string) => {
    if (spec.ones) return "1.0";
    // A row that is not there is read as the last one; what comes of it is not stored.
    const row = rows === 1 ? "0u" : `min(${r}u, p.m - 1u)`;
    return spec.aTransposed ? `a[(${k}) * p.stride_a + ${row}]` : `a[${row} * p.stride_a + ${k}]`;
  };
  const k = (u: number) => `i + ${u * lanesK}u`;
  const loop = range(inFlight).map((u) => `let b${u} = load_b(${k(u)}, col);`);
  for (const u of range(inFlight)) {
    // Beyond k there is nothing of a either, and what lies there may be NaN.
    const sums = range(rows).map((r) => `  acc${r} = fma(vec4f(${a(r, k(u))}), b${u}, acc${r});`);
    loop.push(`if (${k(u)} < p.k) {`, ...sums, "}");
  }
  return `var<workgroup> partial: array<vec4f, ${rows * threads}>;

${entry([lanesN, lanesK])}
${
    lines([
      groupIndex,
      leaveBeyondTiles,
      `let col = (index * ${lanesN}u + local.x) * 4u;`,
      ...pieceOfK,
      ...range(rows).map((r) => `var acc${r} = vec4f();`),
      `for (var i = first + local.y; i < last; i += ${inFlight * lanesK}u) {`,
    ])
  }
${lines(loop, "    ")}
  }
${
    lines([
      ...range(rows).map((r) => `partial[${r * threads}u + lane] = acc${r};`),
      "workgroupBarrier();",
      // Thread (x, r) adds up row r.
      `if (local.y < ${rows}u) {`,
      `  let start = local.y * ${threads}u + local.x;`,
      "  var sum = partial[start];",
      `  for (var j = 1u; j < ${lanesK}u; j++) { sum += partial[start + j * ${lanesN}u]; }`,
      `  ${call("local.y", "col", "sum")}`,
      "}",
    ])
  }
}`;
}

function dotsBody(kernel: DotsKernel, spec: ProductSpec, call: Call): string {
  const { rows, lanesK, outputs } = kernel;
  const threads = lanesK * outputs;
  const a = (r: number) =>
    spec.aTransposed
      ? `vec4f(${range(4).map((j) => `element_a(${r}u, i + ${j}u)`).join(", ")})`
      : `load_a(${r}u, i)`;
  const elementA = `fn element_a(row: u32, k: u32) -> f32 {
  if (row >= p.m || k >= p.k) { return 0.0; }
  return a[k * p.stride_a + row];
}

`;
  const halvings: string[] = [];
  for (let half = lanesK / 2; half >= 1; half /= 2) {
    halvings.push(
      "workgroupBarrier();",
      `if (local.x < ${half}u) {`,
      ...range(rows).map((r) =>
        `  partial[${r * threads}u + lane] += partial[${r * threads}u + lane + ${half}u];`
      ),
      "}",
    );
  }
  const results = range(4).map((j) => `partial[start + ${j * lanesK}u]`);
  return `var<workgroup> partial: array<f32, ${rows * threads}>;

${spec.aTransposed ? elementA : ""}${entry([lanesK, outputs])}
${
    lines([
      groupIndex,
      leaveBeyondTiles,
      `let col = index * ${outputs}u + local.y;`,
      ...pieceOfK,
      ...range(rows).map((r) => `var acc${r} = vec4f();`),
      `for (var i = first + local.x * 4u; i < last; i += ${4 * lanesK}u) {`,
      "  let b0 = load_b(col, i);",
      ...range(rows).map((r) => `  acc${r} = fma(${a(r)}, b0, acc${r});`),
      "}",
      ...range(rows).map((r) =>
        `partial[${r * threads}u + lane] = (acc${r}.x + acc${r}.y) + (acc${r}.z + acc${r}.w);`
      ),
      ...halvings,
      "workgroupBarrier();",
      // The first threads store four neighbouring results each.
      `if (lane < ${rows * outputs / 4}u) {`,
      `  let row = lane / ${outputs / 4}u;`,
      `  let quad = lane % ${outputs / 4}u;`,
      `  let start = row * ${threads}u + quad * ${4 * lanesK}u;`,
      `  ${call("row", `index * ${outputs}u + quad * 4u`, `vec4f(${results.join(", ")})`)}`,
      "}",
    ])
  }
}`;
}

/** Threads of the programs that take each element, or four of them, by itself. */
export const flatThreads = 64;

/** Adds the partial sums of p.k pieces, in order, and ends the product. */
export function reduceProgram(ending: Ending): string {
  return [
    declarations([{ name: "sums", vec4: true }, ...endingBindings(ending)]),
    "",
    finishFunction(ending),
    "",
    entry([flatThreads, 1]),
    lines([
      groupIndex,
      "let quads = (p.n + 3u) >> 2u;",
      `let at = index * ${flatThreads}u + lane;`,
      "if (at >= p.m * quads) { return; }",
      "var sum = sums[at];",
      "for (var i = 1u; i < p.k; i++) { sum += sums[at + i * (p.m * quads)]; }",
      "finish(at / quads, at % quads * 4u, sum);",
    ]),
    "}",
    "",
  ].join("\n");
}
