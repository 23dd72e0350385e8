/**
 * The WGSL of products with few rows, for which most threads of a tile would be
 * idle: several threads along n and along k, or, where b is stored as [n, k], a
 * dot product for each output.
 *
 * @module
 */
import { range } from "../range.ts";
import type { ColumnsMethod, DotsMethod } from "./product_layout.ts";
import {
  type FinishCall,
  leaveBeyondTiles,
  type MethodCode,
  pieceOfK,
  type ProductSpec,
} from "./product_spec.ts";
import { groupIndex, indented } from "./wgsl.ts";

/** How many loads of a thread are in flight before the first is used. */
const inFlight = 4;

/** The code for b stored as [k, n]. */
export function columnsCode(
  { rows, lanesN, lanesK }: ColumnsMethod,
  spec: ProductSpec,
  call: FinishCall,
): MethodCode {
  const threads = lanesN * lanesK;
  const a = (r: number, k: string) => {
    if (spec.ones) return "1.0";
    // Beyond the last row that row is read again; the result is not stored.
    const row = rows === 1 ? "0u" : `min(${r}u, p.m - 1u)`;
    return spec.aTransposed ? `a[(${k}) * p.stride_a + ${row}]` : `a[${row} * p.stride_a + ${k}]`;
  };
  const k = (u: number) => `i + ${u * lanesK}u`;
  const loop = range(inFlight).map((u) => `let b${u} = load_b(${k(u)}, col);`);
  for (const u of range(inFlight)) {
    // Beyond k nothing of a is read, since what is there may be NaN.
    const sums = range(rows).map((r) => `  acc${r} = fma(vec4f(${a(r, k(u))}), b${u}, acc${r});`);
    loop.push(`if (${k(u)} < p.k) {`, ...sums, "}");
  }
  return {
    globals: [`var<workgroup> partial: array<vec4f, ${rows * threads}>;`],
    workgroup: [lanesN, lanesK],
    body: [
      groupIndex,
      leaveBeyondTiles,
      `let col = (index * ${lanesN}u + local.x) * 4u;`,
      ...pieceOfK,
      ...range(rows).map((r) => `var acc${r} = vec4f();`),
      `for (var i = first + local.y; i < last; i += ${inFlight * lanesK}u) {`,
      ...indented(loop),
      "}",
      ...range(rows).map((r) => `partial[${r * threads}u + lane] = acc${r};`),
      "workgroupBarrier();",
      // Thread (x, r) adds up row r.
      `if (local.y < ${rows}u) {`,
      `  let start = local.y * ${threads}u + local.x;`,
      "  var sum = partial[start];",
      `  for (var j = 1u; j < ${lanesK}u; j++) { sum += partial[start + j * ${lanesN}u]; }`,
      `  ${call("local.y", "col", "sum")}`,
      "}",
    ],
  };
}

/** The code for b stored as [n, k]. */
export function dotsCode(
  { rows, lanesK, outputs }: DotsMethod,
  spec: ProductSpec,
  call: FinishCall,
): MethodCode {
  const threads = lanesK * outputs;
  const a = (r: number) =>
    spec.aTransposed
      ? `vec4f(${range(4).map((j) => `element_a(${r}u, i + ${j}u)`).join(", ")})`
      : `load_a(${r}u, i)`;
  const elementA = `fn element_a(row: u32, k: u32) -> f32 {
  if (row >= p.m || k >= p.k) { return 0.0; }
  return a[k * p.stride_a + row];
}`;
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
  return {
    globals: [
      `var<workgroup> partial: array<f32, ${rows * threads}>;`,
      ...(spec.aTransposed ? [elementA] : []),
    ],
    workgroup: [lanesK, outputs],
    body: [
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
      // The first threads store four adjacent results each.
      `if (lane < ${rows * outputs / 4}u) {`,
      `  let row = lane / ${outputs / 4}u;`,
      `  let quad = lane % ${outputs / 4}u;`,
      `  let start = row * ${threads}u + quad * ${4 * lanesK}u;`,
      `  ${call("row", `index * ${outputs}u + quad * 4u`, `vec4f(${results.join(", ")})`)}`,
      "}",
    ],
  };
}
