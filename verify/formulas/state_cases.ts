/**
 * What calls with formulas must leave alone, and what they must not keep: inputs
 * and versions, results of earlier calls, weights that were packed before a formula
 * was computed into them, what a queue still reads.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import {
  add,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
  sub,
  unary,
} from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { type Case, type Context, drawn, floats, integers, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { alikeCases, caseOf, judged } from "./alike_cases.ts";
import { claimsOf } from "./arithmetic.ts";
import { type FormulaKernel, judge } from "./judge.ts";
import { randomFormula } from "./trees.ts";

const x = operand(0);

async function sameBits(what: string, got: Tensor, want: Tensor): Promise<Outcome> {
  const [a, b] = await Promise.all([got.read(), want.read()]);
  return compareExact(what, bitPatterns(a), bitPatterns(b), got.shape.at(-1) ?? 1);
}

async function holdsStill(what: string, got: Tensor, want: Float32Array): Promise<Outcome> {
  const now = await got.read();
  return compareExact(what, bitPatterns(now), bitPatterns(want), got.shape.at(-1) ?? 1);
}

/** Outputs that are inputs, one or all, in the same order or another. */
const inPlace = (steps: number): Case =>
  caseOf(`in-place/${steps}`, async (kernel, space, random) => {
    const made = randomFormula(random, steps);
    const [rows, columns] = [random.between(1, 40), random.between(1, 70)];
    const lengths = { element: rows * columns, row: rows, column: columns };
    const shapes = { element: [rows, columns], row: [rows], column: [columns] };
    const values = made.formula.operands.map((along) => floats(lengths[along], -3, 3, random));
    const inputs = () =>
      made.formula.operands.map((along, i) => space.tensor(shapes[along], values[i]!));
    const apart = made.formula.outputs.map(() => space.output([rows, columns]));
    const [kept, overwritten] = [inputs(), inputs()];
    const readByElement = overwritten.filter((_, i) => made.formula.operands[i] === "element");
    // From the last operand on, so that no output is the operand of its own number alone.
    const outputs = made.formula.outputs.map((_, i) =>
      readByElement.toReversed()[i] ?? space.output([rows, columns])
    );
    const all = [...kept, ...apart, ...overwritten, ...outputs];
    const before = new Map(all.map((tensor) => [tensor, tensor.version]));
    kernel.map(made.formula, kept, apart, made.parameters);
    kernel.map(made.formula, overwritten, outputs, made.parameters);
    const written = new Set([...apart, ...outputs]);
    const version = all.find((tensor) =>
      written.has(tensor) !== (tensor.version > before.get(tensor)!)
    );
    const untouched = overwritten.map((tensor, i) => ({ tensor, i }))
      .filter(({ tensor }) => !written.has(tensor));
    return merge([
      outcomeOf(
        version
          ? `the version of ${
            written.has(version) ? "an output stayed" : "an input rose"
          }, ${version.version}`
          : null,
      ),
      ...await Promise.all(
        outputs.map((output, i) => sameBits(`output ${i} in place`, output, apart[i]!)),
      ),
      ...await Promise.all(kept.map((tensor, i) => holdsStill(`input ${i}`, tensor, values[i]!))),
      ...await Promise.all(
        untouched.map(({ tensor, i }) => holdsStill(`input ${i} in place`, tensor, values[i]!)),
      ),
    ]);
  });

/** More outputs than some bind at once, of which the first and a later one are what all are computed of, at sizes beyond those that have a temporary. */
const manyOutputs = caseOf("many-outputs", async (kernel, space, random) => {
  const shapes = [
    [random.between(2, 9), random.between(3, 40)],
    ...[11, 13, 15, 17].map((power) => [3, Math.ceil(2 ** power / 3) + random.between(0, 9)]),
  ] as [number, number][];
  const one = operand(1);
  const outcomes: Outcome[] = [];
  for (const [i, shape] of shapes.entries()) {
    const [rows, columns] = shape;
    const [first, second] = [
      integers(rows * columns, 99, random),
      integers(rows * columns, 99, random),
    ];
    for (const count of i === 0 ? [2, 3, 4, 5, 6, 8] : [2 + i % 2]) {
      const terms = Array.from(
        { length: count },
        (_, i) => add(mul(x, i + 1), mul(one, count - i)),
      );
      const inputs = [space.tensor(shape, first), space.tensor(shape, second)];
      const outputs = terms.map((_, i) =>
        i === 0 ? inputs[0]! : i === count - 1 ? inputs[1]! : space.output(shape)
      );
      kernel.map(formula(...terms), inputs, outputs);
      for (const [i, output] of outputs.entries()) {
        const want = first.map((value, at) => value * (i + 1) + second[at]! * (count - i));
        const what = `output ${i} of ${count}, two of them in place`;
        outcomes.push(compareExact(what, await output.read(), want, columns));
      }
    }
  }
  return merge(outcomes);
});

/** The same formula with rows for columns, and on tensors of other ranks. */
const turned = caseOf("shapes", async (kernel, space, random) => {
  const made = formula(add(mul(x, perRow(1)), perColumn(2)));
  const claims = claimsOf(kernel.traits);
  const shapes = [[6, 35], [35, 6], [2, 3, 35], [5, 7, 6], [210], [1, 210], [6, 35]];
  const outcomes = shapes.map(async (shape) => {
    const size = 210;
    const columns = shape.at(-1)!;
    const rows = size / columns;
    const inputs = [size, rows, columns].map((length) => floats(length, -2, 2, random));
    const [a, left, top] = inputs as [Float32Array, Float32Array, Float32Array];
    const output = space.output(shape);
    kernel.map(
      made,
      [space.tensor(shape, a), space.tensor([rows], left), space.tensor([columns], top)],
      [output],
    );
    return judge(claims, {
      formula: made,
      size: { rows, columns },
      operands: inputs,
      outputs: [await output.read()],
    });
  });
  return merge(await Promise.all(outcomes));
});

/** Every output of each operation has a higher version afterwards, and every input the one that it had. */
const versions = caseOf("versions", (kernel, space, random) => {
  const n = 6;
  const matrix = () => space.tensor([n, n], floats(n * n, -1, 1, random));
  const line = () => space.tensor([n], floats(n, -1, 1, random));
  const [a, b, bias, y, z, sums] = [matrix(), matrix(), line(), matrix(), matrix(), line()];
  const doubled = formula(mul(x, 2));
  const made = formula(add(x, perRow(1)), sub(x, perColumn(2)));
  const calls: Readonly<Record<string, readonly [Set<Tensor>, () => void]>> = {
    map: [new Set([y, z]), () => kernel.map(made, [a, bias, line()], [y, z])],
    "denseMap, with z": [
      new Set([y, z]),
      () => kernel.denseMap(a, b, bias, doubled, y, z),
    ],
    denseMap: [new Set([y]), () => kernel.denseMap(a, b, null, doubled, y)],
    "reduce, to rows": [
      new Set([sums]),
      () => kernel.reduce("sum", "rows", doubled, [a], sums, []),
    ],
    "reduce, to columns": [
      new Set([sums]),
      () => kernel.reduce("max", "columns", doubled, [a], sums, []),
    ],
    gather: [new Set([y]), () => kernel.gather(a, [5, 4, 3, 2, 1, 0], y)],
    copy: [new Set([y]), () => kernel.copy!(a, y)],
  };
  const problems = Object.entries(calls).map(([what, [written, call]]) => {
    const all = [a, b, bias, y, z, sums];
    const before = all.map(({ version }) => version);
    call();
    const wrong = all.find((tensor, i) => written.has(tensor) !== tensor.version > before[i]!);
    if (!wrong) return null;
    return `${what}: the version of ${written.has(wrong) ? "an output stayed" : "an input rose"}`;
  });
  return Promise.resolve(outcomeOf(problems.find((problem) => problem !== null) ?? null));
});

/** A matrix that was used in each place, where it may be packed, and then written by each operation. */
const packed = caseOf("packed-weight", async (kernel, space, random) => {
  const [m, n] = [9, 24];
  const whole = (length: number) => integers(length, 3, random);
  const a = space.tensor([m, n], whole(m * n));
  const values = whole(n * n);
  const line = whole(n);
  const writers: readonly ((weight: Tensor) => void)[] = [
    (weight) => kernel.map(formula(add(x, 1)), [weight], [weight]),
    // As an output that is not the first.
    (weight) => kernel.map(formula(x, add(x, 1)), [weight], [space.output([n, n]), weight]),
    (weight) =>
      kernel.denseMap(
        space.tensor([n, 1], line),
        space.tensor([1, n], line),
        null,
        formula(mul(x, 2)),
        space.output([n, n]),
        weight,
      ),
    (weight) =>
      kernel.gather(
        space.tensor([n, n], values),
        Uint32Array.from(line, (_, i) => n - 1 - i),
        weight,
      ),
    (weight) =>
      kernel.denseMap(
        space.tensor([n, 1], line),
        space.tensor([1, n], line),
        null,
        formula(mul(x, 2)),
        weight,
      ),
  ];
  const right = space.tensor([n, m], whole(m * n));
  // Each place in which a matrix may be kept in another form, with the shape of the result.
  const uses: Readonly<Record<string, readonly [number[], (matrix: Tensor, out: Tensor) => void]>> =
    {
      "a product with": [[m, n], (b, out) => kernel.matmul(a, b, out)],
      "a layer with": [[m, n], (b, out) => kernel.dense(a, b, null, "linear", out)],
      "a product with the transpose of": [
        [m, n],
        (b, out) => kernel.matmul(a, b, out, { transposeB: true }),
      ],
      "a product of": [[n, m], (left, out) => kernel.matmul(left, right, out)],
      "a product of the transpose of": [
        [n, m],
        (left, out) => kernel.matmul(left, right, out, { transposeA: true }),
      ],
      "a layer on": [[n, m], (x, out) => kernel.dense(x, right, null, "linear", out)],
    };
  const outcomes: Outcome[] = [];
  for (const [i, write] of writers.entries()) {
    for (const [what, [shape, use]] of Object.entries(uses)) {
      const matrix = space.tensor([n, n], values);
      const [out, want] = [space.output(shape), space.output(shape)];
      // Several times, since what is used once, or twice, need not be packed.
      for (let time = 0; time < 4; time++) use(matrix, out);
      write(matrix);
      for (let time = 0; time < 2; time++) use(matrix, out);
      use(space.tensor([n, n], await matrix.read()), want);
      outcomes.push(await sameBits(`${what} a matrix after write ${i} to it`, out, want));
    }
  }
  const bias = space.tensor([n], line);
  const [y, want] = [space.output([m, n]), space.output([m, n])];
  const weight = space.tensor([n, n], values);
  kernel.dense(a, weight, bias, "linear", y);
  kernel.reduce("sum", "columns", formula(x), [a], bias);
  kernel.dense(a, weight, bias, "linear", y);
  kernel.dense(a, weight, space.tensor([n], await bias.read()), "linear", want);
  outcomes.push(await sameBits("a layer after a sum was written to its bias", y, want));
  return merge(outcomes);
});

/** What is queued reads inputs as they were, and repeated calls give the same bits. */
const queued = caseOf("queue", async (kernel, space, random) => {
  const [rows, columns] = [17, 23];
  const values = floats(rows * columns, -3, 3, random);
  const made = formula(add(unary("tanh", x), mul(parameter(0), x)));
  const input = space.tensor([rows, columns], values);
  const given = [0.3];
  const results = Array.from({ length: 5 }, () => {
    const output = space.output([rows, columns]);
    kernel.map(made, [input], [output], given);
    return output;
  });
  const sums = Array.from({ length: 3 }, () => {
    const output = space.output([columns]);
    kernel.reduce("sum", "columns", made, [input], output, given);
    return output;
  });
  given[0] = 99;
  input.write(drawn(values.length, () => 7));
  const again = kernel.tensor([rows, columns], values);
  const last = space.output([rows, columns]);
  kernel.map(made, [again], [last], [0.3]);
  const sum = space.output([columns]);
  kernel.reduce("sum", "columns", made, [again], sum, [0.3]);
  // What is queued has its operands, whatever becomes of them.
  again[Symbol.dispose]();
  return merge([
    await judged(kernel, made, values, last, [0.3], [rows, columns]),
    ...await Promise.all(results.map((each, i) => sameBits(`repetition ${i}`, each, last))),
    ...await Promise.all(sums.map((each, i) => sameBits(`repeated sum ${i}`, each, sum))),
  ]);
});

/** One tensor as several operands. */
const shared = caseOf("one-tensor", async (kernel, space, random) => {
  const [rows, columns] = [19, 19];
  const claims = claimsOf(kernel.traits);
  const [a, line] = [floats(rows * columns, -2, 2, random), floats(rows, -2, 2, random)];
  const made = formula(
    add(mul(x, operand(1)), mul(perRow(2), perColumn(3))),
    sub(operand(1), perRow(2)),
  );
  const [matrix, vector] = [space.tensor([rows, columns], a), space.tensor([rows], line)];
  const other = space.output([rows, columns]);
  // Its first output is the tensor that two operands are.
  kernel.map(made, [matrix, matrix, vector, vector], [matrix, other]);
  return judge(claims, {
    formula: made,
    size: { rows, columns },
    operands: [a, a, line, line],
    outputs: await Promise.all([matrix.read(), other.read()]),
  });
});

/** Two kernels, called in turn with one formula. */
function twoKernels({ create }: Pick<Context, "create">): Case[] {
  if (create === null) return [];
  return [caseOf("two-kernels", async (kernel, space, random) => {
    await using second = await create({}) as FormulaKernel;
    using others = new Workspace(second);
    const made = formula(mul(parameter(0), unary("sigmoid", x)));
    const values = [floats(50, -3, 3, random), floats(50, -3, 3, random)] as const;
    const [a, b] = [space.tensor([5, 10], values[0]), others.tensor([5, 10], values[1])];
    const [y, z] = [space.output([5, 10]), others.output([5, 10])];
    kernel.map(made, [a], [y], [2]);
    second.map(made, [b], [z], [3]);
    return merge([
      await judged(kernel, made, values[0], y, [2]),
      await judged(second, made, values[1], z, [3]),
    ]);
  })];
}

/** All of them. */
export function stateCases(context: Pick<Context, "create" | "effort">, slow: boolean): Case[] {
  const { effort } = context;
  return [
    ...[1, 2, 3, 4, 6, 8].map(inPlace),
    ...alikeCases(effort, slow),
    turned,
    manyOutputs,
    versions,
    packed,
    queued,
    shared,
    ...twoKernels(context),
  ];
}
