/**
 * The register tile for engines that check no bounds: it reads a panel of a packed B where it
 * lies and stores finished sums where they belong. It improves on the tile of microkernel.ts,
 * whose slots at constant addresses need no checks, by doing without copies to and from them.
 * Method: Goto & van de Geijn, ACM TOMS 2008; as in XNNPACK, an element of A is repeated by its load.
 *
 * @module
 */
import {
  type CallableFunction,
  type Local,
  ModuleBuilder,
  repeatable,
  repeatWhile,
} from "./assembler.ts";
import { range } from "../range.ts";
import type { Statement } from "./encoding.ts";
import { f32x4, i32, v128 } from "./instructions.ts";
import { addRows, apart, multiplyAdd, type TileOptions } from "./microkernel.ts";
import {
  addChunks,
  addWhole,
  type ParametersOfPanel,
  parametersOfPanel,
  placeRows,
} from "./tile_loops.ts";
import { relu } from "./vector_activations.ts";

/** The sums of `depth` steps of k of the rows at `a`, with the panel at `b`. */
function stepsOf(
  { mr, nr, depth, lanes, fused }: TileOptions,
  sums: readonly (readonly Local<"v128">[])[],
  vectors: readonly Local<"v128">[],
  splats: readonly Local<"v128">[],
  a: readonly Local<"i32">[],
  b: Local<"i32">,
): Statement[] {
  const madd = multiplyAdd(fused);
  const zero = f32x4.const(0);
  const step = lanes / 4;
  const groups = range(vectors.length / step).map((g) => range(step).map((s) => g * step + s));
  const multiplies = groups.map((group) =>
    repeatable(
      range(mr).flatMap((i) =>
        group.map((j) => sums[i]![j]!.set(madd(splats[i]!, vectors[j]!, sums[i]![j]!)))
      ),
    )
  );
  return [
    ...sums.flat().map((sum) => sum.set(zero)),
    ...range(depth).flatMap((k) => [
      ...splats.map((splat, i) => splat.set(v128.load32Splat(a[i]!, 4 * k))),
      ...groups.flatMap((group, g) => [
        ...group.map((j) => vectors[j]!.set(v128.load(b, 4 * (k * nr + 4 * j)))),
        multiplies[g]!,
      ]),
    ]),
  ];
}

/**
 * block(a, strideA, rows, c, strideC), and y and strideY with an ending that adds: what `block`
 * of microkernel.ts does, with the panel that `panel` was told of.
 */
function addBlock(
  module: ModuleBuilder,
  options: TileOptions,
): CallableFunction<Record<string, "i32">> {
  const { mr, nr, add, ending, slots } = options;
  const elsewhere = apart(options);
  const types: Record<string, "i32"> = {
    ...{ a: "i32", strideA: "i32", rows: "i32", c: "i32", strideC: "i32" } as const,
    ...(elsewhere && { y: "i32", strideY: "i32" }),
  };
  return module.func("block", types, (given, scope) => {
    const rows = given.rows!;
    const pointers = () => range(mr).map(() => scope.local("i32"));
    const locals = (count: number) => range(count).map(() => scope.local("v128"));
    const [b, bias] = [scope.local("i32"), scope.local("i32")];
    const operands = [
      { letter: "a", each: pointers(), stride: given.strideA!, beyond: 0 },
      // Beyond the last row that row is computed again, unless it would be added twice.
      {
        letter: "c",
        each: pointers(),
        stride: given.strideC!,
        beyond: add && !elsewhere ? given.strideC! : 0,
      },
      ...(elsewhere ? [{ letter: "y", each: pointers(), stride: given.strideY!, beyond: 0 }] : []),
    ];
    const [a, c, y = c] = operands.map(({ each }) => each);
    const sums = range(mr).map(() => locals(nr / 4));
    const vectors = locals(nr / 4);
    const end = (i: number): Statement[] => [
      ...vectors.map((vector, j) => {
        const tile = sums[i]![j]!;
        const sum = add ? f32x4.add(v128.load(c![i]!, 16 * j), tile) : tile;
        return vector.set(ending?.bias ? f32x4.add(sum, v128.load(bias, 16 * j)) : sum);
      }),
      // V8 finds pairs from stores, the one at the higher address first, with no load between them.
      ...vectors.map((z, j) => v128.store(y![i]!, ending?.relu ? relu(z) : z, 16 * j)).reverse(),
    ];
    return [
      b.set(i32.load(0, slots.b)),
      ...(ending?.bias ? [bias.set(i32.load(0, ending.bias))] : []),
      repeatWhile([
        ...operands.flatMap(({ letter, each, stride, beyond }) =>
          placeRows(each, given[letter]!, stride, rows, beyond)
        ),
        ...stepsOf(options, sums, vectors, locals(mr), a!, b),
        ...range(mr).flatMap(end),
        ...operands.map(({ letter, stride }) =>
          given[letter]!.set(i32.add(given[letter]!, i32.mul(stride, mr)))
        ),
        rows.set(i32.sub(rows, mr)),
      ], i32.greaterSigned(rows, 0)),
    ];
  });
}

/**
 * The module of one such tile, with the functions of `tileModule`. `panel` and `bias` copy
 * nothing: they write to the slots where the panel, whose rows have no gaps, and its bias lie.
 * There is no reading ahead: each load that is waited for keeps the products behind it waiting,
 * while processors fetch a panel that is read in order by themselves.
 */
export function directModule(options: TileOptions): Uint8Array<ArrayBuffer> {
  const { slots, ending, add } = options;
  const module = new ModuleBuilder(options.memory);
  const panel: CallableFunction<ParametersOfPanel> = module.func(
    "panel",
    parametersOfPanel,
    ({ b }) => [i32.store(0, b, slots.b)],
  );
  const bias = ending?.bias
    ? module.func("bias", { from: "i32" }, ({ from }) => [i32.store(0, from, ending.bias)])
    : null;
  addRows(module, options);
  const block = addBlock(module, options);
  if (ending && !add) addWhole(module, panel, bias, block);
  if (add && !ending) addChunks(module, panel, block, { ...options, ahead: 0 });
  return module.bytes();
}
