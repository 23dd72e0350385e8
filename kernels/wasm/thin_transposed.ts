/**
 * Products of one, two or four rows with a transposed B [n, k], and of any matrix
 * with one column: both are products of rows with rows. Blocks of 4 x 4 of B are
 * transposed in registers, so that a vector holds four outputs and each is summed
 * in the order of k. So the bits are those of every other method; a dot product
 * of vectors along k would add in another order.
 *
 * @module
 */
import { type Local, ModuleBuilder, repeatWhile, when, whileTrue } from "./assembler.ts";
import type { Statement } from "./encoding.ts";
import { f32x4, i32, i32x4, v128 } from "./instructions.ts";
import { transpose4 } from "./copy.ts";
import { range } from "../range.ts";
import { type CodeOptions, multiplyAdd } from "./microkernel.ts";
import { thinRows } from "./thin.ts";

/** How many columns are summed together: two vectors, whose chains of additions overlap. */
export const columnsAtOnce = 8;

/**
 * Adds the function transposedR for R rows: sums[R, columns] = x[R, depth] ·
 * bᵀ, where b is [columns, depth], with a sum of its own for each chunk of k. A
 * row of b is read to its end before the next one, since rows are so far apart
 * that processors only then prefetch. Strides are in bytes; rows of `sums` are
 * a multiple of 8 floats long, and are written to their end.
 */
function addTransposed(module: ModuleBuilder, rows: number, fused: boolean): void {
  const madd = multiplyAdd(fused);
  module.func(`transposed${rows}`, {
    x: "i32",
    strideX: "i32",
    b: "i32",
    strideB: "i32",
    depth: "i32",
    chunk: "i32",
    sums: "i32",
    stride: "i32",
    columns: "i32",
  }, ({ x, strideX, b, strideB, depth, chunk, sums, stride, columns }, scope) => {
    const vectors = columnsAtOnce / 4;
    const rest = scope.local("i32");
    const left = scope.local("i32");
    const to = scope.local("i32");
    const rowX = range(rows).map(() => scope.local("i32"));
    const rowB = range(columnsAtOnce).map(() => scope.local("i32"));
    const spare = range(4).map(() => scope.local("v128"));
    const block = range(4).map(() => scope.local("v128"));
    const ofX = range(rows).map(() => scope.local("v128")); // four steps of k of each row
    const sum = range(rows).map(() => range(vectors).map(() => scope.local("v128")));
    const multiply = (v: number, s: number, value: Local<"v128">): Statement[] =>
      ofX.map((a, i) => sum[i]![v]!.set(madd(i32x4.shuffle(a, a, s, s, s, s), value, sum[i]![v]!)));
    /** Four steps of k; with `single` only the first counts. */
    const step = (single: boolean): Statement[] => [
      ...ofX.map((a, i) => a.set(v128.load(rowX[i]!))),
      ...range(vectors).flatMap((v) => [
        ...block.map((vector, i) => vector.set(v128.load(rowB[4 * v + i]!))),
        ...transpose4(block, spare),
        ...(single ? [0] : range(4)).flatMap((s) => multiply(v, s, block[s]!)),
      ]),
      ...[...rowB, ...rowX].map((row) => row.set(i32.add(row, single ? 4 : 16))),
      left.set(i32.sub(left, single ? 1 : 4)),
    ];
    const store = (old: boolean): Statement[] => [
      to.set(sums),
      ...sum.flatMap((row) => [
        ...row.map((value, v) =>
          v128.store(to, old ? f32x4.add(v128.load(to, 16 * v), value) : value, 16 * v)
        ),
        to.set(i32.add(to, stride)),
      ]),
    ];
    return [repeatWhile([
      rowX[0]!.set(x),
      ...rowX.slice(1).map((row, i) => row.set(i32.add(rowX[i]!, strideX))),
      rowB[0]!.set(b),
      // Beyond the last row that row is read again.
      ...rowB.slice(1).map((row, i) =>
        row.set(i32.add(rowB[i]!, i32.select(i32.greaterSigned(columns, i + 1), strideB, 0)))
      ),
      rest.set(depth),
      repeatWhile([
        left.set(i32.select(i32.greaterSigned(rest, chunk), chunk, rest)),
        ...sum.flat().map((value) => value.set(f32x4.const(0))),
        whileTrue(i32.greaterSigned(left, 3), step(false)),
        whileTrue(left, step(true)),
        when(i32.eq(rest, depth), store(false), store(true)),
        rest.set(i32.sub(rest, chunk)),
      ], i32.greaterSigned(rest, 0)),
      b.set(i32.add(b, i32.mul(strideB, columnsAtOnce))),
      sums.set(i32.add(sums, 4 * columnsAtOnce)),
      columns.set(i32.sub(columns, columnsAtOnce)),
    ], i32.greaterSigned(columns, 0))];
  });
}

/** The module of `transposed1`, `transposed2` and `transposed4`. */
export function thinTransposedModule(
  { fused, memory }: CodeOptions,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  for (const rows of thinRows) addTransposed(module, rows, fused);
  return module.bytes();
}

/** What an instance of {@linkcode thinTransposedModule} exports; see `addTransposed`. */
export type ThinTransposedExports = {
  readonly [name in `transposed${typeof thinRows[number]}`]: (
    x: number,
    strideX: number,
    b: number,
    strideB: number,
    depth: number,
    chunk: number,
    sums: number,
    stride: number,
    columns: number,
  ) => void;
};
