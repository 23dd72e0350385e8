/**
 * Formulas at their limits and under repetition: every element of large matrices,
 * outputs that are an operand or a constant, two tensors that swap places,
 * parameters that float32 cannot hold, many outputs, long chains, and hundreds of
 * calls in one queue.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import {
  add,
  choose,
  type Expression,
  expressionOf,
  max,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
  sub,
} from "../../kernels/formula/expression.ts";
import { type Formula, formula } from "../../kernels/formula/formula.ts";
import { type Case, floats, integers, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { claimsOf } from "./arithmetic.ts";
import { repeating } from "./inputs.ts";
import { formulaCase, type FormulaKernel, judge, mapped } from "./judge.ts";

const x = operand(0);

function caseOf(
  what: string,
  run: (kernel: FormulaKernel, space: Workspace, random: Random) => Promise<Outcome>,
): Case {
  return formulaCase(`repeated/${what}`, async (kernel, random) => {
    using space = new Workspace(kernel);
    return await run(kernel, space, random);
  });
}

/** Whole numbers of which every element is compared, the second output in place. */
const large = (rows: number, columns: number): Case =>
  caseOf(`every-element/${rows}x${columns}`, async (kernel, space, random) => {
    const whole = (length: number) => repeating(length, () => random.between(-50, 50));
    const [a, left, top] = [whole(rows * columns), whole(rows), whole(columns)];
    const made = formula(
      add(mul(x, 3), mul(perRow(1), perColumn(2))),
      choose("less", x, perColumn(2), perRow(1), x),
    );
    const [matrix, out] = [space.tensor([rows, columns], a), space.output([rows, columns])];
    const lines = [space.tensor([rows], left), space.tensor([columns], top)];
    kernel.map(made, [matrix, ...lines], [out, matrix]);
    const [sum, choice] = await Promise.all([out.read(), matrix.read()]);
    const wants = [new Float32Array(a.length), new Float32Array(a.length)] as const;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, i++) {
        wants[0][i] = 3 * a[i]! + left[row]! * top[column]!;
        wants[1][i] = a[i]! < top[column]! ? left[row]! : a[i]!;
      }
    }
    return {
      ...merge([
        compareExact("output 0", sum, wants[0], columns),
        compareExact("output 1, in place", choice, wants[1], columns),
      ]),
      elements: { all: 2 * a.length, compared: 2 * a.length },
    };
  });

/** Outputs that are no step of arithmetic, in place: two tensors change places. */
const leaves = caseOf("leaves", async (kernel, space, random) => {
  const values = [0, 1].map(() => floats(93, -2, 2, random));
  const [a, b] = values.map((each) => space.tensor([3, 31], each)) as [
    ReturnType<Workspace["tensor"]>,
    ReturnType<Workspace["tensor"]>,
  ];
  const filled = [space.output([3, 31]), space.output([3, 31])] as const;
  kernel.map(formula(operand(1), operand(0), expressionOf(2.5), parameter(0)), [a, b], [
    a,
    b,
    ...filled,
  ], [-3]);
  const got = await Promise.all([a, b, ...filled].map((tensor) => tensor.read()));
  const wants = [
    values[1]!,
    values[0]!,
    new Float32Array(93).fill(2.5),
    new Float32Array(93).fill(-3),
  ];
  return merge(wants.map((want, i) => compareExact(`output ${i}`, got[i]!, want, 31)));
});

/** Parameters and constants that are special, and no float32. */
const numbers = caseOf("numbers", async (kernel, space, random) => {
  const values = floats(21, 0.5, 2, random);
  const claims = claimsOf(kernel.traits);
  const given = [0.1, -0, NaN, Infinity, -Infinity, 2 ** -130, 1e39, -1e300, 1 + 2 ** -30];
  const outcomes = given.flatMap((number) =>
    [[mul(x, parameter(0)), [number]], [max(sub(x, number), number), []]] as const
  ).map(async ([term, parameters]) => {
    const made = formula(term);
    const size = { rows: 1, columns: values.length };
    return judge(claims, {
      formula: made,
      size,
      operands: [values],
      parameters,
      outputs: await mapped(kernel, space, made, size, [values], parameters),
    });
  });
  return merge(await Promise.all(outcomes));
});

/** Eight outputs of five operands, and a chain of as many steps as there may be, nearly. */
const wide = caseOf("wide", async (kernel, space, random) => {
  const [rows, columns] = [3, 14];
  const inputs = Array.from({ length: 5 }, () => integers(rows * columns, 9, random));
  const made = formula(
    ...Array.from({ length: 8 }, (_, i) => add(mul(operand(i % 5), i + 1), operand((i + 1) % 5))),
  );
  const outputs = await mapped(kernel, space, made, { rows, columns }, inputs, []);
  return merge(outputs.map((output, i) =>
    compareExact(
      `output ${i} of 8`,
      output,
      inputs[i % 5]!.map((value, at) => value * (i + 1) + inputs[(i + 1) % 5]![at]!),
      columns,
    )
  ));
});

/** As many parameters as there may be, and seven operands of all kinds. */
const many = caseOf("many", async (kernel, space, random) => {
  const [rows, columns] = [5, 9];
  const kinds = [operand, perRow, perColumn, perRow, operand, perColumn, operand] as const;
  const leaves = kinds.map((kind, i) => kind(i));
  const parameters = Array.from(integers(64, 9, random));
  const terms = parameters.map((_, i) => mul(parameter(i), leaves[i % 7]!));
  const made = formula(terms.reduce(add));
  const lengths = { element: rows * columns, row: rows, column: columns };
  const inputs = made.operands.map((along) => integers(lengths[along], 9, random));
  const [got] = await mapped(kernel, space, made, { rows, columns }, inputs, parameters);
  const want = Float32Array.from({ length: rows * columns }, (_, at) => {
    const places = { element: at, row: Math.floor(at / columns), column: at % columns };
    return parameters.reduce(
      (sum, value, i) => sum + value * inputs[i % 7]![places[made.operands[i % 7]!]]!,
      0,
    );
  });
  return compareExact("64 parameters", got!, want, columns);
});

const deep = (steps: number): Case =>
  caseOf(`deep/${steps}`, async (kernel, space, random) => {
    const values = integers(19, 9, random);
    let chain: Expression = x;
    for (let i = 0; i < steps; i++) chain = i % 2 ? sub(chain, 1) : add(chain, x);
    const size = { rows: 1, columns: values.length };
    const [got] = await mapped(kernel, space, formula(chain), size, [values], []);
    const want = values.map((value) =>
      value + Math.ceil(steps / 2) * value - Math.floor(steps / 2)
    );
    return compareExact("a long chain", got!, want, values.length);
  });

/** What is called again and again: with its right result on whole numbers. */
interface Repeated {
  readonly formula: Formula;
  readonly want: (value: number, number: number) => number;
}

const turns: readonly Repeated[] = [
  { formula: formula(add(mul(x, parameter(0)), 1)), want: (value, number) => value * number + 1 },
  {
    formula: formula(choose("lessOrEqual", x, parameter(0), parameter(0), x)),
    want: Math.max,
  },
];

/** Calls of one queue, between which the operand is written, with memory as it was. */
const queue = (calls: number, side: boolean): Case =>
  caseOf(`queue/${calls}`, async (kernel, space, random) => {
    const length = 13;
    const input = space.tensor([1, length], new Float32Array(length));
    const outputs = Array.from({ length: calls }, () => space.output([1, length]));
    const sums = Array.from({ length: calls }, () => space.output([1]));
    const before = kernel.memory?.();
    const wants = outputs.map((output, i) => {
      const { formula: made, want } = turns[i % 2]!;
      const number = random.between(-9, 9);
      const values = integers(length, 9, random);
      input.write(values);
      kernel.map(made, [input], [output], [number]);
      kernel.reduce("sum", "rows", made, [input], sums[i]!, [number]);
      kernel.gather(output, [0], input);
      return values.map((value) => want(value, number));
    });
    const after = kernel.memory?.();
    const got = await Promise.all(outputs.map((output) => output.read()));
    const totals = await Promise.all(sums.map((sum) => sum.read()));
    const last = await input.read();
    return merge([
      ...wants.map((values, i) => compareExact(`call ${i}`, got[i]!, values, length)),
      ...wants.map((values, i) =>
        compareExact(`sum ${i}`, totals[i]!, [values.reduce((sum, value) => sum + value, 0)], 1)
      ),
      compareExact("what was gathered last", last, wants.at(-1)!, length),
      // Where cases run side by side, others have tensors meanwhile.
      outcomeOf(
        side || before === undefined || after === before
          ? null
          : `${calls} calls changed the bytes in use from ${before} to ${after}`,
      ),
    ]);
  });

/** All of them; on a GPU cases run side by side, and what is long takes long to compile. */
export function repeatedCases(slow: boolean): Case[] {
  return [
    large(2, 33_000),
    large(22_003, 3),
    leaves,
    numbers,
    wide,
    many,
    deep(slow ? 120 : 900),
    queue(150, slow),
  ];
}
