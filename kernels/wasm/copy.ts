/**
 * Copies of matrices in another order: rows without gaps, and transposition by
 * blocks of 4 x 4, by which transposed operands reach the register tile.
 *
 * @module
 */
import { type Local, type MemoryImport, ModuleBuilder, whileTrue } from "./assembler.ts";
import type { Statement } from "./encoding.ts";
import { copyMemory, i32, i32x4, v128 } from "./instructions.ts";

/** Transposes the 4 x 4 matrix in a, b, c and d; p, q, r and s are overwritten. */
export function transpose4(
  [a, b, c, d]: readonly Local<"v128">[],
  [p, q, r, s]: readonly Local<"v128">[],
): Statement[] {
  return [
    p!.set(i32x4.shuffle(a!, b!, 0, 4, 1, 5)),
    q!.set(i32x4.shuffle(a!, b!, 2, 6, 3, 7)),
    r!.set(i32x4.shuffle(c!, d!, 0, 4, 1, 5)),
    s!.set(i32x4.shuffle(c!, d!, 2, 6, 3, 7)),
    a!.set(i32x4.shuffle(p!, r!, 0, 1, 4, 5)),
    b!.set(i32x4.shuffle(p!, r!, 2, 3, 6, 7)),
    c!.set(i32x4.shuffle(q!, s!, 0, 1, 4, 5)),
    d!.set(i32x4.shuffle(q!, s!, 2, 3, 6, 7)),
  ];
}

/**
 * transpose(from, strideFrom, rows, columns, to, strideTo): to[c, r] =
 * from[r, c]. Strides are in bytes. Whole blocks are written: up to 3 rows of
 * `to` too many, and up to 3 elements after each row.
 */
function addTranspose(module: ModuleBuilder): void {
  module.func("transpose", {
    from: "i32",
    strideFrom: "i32",
    rows: "i32",
    columns: "i32",
    to: "i32",
    strideTo: "i32",
  }, ({ from, strideFrom, rows, columns, to, strideTo }, scope) => {
    const vectors = [0, 1, 2, 3].map(() => scope.local("v128"));
    const others = [0, 1, 2, 3].map(() => scope.local("v128"));
    const source = [0, 1, 2, 3].map(() => scope.local("i32"));
    const at = scope.local("i32");
    const column = scope.local("i32");
    return [whileTrue(i32.greaterSigned(rows, 0), [
      source[0]!.set(from),
      // Beyond the last row that row is read again, so that nothing is read out of bounds.
      ...source.slice(1).map((row, i) =>
        row.set(i32.add(source[i]!, i32.select(i32.greaterSigned(rows, i + 1), strideFrom, 0)))
      ),
      at.set(to),
      column.set(columns),
      whileTrue(i32.greaterSigned(column, 0), [
        ...vectors.map((vector, i) => vector.set(v128.load(source[i]!))),
        ...transpose4(vectors, others),
        ...vectors.flatMap((vector) => [
          v128.store(at, vector),
          at.set(i32.add(at, strideTo)),
        ]),
        ...source.map((row) => row.set(i32.add(row, 16))),
        column.set(i32.sub(column, 4)),
      ]),
      from.set(i32.add(from, i32.shiftLeft(strideFrom, 2))),
      to.set(i32.add(to, 16)),
      rows.set(i32.sub(rows, 4)),
    ])];
  });
}

/** gather(from, stride, rows, bytes, to): copies rows of `bytes`, `stride` bytes apart, without gaps. */
function addGather(module: ModuleBuilder): void {
  module.func("gather", {
    from: "i32",
    stride: "i32",
    rows: "i32",
    bytes: "i32",
    to: "i32",
  }, ({ from, stride, rows, bytes, to }) => [whileTrue(rows, [
    copyMemory(to, from, bytes),
    from.set(i32.add(from, stride)),
    to.set(i32.add(to, bytes)),
    rows.set(i32.sub(rows, 1)),
  ])]);
}

/** take(from, numbers, rows, bytes, to): copies the rows of `bytes` bytes with these numbers. */
function addTake(module: ModuleBuilder): void {
  module.func("take", {
    from: "i32",
    numbers: "i32",
    rows: "i32",
    bytes: "i32",
    to: "i32",
  }, ({ from, numbers, rows, bytes, to }) => [whileTrue(rows, [
    copyMemory(to, i32.add(from, i32.mul(i32.load(numbers), bytes)), bytes),
    numbers.set(i32.add(numbers, 4)),
    to.set(i32.add(to, bytes)),
    rows.set(i32.sub(rows, 1)),
  ])]);
}

/** splat(from, to, vectors): fills vectors with one float. */
function addSplat(module: ModuleBuilder): void {
  module.func("splat", { from: "i32", to: "i32", vectors: "i32" }, ({ from, to, vectors }) => [
    whileTrue(vectors, [
      v128.store(to, v128.load32Splat(from)),
      to.set(i32.add(to, 16)),
      vectors.set(i32.sub(vectors, 1)),
    ]),
  ]);
}

/** The module of `transpose`, `gather`, `take` and `splat`. */
export function copyModule(memory: MemoryImport): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  addTranspose(module);
  addGather(module);
  addTake(module);
  addSplat(module);
  return module.bytes();
}

/** What an instance of {@linkcode copyModule} exports; see the functions above. */
export interface CopyExports {
  transpose(
    from: number,
    strideFrom: number,
    rows: number,
    columns: number,
    to: number,
    strideTo: number,
  ): void;
  gather(from: number, stride: number, rows: number, bytes: number, to: number): void;
  take(from: number, numbers: number, rows: number, bytes: number, to: number): void;
  splat(from: number, to: number, vectors: number): void;
}
