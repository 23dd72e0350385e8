/**
 * The data that tensors are made of and filled with: numbers in every form that
 * the contract takes, over the whole range of each, in the middle of a buffer and
 * at every size are converted as a Float32Array converts them (ECMAScript,
 * Number::toFloat32). A kernel that is no CheckedKernel may refuse all but floats.
 *
 * @module
 */
import { CheckedKernel } from "../../kernels/checked_kernel.ts";
import type { TensorData } from "../../kernels/data.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { type Case, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { type NumberArray, partOf } from "../part_of.ts";

/** Takes a value for one of another type, as a caller without types may. */
export const as = <T>(value: unknown): T => value as T;

/** A case of the contract, on a workspace of its own. */
export function argumentCase(
  id: string,
  run: (kernel: Kernel, space: Workspace) => Promise<Outcome>,
): Case {
  return {
    id: `contract/${id}`,
    run: async (kernel) => {
      using space = new Workspace(kernel);
      return await run(kernel, space);
    },
  };
}

class OwnFloats extends Float32Array {}

/** An array that says each of its numbers once, and then something else. */
function sayingOnce(values: readonly number[]): unknown {
  const array: unknown[] = [];
  for (const [i, value] of values.entries()) {
    let isSaid = false;
    const get = () => isSaid ? -1 : (isSaid = true, value);
    Object.defineProperty(array, i, { get, enumerable: true });
  }
  return array;
}

/** Six numbers in every form that data may have. */
const forms: Readonly<Record<string, (values: readonly number[]) => unknown>> = {
  "an array": (values) => [...values],
  "an array of getters": sayingOnce,
  "floats of a class of their own": (values) => OwnFloats.from(values),
  "floats in the middle of a buffer": (values) => partOf(Float32Array.from(values), 9),
  // A page that is not isolated has no shared memory.
  ...(typeof SharedArrayBuffer === "undefined" ? {} : {
    "floats in shared memory": (values: readonly number[]) => {
      const shared = new Float32Array(new SharedArrayBuffer(4 * values.length));
      shared.set(values);
      return shared;
    },
  }),
  "doubles": (values) => Float64Array.from(values),
  "bytes": (values) => Uint8Array.from(values),
  "clamped bytes": (values) => Uint8ClampedArray.from(values),
  "signed bytes": (values) => Int8Array.from(values),
  "whole numbers of 16 bits": (values) => Int16Array.from(values),
  "unsigned ones of 16 bits": (values) => Uint16Array.from(values),
  "whole numbers of 32 bits": (values) => Int32Array.from(values),
  "unsigned ones of 32 bits": (values) => Uint32Array.from(values),
};

/** A weight that is in use, and may be packed, when it is written in this form. */
async function weightOf(
  kernel: Kernel,
  space: Workspace,
  what: string,
  form: () => TensorData,
): Promise<Outcome> {
  const [x, weight] = [space.tensor([1, 1], Float32Array.of(2)), space.output([1, 6])];
  const y = space.output([1, 6]);
  weight.write(new Float32Array(6).fill(9));
  for (let use = 0; use < 4; use++) kernel.dense(x, weight, null, "linear", y);
  const { version } = weight;
  weight.write(form());
  kernel.dense(x, weight, null, "linear", y);
  const want = (await weight.read()).map((value) => 2 * value);
  return merge([
    compareExact(`a layer after ${what} were written to its weight`, await y.read(), want, 6),
    outcomeOf(weight.version > version ? null : `writing ${what} must raise the version`),
  ]);
}

/** Every form of data, of few numbers. */
export const dataForms: Case = argumentCase("data", async (kernel, space) => {
  const outcomes: Outcome[] = [];
  const isChecked = kernel instanceof CheckedKernel;
  for (const [what, make] of Object.entries(forms)) {
    for (const values of [[1, 2, 3, 4, 5, 127], []]) {
      const form = () => as<TensorData>(make(values));
      if (!isChecked && !(form() instanceof Float32Array)) continue;
      const shape = [values.length];
      const want = Float32Array.from(values);
      const made = space.tensor(shape, form() as Float32Array);
      const written = space.output(shape);
      written.write(form());
      if (values.length > 0) outcomes.push(await weightOf(kernel, space, what, form));
      outcomes.push(
        compareExact(`a tensor of ${what}`, await made.read(), want, 1),
        compareExact(`${what}, written`, await written.read(), want, 1),
      );
    }
  }
  return merge(outcomes);
});

/** Where a 32-bit float ends, or lies between two others. */
const reals = [
  ...[0, -0, 1, -1, 0.1, -1 / 3, 2 ** 24 + 1, 2 ** 31, -(2 ** 32), 2 ** 53 - 1],
  // Halfway between two floats, where the even one is below, and above.
  ...[1 + 2 ** -24, 1 + 3 * 2 ** -24, 1 + 2 ** -24 + 2 ** -50],
  ...[2 ** 128 - 2 ** 104, 2 ** 128 - 2 ** 103, -(2 ** 128), 1e300, Infinity, -Infinity],
  ...[2 ** -126, 2 ** -126 - 2 ** -149, 3 * 2 ** -150, 2 ** -149, 2 ** -150, -1e-300],
];

/** The extremes of whole numbers of so many bits, and what is next to them. */
function wholeNumbers(bits: number, signed: boolean): number[] {
  const least = signed ? -(2 ** (bits - 1)) : 0;
  const most = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  const half = 2 ** (bits - 1);
  return [least, least + 1, 0, 1, 100, half - 1, Math.min(half, most), most - 1, most];
}

/** A kind of typed array, with numbers that it holds. */
type Kind = readonly [
  type: new (length: number) => NumberArray,
  values: readonly number[],
];

const kinds: readonly Kind[] = [
  [Float32Array, reals],
  [Float64Array, reals],
  [Int8Array, wholeNumbers(8, true)],
  [Uint8Array, wholeNumbers(8, false)],
  [Uint8ClampedArray, wholeNumbers(8, false)],
  [Int16Array, wholeNumbers(16, true)],
  [Uint16Array, wholeNumbers(16, false)],
  [Int32Array, wholeNumbers(32, true)],
  [Uint32Array, wholeNumbers(32, false)],
];

/** So many elements each: few, and more than what is copied or converted at once. */
const sizes = [1, 29, 5003];

/** Fills an array with values in turn, from one of them on. */
function filled(array: NumberArray, values: readonly number[], from: number): typeof array {
  for (let i = 0; i < array.length; i++) array[i] = values[(from + i) % values.length]!;
  return array;
}

/** Each form over its range, as a whole buffer and as the middle of a longer one. */
export const dataRanges: Case = argumentCase("data-ranges", async (kernel, space) => {
  const outcomes: Outcome[] = [];
  const compare = async (what: string, data: TensorData) => {
    const want = Float32Array.from(data);
    const written = space.output([data.length]);
    const made = space.tensor([data.length], data as Float32Array);
    written.write(data);
    outcomes.push(
      compareExact(`a tensor of ${what}`, await made.read(), want, 1),
      compareExact(`${what}, written`, await written.read(), want, 1),
    );
  };
  for (const [type, values] of kinds) {
    if (type !== Float32Array && !(kernel instanceof CheckedKernel)) continue;
    for (const [i, size] of sizes.entries()) {
      const what = `${size} numbers of ${type.name}`;
      await compare(what, filled(new type(size), values, i));
      const middle = partOf(filled(new type(size), values, i + 1), 1);
      await compare(`${what} in the middle of a buffer`, middle);
    }
  }
  if (kernel instanceof CheckedKernel) await compare("an array of numbers", reals);
  return merge(outcomes);
});
