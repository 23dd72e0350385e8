/**
 * What the operations on int8 numbers must refuse: each wrong argument throws a
 * DensemarkError before anything is written, with the output and its version left
 * as they were.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import type { Int8Weight, Tensor } from "../../kernels/kernel.ts";
import { type Case, type Context, Workspace } from "../check.ts";
import { type Attempts, refuses } from "../refusals.ts";
import { int8Case, type Int8Kernel } from "./running.ts";

const as = <T>(value: unknown) => value as T;

function attemptsOf(kernel: Int8Kernel, space: Workspace, other: Int8Kernel | null): Attempts {
  const of = (...shape: number[]) => space.use(kernel.tensor(shape));
  const gone = kernel.tensor([2, 4]);
  gone[Symbol.dispose]();
  const scale = new Float32Array(3).fill(1);
  const weightOf = (k: number, n: number) =>
    space.use(kernel.int8Weight([k, n], new Int8Array(k * n), new Float32Array(n).fill(1)));
  const weight = weightOf(4, 3);
  const disposed = weightOf(4, 3);
  disposed[Symbol.dispose]();
  const int8Weight = kernel.int8Weight.bind(kernel);
  const dense = (
    out: Tensor,
    given: {
      readonly x?: unknown;
      readonly weight?: unknown;
      readonly bias?: unknown;
      readonly activation?: unknown;
    },
  ) => {
    const { x = of(2, 4), bias = null, activation = "linear" } = given;
    const chosen = "weight" in given ? given.weight : weight;
    kernel.denseInt8(
      as<Tensor>(x),
      as<Int8Weight>(chosen),
      as<Tensor | null>(bias),
      as<Activation>(activation),
      out,
    );
  };
  const numbers = (length: number, at: number, value: number) =>
    space.tensor(
      [length / 3, 3],
      new Float32Array(length).fill(1, 0).map((one, i) => i === at ? value : one),
    );
  const foreign = other?.tensor([2, 4]);
  const foreignWeight = other?.int8Weight?.([4, 3], new Int8Array(12), scale);
  return {
    "a weight of too few values": () => int8Weight([4, 3], new Int8Array(11), scale),
    "a weight of too many values": () => int8Weight([4, 3], new Int8Array(13), scale),
    "a multiplier too few": () => int8Weight([4, 3], new Int8Array(12), scale.subarray(1)),
    "a multiplier too many": () => int8Weight([3, 2], new Int8Array(6), scale),
    "a weight of three axes": () =>
      int8Weight(as<[number, number]>([4, 3, 1]), new Int8Array(12), scale),
    "a weight of one axis": () => int8Weight(as<[number, number]>([3]), new Int8Array(3), scale),
    "a weight of a negative length": () => int8Weight([-1, 3], new Int8Array(3), scale),
    "a weight of half a row": () => int8Weight([0.5, 2], new Int8Array(1), scale.subarray(1)),
    "a weight of rows whose sums exceed 32 bits": () =>
      int8Weight([133145, 0], new Int8Array(0), new Float32Array(0)),
    "a value of -128": () => int8Weight([4, 3], new Int8Array(12).fill(-128, 11), scale),
    "values that are an array": () => int8Weight([1, 3], as<Int8Array>([1, 2, 3]), scale),
    "values of 32 bits": () => int8Weight([1, 3], as<Int8Array>(new Int32Array(3)), scale),
    "values without a sign": () => int8Weight([1, 3], as<Int8Array>(new Uint8Array(3)), scale),
    "values that are nothing": () => int8Weight([1, 3], as<Int8Array>(null), scale),
    "multipliers of 64 bits": () =>
      int8Weight([1, 3], new Int8Array(3), as<Float32Array>(new Float64Array(3))),
    "multipliers that are nothing": () =>
      int8Weight([1, 3], new Int8Array(3), as<Float32Array>(undefined)),
    "values of a tensor of another shape": () => int8Weight([4, 3], of(3, 4), scale),
    "multipliers of a tensor of another shape": () => int8Weight([4, 3], of(4, 3), of(3, 1)),
    "values of a tensor that is disposed": () => int8Weight([2, 4], gone, of(4)),
    "a value that is not whole": () => int8Weight([4, 3], numbers(12, 11, 0.5), scale),
    "a value of 128": () => int8Weight([4, 3], numbers(12, 0, 128), scale),
    "a value of -128 in a tensor": () => int8Weight([4, 3], numbers(12, 5, -128), scale),
    "a value of 2^32 + 512": () => int8Weight([4, 3], numbers(12, 5, 2 ** 32 + 512), scale),
    "a value that is NaN": () => int8Weight([4, 3], numbers(12, 5, NaN), scale),
    "x of too few columns": (out) => dense(out, { x: of(2, 3) }),
    "x of too many rows": (out) => dense(out, { x: of(3, 4) }),
    "x that is disposed": (out) => dense(out, { x: gone }),
    "x that is y": (out) => dense(out, { x: out, weight: weightOf(3, 3) }),
    "x that is nothing": (out) => dense(out, { x: null }),
    "a bias that is too long": (out) => dense(out, { bias: of(4) }),
    "a bias of two axes": (out) => dense(out, { bias: of(1, 3) }),
    "a bias that is an array": (out) => dense(out, { bias: new Float32Array(3) }),
    "a weight that is disposed": (out) => dense(out, { weight: disposed }),
    "a weight that is a tensor": (out) => dense(out, { weight: of(4, 3) }),
    "a weight that is nothing": (out) => dense(out, { weight: null }),
    "a weight that looks like one": (out) =>
      dense(out, { weight: { shape: [4, 3], kernel, disposed: false } }),
    "a weight of other columns": (out) => dense(out, { weight: weightOf(4, 2) }),
    "an unknown activation": (out) => dense(out, { activation: "swish" }),
    ...(foreign && {
      "x of another kernel": (out: Tensor) => dense(out, { x: foreign }),
      "values of a tensor of another kernel": () => int8Weight([2, 4], foreign, of(4)),
    }),
    ...(foreignWeight && {
      "a weight of another kernel": (out: Tensor) => dense(out, { weight: foreignWeight }),
    }),
  };
}

/** One case of all that is refused. */
export function refusalCases({ create }: Pick<Context, "create">): Case[] {
  return [int8Case("refusals", async (kernel) => {
    using space = new Workspace(kernel);
    await using other = (await create?.({ threads: 1 }) ?? null) as Int8Kernel | null;
    return await refuses(space, attemptsOf(kernel, space, other));
  })];
}
