/**
 * Kernels that are wrong where two or three conditions meet, for the tests of the
 * check of combinations: each is right wherever one of its conditions fails.
 *
 * @module
 */
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { alter, dataOf } from "../mutants/mutant.ts";

/** A kernel that is broken under several conditions. */
export interface BrokenCombination {
  /** What is wrong, as the end of a sentence: a kernel in which … */
  readonly name: string;
  create(): Promise<Kernel>;
}

/** naive with what `change` replaces of its operations. */
export function broken(
  name: string,
  change: (original: Kernel) => Partial<Kernel>,
): BrokenCombination {
  return { name, create: async () => alter(await createKernel("naive"), change) };
}

/** Rows and columns of a tensor as operations see it. */
export function extentOf({ shape, size }: Tensor): readonly [rows: number, columns: number] {
  const columns = shape.at(-1) ?? 1;
  return [columns === 0 ? 0 : size / columns, columns];
}

type Dense = Parameters<Kernel["dense"]>;

/** naive with something done to the results of dense(). */
function afterDense(
  name: string,
  when: (m: number, n: number, k: number, call: Dense) => boolean,
  change: (out: Float32Array, n: number, call: Dense) => void,
): BrokenCombination {
  return broken(name, (original) => ({
    dense: (...call) => {
      original.dense(...call);
      const [x, , , , y, z] = call;
      const [m, k] = extentOf(x);
      const [, n] = extentOf(y);
      if (!when(m, n, k, call)) return;
      change(dataOf(y), n, call);
      if (z) change(dataOf(z), n, call);
    },
  }));
}

type Matmul = Parameters<Kernel["matmul"]>;

/** naive with something done to the results of matmul(). */
function afterMatmul(
  name: string,
  when: (call: Matmul, m: number, n: number) => boolean,
  change: (out: Float32Array, n: number, call: Matmul) => void,
): BrokenCombination {
  return broken(name, (original) => ({
    matmul: (...call) => {
      original.matmul(...call);
      const [m, n] = extentOf(call[2]);
      if (when(call, m, n)) change(dataOf(call[2]), n, call);
    },
  }));
}

const inLastColumn = (change: (value: number) => number) => (out: Float32Array, n: number) => {
  for (let i = n - 1; i < out.length; i += n) out[i] = change(out[i]!);
};

/** Spoils the call that reads a tensor again that was changed in a certain way since its nth use. */
function staleAfter(
  name: string,
  uses: number,
  writer: "gather" | "copy" | "map" | "activate" | "matmul",
  isUse: (call: Matmul) => boolean,
): BrokenCombination {
  return broken(name, (original) => {
    const counts = new WeakMap<Tensor, number>();
    const kept = new WeakMap<Tensor, Float32Array<ArrayBuffer>>();
    const outOf = (args: readonly unknown[]): Tensor =>
      (writer === "map" ? (args[2] as Tensor[])[0] : args[args.length - 1]) as Tensor;
    const write = original[writer] as (...args: unknown[]) => void;
    return {
      [writer]: (...args: unknown[]) => {
        const out = writer === "gather" || writer === "activate"
          ? args[2] as Tensor
          : writer === "matmul"
          ? args[2] as Tensor
          : outOf(args);
        if (out && (counts.get(out) ?? 0) >= uses) kept.set(out, dataOf(out).slice());
        write(...args);
      },
      ...(writer === "matmul" ? {} : {
        matmul: (...call: Matmul) => {
          const [a, b, out, options] = call;
          if (b.disposed || b.kernel !== out.kernel || !isUse(call)) {
            return original.matmul(a, b, out, options);
          }
          counts.set(b, (counts.get(b) ?? 0) + 1);
          const old = kept.get(b);
          if (!old) return original.matmul(a, b, out, options);
          const content = dataOf(b).slice();
          dataOf(b).set(old);
          try {
            original.matmul(a, b, out, options);
          } finally {
            dataOf(b).set(content);
          }
        },
      }),
    } as Partial<Kernel>;
  });
}

/** Products that are wrong under two or three conditions. */
export const brokenProducts: readonly BrokenCombination[] = [
  afterDense(
    "dense drops the bias of 64 rows of 10 columns",
    (m, n) => m === 64 && n === 10,
    (out, n, [, , bias, activation]) => {
      if (!bias || activation !== "linear" && activation !== "relu") return;
      out.forEach((value, i) => out[i] = value - dataOf(bias)[i % n]!);
    },
  ),
  afterDense(
    "relu takes NaN for 0 beyond element 1000",
    (m, n, _, [, , , activation]) => m * n > 1000 && activation === "relu",
    (out) => {
      for (let i = 1001; i < out.length; i++) if (Number.isNaN(out[i])) out[i] = 0;
    },
  ),
  afterDense(
    "the last column of dense is lost where one row has more than 100 inputs and a bias of -0",
    (m, _, k, [, , bias]) => m === 1 && k > 100 && bias !== null && Object.is(dataOf(bias)[0], -0),
    inLastColumn(() => 0),
  ),
  afterDense(
    "z has its last column wrong where softmax has an odd number of columns from 9 to 63",
    (_, n, __, [, , , activation, , z]) =>
      activation === "softmax" && n % 2 === 1 && n > 8 && n < 64 && z !== undefined,
    inLastColumn((value) => value * 1.5),
  ),
  afterDense(
    "dense of 16 columns without a bias swaps two columns beyond 32 inputs",
    (_, n, k, [, , bias]) => n === 16 && k > 32 && bias === null,
    (out, n) => {
      for (let i = 0; i < out.length; i += n) [out[i], out[i + 1]] = [out[i + 1]!, out[i]!];
    },
  ),
  afterDense(
    "three axes of eight rows lose the last row",
    (m, _, __, [x]) => x.shape.length === 3 && m === 8,
    (out, n) => out.fill(0, out.length - n),
  ),
  afterDense(
    "an old content of y that is no NaN is seen in the first element of 10 columns with gelu",
    (_, n, __, [, , , activation]) => n === 10 && activation === "gelu",
    (out) => out[0] = out[0]! + 2 ** -6,
  ),
  afterDense(
    "x that is its own weight loses a row from 17 rows on",
    (m, _, __, [x, weight]) => x === weight && m >= 17,
    (out, n) => out.fill(1, out.length - n),
  ),
  afterMatmul(
    "the last column is wrong where b is transposed and the product accumulated",
    ([, , , options], _, n) =>
      options?.accumulate === true && options.transposeB === true && n % 4 === 3,
    inLastColumn((value) => value + 1),
  ),
  afterMatmul(
    "both transposes of a large number of columns and few rows lose a column",
    ([, , , options], m, n) =>
      options?.transposeA === true && options.transposeB === true && m < 8 && n > 512,
    inLastColumn(() => 3),
  ),
  afterMatmul(
    "an accumulated product of one row and 1000 columns and more is counted twice",
    ([, , , options], m, n) => options?.accumulate === true && m === 1 && n >= 1000,
    (out) => out.forEach((value, i) => out[i] = 2 * value),
  ),
  afterMatmul(
    "a times its own transpose is symmetric but wrong from 100 rows on",
    ([a, b, , options], m) => a === b && options?.transposeB === true && m >= 100,
    (out) => out[1] = out[1]! + 1,
  ),
  afterMatmul(
    "infinities times zeros are 0 where a is transposed and has 64 columns",
    ([, , , options], m) => options?.transposeA === true && m === 64,
    (out) => out.forEach((value, i) => out[i] = Number.isNaN(value) ? 0 : value),
  ),
  staleAfter(
    "a transposed b is stale after gather() into it, from the second use on",
    2,
    "gather",
    ([, , , options]) => options?.transposeB === true,
  ),
  staleAfter(
    "b is stale after map() into it, once it was used three times",
    3,
    "map",
    () => true,
  ),
  staleAfter(
    "a transposed b is stale after copy() into it where a is transposed too",
    1,
    "copy",
    ([, , , options]) => options?.transposeB === true && options.transposeA === true,
  ),
];
