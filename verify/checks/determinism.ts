/**
 * The same call gives the same bits: over repeats (`repeated_calls.ts`), for any
 * number of threads, and for a row alone as in its batch. Races show as results
 * that differ now and then, so there are many repeats, and more threads than processors.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import { activations } from "../../kernels/activation.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import {
  type Case,
  type Check,
  type Context,
  type Effort,
  floats,
  integers,
  Workspace,
} from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { formatDimensions } from "../dimensions.ts";
import { heldToTheBit } from "../summation/plan.ts";
import { againCase, betweenCase, name, oftenCase, repeatCase, squared } from "./repeated_calls.ts";

/** A result, its columns, and what it is. */
type Named = readonly [what: string, values: Float32Array, columns: number];

/** The products of a layer, and what the operations on elements and rows make of them. */
async function compute(
  kernel: Kernel,
  operands: readonly [Float32Array, Float32Array, Float32Array],
  { m, n, k }: Dimensions,
): Promise<Named[]> {
  using space = new Workspace(kernel);
  const results: (readonly [what: string, tensor: Tensor, columns: number])[] = [];
  const output = (what: string, rows: number, columns: number) => {
    const tensor = space.output(rows === 0 ? [columns] : [rows, columns]);
    results.push([what, tensor, columns]);
    return tensor;
  };
  const [x, weight, dy] = [
    space.tensor([m, k], operands[0]),
    space.tensor([k, n], operands[1]),
    space.tensor([m, n], operands[2]),
  ];
  const y = output("y", m, n);
  kernel.dense(x, weight, null, "gelu", y);
  kernel.matmul(x, dy, output("dW", k, n), { transposeA: true });
  kernel.matmul(dy, weight, output("dx", m, k), { transposeB: true });
  kernel.sumRows(y, output("the sum of its rows", 0, n));
  for (const activation of ["softmax", "tanh"] as const) {
    const value = output(`${activation} of y`, m, n);
    kernel.activate(activation, y, value);
    const dz = output(`the gradient of ${activation}`, m, n);
    kernel.activateGradient(activation, null, value, dy, dz);
  }
  const z = output("the gradient of silu", m, n);
  kernel.activateGradient("silu", y, y, dy, z);
  if (kernel.traits.formulas) {
    kernel.map?.(squared, [y], [output("a map of y", m, n)]);
    kernel.reduce?.("sum", "rows", squared, [y], output("the sum of each row of a map", 0, m));
    kernel.reduce?.("max", "columns", squared, [y], output("the largest of each column", 0, n));
  }
  return await Promise.all(
    results.map(async ([what, tensor, columns]) => [what, await tensor.read(), columns] as const),
  );
}

/** What threads share by rows and by columns, and what they may share in other ways. */
const sharedShapes: readonly Dimensions[] = [
  { m: 64, n: 48, k: 96 },
  { m: 1, n: 300, k: 200 },
  { m: 3, n: 5, k: 7 },
  { m: 131, n: 67, k: 129 },
];

/** So often at most products are repeated, and of two shapes alone, where there are many more threads than processors, each of which compiles them for itself. */
const fewRepeats = 3;

/** The same results from a kernel with so many threads, or from one as a program makes it that says nothing of threads: small problems are then for one of them. */
function threadsCase(
  threads: number | null,
  create: NonNullable<Context["create"]>,
  repeats: number,
): Case {
  const how = threads === null ? "as-made" : `threads-${threads}`;
  return {
    id: `${name}/${how}/repeat-${repeats}`,
    run: async (kernel, random) => {
      const shapes = repeats > fewRepeats ? sharedShapes : sharedShapes.slice(0, 2);
      await using other = await create(threads === null ? {} : { threads, serialBelow: 0 });
      const outcomes: Outcome[] = [];
      for (const shape of shapes) {
        const { m, n, k } = shape;
        const operands = [
          floats(m * k, -1, 1, random),
          floats(k * n, -1, 1, random),
          floats(m * n, -1, 1, random),
        ] as const;
        const want = await compute(kernel, operands, shape);
        for (let repeat = 0; repeat < repeats; repeat++) {
          const got = await compute(other, operands, shape);
          outcomes.push(...got.map(([what, found, columns], i) =>
            compareExact(
              `${what} of ${formatDimensions(shape)}, ${how.replace("-", " ")}`,
              found,
              want[i]![1],
              columns,
            )
          ));
          if (outcomes.some(({ problem }) => problem)) return merge(outcomes);
        }
      }
      return merge(outcomes);
    },
  };
}

/** A row's bits alone, in a batch, and in a larger one. */
const batchCase: Case = {
  id: `${name}/batch`,
  run: async (kernel, random) => {
    const [n, k] = [53, 71];
    const x = floats(67 * k, -1, 1, random);
    using space = new Workspace(kernel);
    const weight = space.tensor([k, n], floats(k * n, -1, 1, random));
    const run = async (m: number) => {
      const y = space.output([m, n]);
      kernel.dense(space.tensor([m, k], x.slice(0, m * k)), weight, null, "linear", y);
      return await y.read();
    };
    const want = await run(67);
    const outcomes: Outcome[] = [];
    for (const m of [1, 2, 3, 4, 5, 8, 33]) {
      outcomes.push(compareExact(`y of ${m} rows`, await run(m), want.subarray(0, m * n), n));
    }
    const outcome = merge(outcomes);
    // A kernel that claims an order claims the same one for every batch; another claims nothing.
    return heldToTheBit(kernel.traits)
      ? outcome
      : { worst: 0, problem: null, indeterminate: outcome.problem === null ? 0 : 1 };
  },
};

/** Operands change while their old product may still be under way: what is written afterwards must not be seen. */
const writeCase: Case = {
  id: `${name}/write-after-call`,
  run: async (kernel, random: Random) => {
    const [m, n, k] = [33, 29, 37];
    const x = integers(m * k, 30, random);
    const weight = integers(k * n, 30, random);
    using space = new Workspace(kernel);
    const operands = [space.tensor([m, k], x), space.tensor([k, n], weight)] as const;
    const [first, second] = [space.output([m, n]), space.output([m, n])];
    kernel.dense(...operands, null, "linear", first);
    operands[0].write(x.map((value) => -value));
    kernel.dense(...operands, null, "linear", second);
    operands[1].write(new Float32Array(k * n).fill(NaN));
    const [one, other] = await Promise.all([first.read(), second.read()]);
    return compareExact("y after x changed its sign", other, one.map((value) => -value), n);
  },
};

/** An operand is written once many later calls are queued that do not read it. */
const lateWriteCase: Case = {
  id: `${name}/write-after-many-calls`,
  run: async (kernel, random: Random) => {
    const k = 24;
    using space = new Workspace(kernel);
    const weight = space.tensor([k, k], integers(k * k, 9, random));
    const [other, out] = [space.tensor([1, k], integers(k, 9, random)), space.output([1, k])];
    const outcomes: Outcome[] = [];
    for (const calls of [1, 3, 9, 17, 33, 65, 129, 300]) {
      const values = integers(k, 9, random);
      const x = space.tensor([1, k], values);
      const [first, second] = [space.output([1, k]), space.output([1, k])];
      kernel.dense(x, weight, null, "linear", first);
      for (let call = 0; call < calls; call++) {
        kernel.dense(other, weight, null, "linear", out);
      }
      x.write(values.map((value) => -value));
      kernel.dense(x, weight, null, "linear", second);
      const [before, after] = await Promise.all([first.read(), second.read()]);
      const what = `y after x changed its sign, ${calls} calls later`;
      outcomes.push(compareExact(what, after, before.map((value) => -value), k));
      outcomes.push(outcomeOf(
        before.every((value) => value === 0) ? "y is 0, of numbers that are not" : null,
      ));
    }
    return merge(outcomes);
  },
};

/** What is read twice by one call may be one tensor: only an output must be no other operand. */
const oneTensorCase: Case = {
  id: `${name}/one-tensor`,
  run: async (kernel, random: Random) => {
    const [m, n] = [5, 19];
    const values = floats(m * n, 0.01, 0.99, random);
    using space = new Workspace(kernel);
    const given = () => space.tensor([m, n], values);
    const shared = given();
    const outcomes: Outcome[] = [];
    for (const activation of activations) {
      const calls: readonly (readonly [Tensor, Tensor, Tensor])[] = [
        [given(), given(), given()],
        [given(), shared, shared],
        [shared, given(), shared],
        [shared, shared, shared],
      ];
      const results = calls.map(([z, y, dy]) => {
        const dz = space.output([m, n]);
        kernel.activateGradient(activation, z, y, dy, dz);
        return dz.read();
      });
      const [want, ...others] = await Promise.all(results);
      for (const found of others) {
        outcomes.push(
          compareExact(`the gradient of ${activation}, of one tensor twice`, found, want!, n),
        );
      }
    }
    return merge(outcomes);
  },
};

/** So long the same call is repeated on a kernel that is fast, in milliseconds, and so often at most. */
const racing = { quick: { time: 150, most: 200 }, full: { time: 4000, most: 4000 } } as const;

/** A product that threads share, again and again: a race need not show in one call of fifty. */
function raceCase({ time, most }: typeof racing[keyof typeof racing]): Case {
  return {
    id: `${name}/races`,
    run: async (kernel, random) => {
      const [m, n, k] = [256, 128, 128];
      using space = new Workspace(kernel);
      // In turns, so that what a call leaves as it was is another's.
      const inputs = [1, 2].map(() => space.tensor([m, k], floats(m * k, -1, 1, random)));
      const weight = space.tensor([k, n], floats(k * n, -1, 1, random));
      const y = space.output([m, n]);
      const firsts: Float32Array[] = [];
      const begin = performance.now();
      for (let call = 0; call < most && performance.now() - begin < time; call++) {
        kernel.dense(inputs[call % 2]!, weight, null, "linear", y);
        const found = await y.read();
        const first = firsts[call % 2] ??= found;
        const outcome = compareExact(`y of call ${call}, against an earlier one`, found, first, n);
        if (outcome.problem) return outcome;
      }
      return { worst: 0, problem: null };
    },
  };
}

/**
 * The numbers of threads that are compared: in quick mode one of those that are far beyond the
 * processors, another one from run to run, since each thread takes as long to start as hundreds of
 * cases, and not the kernel's own number.
 */
function threadCounts(cores: number, effort: Effort, seed: number): number[] {
  // What computes on one thread unless it is asked for more is asked for two.
  if (cores === 1) return [2];
  const counts = [...new Set([1, 2, 3, 4, 7, cores, cores + 1])];
  if (effort !== "quick") return counts;
  const few = counts.filter((count) => count <= cores + 1 && count !== cores);
  const many = counts.filter((count) => count > cores + 1);
  if (many.length === 0) return few;
  return [...few, many[createRandom(seedOf(name, seed)).between(0, many.length - 1)]!];
}

/** The check. */
export const determinism: Check = {
  name,
  description: "repeats, threads and batches give the same bits",
  cases: ({ traits }, { effort, create, sweepSeed = 1 }) => {
    const repeats = { smoke: 4, quick: 10, full: 200 }[effort];
    const counts = threadCounts(traits.threads, effort, sweepSeed);
    const cores = traits.threads;
    const threaded = create !== null && heldToTheBit(traits);
    // More threads than there are processors take their turns: what races shows with one more, too.
    const repeatsOf = (count: number) =>
      effort === "full" ? 20 : count > cores + 1 ? Math.min(fewRepeats, repeats) : repeats;
    return [
      repeatCase(repeats, { m: 37, n: 41, k: 67 }),
      repeatCase(repeats, { m: 1, n: 130, k: 65 }),
      ...(threaded
        ? [
          threadsCase(null, create, repeats),
          ...counts.map((count) => threadsCase(count, create, repeatsOf(count))),
        ]
        : []),
      batchCase,
      writeCase,
      lateWriteCase,
      oneTensorCase,
      oftenCase(effort === "smoke" ? 12 : 40),
      ...(effort === "smoke" ? [] : [againCase, betweenCase]),
      ...(effort === "smoke" ? [] : [raceCase(racing[effort])]),
    ];
  },
  // Another run may have drawn another number of threads.
  find: (id, { create }) => {
    const [, threads, repeats] = id.match(/^determinism\/threads-(\d{1,2})\/repeat-(\d{1,3})$/) ??
      [];
    return create && Number(threads) > 0
      ? threadsCase(Number(threads), create, Number(repeats))
      : null;
  },
};
