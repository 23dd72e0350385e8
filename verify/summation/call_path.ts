/**
 * Ways of calling a kernel in which the terms of one sum can be chosen: dense
 * with its bias, products of every layout, and products that are added to what
 * the output held.
 *
 * @module
 */
import { transpose } from "../../common/matrix.ts";
import type { Kernel, MatmulOptions, Tensor } from "../../kernels/kernel.ts";
import { Workspace } from "../check.ts";
import type { ProbePath } from "./probe.ts";

/** How a kernel is called for a probe. */
export interface Call {
  readonly m: number;
  readonly n: number;
  /** The column whose sums are looked at. */
  readonly column: number;
  /** `dense` has the bias for its last term, `accumulate` what the output held; the others have products alone. */
  readonly operation: "dense" | "matmul" | "accumulate";
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A way of calling in a word. */
export function nameOf({ m, n, column, operation, transposeA, transposeB }: Call): string {
  const layout = operation === "dense" ? "" : `-${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}`;
  return `${operation}${layout}-${m}x${n}-column-${column}`;
}

/** Calls the kernel with `rows` [m, k] opposite ones, and returns the column's m sums. */
function begin(kernel: Kernel, space: Workspace, call: Call, k: number) {
  const { m, n, operation, transposeA, transposeB } = call;
  const options: MatmulOptions = { transposeA, transposeB, accumulate: operation === "accumulate" };
  const ones = space.tensor(transposeB ? [n, k] : [k, n], new Float32Array(k * n).fill(1));
  return (rows: Float32Array, addend: number): Tensor => {
    const a = transposeA ? space.tensor([k, m], transpose(rows, m, k)) : space.tensor([m, k], rows);
    if (operation === "dense") {
      const y = space.output([m, n]);
      kernel.dense(a, ones, space.tensor([n], new Float32Array(n).fill(addend)), "linear", y);
      return y;
    }
    const out = operation === "accumulate"
      ? space.tensor([m, n], new Float32Array(m * n).fill(addend))
      : space.output([m, n]);
    kernel.matmul(a, ones, out, options);
    return out;
  };
}

/** The sums of one column as a path for probes. */
export function pathOf(kernel: Kernel, call: Call, k: number): ProbePath {
  const extra = call.operation === "matmul" ? 0 : 1;
  const { m, n, column } = call;
  return {
    name: nameOf(call),
    terms: k + extra,
    sums: async (lists) => {
      using space = new Workspace(kernel);
      const run = begin(kernel, space, call, k);
      // Rows of one call have their last term, the bias, in common.
      const groups = new Map<number, number[]>();
      for (const [i, terms] of lists.entries()) {
        const addend = extra ? terms[k]! : 0;
        groups.set(addend, [...(groups.get(addend) ?? []), i]);
      }
      const results: { readonly y: Tensor; readonly members: readonly number[] }[] = [];
      for (const [addend, all] of groups) {
        for (let start = 0; start < all.length; start += m) {
          const members = all.slice(start, start + m);
          const rows = new Float32Array(m * k).fill(1);
          members.forEach((i, row) => rows.set(lists[i]!.subarray(0, k), row * k));
          results.push({ y: run(rows, addend), members });
        }
      }
      const sums = new Array<number>(lists.length).fill(NaN);
      const read = await Promise.all(results.map(({ y }) => y.read()));
      for (const [r, { members }] of results.entries()) {
        members.forEach((i, row) => sums[i] = read[r]![row * n + column]!);
      }
      return sums;
    },
  };
}
