/**
 * What calls a tile's functions one after the other, in WebAssembly. It improves on
 * calls from JavaScript, which take a tenth of the time of a tile of eight rows.
 *
 * @module
 */
import { type CallableFunction, type Local, type ModuleBuilder, repeatWhile } from "./assembler.ts";
import type { I32, Statement } from "./encoding.ts";
import { i32 } from "./instructions.ts";

/** The parameters of `panel`, see microkernel.ts. */
export const parametersOfPanel = { b: "i32", stride: "i32" } as const;
/** Their types. */
export type ParametersOfPanel = typeof parametersOfPanel;

/**
 * Sets pointers to rows `stride` bytes apart, of which there are `left`; those beyond the last
 * row are `beyond` bytes apart.
 */
export function placeRows(
  rows: readonly Local<"i32">[],
  first: Local<"i32">,
  stride: Local<"i32">,
  left: Local<"i32">,
  beyond: I32,
): Statement[] {
  return rows.map((row, i) =>
    row.set(
      i === 0
        ? first
        : i32.add(rows[i - 1]!, i32.select(i32.greaterSigned(left, i), stride, beyond)),
    )
  );
}

/**
 * whole(b, strideB, bias, a, strideA, rows, c, strideC): `panel`, `bias` and `block`
 * in one call, which take longer to call from JavaScript than to do where they are small.
 */
export function addWhole(
  module: ModuleBuilder,
  panel: CallableFunction<ParametersOfPanel>,
  bias: CallableFunction<{ from: "i32" }> | null,
  block: CallableFunction<Record<string, "i32">>,
): void {
  const own = { b: "i32", strideB: "i32", bias: "i32" } as const;
  const types = {
    ...own,
    a: "i32",
    strideA: "i32",
    rows: "i32",
    c: "i32",
    strideC: "i32",
  } as const;
  module.func("whole", types, ({ b, strideB, bias: from, ...others }) => [
    panel.call({ b, stride: strideB }),
    ...(bias ? [bias.call({ from })] : []),
    block.call(others),
  ]);
}

/**
 * chunks(b, a, step, strideA, rows, c, strideC, count, last): adds to c the products of `count`
 * chunks of A, `step` bytes apart, with as many chunks of a packed panel from b on. Where tiles
 * read ahead, they read the next chunk, unless it begins beyond `last`.
 */
export function addChunks(
  module: ModuleBuilder,
  panel: CallableFunction<ParametersOfPanel>,
  block: CallableFunction<Record<string, "i32">>,
  { nr, depth, ahead, slots }: {
    readonly nr: number;
    readonly depth: number;
    readonly ahead: number;
    readonly slots: { readonly b: number };
  },
): void {
  const types = {
    b: "i32",
    a: "i32",
    step: "i32",
    strideA: "i32",
    rows: "i32",
    c: "i32",
    strideC: "i32",
    count: "i32",
    last: "i32",
  } as const;
  module.func("chunks", types, ({ b, a, step, strideA, rows, c, strideC, count, last }) => [
    repeatWhile([
      panel.call({ b, stride: i32.const(4 * nr) }),
      b.set(i32.add(b, 4 * nr * depth)),
      // Behind the last chunk memory may end: the slot is read instead.
      block.call({
        ...{ a, strideA, rows, c, strideC },
        ...(ahead > 0 && { next: i32.select(i32.lessOrEqual(b, last), b, slots.b) }),
      }),
      a.set(i32.add(a, step)),
      count.set(i32.sub(count, 1)),
    ], count),
  ]);
}
