/**
 * Random calls of a kernel, valid ones of every operation and some that must
 * throw, and whether two kernels answer the same: the bits of the outputs, the
 * versions of all tensors, the bytes in use, the class of what was thrown.
 *
 * @module
 */
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";

/** A tensor to be made: null for none; `made` of the other kernel or disposed, in a call that must throw. */
interface Operand {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly fault: "none" | "disposed" | "foreign";
}

/** A call, and calls after it on the same tensors, so that what is kept between calls is met. */
export interface Call {
  readonly text: string;
  readonly operands: readonly (Operand | null)[];
  readonly run: (kernel: Kernel, tensors: readonly (Tensor | null)[]) => void;
}

const special = [0, -0, 1, -1, NaN, Infinity, -Infinity, 2 ** -149, -(2 ** -126), 3.4e38, 2 ** 24];

type Family = (random: Random) => number;

const families: readonly Family[] = [
  (random) => random.between(-127, 127),
  (random) => 2 * random.uniform() - 1,
  (random) => (2 * random.uniform() - 1) * 2 ** random.between(-40, 40),
  (random) => (2 * random.uniform() - 1) * 2 ** random.between(-149, 127),
  (random) => 20 * (2 * random.uniform() - 1),
];

function draw<T>(items: readonly T[], random: Random): T {
  return items[random.between(0, items.length - 1)]!;
}

function drawData(size: number, random: Random): Float32Array {
  const family = draw(families, random);
  const data = Float32Array.from({ length: size }, () => family(random));
  if (size > 0 && random.uniform() < 0.15) {
    for (let i = random.between(1, 3); i > 0; i--) {
      data[random.between(0, size - 1)] = draw(special, random);
    }
  }
  return data;
}

/** A dimension: each size about as likely as twice it, and now and then 0. */
function drawDimension(most: number, random: Random): number {
  if (random.uniform() < 0.02) return 0;
  return Math.max(1, Math.floor(2 ** (random.uniform() * Math.log2(most + 1))));
}

/** Draws a call; of its operands, one is wrong in one of twenty calls. */
export function drawCall(random: Random): Call {
  const large = random.uniform() < 0.1;
  const m = drawDimension(large ? 300 : 40, random);
  const n = drawDimension(large ? 300 : 60, random);
  const k = drawDimension(large ? 900 : 70, random);
  const faulty = random.uniform() < 0.05 ? random.between(0, 5) : -1;
  const activation = draw(activations, random);
  const flag = () => random.uniform() < 0.5;
  let index = 0;
  const operand = (...shape: number[]): Operand => {
    const isFaulty = index++ === faulty;
    const kind = isFaulty ? draw(["disposed", "foreign", "shape"] as const, random) : "none";
    const real = kind === "shape" ? [...shape.slice(0, -1), shape.at(-1)! + 1] : shape;
    const size = real.reduce((product, axis) => product * axis, 1);
    return {
      shape: real,
      data: drawData(size, random),
      fault: kind === "shape" ? "none" : kind,
    };
  };
  const what = random.uniform();
  if (what < 0.45) return denseCall(activation, { m, n, k }, operand, flag);
  if (what < 0.7) {
    const options = { transposeA: flag(), transposeB: flag(), accumulate: flag() };
    const a = options.transposeA ? operand(k, m) : operand(m, k);
    const b = options.transposeB ? operand(n, k) : operand(k, n);
    return {
      text: `matmul ${m}x${n}x${k} ${JSON.stringify(options)}`,
      operands: [a, b, operand(m, n)],
      run: (kernel, [a, b, out]) => {
        kernel.matmul(a!, b!, out!, options);
        kernel.matmul(a!, b!, out!, { ...options, accumulate: true });
      },
    };
  }
  if (what < 0.8) {
    return {
      text: `activate ${activation} ${m}x${n}`,
      operands: [operand(m, n), operand(m, n)],
      run: (kernel, [z, y]) => kernel.activate(activation, z!, y!),
    };
  }
  if (what < 0.92) {
    return {
      text: `activateGradient ${activation} ${m}x${n}`,
      operands: [flag() ? operand(m, n) : null, operand(m, n), operand(m, n), operand(m, n)],
      run: (kernel, [z, y, dy, dz]) => kernel.activateGradient(activation, z!, y!, dy!, dz!),
    };
  }
  const accumulate = flag();
  return {
    text: `sumRows ${m}x${n}${accumulate ? " accumulate" : ""}`,
    operands: [operand(m, n), operand(n)],
    run: (kernel, [a, out]) => kernel.sumRows(a!, out!, { accumulate }),
  };
}

function denseCall(
  activation: Activation,
  { m, n, k }: { readonly m: number; readonly n: number; readonly k: number },
  operand: (...shape: number[]) => Operand,
  flag: () => boolean,
): Call {
  const [withBias, withZ, again] = [flag(), flag(), flag()];
  const operands = [
    operand(m, k),
    operand(k, n),
    withBias ? operand(n) : null,
    operand(m, n),
    withZ ? operand(m, n) : null,
    again ? operand(k, n) : null,
  ];
  return {
    text: `dense ${activation} ${m}x${n}x${k}${withBias ? " bias" : ""}${withZ ? " z" : ""}${
      again ? " again with another weight" : ""
    }`,
    operands,
    run: (kernel, [x, weight, bias = null, y, z, next]) => {
      kernel.dense(x!, weight!, bias, activation, y!, z ?? undefined);
      if (!next) return;
      // A weight that is kept in another form must be made anew.
      kernel.dense(x!, weight!, bias, activation, y!, z ?? undefined);
      kernel.activate("linear", next, weight!);
      kernel.dense(x!, weight!, bias, activation, y!, z ?? undefined);
    },
  };
}

/** What a call left behind. */
interface Answer {
  readonly thrown: string | null;
  readonly outputs: readonly Uint32Array[];
  readonly versions: readonly number[];
  /** Bytes in use more than before. */
  readonly bytes: number;
  /** The same once all tensors of the call are disposed. */
  readonly left: number;
}

function bitsOf(values: Float32Array): Uint32Array {
  // NaN has many bit patterns, and none is promised.
  return new Uint32Array(values.map((value) => Number.isNaN(value) ? NaN : value).buffer);
}

async function answerOf({ operands, run }: Call, kernel: Kernel, foreign: Kernel): Promise<Answer> {
  const before = kernel.memory?.() ?? 0;
  const more = () => (kernel.memory?.() ?? 0) - before;
  const tensors = operands.map((operand) => {
    if (!operand) return null;
    const { shape, data, fault } = operand;
    const tensor = (fault === "foreign" ? foreign : kernel).tensor(shape, data);
    if (fault === "disposed") tensor[Symbol.dispose]();
    return tensor;
  });
  try {
    let thrown: string | null = null;
    try {
      run(kernel, tensors);
      await kernel.finished();
    } catch (error) {
      thrown = error instanceof Error ? error.name : String(error);
    }
    const live = tensors.filter((tensor) => tensor !== null && !tensor.disposed);
    const outputs = await Promise.all(live.map(async (tensor) => bitsOf(await tensor!.read())));
    const versions = live.map((tensor) => tensor!.version);
    const bytes = more();
    for (const tensor of tensors) tensor?.[Symbol.dispose]();
    return { thrown, outputs, versions, bytes, left: more() };
  } finally {
    for (const tensor of tensors) tensor?.[Symbol.dispose]();
  }
}

/** How the mutant's answer to a call differs from the kernel's; null where it does not. */
export async function compareCall(
  call: Call,
  kernel: Kernel,
  mutant: Kernel,
): Promise<string | null> {
  const want = await answerOf(call, kernel, mutant);
  let got: Answer;
  try {
    got = await answerOf(call, mutant, kernel);
  } catch (error) {
    return `${call.text}: it threw ${error}`;
  }
  const difference = want.thrown !== got.thrown
    ? `it threw ${got.thrown ?? "nothing"} rather than ${want.thrown ?? "nothing"}`
    : want.versions.join() !== got.versions.join()
    ? `versions ${got.versions} rather than ${want.versions}`
    : want.left !== got.left
    ? `${got.left} bytes left rather than ${want.left} after disposal`
    // Kernels that chose another tile keep weights in blocks of another size.
    : want.bytes !== got.bytes && kernel.traits.tile.nr === mutant.traits.tile.nr
    ? `${got.bytes} bytes in use rather than ${want.bytes}`
    : bitsDiffer(want.outputs, got.outputs);
  return difference === null ? null : `${call.text}: ${difference}`;
}

function bitsDiffer(want: readonly Uint32Array[], got: readonly Uint32Array[]): string | null {
  for (const [t, bits] of want.entries()) {
    const own = got[t];
    const at = bits.findIndex((word, i) => own?.[i] !== word);
    if (at < 0) continue;
    const number = (word: number | undefined) =>
      new Float32Array(new Uint32Array([word ?? 0]).buffer)[0];
    return `tensor ${t}, element ${at}: ${number(own?.[at])} rather than ${number(bits[at])}`;
  }
  return null;
}
