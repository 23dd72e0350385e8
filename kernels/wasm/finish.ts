/**
 * The epilogue of a product, applied to a finished block of sums while it is
 * still in the cache: bias, a copy before the activation where one is asked for,
 * the activation, and the addition to what the output held before.
 *
 * @module
 */
import type { Pointwise } from "../activation.ts";
import type { Formula } from "../formula/formula.ts";
import { type Local, ModuleBuilder, repeatWhile, type Scope, when } from "./assembler.ts";
import type { Statement, V128 } from "./encoding.ts";
import { asFloat32, formulaCode, precisionOf } from "./formula_code.ts";
import { f32x4, f64x2, i32, v128 } from "./instructions.ts";
import type { CodeOptions } from "./microkernel.ts";
import type { ProductTask } from "./tasks.ts";
import { activationValue } from "./vector_activations.ts";
import { VectorCode } from "./vector_math.ts";

/** What an epilogue does. */
export interface FinishOptions {
  /** A formula is of one operand and no parameter. Softmax needs whole rows, and is not a part of an epilogue. */
  readonly activation: Pointwise | Formula;
  readonly bias: boolean;
  /** Whether the values before the activation are stored too. */
  readonly keepZ: boolean;
  /** Whether the result is added to the output rather than replacing it. */
  readonly accumulate: boolean;
}

/** Stores the first `left` lanes of a vector, or all four where `left` is larger. */
export function storeLanes(at: Local<"i32">, value: Local<"v128">, left: Local<"i32">): Statement {
  const shifted = () =>
    when(i32.and(left, 2), [
      v128.store64Lane(at, value, 0),
      when(i32.and(left, 1), [v128.store32Lane(at, value, 2, 8)]),
    ], [when(left, [v128.store32Lane(at, value, 0)])]);
  return when(i32.greaterSigned(left, 3), [v128.store(at, value)], [shifted()]);
}

/** The activation of four elements: what is computed once, and for each vector. */
function activationCode(
  activation: Pointwise | Formula,
  scope: Scope,
  fused: boolean,
  z: V128,
): {
  readonly once: readonly Statement[];
  readonly statements: readonly Statement[];
  readonly value: V128;
} {
  if (typeof activation === "string") {
    const code = new VectorCode(scope, fused);
    const value = activationValue(activation)(code, z);
    return { once: [], statements: code.statements, value };
  }
  const { call, vector, outputs } = formulaCode(activation, {
    scope,
    fused,
    precision: precisionOf(activation),
    operand: () => z,
    parameter: () => f64x2.const(0),
  });
  return { once: call, statements: vector, value: asFloat32(outputs[0]!) };
}

/** The parameters of `finish`, see {@linkcode FinishExports}. */
export const finishParameters = {
  from: "i32",
  strideFrom: "i32",
  to: "i32",
  z: "i32",
  stride: "i32",
  bias: "i32",
  rows: "i32",
  columns: "i32",
} as const;

/** The module of `finish`, see {@linkcode FinishExports}. */
export function finishModule(
  options: FinishOptions,
  { fused, memory }: CodeOptions,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  module.func(
    "finish",
    finishParameters,
    ({ from, strideFrom, to, z, stride, bias, rows, columns }, scope) => {
      const left = scope.local("i32");
      const source = scope.local("i32");
      const target = scope.local("i32");
      const targetZ = scope.local("i32");
      const addend = scope.local("i32");
      const result = scope.local("v128");
      const { once, statements, value } = activationCode(options.activation, scope, fused, result);
      const old = options.accumulate ? f32x4.add(v128.load(target), result) : null;
      const sum: V128 = options.bias
        ? f32x4.add(v128.load(source), v128.load(addend))
        : v128.load(source);
      return [
        ...once,
        repeatWhile([
          left.set(columns),
          source.set(from),
          target.set(to),
          ...(options.keepZ ? [targetZ.set(z)] : []),
          ...(options.bias ? [addend.set(bias)] : []),
          repeatWhile([
            result.set(sum),
            ...(options.keepZ ? [storeLanes(targetZ, result, left)] : []),
            ...statements,
            result.set(value),
            ...(old ? [result.set(old)] : []),
            storeLanes(target, result, left),
            ...[
              source,
              target,
              ...(options.keepZ ? [targetZ] : []),
              ...(options.bias ? [addend] : []),
            ]
              .map((pointer) => pointer.set(i32.add(pointer, 16))),
            left.set(i32.sub(left, 4)),
          ], i32.greaterSigned(left, 0)),
          from.set(i32.add(from, strideFrom)),
          to.set(i32.add(to, stride)),
          ...(options.keepZ ? [z.set(i32.add(z, stride))] : []),
          rows.set(i32.sub(rows, 1)),
        ], rows),
      ];
    },
  );
  return module.bytes();
}

/** What an instance of {@linkcode finishModule} exports. Strides are in bytes. */
export interface FinishExports {
  /**
   * to = activation(from + bias), by rows; `z` receives the values before the
   * activation and has the rows' stride of `to`. At least one row and column.
   */
  finish(
    from: number,
    strideFrom: number,
    to: number,
    z: number,
    stride: number,
    bias: number,
    rows: number,
    columns: number,
  ): void;
}

/** Writes a block of sums to its place in the output. */
export function writeBlock(
  { finish }: FinishExports,
  { n, bias, y, z }: Pick<ProductTask, "n" | "bias" | "y" | "z">,
  from: number,
  strideFrom: number,
  row: number,
  rows: number,
  { start, columns }: { readonly start: number; readonly columns: number },
): void {
  const at = 4 * (row * n + start);
  const atBias = bias && bias + 4 * start;
  finish(from, strideFrom, y + at, z && z + at, 4 * n, atBias, rows, columns);
}
