/**
 * The WGSL of products. Where k is cut into several pieces, each writes its own
 * partial sums, and a second program adds them in order, so that results do not
 * depend on timing.
 *
 * @module
 */
import { columnsCode, dotsCode } from "./few_rows_wgsl.ts";
import type { FinishCall, MethodCode, ProductSpec } from "./product_spec.ts";
import { readsVec4 } from "./product_spec.ts";
import { tileCode } from "./tile_wgsl.ts";
import {
  type Binding,
  epilogueBindings,
  type EpilogueSpec,
  finishFunction,
  flatThreads,
  type FormulaActivation,
  groupIndex,
  loadFunction,
  programText,
} from "./wgsl.ts";

/** Partial sums are stored as [pieces, m, n rounded up to vec4]. */
const partialFinish = `fn finish(row: u32, col: u32, sum: vec4f, piece: u32) {
  if (row >= p.m || col >= p.n) { return; }
  y[(piece * p.m + row) * ((p.n + 3u) >> 2u) + (col >> 2u)] = sum;
}`;

function codeOf(spec: ProductSpec, call: FinishCall): MethodCode {
  const { method } = spec;
  switch (method.kind) {
    case "tile":
      return tileCode(method, spec, call);
    case "columns":
      return columnsCode(method, spec, call);
    case "dots":
      return dotsCode(method, spec, call);
  }
}

/** The program of a product, whose activation may be a formula. */
export function productProgram(
  spec: ProductSpec,
  formula: FormulaActivation | null = null,
): string {
  const { partial, ones, fit, aTransposed, bTransposed } = spec;
  const bindings: Binding[] = [
    ...(ones ? [] : [{ name: "a", vec4: spec.aVec4 }]),
    { name: "b", vec4: spec.bVec4 },
    ...(partial ? [{ name: "y", vec4: true, write: true }] : epilogueBindings(spec.epilogue)),
  ];
  const loads = [
    ...(ones || !readsVec4(spec) ? [] : [loadFunction({
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
  const finish = partial ? partialFinish : finishFunction(spec.epilogue, formula);
  const { globals, workgroup, body } = codeOf(
    spec,
    (row, col, sum) => `finish(${row}, ${col}, ${sum}${partial ? ", group.z" : ""});`,
  );
  return programText({
    bindings,
    globals: [[...loads, finish].join("\n"), ...globals],
    workgroup,
    body,
    numbers: formula?.numbers.length ?? 0,
  });
}

/** The program that adds the partial sums of p.k pieces, in order, and applies the epilogue. */
export function reduceProgram(
  epilogue: EpilogueSpec,
  formula: FormulaActivation | null = null,
): string {
  return programText({
    bindings: [{ name: "sums", vec4: true }, ...epilogueBindings(epilogue)],
    globals: [finishFunction(epilogue, formula)],
    workgroup: [flatThreads, 1],
    numbers: formula?.numbers.length ?? 0,
    body: [
      groupIndex,
      "let quads = (p.n + 3u) >> 2u;",
      `let at = index * ${flatThreads}u + lane;`,
      "if (at >= p.m * quads) { return; }",
      "var sum = sums[at];",
      "for (var i = 1u; i < p.k; i++) { sum += sums[at + i * (p.m * quads)]; }",
      "finish(at / quads, at % quads * 4u, sum);",
    ],
  });
}
