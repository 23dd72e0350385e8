/**
 * The ways of calling a kernel for a product, as one function: forward with and
 * without z, every transpose, and accumulation. The gradients of a layer are
 * among them: of the weight `tn`, of the input `nt`.
 *
 * @module
 */
import { transpose } from "../../common/matrix.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { Workspace } from "../check.ts";
import { scratchFloats } from "../scratch.ts";

/** By name: `dense-plain` has no bias, `add` accumulates, and the letters say which operand is stored transposed. */
export const productCalls = [
  "dense",
  "dense-z",
  "dense-plain",
  "matmul-nn",
  "matmul-tn",
  "matmul-nt",
  "matmul-tt",
  "add-nn",
  "add-tn",
  "add-nt",
  "add-tt",
] as const;

/** The name of a way of calling. */
export type ProductCall = typeof productCalls[number];

/** What is multiplied. */
export interface ProductOperands {
  /** [m, k] */
  readonly x: Float32Array;
  /** [k, n] */
  readonly weight: Float32Array;
  /** What is added to row i and column j: a bias, or what the output held; ignored by products alone. */
  readonly addend: (i: number, j: number) => number;
}

/** Whether something is added to the product, and whether it may differ from row to row. */
export function addendOf(call: ProductCall): "none" | "bias" | "element" {
  if (call === "dense" || call === "dense-z") return "bias";
  return call.startsWith("add") ? "element" : "none";
}

/** x · weight with what the call adds, and of `dense-z` the output of its activation, relu, too. */
export async function callProduct(
  kernel: Kernel,
  call: ProductCall,
  { m, n, k }: Dimensions,
  { x, weight, addend }: ProductOperands,
): Promise<{ readonly z: Float32Array; readonly y: Float32Array | null }> {
  using space = new Workspace(kernel);
  if (call.startsWith("dense")) {
    const operands = [
      space.tensor([m, k], x),
      space.tensor([k, n], weight),
      call === "dense-plain" ? null : space.tensor([n], elementsOf(1, n, addend)),
    ] as const;
    const y = space.output([m, n]);
    if (call !== "dense-z") {
      // A weight that is used again may be packed first, which is a path of its own.
      if (call === "dense-plain") kernel.dense(...operands, "linear", space.output([m, n]));
      kernel.dense(...operands, "linear", y);
      return { z: await y.read(), y: null };
    }
    const z = space.output([m, n]);
    kernel.dense(...operands, "relu", y, z);
    const [foundZ, foundY] = await Promise.all([z.read(), y.read()]);
    return { z: foundZ, y: foundY };
  }
  const [transposeA, transposeB] = [call.at(-2) === "t", call.at(-1) === "t"];
  const a = transposeA ? space.tensor([k, m], transpose(x, m, k)) : space.tensor([m, k], x);
  const b = transposeB
    ? space.tensor([n, k], transpose(weight, k, n))
    : space.tensor([k, n], weight);
  const accumulate = call.startsWith("add");
  const out = accumulate ? space.tensor([m, n], elementsOf(m, n, addend)) : space.output([m, n]);
  if (call === "matmul-nt") {
    kernel.matmul(a, b, space.output([m, n]), { transposeA, transposeB });
  }
  kernel.matmul(a, b, out, { transposeA, transposeB, accumulate });
  return { z: await out.read(), y: null };
}

function elementsOf(
  m: number,
  n: number,
  valueAt: (i: number, j: number) => number,
): Float32Array {
  const values = scratchFloats(m * n);
  for (let i = 0, at = 0; i < m; i++) for (let j = 0; j < n; j++) values[at++] = valueAt(i, j);
  return values;
}
