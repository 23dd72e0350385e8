/**
 * The modules of `map` and `reduce` for one formula: loops over a rectangle of a
 * matrix. Addresses and parameters stand in the room of the call (`formula_room.ts`),
 * so that every formula has functions of the same parameters. Sums are float64.
 *
 * @module
 */
import type { Formula } from "../formula/formula.ts";
import type { Reduction } from "../kernel.ts";
import { range } from "../range.ts";
import {
  type Local,
  ModuleBuilder,
  repeatWhile,
  type Scope,
  when,
  whileTrue,
} from "./assembler.ts";
import type { Statement, V128 } from "./encoding.ts";
import { storeLanes } from "./finish.ts";
import { asFloat32, type FormulaCode, formulaCode, precisionOf } from "./formula_code.ts";
import type { Precision } from "./formula_functions.ts";
import { offsetOfInput, offsetOfOutput, offsetOfParameter } from "./formula_room.ts";
import { f64x2, i32, i32x4, v128 } from "./instructions.ts";
import type { CodeOptions } from "./microkernel.ts";
import { joined } from "./vector_math.ts";

/** The parameters of a function over a rectangle: the matrix has `stride` columns. */
const rectangle = {
  room: "i32",
  row: "i32",
  rows: "i32",
  column: "i32",
  columns: "i32",
  stride: "i32",
} as const;

type Rectangle = { readonly [name in keyof typeof rectangle]: Local<"i32"> };

/** What is done with the values of a vector, which begins `at` bytes after the row's start; `left` columns are left. */
type Use = (
  code: FormulaCode,
  at: Local<"i32">,
  left: Local<"i32">,
) => readonly Statement[];

/** What a loop over a rectangle consists of besides the formula. */
interface Loop {
  /** Pointers to elements of a matrix of the same shape: they move with the rows. */
  readonly pointers?: readonly Local<"i32">[];
  readonly use: Use;
  /** Before and after each row. */
  readonly before?: readonly Statement[];
  readonly after?: readonly Statement[];
}

/** Statements that run a formula over a rectangle. */
function over(
  formula: Formula,
  precision: Precision,
  fused: boolean,
  { room, row, rows, column, columns, stride }: Rectangle,
  scope: Scope,
  { pointers = [], use, before = [], after = [] }: Loop,
): Statement[] {
  const [at, left] = [scope.local("i32"), scope.local("i32")];
  const inputs = formula.operands.map(() => scope.local("i32"));
  const code = formulaCode(formula, {
    scope,
    fused,
    precision,
    parameter: (index) => v128.load64Splat(room, offsetOfParameter(index)),
    operand: (index) =>
      formula.operands[index] === "row"
        ? v128.load32Splat(inputs[index]!)
        : v128.load(i32.add(inputs[index]!, at)),
  });
  const toColumn = i32.shiftLeft(column, 2);
  const toElement = i32.shiftLeft(i32.add(i32.mul(row, stride), column), 2);
  const starts = { element: toElement, column: toColumn, row: i32.shiftLeft(row, 2) };
  const steps = { element: i32.shiftLeft(stride, 2), column: 0, row: 4 };
  return [
    ...formula.operands.map((along, i) =>
      inputs[i]!.set(i32.add(i32.load(room, offsetOfInput(i)), starts[along]))
    ),
    ...code.call,
    whileTrue(rows, [
      ...code.row,
      ...before,
      at.set(0),
      left.set(columns),
      whileTrue(i32.greaterSigned(left, 0), [
        ...code.vector,
        ...use(code, at, left),
        at.set(i32.add(at, 16)),
        left.set(i32.sub(left, 4)),
      ]),
      ...after,
      ...formula.operands.flatMap((along, i) =>
        along === "column" ? [] : [inputs[i]!.set(i32.add(inputs[i]!, steps[along]))]
      ),
      ...pointers.map((pointer) => pointer.set(i32.add(pointer, steps.element))),
      rows.set(i32.sub(rows, 1)),
    ]),
  ];
}

/** The module of `map`, see {@linkcode MapExports}. */
export function mapModule(
  formula: Formula,
  { fused, memory }: CodeOptions,
  precision = precisionOf(formula),
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  module.func("map", rectangle, (given, scope) => {
    const { room, row, column, stride } = given;
    const pointers = formula.outputs.map(() => scope.local("i32"));
    const results = formula.outputs.map(() => scope.local("v128"));
    const target = scope.local("i32");
    return [
      ...pointers.map((pointer, i) =>
        pointer.set(i32.add(
          i32.load(room, offsetOfOutput(i)),
          i32.shiftLeft(i32.add(i32.mul(row, stride), column), 2),
        ))
      ),
      ...over(formula, precision, fused, given, scope, {
        pointers,
        // All outputs are computed before one is stored, since it may be an operand.
        use: ({ outputs }, at, left) => [
          ...results.map((result, i) => result.set(asFloat32(outputs[i]!))),
          when(
            i32.greaterSigned(left, 3),
            results.map((result, i) => v128.store(i32.add(pointers[i]!, at), result)),
            results.flatMap((result, i) => [
              target.set(i32.add(pointers[i]!, at)),
              storeLanes(target, result, left),
            ]),
          ),
        ],
      }),
    ];
  });
  return module.bytes();
}

/** What an instance of {@linkcode mapModule} exports. */
export interface MapExports {
  /** Computes a rectangle of the matrix. */
  map(
    room: number,
    row: number,
    rows: number,
    column: number,
    columns: number,
    stride: number,
  ): void;
}

const neutral: Readonly<Record<Reduction, number>> = { sum: 0, max: -Infinity };
const joiner = { sum: f64x2.add, max: f64x2.max } as const;

/** a where the lane is within the row, else what changes nothing. */
function within(reduction: Reduction, left: Local<"i32">, parts: readonly V128[]): V128[] {
  const present = i32x4.greaterSigned(i32x4.splat(left), i32x4.lanes(0, 1, 2, 3));
  const masks = [
    i32x4.shuffle(present, present, 0, 0, 1, 1),
    i32x4.shuffle(present, present, 2, 2, 3, 3),
  ];
  return parts.map((part, i) => v128.select(masks[i]!, part, f64x2.const(neutral[reduction])));
}

/** Each row to one value: column c in accumulator c mod 4, and these by halves. */
function addOfRows(
  module: ModuleBuilder,
  formula: Formula,
  reduction: Reduction,
  fused: boolean,
): void {
  module.func("ofRows", rectangle, (given, scope) => {
    const join = joiner[reduction];
    const totals = [scope.local("v128"), scope.local("v128")];
    const out = scope.local("i32");
    const [first, second] = totals as [Local<"v128">, Local<"v128">];
    const add = (parts: readonly V128[]) =>
      totals.map((total, i) => total.set(join(total, parts[i]!)));
    return [
      out.set(i32.add(i32.load(given.room, offsetOfOutput(0)), i32.shiftLeft(given.row, 2))),
      ...over(formula, "float64", fused, given, scope, {
        before: totals.map((total) => total.set(f64x2.const(neutral[reduction]))),
        use: ({ outputs: [parts] }, _at, left) => [
          when(i32.greaterSigned(left, 3), add(parts!), add(within(reduction, left, parts!))),
        ],
        after: [
          first.set(join(first, second)),
          first.set(join(first, i32x4.shuffle(first, first, 2, 3, 0, 1))),
          first.set(joined(first, first)),
          v128.store32Lane(out, first, 0),
          out.set(i32.add(out, 4)),
        ],
      }),
    ];
  });
}

/** Each column to one value: row after row, on accumulators in memory. */
function addOfColumns(
  module: ModuleBuilder,
  formula: Formula,
  reduction: Reduction,
  fused: boolean,
): void {
  const join = joiner[reduction];
  const types = { totals: "i32", columns: "i32" } as const;
  module.func("start", types, ({ totals, columns }) => [
    whileTrue(i32.greaterSigned(columns, 0), [
      ...range(2).map((i) => v128.store(totals, f64x2.const(neutral[reduction]), 16 * i)),
      totals.set(i32.add(totals, 32)),
      columns.set(i32.sub(columns, 4)),
    ]),
  ]);
  module.func("ofColumns", { ...rectangle, totals: "i32" }, (given, scope) => {
    const total = scope.local("i32");
    return over(formula, "float64", fused, given, scope, {
      // What lies beyond the columns goes to totals that are never read.
      use: ({ outputs: [parts] }, at) => [
        total.set(i32.add(given.totals, i32.shiftLeft(at, 1))),
        ...parts!.map((part, i) => v128.store(total, join(v128.load(total, 16 * i), part), 16 * i)),
      ],
    });
  });
  module.func("end", { ...types, out: "i32" }, ({ totals, columns, out }, scope) => {
    const result = scope.local("v128");
    return [repeatWhile([
      result.set(joined(v128.load(totals), v128.load(totals, 16))),
      storeLanes(out, result, columns),
      totals.set(i32.add(totals, 32)),
      out.set(i32.add(out, 16)),
      columns.set(i32.sub(columns, 4)),
    ], i32.greaterSigned(columns, 0))];
  });
}

/** The module of a reduction of a formula's values, see {@linkcode ReduceExports}. */
export function reduceModule(
  formula: Formula,
  reduction: Reduction,
  { fused, memory }: CodeOptions,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  addOfRows(module, formula, reduction, fused);
  addOfColumns(module, formula, reduction, fused);
  return module.bytes();
}

/** What an instance of {@linkcode reduceModule} exports. */
export interface ReduceExports {
  /** Writes the values of whole rows. */
  ofRows(
    room: number,
    row: number,
    rows: number,
    column: number,
    columns: number,
    stride: number,
  ): void;
  /** Sets the totals of at least one column, which are float64, to those of nothing. */
  start(totals: number, columns: number): void;
  /** Adds a rectangle to the totals of its columns. */
  ofColumns(
    room: number,
    row: number,
    rows: number,
    column: number,
    columns: number,
    stride: number,
    totals: number,
  ): void;
  /** Writes the totals of at least one column. */
  end(totals: number, columns: number, out: number): void;
}
