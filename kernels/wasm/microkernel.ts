/**
 * The register tile: mr x nr sums over `depth` steps of k, unrolled completely.
 * A load at a constant address needs no bounds check, so the panel of B is
 * first copied to a slot at a fixed address, and the tile is stored to another;
 * without checks between them V8 can fuse adjacent 128-bit operations into
 * 256-bit ones. Since only the loads of A are checked, few rows and many columns
 * need the fewest instructions (docs/performance-log.md has the figures).
 * Method: Goto & van de Geijn, ACM TOMS 2008; Van Zee & van de Geijn, TOMS 2015.
 *
 * @module
 */
import {
  type CallableFunction,
  type Local,
  type MemoryImport,
  ModuleBuilder,
  repeatable,
  repeatWhile,
  when,
} from "./assembler.ts";
import { range } from "../range.ts";
import type { I32, Statement, V128 } from "./encoding.ts";
import { copyMemory, f32x4, i32, i32x4, v128 } from "./instructions.ts";
import {
  addChunks,
  addWhole,
  type ParametersOfPanel,
  parametersOfPanel,
  placeRows,
} from "./tile_loops.ts";
import { relu } from "./vector_activations.ts";

/** The addresses of the slots of a thread. */
export interface Slots {
  /** depth x nr floats: the panel of B that all tiles of a block read. */
  readonly b: number;
  /** mr x nr floats, or twice as many in the narrow tile: the tile that was computed last. */
  readonly c: number;
}

/** What all generated code with floats depends on. */
export interface CodeOptions {
  /** Whether a multiply-add is one relaxed instruction, or two instructions. */
  readonly fused: boolean;
  readonly memory: MemoryImport;
}

/** What the code of a tile depends on. */
export interface TileOptions extends CodeOptions {
  readonly mr: number;
  /** A multiple of `lanes`. */
  readonly nr: number;
  /** Steps of k, from 1 up. */
  readonly depth: number;
  /** How many float32 a register holds: 8 where V8 fuses pairs of vectors, else 4. */
  readonly lanes: 4 | 8;
  /** Whether the tile is added to the output, or replaces it. */
  readonly add: boolean;
  /** What the finished sums go through on their way to the output; where absent, nothing. */
  readonly ending?: Ending;
  /** How many cache lines of what is copied to the slot next each tile reads ahead; where absent, none. Not with an ending. */
  readonly ahead?: number;
  /** Whether the steps of k are a loop, which takes a tenth as long to make as all of them one by one, and longer to run. */
  readonly rolled?: boolean;
  readonly slots: Slots;
}

/** An epilogue that is so short that it is a part of the tile: a bias, then relu. */
export interface Ending {
  /** The address of the bias of the panel's columns, below the memory's minimum; 0 for none. */
  readonly bias: number;
  readonly relu: boolean;
}

/** A multiply-add: a·b + c. */
export function multiplyAdd(fused: boolean): (a: V128, b: V128, c: V128) => V128 {
  return fused ? f32x4.relaxedMadd : (a, b, c) => f32x4.add(f32x4.mul(a, b), c);
}

/** The types of parameters that are called a letter and a number from 0 on. */
function parameters(letter: string, count: number): Record<string, "i32"> {
  return Object.fromEntries(range(count).map((i) => [`${letter}${i}`, "i32"]));
}

/**
 * The address of a vector in the slot of the tile. In the wide tile vectors are
 * adjacent, since V8 finds what to fuse from adjacent stores. In the narrow one
 * there are gaps between them: fused, it would be slower than the wide one, and
 * hard to tell from it by its time.
 */
function placeInSlot({ nr, lanes, slots }: TileOptions, i: number, j: number): number {
  return slots.c + (lanes === 8 ? 16 : 32) * (i * nr / 4 + j);
}

/** Whether sums are read in one place and their end is written to another. */
export function apart({ add, ending }: TileOptions): boolean {
  return add && ending !== undefined;
}

/**
 * Moves the tile from its slot to the rows at y0, y1, …, through what ends it: one
 * statement for each vector. Where it is to be added, it is to the rows at c0, c1, ….
 */
function moves(
  options: TileOptions,
  c: readonly Local<"i32">[],
  y: readonly Local<"i32">[],
): Statement[] {
  const { add, ending } = options;
  return range(options.mr).flatMap((i) =>
    range(options.nr / 4).map((j) => {
      const tile = v128.load(0, placeInSlot(options, i, j));
      const sum = add ? f32x4.add(v128.load(c[i]!, 16 * j), tile) : tile;
      const z = ending?.bias ? f32x4.add(sum, v128.load(0, ending.bias + 16 * j)) : sum;
      return v128.store(y[i]!, ending?.relu ? relu(z) : z, 16 * j);
    })
  );
}

/**
 * tile(a0, a1, …, c0, c1, …): the product of the rows of A at the addresses a0,
 * a1, … with the slot of B. It also moves the tile of the previous call, which is
 * still in its slot, to the rows at c0, c1, …: between the steps of k these loads
 * and stores cost nothing, while after them they would take a tenth of the time.
 * With `ahead` it reads cache lines from `next` on there too, and so fetches them.
 */
function addTile(
  module: ModuleBuilder,
  options: TileOptions,
): CallableFunction<Record<string, "i32">> {
  const { mr, nr, depth, lanes, slots, fused, ahead = 0, rolled = false } = options;
  const vectors = nr / 4;
  const madd = multiplyAdd(fused);
  const types: Record<string, "i32"> = {
    ...parameters("a", mr),
    ...parameters("c", mr),
    ...(apart(options) && parameters("y", mr)),
    ...(ahead > 0 && { next: "i32" }),
  };
  return module.func("tile", types, (given, scope) => {
    const rowsOf = (letter: string) => range(mr).map((i) => given[`${letter}${i}`]!);
    const rows = rowsOf("a");
    const move = moves(options, rowsOf("c"), rowsOf(apart(options) ? "y" : "c"));
    const locals = (count: number) => range(count).map(() => scope.local("v128"));
    const sums = rows.map(() => locals(vectors));
    const a = locals(mr); // four steps of k of each row
    const splats = locals(mr);
    const b = locals(vectors);
    const read = scope.local("i32");
    const reads = range(ahead).map((i) => read.set(i32.or(read, i32.load(given.next!, 64 * i))));
    const body: Statement[] = [];
    for (const sum of sums.flat()) body.push(sum.set(f32x4.const(0)));
    // From a vector that is loaded once for four steps: one check rather than four.
    const splat = (i: number, lane: number): Statement =>
      splats[i]!.set(i32x4.shuffle(a[i]!, a[i]!, lane, lane, lane, lane));
    // A row of the slot of B, at a constant address or at a distance from one that is not.
    const loadB = (j: number, base: I32, row: number) => b[j]!.set(v128.load(base, row + 16 * j));
    const loadA = (offset: number) => rows.map((row, i) => a[i]!.set(v128.load(row, offset)));
    const multiply = (i: number, j: number) =>
      sums[i]![j]!.set(madd(splats[i]!, b[j]!, sums[i]![j]!));
    const step = lanes / 4;
    const groups = range(vectors / step).map((g) => range(step).map((s) => g * step + s));
    // What is the same in every step, or in every fourth, is made once: to make all of it anew
    // took most of the time of a process's first tile.
    const fewRows = mr <= groups.length;
    const splatsOf = range(Math.min(4, depth)).map((lane) =>
      repeatable(range(mr).map((i) => splat(i, lane)))
    );
    const multiplies = fewRows
      ? groups.map((group) =>
        repeatable(range(mr).flatMap((i) => group.map((j) => multiply(i, j))))
      )
      : range(mr).map((i) => repeatable(range(vectors).map((j) => multiply(i, j))));
    const multiplyRow = (lane: number, base: I32, row: number): Statement[] =>
      fewRows
        // Few rows: their splats stay in registers, and B passes through one register.
        ? [
          splatsOf[lane]!,
          ...groups.flatMap((group, g) => [
            ...group.map((j) => loadB(j, base, row)),
            multiplies[g]!,
          ]),
        ]
        : [
          ...range(vectors).map((j) => loadB(j, base, row)),
          ...range(mr).flatMap((i) => [splat(i, lane), multiplies[i]!]),
        ];
    const inLoop = rolled ? depth - depth % 4 : 0;
    const rowOfB = (k: number) => slots.b + 4 * k * nr;
    if (inLoop > 0) {
      const at = scope.local("i32");
      body.push(
        ...move.splice(0),
        at.set(slots.b),
        repeatWhile([
          ...loadA(0),
          ...range(4).flatMap((lane) => multiplyRow(lane, at, 4 * lane * nr)),
          ...rows.map((row) => row.set(i32.add(row, 16))),
          at.set(i32.add(at, 16 * nr)),
        ], i32.less(at, rowOfB(inLoop))),
      );
    }
    for (const k of range(depth).slice(inLoop)) {
      // None at the first step, while the slot is still being written.
      body.push(...move.splice(0, Math.ceil(move.length * Math.sign(k) / (depth - k))));
      body.push(...reads.splice(0, Math.ceil(reads.length / (depth - k))));
      if (k % 4 === 0) body.push(...loadA(4 * (k - inLoop)));
      body.push(...multiplyRow(k % 4, 0, rowOfB(k)));
    }
    body.push(...move);
    // Stored, so that no compiler may drop the loads.
    if (ahead > 0) body.push(i32.store(0, read, slots.c + placeOfAhead));
    // V8 finds pairs from stores, the one at the higher address first.
    for (const [i, row] of sums.entries()) {
      for (let j = vectors - 1; j >= 0; j--) {
        body.push(v128.store(0, row[j]!, placeInSlot(options, i, j)));
      }
    }
    return body;
  });
}

/** Where in the slot of the tile the values that it read ahead are stored; they are not read again. */
const placeOfAhead = 1020;

/**
 * panel(b, stride): copies depth rows of nr floats, `stride` bytes apart, to
 * the slot of B. Rows without gaps are copied at once.
 */
function addPanel(
  module: ModuleBuilder,
  { nr, depth, slots }: TileOptions,
): CallableFunction<ParametersOfPanel> {
  return module.func("panel", parametersOfPanel, ({ b, stride }, scope) => {
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

/** bias(from): copies the bias of the panel's columns to where the ending reads it. */
function addBias(
  module: ModuleBuilder,
  { nr, ending }: TileOptions,
): CallableFunction<{ from: "i32" }> | null {
  if (!ending?.bias) return null;
  return module.func(
    "bias",
    { from: "i32" },
    ({ from }) =>
      range(nr / 4).map((j) => v128.store(0, v128.load(from, 16 * j), ending.bias + 16 * j)),
  );
}

/** rows(a, stride, rows, to): copies `rows` rows of a chunk of A, `stride` bytes apart, to whole vectors without gaps. */
export function addRows(module: ModuleBuilder, { depth }: TileOptions): void {
  module.func("rows", { a: "i32", stride: "i32", rows: "i32", to: "i32" }, (
    { a, stride, rows, to },
  ) => [repeatWhile([
    ...range(Math.ceil(depth / 4)).map((j) => v128.store(to, v128.load(a, 16 * j), 16 * j)),
    a.set(i32.add(a, stride)),
    to.set(i32.add(to, 16 * Math.ceil(depth / 4))),
    rows.set(i32.sub(rows, 1)),
  ], rows)]);
}

/**
 * block(a, strideA, rows, c, strideC): the product of `rows` rows of A,
 * strideA bytes apart, with the panel in the slot, which replaces the rows of c
 * or is added to them; c then must have room for a multiple of mr rows.
 * Where sums that are added to end elsewhere, c is only read, and the rows of y,
 * strideY bytes apart, are written. With `ahead`, \`next\` is what is read ahead, tile by tile.
 * This is BLIS's loop 1, over rows by register tile.
 */
function addBlock(
  module: ModuleBuilder,
  options: TileOptions,
): CallableFunction<Record<string, "i32">> {
  const { mr, add, slots, ahead = 0 } = options;
  const tile = addTile(module, options);
  const elsewhere = apart(options);
  const types: Record<string, "i32"> = {
    ...{ a: "i32", strideA: "i32", rows: "i32", c: "i32", strideC: "i32" } as const,
    ...(elsewhere && { y: "i32", strideY: "i32" }),
    ...(ahead > 0 && { next: "i32" }),
  };
  return module.func("block", types, (given, scope) => {
    const rows = given.rows!;
    // Beyond the last row that row is computed again, unless it would be added twice.
    const operands = [
      { letter: "a", stride: given.strideA!, beyond: 0, before: null },
      {
        letter: "c",
        stride: given.strideC!,
        beyond: add && !elsewhere ? given.strideC! : 0,
        before: slots.c,
      },
      ...(elsewhere ? [{ letter: "y", stride: given.strideY!, beyond: 0, before: slots.c }] : []),
    ].map((operand) => ({ ...operand, each: range(mr).map(() => scope.local("i32")) }));
    const place = ({ letter, stride, beyond, each }: typeof operands[number]) =>
      placeRows(each, given[letter]!, stride, rows, beyond);
    const [a, ...outputs] = operands;
    const [c, y = c] = outputs.map(({ each }) => each);
    return [
      // Before the first tile there is none to move: the content of the slot is moved to the slot.
      ...outputs.flatMap(({ each, before }) => each.map((row) => row.set(before!))),
      repeatWhile([
        ...place(a!),
        tile.call({
          ...Object.fromEntries(
            operands.flatMap(({ letter, each }) => each.map((row, i) => [`${letter}${i}`, row])),
          ),
          ...(ahead > 0 && { next: given.next! }),
        }),
        ...(ahead > 0 ? [given.next!.set(i32.add(given.next!, 64 * ahead))] : []),
        ...outputs.flatMap(place),
        ...operands.map(({ letter, stride }) =>
          given[letter]!.set(i32.add(given[letter]!, i32.mul(stride, mr)))
        ),
        rows.set(i32.sub(rows, mr)),
      ], i32.greaterSigned(rows, 0)),
      ...moves(options, c!, y!),
    ];
  });
}

/** The module of one tile: `panel`, `bias`, `rows`, `tile`, `block`, `whole` and `chunks`. */
export function tileModule(options: TileOptions): Uint8Array<ArrayBuffer> {
  const { ahead = 0 } = options;
  const module = new ModuleBuilder(options.memory);
  const panel = addPanel(module, options);
  const bias = addBias(module, options);
  addRows(module, options);
  const block = addBlock(module, options);
  if (options.ending && !options.add) addWhole(module, panel, bias, block);
  if (ahead > 0) addChunks(module, panel, block, { ...options, ahead });
  return module.bytes();
}

/** What an instance of {@linkcode tileModule} exports; see the functions above. */
export interface TileExports {
  panel(b: number, stride: number): void;
  /** Only where the ending has a bias. */
  bias?(from: number): void;
  rows(a: number, stride: number, rows: number, to: number): void;
  /** With y where sums that are added to end elsewhere. */
  block(
    a: number,
    strideA: number,
    rows: number,
    c: number,
    strideC: number,
    y?: number,
    strideY?: number,
  ): void;
  /** Only of a tile that reads ahead, and then in place of `block`; and of a direct one that adds, which makes nothing of `last`. */
  chunks?(
    b: number,
    a: number,
    step: number,
    strideA: number,
    rows: number,
    c: number,
    strideC: number,
    count: number,
    last: number,
  ): void;
  /** Only where there is an ending, and nothing is added to. */
  whole?(
    b: number,
    strideB: number,
    bias: number,
    a: number,
    strideA: number,
    rows: number,
    c: number,
    strideC: number,
  ): void;
}
