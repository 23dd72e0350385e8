/**
 * Operations on whole arrays: activations and their gradients, softmax by rows,
 * and the sum of rows, which is the gradient of a bias. The last vector of an
 * array is computed as a whole and stored in part, so that no length needs a
 * loop over single elements. Sums are float64, rounded once.
 *
 * @module
 */
import type { Pointwise } from "../activation.ts";
import {
  type Local,
  ModuleBuilder,
  repeatWhile,
  type Scope,
  when,
  whileTrue,
} from "./assembler.ts";
import type { Statement, V128 } from "./encoding.ts";
import { f32x4, f64x2, i32, i32x4, v128 } from "./instructions.ts";
import { storeLanes } from "./finish.ts";
import { range } from "../range.ts";
import type { CodeOptions } from "./microkernel.ts";
import { activationGradient, activationValue } from "./vector_activations.ts";
import { exp, joined, upperAsDouble, VectorCode } from "./vector_math.ts";

/** Moves the pointers to the next vector. */
function advance(pointers: readonly Local<"i32">[], left: Local<"i32">): Statement[] {
  return [
    ...pointers.map((pointer) => pointer.set(i32.add(pointer, 16))),
    left.set(i32.sub(left, 4)),
  ];
}

/** The module of `value` and `gradient` of one activation, see {@linkcode PointwiseExports}. */
export function pointwiseModule(
  activation: Pointwise,
  { fused, memory }: CodeOptions,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  module.func("value", { z: "i32", y: "i32", count: "i32" }, ({ z, y, count }, scope) => {
    const result = scope.local("v128");
    const code = new VectorCode(scope, fused);
    const value = activationValue(activation)(code, v128.load(z));
    return [whileTrue(i32.greaterSigned(count, 0), [
      ...code.statements,
      result.set(value),
      storeLanes(y, result, count),
      ...advance([z, y], count),
    ])];
  });
  module.func(
    "gradient",
    { x: "i32", dy: "i32", dz: "i32", count: "i32" },
    ({ x, dy, dz, count }, scope) => {
      const result = scope.local("v128");
      const code = new VectorCode(scope, fused);
      const value = activationGradient(activation)(code, v128.load(x), v128.load(dy));
      return [whileTrue(i32.greaterSigned(count, 0), [
        ...code.statements,
        result.set(value),
        storeLanes(dz, result, count),
        ...advance([x, dy, dz], count),
      ])];
    },
  );
  return module.bytes();
}

/** What an instance of {@linkcode pointwiseModule} exports; y may be z, and `count` 0. */
export interface PointwiseExports {
  value(z: number, y: number, count: number): void;
  /** dz = dy · activation'(x); x is z for the activations of `gradientNeedsZ`, else y. */
  gradient(x: number, dy: number, dz: number, count: number): void;
}

/** A mask of the lanes of a vector that are within the array. */
function present(left: Local<"i32">): V128 {
  return i32x4.greaterSigned(i32x4.splat(left), i32x4.lanes(0, 1, 2, 3));
}

/** The two halves of four float32 as float64. */
function halves(code: VectorCode, x: V128): [Local<"v128">, Local<"v128">] {
  const whole = code.let(x);
  return [
    code.let(f64x2.promoteLow(whole)),
    code.let(upperAsDouble(whole)),
  ];
}

/** Replaces both lanes of a float64 vector by their sum. */
function addLanes(sum: Local<"v128">): Statement {
  return sum.set(f64x2.add(sum, i32x4.shuffle(sum, sum, 2, 3, 0, 1)));
}

/** One pass over a row, with pointers that start at `from` and the number of columns that are left. */
function pass(
  scope: Scope,
  columns: Local<"i32">,
  from: readonly Local<"i32">[],
  body: (at: readonly Local<"i32">[], left: Local<"i32">) => readonly Statement[],
): Statement[] {
  const left = scope.local("i32");
  const at = from.map(() => scope.local("i32"));
  return [
    left.set(columns),
    ...at.map((pointer, i) => pointer.set(from[i]!)),
    repeatWhile([...body(at, left), ...advance(at, left)], i32.greaterSigned(left, 0)),
  ];
}

/** Runs the statements for every row, and moves the pointers to the next. */
function eachRow(
  rows: Local<"i32">,
  columns: Local<"i32">,
  pointers: readonly Local<"i32">[],
  body: readonly Statement[],
): Statement {
  return whileTrue(rows, [
    ...body,
    ...pointers.map((pointer) => pointer.set(i32.add(pointer, i32.shiftLeft(columns, 2)))),
    rows.set(i32.sub(rows, 1)),
  ]);
}

/** Softmax: each row is shifted by its maximum, so that no exponential overflows. */
function addSoftmax(module: ModuleBuilder, fused: boolean): void {
  const types = { z: "i32", y: "i32", rows: "i32", columns: "i32" } as const;
  module.func("softmax", types, ({ z, y, rows, columns }, scope) => {
    const largest = scope.local("v128");
    const sum = scope.local("v128");
    const result = scope.local("v128");
    const masked = (at: Local<"i32">, left: Local<"i32">) =>
      v128.select(present(left), v128.load(at), f32x4.const(-Infinity));
    return [eachRow(rows, columns, [z, y], [
      largest.set(f32x4.const(-Infinity)),
      ...pass(scope, columns, [z], ([at], left) => [
        largest.set(f32x4.max(largest, masked(at!, left))),
      ]),
      largest.set(f32x4.max(largest, i32x4.shuffle(largest, largest, 2, 3, 0, 1))),
      largest.set(f32x4.max(largest, i32x4.shuffle(largest, largest, 1, 0, 3, 2))),
      largest.set(f64x2.promoteLow(largest)),
      sum.set(f64x2.const(0)),
      ...pass(scope, columns, [z, y], ([from, to], left) => {
        const code = new VectorCode(scope, fused);
        const [low, high] = halves(code, masked(from!, left))
          .map((x) => code.let(exp(code, f64x2.sub(x, largest))));
        return [
          ...code.statements,
          // Lanes beyond the row add 0, but NaN where the maximum makes the whole row NaN.
          sum.set(f64x2.add(sum, f64x2.add(low!, high!))),
          result.set(joined(low!, high!)),
          storeLanes(to!, result, left),
        ];
      }),
      addLanes(sum),
      ...pass(scope, columns, [y], ([at], left) => {
        const code = new VectorCode(scope, fused);
        const [low, high] = halves(code, v128.load(at!));
        return [
          ...code.statements,
          result.set(joined(f64x2.div(low, sum), f64x2.div(high, sum))),
          storeLanes(at!, result, left),
        ];
      }),
    ])];
  });
}

/** dz = y ∘ (dy − Σ dy·y) by rows. */
function addSoftmaxGradient(module: ModuleBuilder, fused: boolean): void {
  module.func("softmaxGradient", {
    y: "i32",
    dy: "i32",
    dz: "i32",
    rows: "i32",
    columns: "i32",
  }, ({ y, dy, dz, rows, columns }, scope) => {
    const sum = scope.local("v128");
    const result = scope.local("v128");
    return [eachRow(rows, columns, [y, dy, dz], [
      sum.set(f64x2.const(0)),
      ...pass(scope, columns, [y, dy], ([atY, atDy], left) => {
        const code = new VectorCode(scope, fused);
        const mask = code.let(present(left));
        const [y0, y1] = halves(code, v128.and(mask, v128.load(atY!)));
        const [dy0, dy1] = halves(code, v128.and(mask, v128.load(atDy!)));
        return [...code.statements, sum.set(code.madd(y0, dy0, code.madd(y1, dy1, sum)))];
      }),
      addLanes(sum),
      ...pass(scope, columns, [y, dy, dz], ([atY, atDy, atDz], left) => {
        const code = new VectorCode(scope, fused);
        const [y0, y1] = halves(code, v128.load(atY!));
        const [dy0, dy1] = halves(code, v128.load(atDy!));
        const gradient = (y: V128, dy: V128) => f64x2.mul(y, f64x2.sub(dy, sum));
        return [
          ...code.statements,
          result.set(joined(gradient(y0, dy0), gradient(y1, dy1))),
          storeLanes(atDz!, result, left),
        ];
      }),
    ])];
  });
}

/** The sum of rows, by sixteen columns at a time: a cache line. */
function addSumRows(module: ModuleBuilder, fused: boolean): void {
  module.func("sumRows", {
    a: "i32",
    out: "i32",
    rows: "i32",
    columns: "i32",
    accumulate: "i32",
  }, ({ a, out, rows, columns, accumulate }, scope) => {
    const left = scope.local("i32");
    const row = scope.local("i32");
    const at = scope.local("i32");
    const result = scope.local("v128");
    const sums = range(8).map(() => scope.local("v128"));
    const add = (v: number, x: V128): Statement[] => {
      const code = new VectorCode(scope, fused);
      const [low, high] = halves(code, x);
      const pair = [sums[2 * v]!, sums[2 * v + 1]!] as const;
      return [
        ...code.statements,
        pair[0].set(f64x2.add(pair[0], low)),
        pair[1].set(f64x2.add(pair[1], high)),
      ];
    };
    return [
      left.set(columns),
      whileTrue(i32.greaterSigned(left, 0), [
        ...sums.map((sum) => sum.set(f64x2.const(0))),
        when(accumulate, range(4).flatMap((v) => add(v, v128.load(out, 16 * v)))),
        row.set(rows),
        at.set(a),
        whileTrue(row, [
          ...range(4).flatMap((v) => add(v, v128.load(at, 16 * v))),
          at.set(i32.add(at, i32.shiftLeft(columns, 2))),
          row.set(i32.sub(row, 1)),
        ]),
        a.set(i32.add(a, 64)),
        ...range(4).flatMap((v) => [
          when(i32.greaterSigned(left, 0), [
            result.set(joined(sums[2 * v]!, sums[2 * v + 1]!)),
            storeLanes(out, result, left),
          ]),
          ...advance([out], left),
        ]),
      ]),
    ];
  });
}

/** The module of `softmax`, `softmaxGradient` and `sumRows`, see {@linkcode RowExports}. */
export function rowModule({ fused, memory }: CodeOptions): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  addSoftmax(module, fused);
  addSoftmaxGradient(module, fused);
  addSumRows(module, fused);
  return module.bytes();
}

/** What an instance of {@linkcode rowModule} exports. There is at least one column; there may be no row. */
export interface RowExports {
  /**
   * By rows; z and y may be one array. A row with NaN or +Infinity, or of
   * -Infinity alone, is NaN.
   */
  softmax(z: number, y: number, rows: number, columns: number): void;
  softmaxGradient(y: number, dy: number, dz: number, rows: number, columns: number): void;
  /** out[columns] = the sum of a's rows, or, where accumulate is 1, out += that sum. */
  sumRows(a: number, out: number, rows: number, columns: number, accumulate: number): void;
}
