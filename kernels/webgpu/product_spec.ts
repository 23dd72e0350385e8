/**
 * What the WGSL of a product depends on, and what its programs have in common.
 *
 * @module
 */
import type { ProductLayout, ProductMethod } from "./product_layout.ts";
import type { Ending } from "./wgsl.ts";

/** All that a product's program depends on. */
export interface ProductSpec {
  readonly method: ProductMethod;
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

/** Whether a program takes a by fours, where a's rows allow it. */
export function takesFours(
  { method, aTransposed }: Pick<ProductSpec, "method" | "aTransposed">,
): boolean {
  return method.kind === "tile" || method.kind === "dots" && !aTransposed;
}

/** The program for a layout: `any` activation or two of them, and `ones` in place of a. */
export function specOf(
  { method, a, b, fit, splits, storeVec4 }: ProductLayout,
  { any, ones }: { readonly any: boolean; readonly ones: boolean },
): ProductSpec {
  const partial = splits > 1;
  return {
    method,
    aTransposed: a.transposed,
    aVec4: a.vec4 && takesFours({ method, aTransposed: a.transposed }),
    bTransposed: b.transposed,
    bVec4: b.vec4,
    fit,
    partial,
    ones,
    ending: { any, vec4: storeVec4, fit: fit && !partial },
  };
}

/** The part of a program that is its method's own. */
export interface MethodCode {
  /** Variables of the workgroup, and functions. */
  readonly globals: readonly string[];
  readonly workgroup: readonly [x: number, y: number];
  readonly body: readonly string[];
}

/** The call that ends a product with four neighbouring sums. */
export type FinishCall = (row: string, col: string, sum: string) => string;

/** The piece of k of this workgroup. */
export const pieceOfK = [
  "let first = group.z * p.chunk;",
  "let last = min(p.k, first + p.chunk);",
] as const;

/** Where the workgroups are more than there are tiles. */
export const leaveBeyondTiles = "if (index >= p.tiles) { return; }";
