/**
 * What int8 weights and products with them must keep and must not keep: copies of
 * arrays and tensors as they were, inputs that a queue still reads, rows that were
 * quantized before, packed weights into which a result was written, memory.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Int8Weight, Tensor } from "../../kernels/kernel.ts";
import { type Case, type Context, floats, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { operandsOf, wholeRows } from "./operands.ts";
import type { Int8Operands } from "./reference.ts";
import { compareResults, int8Case, type Int8Kernel, isExact, weightOf } from "./running.ts";

/** Of what size a case is, and how another kernel is made. */
interface Setting extends Pick<Context, "create"> {
  readonly shape: Dimensions;
}

type Run = (
  kernel: Int8Kernel,
  space: Workspace,
  random: Random,
  setting: Setting,
) => Promise<Outcome>;

/** A case with a workspace. */
function caseOf(what: string, setting: Setting, run: Run): Case {
  return int8Case(`state/${what}`, async (kernel, random) => {
    using space = new Workspace(kernel);
    return await run(kernel, space, random, setting);
  });
}

const small = { m: 3, n: 27, k: 35 };

/** Beyond what is kept or computed in one piece. */
const larger = { m: 9, n: 130, k: 72 };

const draw = (
  kernel: Int8Kernel,
  random: Random,
  shape: Dimensions,
  given: Partial<Int8Operands> = {},
) =>
  operandsOf(shape, random, !isExact(kernel), { bias: floats(shape.n, -2, 2, random), ...given });

/** The tensors of a call, and its result. */
function call(
  kernel: Int8Kernel,
  space: Workspace,
  { m, n, k, x, bias }: Int8Operands,
  weight: Int8Weight,
): { readonly x: Tensor; readonly bias: Tensor; readonly y: Tensor } {
  const tensors = {
    x: space.tensor([m, k], x),
    bias: space.tensor([n], bias!),
    y: space.output([m, n]),
  };
  kernel.denseInt8(tensors.x, weight, tensors.bias, "linear", tensors.y);
  return tensors;
}

const judge = async (kernel: Int8Kernel, what: string, y: Tensor, operands: Int8Operands) =>
  compareResults(kernel, what, await y.read(), operands);

/** Arrays that the caller goes on to use, and operands that are written to before anybody waits. */
const copies: Run = async (kernel, space, random, { shape }) => {
  const operands = draw(kernel, random, shape);
  const [values, scale] = [operands.values.slice(), operands.scale.slice()];
  const weight = space.use(kernel.int8Weight([shape.k, shape.n], values, scale));
  values.fill(5);
  scale.fill(5);
  const { x, bias, y } = call(kernel, space, operands, weight);
  x.write(new Float32Array(x.size).fill(3));
  bias.write(new Float32Array(bias.size).fill(3));
  return await judge(kernel, "y whose operands were changed after the call", y, operands);
};

/** Tensors as they were, made by work that was not waited for. */
const tensors: Run = async (kernel, space, random, { shape }) => {
  const { m, n, k } = shape;
  const operands = draw(kernel, random, shape);
  const one = space.tensor([1, 1], Float32Array.of(1));
  const flat = space.tensor([1, k * n], new Float32Array(operands.values));
  const made = space.tensor([1, k * n], new Float32Array(k * n));
  // A zero of either sign is 0: what rounds a small number to a whole one may leave -0.
  const values = space.tensor(
    [k, n],
    new Float32Array(operands.values).map((value) => value || -0),
  );
  const scale = space.tensor([n], operands.scale);
  const [versionOfValues, versionOfScale] = [values.version, scale.version];
  const weights = [
    kernel.int8Weight([k, n], values, scale),
    kernel.int8Weight([k, n], operands.values, scale),
    kernel.int8Weight([k, n], values, operands.scale),
  ].map((weight) => space.use(weight));
  const risen = values.version !== versionOfValues || scale.version !== versionOfScale;
  const outputs = weights.map((weight) => call(kernel, space, operands, weight).y);
  const unused = space.use(kernel.int8Weight([k, n], values, scale));
  const other = draw(kernel, random, shape, { x: operands.x, bias: operands.bias });
  values.write(new Float32Array(other.values));
  scale.write(other.scale);
  const { y: first } = call(kernel, space, operands, unused);
  const late = space.use(kernel.int8Weight([k, n], values, scale));
  scale[Symbol.dispose]();
  const [before, after] = [weights[0]!, late].map((weight) =>
    call(kernel, space, operands, weight).y
  );
  // A row of 1 x k·n that a product leaves, which is one row of a weight.
  kernel.matmul(one, flat, made);
  const line = operandsOf({ m, n: k * n, k: 1 }, random, true, {
    values: operands.values,
    bias: floats(k * n, -1, 1, random),
  });
  const ofLine = space.use(kernel.int8Weight([1, k * n], made, line.scale));
  made.write(new Float32Array(k * n).fill(9));
  return merge([
    outcomeOf(risen ? "int8Weight() raised the version of a tensor that it reads" : null),
    ...await Promise.all(
      outputs.map((y, i) => judge(kernel, `y by weight ${i} of tensors`, y, operands)),
    ),
    await judge(kernel, "y by a weight whose tensors were changed", before!, operands),
    await judge(kernel, "y by one that is used after they were changed", first, operands),
    await judge(kernel, "y by a weight of tensors that were changed before", after!, other),
    await judge(
      kernel,
      "y by a weight that a product left",
      call(kernel, space, line, ofLine).y,
      line,
    ),
  ]);
};

/** Several weights alike, of which some are disposed while others are used. */
const disposal: Run = async (kernel, space, random, { shape }) => {
  const all = Array.from({ length: 6 }, () => draw(kernel, random, shape));
  const weights = all.map((operands) => weightOf(kernel, operands));
  const outputs = all.map((operands, i) => call(kernel, space, operands, weights[i]!).y);
  for (const weight of weights.slice(0, 3)) weight[Symbol.dispose]();
  const more = Array.from({ length: 3 }, () => draw(kernel, random, shape));
  const fresh = more.map((operands) => space.use(weightOf(kernel, operands)));
  const others = more.map((operands, i) => call(kernel, space, operands, fresh[i]!).y);
  const again = [3, 4, 5].map((i) => call(kernel, space, all[i]!, weights[i]!).y);
  for (const weight of weights) weight[Symbol.dispose]();
  const states = weights.some(({ disposed }) => !disposed) ||
    fresh.some(({ disposed }) => disposed);
  return merge([
    outcomeOf(states ? "a weight does not say whether it is disposed" : null),
    ...await Promise.all([
      ...outputs.map((y, i) => judge(kernel, `y by weight ${i}`, y, all[i]!)),
      ...others.map((y, i) => judge(kernel, `y by weight ${i} of later ones`, y, more[i]!)),
      ...again.map((y, i) => judge(kernel, `y by weight ${i + 3} once more`, y, all[i + 3]!)),
    ]),
  ]);
};

/** Weights that differ in one number or one multiplier alone, used in turn. */
const alike: Run = async (kernel, space, random, { shape }) => {
  const first = draw(kernel, random, shape);
  const { k, n } = shape;
  const changed = (at: number) => {
    const values = first.values.slice();
    values[at] = values[at]! > 0 ? values[at]! - 127 : values[at]! + 127;
    return { ...first, values };
  };
  const rescaled = (at: number) => {
    const scale = first.scale.slice();
    scale[at] = 3 * scale[at]!;
    return { ...first, scale };
  };
  const all = [
    first,
    ...[0, k * n >> 1, n - 1, k * n - 1].map(changed),
    ...[0, n >> 1, n - 1].map(rescaled),
    first,
  ];
  const weights = all.map((operands) => space.use(weightOf(kernel, operands)));
  const order = [...weights.keys(), 3, 0, 7];
  const outputs = order.map((i) => call(kernel, space, all[i]!, weights[i]!).y);
  return merge(
    await Promise.all(
      order.map((i, at) =>
        judge(kernel, `y of call ${at} with weights alike`, outputs[at]!, all[i]!)
      ),
    ),
  );
};

/** A row that is x and bias at once, which nothing forbids. */
const shared: Run = async (kernel, space, random) => {
  const n = 27;
  const row = wholeRows(1, n, random);
  const operands = operandsOf({ m: 1, n, k: n }, random, true, { x: row, bias: row });
  const x = space.tensor([n], row);
  const y = space.output([n]);
  kernel.denseInt8(x, space.use(weightOf(kernel, operands)), x, "linear", y);
  return await judge(kernel, "y of a row that is its bias too", y, operands);
};

/** One weight with other rows, fewer and more of them, in the same tensors. */
const reuse: Run = async (kernel, space, random, { shape }) => {
  const { m, n, k } = shape;
  const first = draw(kernel, random, shape);
  const weight = space.use(weightOf(kernel, first));
  const outcomes: Outcome[] = [];
  const x = space.tensor([m, k], first.x);
  const y = space.output([m, n]);
  const bias = space.tensor([n], first.bias!);
  for (let i = 0; i < 4; i++) {
    const operands = draw(kernel, random, shape, {
      ...first,
      ...(i && { x: draw(kernel, random, shape).x }),
    });
    if (i > 0) x.write(operands.x);
    kernel.denseInt8(x, weight, i === 2 ? null : bias, "linear", y);
    const given = i === 2 ? { ...operands, bias: null } : operands;
    outcomes.push(await judge(kernel, `y of call ${i} with one weight`, y, given));
  }
  for (const rows of [1, 8, 2, 70, 1]) {
    const operands = operandsOf({ m: rows, n, k }, random, !isExact(kernel), {
      values: first.values,
      scale: first.scale,
      bias: first.bias,
    });
    const { y } = call(kernel, space, operands, weight);
    outcomes.push(await judge(kernel, `y of ${rows} rows with one weight`, y, operands));
  }
  return merge(outcomes);
};

/** Results that are inputs of the next call, in a queue that is not waited for, and x of an operation before. */
const chain: Run = async (kernel, space, random) => {
  const sizes = [20, 31, 9, 26, 4];
  const first = floats(5 * sizes[0]!, -1, 1, random);
  let x = space.output([5, sizes[0]!]);
  kernel.activate("linear", space.tensor([5, sizes[0]!], first), x);
  const steps: { readonly operands: Omit<Int8Operands, "x">; readonly y: Tensor }[] = [];
  for (let i = 1; i < sizes.length; i++) {
    const operands = operandsOf({ m: 5, n: sizes[i]!, k: sizes[i - 1]! }, random, false);
    const weight = space.use(weightOf(kernel, operands));
    const y = space.output([5, sizes[i]!]);
    const bias = operands.bias && space.tensor([sizes[i]!], operands.bias);
    kernel.denseInt8(x, weight, bias, "linear", y);
    steps.push({ operands, y });
    x = y;
  }
  let values = first;
  const outcomes: Outcome[] = [];
  for (const [i, { operands, y }] of steps.entries()) {
    const got = await y.read() as Float32Array<ArrayBuffer>;
    // Each by what the one before gave, so that a wrong one is named.
    outcomes.push(compareResults(kernel, `y of step ${i}`, got, { ...operands, x: values }));
    values = got;
  }
  return merge(outcomes);
};

/** A weight of float32 products, used until it may have been packed, into which a product with int8 is written. */
const packed: Run = async (kernel, space, random) => {
  const operands = operandsOf({ m: 24, n: 32, k: 16 }, random, true, { bias: null });
  const weight = space.tensor([24, 32], wholeRows(24, 32, random));
  const x = space.tensor([40, 24], wholeRows(40, 24, random));
  const [out, want] = [space.output([40, 32]), space.output([40, 32])];
  for (let i = 0; i < 3; i++) kernel.dense(x, weight, null, "linear", out);
  const rows = space.tensor([24, 16], operands.x);
  kernel.denseInt8(rows, space.use(weightOf(kernel, operands)), null, "linear", weight);
  kernel.dense(x, weight, null, "linear", out);
  // The same numbers in a tensor that was never a weight.
  kernel.dense(x, space.tensor([24, 32], await weight.read()), null, "linear", want);
  const [a, b] = [await out.read(), await want.read()];
  const close = a.map((value, i) =>
    Math.abs(value - b[i]!) <= 1e-3 * Math.abs(b[i]!) + 1e-3 ? b[i]! : value
  );
  return compareExact("a product with a weight that denseInt8() wrote", close, b, 32);
};

/** A bias that each operation has written since it was used. */
const biases: Run = async (kernel, space, random, { shape }) => {
  const { m, n, k } = shape;
  const operands = draw(kernel, random, shape);
  const weight = space.use(weightOf(kernel, operands));
  const row = () => space.tensor([n], floats(n, -2, 2, random));
  const one = space.tensor([1, 1], Float32Array.of(1));
  const writers: readonly ((bias: Tensor) => void)[] = [
    (bias) => bias.write(floats(n, -2, 2, random)),
    (bias) => kernel.sumRows(space.tensor([2, n], floats(2 * n, -1, 1, random)), bias),
    (bias) => kernel.matmul(one, row(), bias, { accumulate: true }),
    (bias) => kernel.dense(one, space.tensor([1, n], floats(n, -2, 2, random)), null, "tanh", bias),
    (bias) => kernel.activate("relu", row(), bias),
    (bias) => kernel.activateGradient("relu", null, row(), row(), bias),
  ];
  const outcomes: Outcome[] = [];
  for (const [i, write] of writers.entries()) {
    const [x, bias] = [space.tensor([m, k], operands.x), space.tensor([n], operands.bias!)];
    const y = space.output([m, n]);
    for (let use = 0; use < 3; use++) kernel.denseInt8(x, weight, bias, "linear", y);
    write(bias);
    kernel.denseInt8(x, weight, bias, "linear", y);
    const now = { ...operands, bias: await bias.read() };
    outcomes.push(await judge(kernel, `y after write ${i} to its bias`, y, now));
  }
  return merge(outcomes);
};

/** Bytes in use, and what a weight says of itself. */
const memory: Run = (kernel, space, random, { create, shape }) =>
  (async () => {
    const operands = draw(kernel, random, shape);
    const weight = weightOf(kernel, operands);
    const says = weight.kernel === kernel && !weight.disposed &&
      `${weight.shape}` === `${[shape.k, shape.n]}`;
    call(kernel, space, operands, weight);
    const held = kernel.memory?.();
    weight[Symbol.dispose]();
    const least = kernel.memory?.();
    const large = kernel.int8Weight([100, 100], new Int8Array(1e4), new Float32Array(100).fill(1));
    const more = kernel.memory?.();
    large[Symbol.dispose]();
    large[Symbol.dispose]();
    await kernel.finished();
    const problems = [
      says ? null : "an int8 weight does not say which kernel made it, its shape, or that it lives",
      held !== undefined && held <= least! ? "no bytes are counted for an int8 weight" : null,
      more !== undefined && more < least! + 1e4 ? "bytes of an int8 weight are not counted" : null,
      kernel.memory?.() !== least ? "an int8 weight that was disposed leaves bytes in use" : null,
    ];
    const other = await create?.({ threads: 1 }) as Int8Kernel | null | undefined;
    if (other?.int8Weight) {
      const own = weightOf(other, operands);
      await other[Symbol.asyncDispose]();
      problems.push(own.disposed ? null : "an int8 weight outlives its kernel");
      own[Symbol.dispose]();
    }
    return outcomeOf(problems.find((problem) => problem !== null) ?? null);
  })();

/** The cases. */
export function stateCases(context: Pick<Context, "create">): Case[] {
  const sized = { copies, tensors, disposal, alike, reuse, biases };
  return [
    ...Object.entries({ ...sized, shared, chain, packed, memory })
      .map(([what, run]) => caseOf(what, { ...context, shape: small }, run)),
    ...Object.entries(sized)
      .map(([what, run]) => caseOf(`${what}/larger`, { ...context, shape: larger }, run)),
  ];
}
