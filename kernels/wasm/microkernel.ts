/**
 * The register tile: mr x nr sums over `depth` steps of k, unrolled completely.
 * What V8 makes of such code decided its form. A load at a constant address
 * needs no bounds check, so the panel of B is copied to a slot at a fixed
 * address first and the finished tile is stored to another; with no check
 * between them V8 can fuse neighbouring 128-bit operations into 256-bit ones.
 * Few rows and many columns need the fewest instructions for a multiply-add,
 * since only A's loads are checked (docs/performance-log.md has the figures).
 * Method: Goto & van de Geijn, ACM TOMS 2008; Van Zee & van de Geijn, TOMS 2015.
 *
 * @module
 */
import {
  type Func,
  type Local,
  type MemoryImport,
  ModuleBuilder,
  repeatWhile,
  type Scope,
  sequence,
  when,
} from "./assembler.ts";
import type { Statement, V128 } from "./encoding.ts";
import { copyMemory, f32x4, i32, i32x4, v128 } from "./instructions.ts";

/** Where a thread's fixed slots lie, in bytes from the start of memory. */
export interface Slots {
  /** depth x nr floats: the panel of B that all tiles of a block read. */
  readonly b: number;
  /** mr x nr floats: the tile that was just computed. */
  readonly c: number;
}

/** What a tile's code depends on. */
export interface TileOptions {
  readonly mr: number;
  /** A multiple of `lanes`. */
  readonly nr: number;
  /** Steps of k, from 1 up. */
  readonly depth: number;
  /** How many float32 the machine's registers hold where V8 fuses pairs (8), or does not (4). */
  readonly lanes: 4 | 8;
  /** Multiply-add as one relaxed instruction, or as two. */
  readonly fused: boolean;
  readonly slots: Slots;
  readonly memory: MemoryImport;
}

/** A multiply-add: a·b + c. */
export function multiplyAdd(fused: boolean): (a: V128, b: V128, c: V128) => V128 {
  return fused ? f32x4.relaxedMadd : (a, b, c) => f32x4.add(f32x4.mul(a, b), c);
}

/** 0, 1, … count − 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** tile(a0, a1, …): the sums of rows a0, a1, … of A, which are addresses, with the slot of B. */
function addTile(module: ModuleBuilder, options: TileOptions): Func<Record<string, "i32">> {
  const { mr, nr, depth, lanes, slots, fused } = options;
  const vectors = nr / 4;
  const madd = multiplyAdd(fused);
  const signature = Object.fromEntries(range(mr).map((i) => [`a${i}`, "i32" as const]));
  return module.func("tile", signature, (parameters, scope) => {
    const rows = range(mr).map((i) => parameters[`a${i}`]!);
    const locals = (count: number) => range(count).map(() => scope.local("v128"));
    const sums = rows.map(() => locals(vectors));
    const a = locals(mr); // four steps of k of each row
    const splats = locals(mr);
    const b = locals(vectors);
    const body: Statement[] = [];
    // Sums that start in one constant are fused; those that start as zeroed variables are not.
    for (const sum of sums.flat()) body.push(sum.set(f32x4.const(0)));
    for (const k of range(depth)) {
      const splat = (i: number): Statement =>
        splats[i]!.set(
          lanes === 8
            // Of a vector loaded once for four steps: one check in place of four.
            ? i32x4.shuffle(a[i]!, a[i]!, k % 4, k % 4, k % 4, k % 4)
            : v128.load32Splat(rows[i]!, 4 * k),
        );
      if (lanes === 8 && k % 4 === 0) {
        for (const [i, row] of rows.entries()) body.push(a[i]!.set(v128.load(row, 4 * k)));
      }
      const loadB = (j: number) => b[j]!.set(v128.load(0, slots.b + 4 * (k * nr + 4 * j)));
      const multiply = (i: number, j: number) =>
        sums[i]![j]!.set(madd(splats[i]!, b[j]!, sums[i]![j]!));
      const step = lanes / 4;
      const groups = range(vectors / step).map((g) => range(step).map((s) => g * step + s));
      if (mr <= groups.length) {
        // Few rows: their splats stay in registers, B passes through one.
        body.push(...range(mr).map(splat));
        for (const group of groups) {
          body.push(...group.map(loadB));
          for (const i of range(mr)) body.push(...group.map((j) => multiply(i, j)));
        }
      } else {
        body.push(...range(vectors).map(loadB));
        for (const i of range(mr)) {
          body.push(splat(i), ...range(vectors).map((j) => multiply(i, j)));
        }
      }
    }
    // Pairs are found from stores, the higher address first.
    for (const [i, row] of sums.entries()) {
      for (let j = vectors - 1; j >= 0; j--) {
        body.push(v128.store(0, row[j]!, slots.c + 4 * (i * nr + 4 * j)));
      }
    }
    return body;
  });
}

/**
 * panel(b, stride): copies depth rows of nr floats, `stride` bytes apart, to
 * the slot of B. Rows without gaps are one copy.
 */
function addPanel(module: ModuleBuilder, { nr, depth, slots }: TileOptions): void {
  module.func("panel", { b: "i32", stride: "i32" }, ({ b, stride }, scope) => {
    const end = scope.local("i32");
    const to = scope.local("i32");
    return [
      when(i32.eq(stride, 4 * nr), [copyMemory(slots.b, b, 4 * nr * depth)], [
        to.set(slots.b),
        end.set(slots.b + 4 * nr * depth),
        repeatWhile([
          ...range(nr / 4).map((j) => v128.store(to, v128.load(b, 16 * j), 16 * j)),
          b.set(i32.add(b, stride)),
          to.set(i32.add(to, 4 * nr)),
        ], i32.less(to, end)),
      ]),
    ];
  });
}

/** Puts the tile in its slot into mr rows at c, or adds it to them. */
function moveTile(
  { mr, nr, slots }: TileOptions,
  scope: Scope,
  c: Local<"i32">,
  stride: Local<"i32">,
  rows: Local<"i32">,
  add: Local<"i32">,
): Statement {
  const at = scope.local("i32");
  const move = (sum: (old: V128, tile: V128) => V128) =>
    sequence(
      range(mr).flatMap((i) => [
        // Rows that are not there are those before them once more, but where that would add twice.
        i === 0 ? at.set(c) : at.set(
          i32.add(at, i32.select(i32.greaterSigned(rows, i), stride, i32.mul(stride, add))),
        ),
        ...range(nr / 4).map((j) =>
          v128.store(
            at,
            sum(v128.load(at, 16 * j), v128.load(0, slots.c + 4 * (i * nr + 4 * j))),
            16 * j,
          )
        ),
      ]),
    );
  return when(add, [move(f32x4.add)], [move((_, tile) => tile)]);
}

/**
 * block(a, strideA, rows, c, strideC, add): the product of `rows` rows of A,
 * strideA bytes apart, with the panel in the slot, into c's rows of nr floats,
 * or (add = 1) added to them; then c must have room for a multiple of mr rows.
 * BLIS's loop 1, over the rows by register tile.
 */
function addBlock(
  module: ModuleBuilder,
  options: TileOptions,
  tile: Func<Record<string, "i32">>,
): void {
  const { mr } = options;
  module.func("block", {
    a: "i32",
    strideA: "i32",
    rows: "i32",
    c: "i32",
    strideC: "i32",
    add: "i32",
  }, ({ a, strideA, rows, c, strideC, add }, scope) => {
    const pointers = range(mr - 1).map(() => scope.local("i32"));
    const addresses = [a, ...pointers];
    return [repeatWhile([
      ...pointers.map((pointer, i) =>
        pointer.set(
          i32.add(addresses[i]!, i32.select(i32.greaterSigned(rows, i + 1), strideA, 0)),
        )
      ),
      tile.call(Object.fromEntries(addresses.map((address, i) => [`a${i}`, address]))),
      moveTile(options, scope, c, strideC, rows, add),
      a.set(i32.add(a, i32.mul(strideA, mr))),
      c.set(i32.add(c, i32.mul(strideC, mr))),
      rows.set(i32.sub(rows, mr)),
    ], i32.greaterSigned(rows, 0))];
  });
}

/** The module of one tile: `tile`, `panel` and `block`. */
export function tileModule(options: TileOptions): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(options.memory);
  const tile = addTile(module, options);
  addPanel(module, options);
  addBlock(module, options, tile);
  return module.bytes();
}

/** What an instance of {@linkcode tileModule} exports; see the functions above. */
export interface TileExports {
  tile(...rows: number[]): void;
  panel(b: number, stride: number): void;
  block(
    a: number,
    strideA: number,
    rows: number,
    c: number,
    strideC: number,
    add: number,
  ): void;
}
