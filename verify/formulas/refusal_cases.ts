/**
 * What the operations on formulas must refuse: each wrong argument throws a
 * DensemarkError before anything is written, with the output's version left as it
 * was.
 *
 * @module
 */
import {
  add,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
} from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { type Case, type Context, Workspace } from "../check.ts";
import { type Attempts, refuses } from "../refusals.ts";
import { formulaCase, type FormulaKernel } from "./judge.ts";

const x = operand(0);
const twice = formula(add(x, x));
const two = formula(add(x, 1), add(x, 2));
const scaled = formula(mul(x, perColumn(1)));
const byRow = formula(mul(x, perRow(1)));
const rated = formula(mul(x, parameter(0)));
/** What is no formula; the names of activations are another operation's. */
const noFormulas: readonly (readonly [string, unknown])[] = [
  ["nothing", undefined],
  ["null", null],
  ["an empty object", {}],
  ["a name", "relu"],
  ["a function", Math.exp],
  ["an expression", add(x, x)],
];
const numbers = (...list: unknown[]) => list as number[];

function attemptsOf(kernel: FormulaKernel, space: Workspace, foreign: Tensor | null): Attempts {
  const of = (...shape: number[]) => space.use(kernel.tensor(shape));
  const gone = kernel.tensor([2, 3]);
  gone[Symbol.dispose]();
  const { map, reduce, gather, denseMap } = {
    map: kernel.map.bind(kernel),
    reduce: kernel.reduce.bind(kernel),
    gather: kernel.gather.bind(kernel),
    denseMap: kernel.denseMap.bind(kernel),
  };
  return {
    "no operand": (out) => map(twice, [], [out]),
    "an operand too many": (out) => map(twice, [of(2, 3), of(2, 3)], [out]),
    "no output": () => map(twice, [of(2, 3)], []),
    "an output too few": (out) => map(two, [of(2, 3)], [out]),
    "one output twice": (out) => map(two, [of(2, 3)], [out, out]),
    "no parameter": (out) => map(rated, [of(2, 3)], [out]),
    "a parameter too many": (out) => map(rated, [of(2, 3)], [out], [1, 2]),
    "a parameter that is a text": (out) => map(rated, [of(2, 3)], [out], numbers("1")),
    ...Object.fromEntries(noFormulas.flatMap(([what, given]) => {
      const none = given as typeof twice;
      return [
        [`${what} for a formula of map()`, (out: Tensor) => map(none, [of(2, 3)], [out])],
        [
          `${what} for a formula of reduce()`,
          () => reduce("sum", "rows", none, [of(2, 3)], of(2)),
        ],
        [
          `${what} for an activation`,
          (out: Tensor) => denseMap(of(2, 4), of(4, 3), null, none, out),
        ],
      ];
    })),
    "an operand of another shape": (out) => map(twice, [of(3, 2)], [out]),
    "a second output of another shape": (out) => map(two, [of(2, 3)], [out, of(3, 2)]),
    "a second output that is disposed": (out) => map(two, [of(2, 3)], [out, gone]),
    "a row for a column": (out) => map(scaled, [of(2, 3), of(2)], [out]),
    "a column for a row": (out) => map(byRow, [of(2, 3), of(3)], [out]),
    "a matrix for a row": (out) => map(byRow, [of(2, 3), of(2, 1)], [out]),
    "a disposed operand": (out) => map(twice, [gone], [out]),
    "a sum of two outputs": () => reduce("sum", "rows", two, [of(2, 3)], of(2)),
    "a sum of rows into columns": () => reduce("sum", "rows", twice, [of(2, 3)], of(3)),
    "a sum into a matrix": (out) => reduce("sum", "rows", twice, [of(2, 3)], out),
    "an unknown reduction": () => reduce("mean" as "sum", "rows", twice, [of(2, 3)], of(2)),
    "an unknown direction": () => reduce("sum", "all" as "rows", twice, [of(2, 3)], of(2)),
    "a sum into its operand": () => {
      const line = of(3);
      reduce("sum", "columns", twice, [line], line);
    },
    "an output that is read by row": () => {
      const square = of(3, 3);
      const line = of(3);
      map(byRow, [square, line], [line]);
    },
    "an output that is read by column": () => {
      const line = of(3);
      map(scaled, [of(3), line], [line]);
    },
    "an output of one column that is read by row": () => {
      const line = of(1);
      map(byRow, [of(1), line], [line]);
    },
    "a row too far": (out) => gather(of(4, 3), [0, 4], out),
    "a first row too far": (out) => gather(of(4, 3), [4, 0], out),
    "a negative row": (out) => gather(of(4, 3), [0, -1], out),
    "half a row": (out) => gather(of(4, 3), [0, 0.5], out),
    "a row that is NaN": (out) => gather(of(4, 3), [0, NaN], out),
    "a negative row of an Int32Array": (out) => gather(of(4, 3), Int32Array.of(1, -1), out),
    "a row too few": (out) => gather(of(4, 3), [0], out),
    "a column too few": (out) => gather(of(4, 2), [0, 1], out),
    "rows that are a text": (out) => gather(of(4, 3), "01" as unknown as number[], out),
    "gathering into the operand": (out) => gather(out, [0, 1], out),
    "an activation with a parameter": (out) => denseMap(of(2, 4), of(4, 3), null, rated, out),
    "an activation of two operands": (out) => denseMap(of(2, 4), of(4, 3), null, scaled, out),
    "an activation of two outputs": (out) => denseMap(of(2, 4), of(4, 3), null, two, out),
    "a weight that does not fit": (out) => denseMap(of(2, 4), of(3, 3), null, twice, out),
    "a bias that is too long": (out) => denseMap(of(2, 4), of(4, 3), of(4), twice, out),
    "z of another shape": (out) => denseMap(of(2, 4), of(4, 3), null, twice, out, of(3, 2)),
    "z that is disposed": (out) => denseMap(of(2, 4), of(4, 3), null, twice, out, gone),
    "an activation with a parameter, and z": (z) =>
      denseMap(of(2, 4), of(4, 3), null, rated, of(2, 3), z),
    "an activation of two operands, and z": (z) =>
      denseMap(of(2, 4), of(4, 3), null, scaled, of(2, 3), z),
    "an activation that is none, and z": (z) =>
      denseMap(of(2, 4), of(4, 3), null, {} as typeof twice, of(2, 3), z),
    "y of another shape, and z": (z) => denseMap(of(2, 4), of(4, 3), null, twice, of(3, 2), z),
    "y of the other way round": () => denseMap(of(2, 4), of(4, 3), null, twice, of(3, 2)),
    "a bias of one number": (out) => denseMap(of(2, 4), of(4, 3), of(1), twice, out),
    "y and z that are one": (out) => denseMap(of(2, 4), of(4, 3), null, twice, out, out),
    "x and y that are one": (out) => denseMap(out, of(3, 3), null, twice, out),
    ...(foreign && {
      "an operand of another kernel": (out: Tensor) => map(twice, [foreign], [out]),
      "a second output of another kernel": (out: Tensor) => map(two, [of(2, 3)], [out, foreign]),
      "rows of another kernel": (out: Tensor) => gather(foreign, [0, 1], out),
      "x of another kernel": (out: Tensor) => denseMap(foreign, of(3, 3), null, twice, out),
    }),
  };
}

/** One case of all that is refused. */
export function refusalCases({ create }: Pick<Context, "create">): Case[] {
  return [formulaCase("refusals", async (kernel) => {
    using space = new Workspace(kernel);
    await using other = await create?.({ threads: 1 }) ?? null;
    const foreign = other && other.tensor([2, 3]);
    return await refuses(space, attemptsOf(kernel, space, foreign));
  })];
}
