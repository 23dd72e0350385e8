/**
 * What a check is: a name and a list of cases, each of which says what it found.
 * A case's id is complete: with the seed it determines the data, so that a
 * failure can be repeated anywhere, and shrunk to a smaller shape.
 *
 * @module
 */
import { DensemarkError, errorPlace, thrownText } from "../common/errors.ts";
import type { Dimensions } from "../kernels/checks.ts";
import type { Kernel, KernelOptions, Tensor } from "../kernels/kernel.ts";
import { createRandom, type Random, seedOf } from "../common/random.ts";
import { type Outcome, outcomeOf } from "./compare.ts";
import { formatDimensions, parseDimensions } from "./dimensions.ts";
import { scratchFloats, withScratch } from "./scratch.ts";

/**
 * How much is done: `smoke` for mutants, which must be found fast, `quick` for
 * every day, `full` for minutes.
 */
export type Effort = "smoke" | "quick" | "full";

/** All efforts, the least first. */
export const efforts: readonly Effort[] = ["smoke", "quick", "full"];

/** What the cases depend on besides the kernel. */
export interface Context {
  /** How much is to be done. */
  readonly effort: Effort;
  /** Makes another kernel of the same kind, with other threads for example; null where that is not possible. */
  readonly create: ((options: KernelOptions) => Promise<Kernel>) | null;
  /** A second kernel of the same kind, with no options, which cases share that need none of their own: the run makes it when it is first asked for, and disposes it. None by default, and in full mode, where each case has its own. */
  readonly second?: (() => Promise<Kernel>) | null;
  /** Which numbers the sweep begins with; another one in each run covers other numbers. Default 1. */
  readonly sweepSeed?: number;
  /** The run's seed, from which sizes are drawn; default 1. */
  readonly seed?: number;
}

/** One case of a check. */
export interface Case {
  /** `check/family/MxNxK/…`, unique within the check. */
  readonly id: string;
  /** Runs it on a kernel; `random` is seeded by the id, so every kernel sees the same data. */
  run(kernel: Kernel, random: Random): Promise<Outcome>;
  /** Its shape, where it can be run with others. */
  readonly shape?: Dimensions;
  /** The same case with another shape: how a failure is shrunk. */
  resize?(shape: Dimensions): Case;
}

/** A check: everything that is verified of one property. */
export interface Check {
  /** Its name, with which the ids of its cases begin. */
  readonly name: string;
  /** What it verifies, in one line. */
  readonly description: string;
  /** Whether its shaped cases can be resized to any shape, so that `--soak` draws shapes for them. */
  readonly anyShape?: boolean;
  /** The cases for a kernel, from its traits. */
  cases(kernel: Kernel, context: Context): Case[];
  /** The case of an id that `cases` may lack, since what it depends on differs from run to run; null where there is none. */
  find?(id: string, context: Pick<Context, "create" | "seed">): Case | null;
  /** A case that no list holds, for `--soak`. */
  draw?(random: Random, context: Pick<Context, "create">): Case;
}

/** A case `prefix/MxNxK`, or `prefix/MxNxK/suffix`, that can be run with other shapes. */
export function shapedCase(
  prefix: string,
  shape: Dimensions,
  suffix: string | null,
  run: (shape: Dimensions, kernel: Kernel, random: Random) => Promise<Outcome>,
): Case {
  return {
    id: [prefix, formatDimensions(shape), ...(suffix === null ? [] : [suffix])].join("/"),
    run: (kernel, random) => run(shape, kernel, random),
    shape,
    resize: (other) => shapedCase(prefix, other, suffix, run),
  };
}

/** The most elements of a matrix of a case: beyond it the data alone would not fit into a machine's memory. */
const mostElements = 2 ** 26;

/** Why a case is too large to be run, with the limit; null where its id names no such shape. */
export function faultOfSize(id: string): string | null {
  const shape = id.split("/").find((part) => /^\d+x\d+x\d+$/.test(part));
  if (shape === undefined) return null;
  const [m = 0, n = 0, k = 0] = shape.split("x").map(Number);
  const largest = Math.max(m * k, k * n, m * n);
  if (largest > mostElements) {
    return `is too large: ${shape} has a matrix of ${largest} elements; a case may have ${mostElements}`;
  }
  return parseDimensions(shape) === null
    ? `is too large: a dimension of ${shape} has more than 8 digits`
    : null;
}

/**
 * The case of that id, among `cases` or by resizing one of them: a shrunk case
 * has a shape that no list holds.
 */
export function findCase(cases: readonly Case[], id: string): Case | null {
  const found = cases.find((one) => one.id === id);
  if (found) return found;
  const parts = id.split("/");
  const at = parts.findIndex((part) => parseDimensions(part) !== null);
  const shape = parseDimensions(parts[at] ?? "");
  if (shape === null) return null;
  if (faultOfSize(id) !== null) return null;
  const rest = (each: string) => each.split("/").filter((_, i) => i !== at).join("/");
  const like = cases.find((one) => one.resize && rest(one.id) === rest(id));
  return like?.resize?.(shape) ?? null;
}

/** The case of a check that has that id, which may be one of quick or full effort, or of another shape; null where there is none. */
export function caseOf(check: Check, kernel: Kernel, context: Context, id: string): Case | null {
  const among = (effort: Effort) => findCase(check.cases(kernel, { ...context, effort }), id);
  return check.find?.(id, context) ?? among("quick") ?? among("full") ?? null;
}

/** Each case once. */
export function uniqueCases(cases: readonly Case[]): Case[] {
  return [...new Map(cases.map((one) => [one.id, one])).values()];
}

/** Runs a case with the data that its id and the seed determine. An error that the kernel throws is a failure. */
export async function runCase(one: Case, kernel: Kernel, seed: number): Promise<Outcome> {
  try {
    return await withScratch(() => one.run(kernel, createRandom(seedOf(one.id, seed))));
  } catch (error) {
    const place = error instanceof DensemarkError ? null : errorPlace(error);
    return outcomeOf(
      `the kernel threw ${thrownText(error)}${place === null ? "" : ` at ${place}`}`,
    );
  }
}

/** The largest array of NaN that is kept. */
const mostBlank = 2 ** 22;

let lastBlank = new Float32Array(0);

/**
 * So many NaN, until it is called again: a kernel copies what it is given. They are
 * written anew each time, in case that one did not, but into the same memory,
 * since to get pages of it takes longer than all else.
 */
function blank(size: number): Float32Array {
  if (size > mostBlank) return new Float32Array(size).fill(NaN);
  if (size > lastBlank.length) {
    lastBlank = new Float32Array(Math.min(mostBlank, 2 ** Math.ceil(Math.log2(size))));
  }
  return lastBlank.subarray(0, size).fill(NaN);
}

/** Tensors of one case, all freed together. */
export class Workspace extends DisposableStack {
  constructor(readonly kernel: Kernel) {
    super();
  }

  /** A tensor with these values. */
  tensor(shape: readonly number[], values: Float32Array): Tensor {
    return this.use(this.kernel.tensor(shape, values));
  }

  /** An output, filled with NaN so that an element that is not written shows. */
  output(shape: readonly number[]): Tensor {
    const size = shape.reduce((product, axis) => product * axis, 1);
    return this.use(this.kernel.tensor(shape, blank(size)));
  }
}

/** So many numbers, drawn one after the other: by a loop, since Float32Array.from() takes twice as long. */
export function drawn(length: number, draw: () => number): Float32Array<ArrayBuffer> {
  const values = scratchFloats(length);
  for (let i = 0; i < length; i++) values[i] = draw();
  return values;
}

/** Whole numbers in ±[1, most], without 0, which would hide the factor beside it; most is less than 2^31. */
export function integers(
  length: number,
  most: number,
  random: Random,
): Float32Array<ArrayBuffer> {
  // By a loop and one draw for each: large cases take longer to fill than to compute.
  const values = scratchFloats(length);
  const step = most / 2 ** 31;
  for (let i = 0; i < length; i++) {
    const bits = random.integer() | 0;
    // The sign by a factor: of a branch that is taken at random every second prediction is wrong.
    values[i] = (1 + Math.floor((bits & 0x7fffffff) * step)) * (1 | bits >> 31);
  }
  return values;
}

/** The largest whole number such that k products of such numbers and a bias add up exactly in float32, in any order. */
export function exactMost(k: number): number {
  return Math.min(127, Math.floor(Math.sqrt(2 ** 24 / (k + 1))));
}

/** Uniform in [low, high), with all 24 bits of the mantissa. */
export function floats(
  length: number,
  low: number,
  high: number,
  random: Random,
): Float32Array<ArrayBuffer> {
  const values = scratchFloats(length);
  for (let i = 0; i < length; i++) values[i] = low + (high - low) * random.uniform();
  return values;
}
