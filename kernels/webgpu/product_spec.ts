/**
 * What the WGSL of a product depends on, and what all programs of products have
 * in common.
 *
 * @module
 */
import type { ProductLayout, ProductMethod } from "./product_layout.ts";
import type { EpilogueSpec } from "./wgsl.ts";

/** All that the program of a product depends on. */
export interface ProductSpec {
  readonly method: ProductMethod;
  readonly aTransposed: boolean;
  readonly aVec4: boolean;
  readonly bTransposed: boolean;
  readonly bVec4: boolean;
  readonly fit: boolean;
  /** Whether it writes one of several partial sums; `reduceProgram` then applies the epilogue. */
  readonly partial: boolean;
  /** Whether a is all ones, and not read: the product is the sum of the rows of b. */
  readonly ones: boolean;
  readonly epilogue: EpilogueSpec;
}

/** Whether a program reads a by vec4, where the rows of a allow it. */
export function readsVec4(
  { method, aTransposed }: Pick<ProductSpec, "method" | "aTransposed">,
): boolean {
  return method.kind === "tile" || method.kind === "dots" && !aTransposed;
}

/** The specification for a layout, with any activation or two of them, with z stored or not, and with ones in place of a or not. */
export function specOf(
  { method, a, b, fit, splits, storeVec4 }: ProductLayout,
  { any, z, ones }: { readonly any: boolean; readonly z: boolean; readonly ones: boolean },
): ProductSpec {
  const partial = splits > 1;
  return {
    method,
    aTransposed: a.transposed,
    aVec4: a.vec4 && readsVec4({ method, aTransposed: a.transposed }),
    bTransposed: b.transposed,
    bVec4: b.vec4,
    fit,
    partial,
    ones,
    epilogue: { any, vec4: storeVec4, fit: fit && !partial, z },
  };
}

/** The part of a program that differs by method. */
export interface MethodCode {
  /** Variables of the workgroup, and functions. */
  readonly globals: readonly string[];
  readonly workgroup: readonly [x: number, y: number];
  readonly body: readonly string[];
}

/** The call that applies the epilogue to four adjacent sums. */
export type FinishCall = (row: string, col: string, sum: string) => string;

/** The piece of k of this workgroup. */
export const pieceOfK = [
  "let first = group.z * p.chunk;",
  "let last = min(p.k, first + p.chunk);",
] as const;

/** For workgroups beyond the number of tiles. */
export const leaveBeyondTiles = "if (index >= p.tiles) { return; }";
