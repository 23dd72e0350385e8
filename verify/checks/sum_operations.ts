/**
 * Every operation that adds products, in one form: out[i, j] = Σ a[i, p] · b[p, j]
 * and an addend, which is a bias or what the output held. A check that is
 * written for this form is one of dense(), of every transpose of matmul(), with
 * and without accumulation, and of sumRows(), whose a is 1.
 *
 * @module
 */
import { transpose } from "../../common/matrix.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { KernelTraits, Tensor } from "../../kernels/kernel.ts";
import type { Workspace } from "../check.ts";
import { emulate } from "../summation/emulate.ts";

/** The operands of a sum. */
export interface Sums {
  /** [m, k]; all 1 where the operation has no such operand. */
  readonly a: Float32Array;
  /** [k, n]. */
  readonly b: Float32Array;
  /** [m, n] or, for a bias, [n]; null where nothing is added. */
  readonly addend: Float32Array | null;
}

/** The name of an operand, for messages. */
export type OperandName = keyof Sums;

/** An operation in this form. */
export interface SumOperation {
  readonly name: string;
  readonly addend: "none" | "bias" | "initial";
  /** Whether it adds the rows of b, so that m is 1 and a is not an operand. */
  readonly sumsRows: boolean;
  /** Queues it. */
  readonly call: (space: Workspace, shape: Dimensions, sums: Sums) => Tensor;
}

function denseOperation(name: string, addend: "none" | "bias", asZ: boolean): SumOperation {
  return {
    name,
    addend,
    sumsRows: false,
    call: (space, { m, n, k }, { a, b, addend }) => {
      const y = space.output([m, n]);
      const z = asZ ? space.output([m, n]) : undefined;
      const bias = addend && space.tensor([n], addend);
      const operands = [space.tensor([m, k], a), space.tensor([k, n], b), bias] as const;
      space.kernel.dense(...operands, asZ ? "relu" : "linear", y, z);
      return z ?? y;
    },
  };
}

function matmulOperation(
  transposeA: boolean,
  transposeB: boolean,
  accumulate: boolean,
): SumOperation {
  return {
    name: `${accumulate ? "accumulate" : "matmul"}-${transposeA ? "t" : "n"}${
      transposeB ? "t" : "n"
    }`,
    addend: accumulate ? "initial" : "none",
    sumsRows: false,
    call: (space, { m, n, k }, { a, b, addend }) => {
      const left = transposeA ? space.tensor([k, m], transpose(a, m, k)) : space.tensor([m, k], a);
      const right = transposeB ? space.tensor([n, k], transpose(b, k, n)) : space.tensor([k, n], b);
      const out = addend ? space.tensor([m, n], addend) : space.output([m, n]);
      space.kernel.matmul(left, right, out, { transposeA, transposeB, accumulate });
      return out;
    },
  };
}

function rowsOperation(accumulate: boolean): SumOperation {
  return {
    name: accumulate ? "sum-rows-accumulated" : "sum-rows",
    addend: accumulate ? "initial" : "none",
    sumsRows: true,
    call: (space, { n, k }, { b, addend }) => {
      const out = addend ? space.tensor([n], addend) : space.output([n]);
      space.kernel.sumRows(space.tensor([k, n], b), out, { accumulate });
      return out;
    },
  };
}

const both = [false, true] as const;

/** All of them. */
export const sumOperations: readonly SumOperation[] = [
  denseOperation("dense", "bias", false),
  denseOperation("dense-without-bias", "none", false),
  denseOperation("dense-z", "bias", true),
  ...both.flatMap((accumulate) =>
    both.flatMap((transposeA) =>
      both.map((transposeB) => matmulOperation(transposeA, transposeB, accumulate))
    )
  ),
  ...both.map(rowsOperation),
];

/** The shape as an operation has it. */
export function shapeFor({ sumsRows }: SumOperation, shape: Dimensions): Dimensions {
  return sumsRows ? { ...shape, m: 1 } : shape;
}

/** What is added to out[i, j]; 0 where nothing is. */
export function addendAt({ addend }: Pick<Sums, "addend">, at: number): number {
  return addend === null ? 0 : addend[at % addend.length]!;
}

/**
 * The results that the kernel's claims imply, to the bit; null where they do not
 * determine them.
 */
export function impliedSums(
  traits: KernelTraits,
  operation: SumOperation,
  shape: Dimensions,
  sums: Sums,
): Float32Array | null {
  // Of sums of rows no order is claimed.
  if (operation.sumsRows || traits.rounding === "either" || traits.denormals === "flushed") {
    return null;
  }
  const { a, b, addend } = sums;
  const position = operation.addend === "bias" ? traits.bias : traits.accumulation;
  // A sum in float64 may be rounded before the addend or with it, where nothing is said of that.
  if (traits.accumulator === "float64" && addend !== null && !position) return null;
  const implied = emulate({ ...traits, bias: position ?? "after" }, shape, a, b, addend);
  // An interval determines no bits.
  return implied === null || implied.low !== implied.high ? null : implied.low;
}

/** One shape for each way that a kernel may go: tails, whole tiles, few rows, one column, long sums. */
export function sizeClasses({ tile }: Pick<KernelTraits, "tile">): Dimensions[] {
  const { mr, nr, kc } = tile;
  const wide = Math.min(2 * nr, 40);
  const tall = Math.min(2 * mr, 24);
  return [
    { m: 1, n: wide + 3, k: 9 },
    // One row is often a case of its own, and a long one another.
    { m: 1, n: 3, k: 67 },
    { m: 2, n: 3, k: 4 },
    { m: mr + 1, n: nr + 1, k: 5 },
    { m: tall, n: wide, k: 8 },
    { m: tall + 5, n: 1, k: 7 },
    { m: 3, n: 5, k: Math.min(kc, 600) + 17 },
    { m: 4 * mr + 3, n: wide + 5, k: 6 },
  ];
}
