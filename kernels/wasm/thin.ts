/**
 * Products of one, two or four rows, which are limited by memory. B is read in
 * the order of its memory: each pass adds several of its rows to the sums, which
 * stay in the L1 cache. Within a chunk of k the order of addition is that of the
 * register tile, so that the bits are the same.
 *
 * @module
 */
import { type Local, ModuleBuilder, repeatWhile, when, whileTrue } from "./assembler.ts";
import type { I32, Statement, V128 } from "./encoding.ts";
import { clearMemory, f32x4, i32, i32x4, v128 } from "./instructions.ts";
import { range } from "../range.ts";
import { type CodeOptions, multiplyAdd } from "./microkernel.ts";

/** For how many rows of x there is a function. */
export const thinRows = [1, 2, 4] as const;

/** How many columns a call may have: the sums of one row then take 64 KiB. */
export const thinColumns = 16384;

/**
 * How many rows of B a pass adds, by the number of rows of x, and how many
 * vectors of columns a step of its inner loop computes. Processors prefetch four
 * and more rows of B well. Of x four elements are in a register, from which they are
 * repeated one by one: a register for each would be more than there are.
 */
const passes = {
  1: { most: 8, unroll: 4 },
  2: { most: 8, unroll: 4 },
  4: { most: 4, unroll: 2 },
} as const;

/** The parameters of the functions thinR, see {@linkcode ThinExports}. */
export const thinParameters = {
  x: "i32",
  strideX: "i32",
  b: "i32",
  strideB: "i32",
  depth: "i32",
  sums: "i32",
  columns: "i32",
} as const;

/**
 * Adds the function thinR for R rows: sums[R, columns] = x[R, depth] ·
 * b[depth, columns], with the columns counted in vectors, a multiple of 4.
 * Strides are in bytes. May read up to 12 floats beyond the last row of b.
 */
function addThin(
  module: ModuleBuilder,
  rows: typeof thinRows[number],
  fused: boolean,
): void {
  const madd = multiplyAdd(fused);
  const { most, unroll } = passes[rows];
  module.func(
    `thin${rows}`,
    thinParameters,
    ({ x, strideX, b, strideB, depth, sums, columns }, scope) => {
      const left = scope.local("i32");
      const rowX = range(rows).map(() => scope.local("i32"));
      const rowB = range(most).map(() => scope.local("i32"));
      const rowSum = range(rows).map(() => scope.local("i32"));
      const vectors = (count: number) => range(count).map(() => scope.local("v128"));
      const fours = range(rows).map(() => vectors(most / 4));
      const sum = rowSum.map(() => vectors(unroll));
      const values = vectors(unroll);
      const splat = scope.local("v128");

      /** Sets pointers to addresses `stride` bytes apart. */
      const spread = (pointers: readonly Local<"i32">[], first: I32, stride: I32): Statement[] =>
        pointers.map((pointer, i) =>
          pointer.set(i === 0 ? first : i32.add(pointers[i - 1]!, stride))
        );
      /** Adds the products of `steps` rows of B, one or a multiple of 4, to all sums. */
      const pass = (steps: number): Statement[] => {
        const b0 = rowB.slice(0, steps);
        const repeated = (i: number, s: number): V128 => {
          const four = fours[i]![s >> 2]!;
          const lane = s % 4;
          return steps === 1 ? four : i32x4.shuffle(four, four, lane, lane, lane, lane);
        };
        return [
          ...spread(rowX, x, strideX),
          ...rowX.flatMap((row, i) =>
            steps === 1
              ? [fours[i]![0]!.set(v128.load32Splat(row))]
              : range(steps / 4).map((q) => fours[i]![q]!.set(v128.load(row, 16 * q)))
          ),
          ...spread(b0, b, strideB),
          ...spread(rowSum, sums, i32.shiftLeft(columns, 4)),
          left.set(columns),
          repeatWhile([
            ...rowSum.flatMap((row, i) =>
              sum[i]!.map((vector, v) => vector.set(v128.load(row, 16 * v)))
            ),
            ...b0.flatMap((row, s) => [
              ...values.map((value, v) => value.set(v128.load(row, 16 * v))),
              ...sum.flatMap((own, i) => [
                splat.set(repeated(i, s)),
                ...own.map((vector, v) => vector.set(madd(splat, values[v]!, vector))),
              ]),
            ]),
            ...rowSum.flatMap((row, i) =>
              sum[i]!.map((vector, v) => v128.store(row, vector, 16 * v))
            ),
            ...[...b0, ...rowSum].map((row) => row.set(i32.add(row, 16 * unroll))),
            left.set(i32.sub(left, unroll)),
          ], left),
          b.set(i32.add(b, i32.mul(strideB, steps))),
          x.set(i32.add(x, 4 * steps)),
          depth.set(i32.sub(depth, steps)),
        ];
      };
      return [
        clearMemory(sums, i32.mul(columns, 16 * rows)),
        whileTrue(i32.greaterOrEqual(depth, most), pass(most)),
        // What is left of a short sum takes as long as all of it where it is added row by row.
        ...(most > 4 ? [when(i32.greaterOrEqual(depth, 4), pass(4))] : []),
        whileTrue(depth, pass(1)),
      ];
    },
  );
}

/** add(to, from, vectors): to += from; `vectors` is a multiple of 4. */
function addAdd(module: ModuleBuilder): void {
  const unroll = 4;
  module.func("add", { to: "i32", from: "i32", vectors: "i32" }, ({ to, from, vectors }) => [
    repeatWhile([
      ...range(unroll).map((v) =>
        v128.store(to, f32x4.add(v128.load(to, 16 * v), v128.load(from, 16 * v)), 16 * v)
      ),
      to.set(i32.add(to, 16 * unroll)),
      from.set(i32.add(from, 16 * unroll)),
      vectors.set(i32.sub(vectors, unroll)),
    ], vectors),
  ]);
}

/** The module of the thin products: `thin1`, `thin2`, `thin4` and `add`. */
export function thinModule(
  { fused, memory }: CodeOptions,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  for (const rows of thinRows) addThin(module, rows, fused);
  addAdd(module);
  return module.bytes();
}

/** What an instance of {@linkcode thinModule} exports; see `addThin`. */
export type ThinExports =
  & { add(to: number, from: number, vectors: number): void }
  & {
    readonly [name in `thin${typeof thinRows[number]}`]: (
      x: number,
      strideX: number,
      b: number,
      strideB: number,
      depth: number,
      sums: number,
      columns: number,
    ) => void;
  };
