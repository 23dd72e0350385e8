/**
 * Activations and their gradients on arrays of any length, for little more than
 * the kernel's own time: the inputs repeat a prime number of values, so that the
 * float64 reference is needed for those alone, and yet every place of a vector,
 * a piece or a thread's share meets every value. All results are compared.
 *
 * @module
 */
import type { Pointwise } from "../../kernels/activation.ts";
import { gradientNeedsZ } from "../../kernels/activation.ts";
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import { activationBounds } from "../activation_bounds.ts";
import { Workspace } from "../check.ts";
import { gradientReference } from "../checks/rigorous_backward.ts";
import type { Outcome } from "../compare.ts";
import { showFloat } from "../float32.ts";
import { referenceActivation } from "../reference_activations.ts";
import { fullMantissas } from "./exact_data.ts";

/** How many values repeat: a prime, so that the period is a multiple of no vector's or piece's length. */
const period = 509;

/** The values, of which there is one at least, repeated to that length. */
export function repeated(values: Float32Array, length: number): Float32Array {
  const all = new Float32Array(length);
  all.set(values.subarray(0, Math.min(length, values.length)));
  for (let done = values.length; done < length; done *= 2) {
    all.copyWithin(done, 0, Math.min(done, length - done));
  }
  return all;
}

/** What may come of each value that repeats. */
interface Range {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Within the range of the value that repeats, everywhere. */
function compareRepeated(
  what: string,
  got: Float32Array,
  { low, high }: Range,
  columns: number,
): Outcome {
  const elements = { all: got.length, compared: got.length };
  let [wrong, first] = [0, 0];
  for (let i = 0, at = 0; i < got.length; i++, at = at + 1 === period ? 0 : at + 1) {
    const value = got[i]!;
    if (value >= low[at]! && value <= high[at]!) continue;
    if (wrong++ === 0) first = i;
  }
  if (wrong === 0) return { worst: 0, problem: null, elements };
  const place = `[${Math.floor(first / columns)}, ${first % columns}]`;
  const problem = `${what}: ${wrong} of ${got.length} elements wrong; first ${place}: got ${
    showFloat(got[first]!)
  }, want ${low[first % period]} to ${high[first % period]}`;
  return { worst: Infinity, problem, elements };
}

/** From 2^-12 to 2^6, of either sign: near 0, the bend, and saturation. */
function someInputs(random: Random): Float32Array {
  return fullMantissas(period, random).map((value) => value * 2 ** random.between(-12, 5));
}

/** So many sets of values there are for each function: their references are computed once, however many sizes are tried. */
const sets = 4;

/** Of a kernel's traits, by function and set. */
type Prepared<T> = WeakMap<KernelTraits, Map<string, T>>;

/** What `prepare` makes of the set that `random` chooses, once for a kernel's traits. */
function preparedOnce<T>(
  all: Prepared<T>,
  activation: Pointwise,
  traits: KernelTraits,
  random: Random,
  prepare: (random: Random) => T,
): T {
  const set = random.integer() % sets;
  const own = all.get(traits) ?? new Map<string, T>();
  if (own.size === 0) all.set(traits, own);
  const name = `${activation} ${set}`;
  const known = own.get(name) ?? prepare(createRandom(seedOf(activation, set)));
  own.set(name, known);
  return known;
}

interface ActivationValues extends Range {
  readonly z: Float32Array;
}

const activationValues: Prepared<ActivationValues> = new WeakMap();

/** Inputs of an activation, and what may come of them. */
function prepareActivation(
  activation: Pointwise,
  traits: KernelTraits,
  random: Random,
): ActivationValues {
  const z = someInputs(random);
  const none = new Float64Array(period);
  const { want, edges } = activationBounds(activation, Float64Array.from(z), none, period, traits);
  return {
    z,
    low: want.map((value, i) => value - edges(i).below),
    high: want.map((value, i) => value + edges(i).above),
  };
}

interface GradientValues extends ActivationValues {
  readonly y: Float32Array;
  readonly dy: Float32Array;
}

const gradientValues: Prepared<GradientValues> = new WeakMap();

/** Inputs of a gradient, and what may come of them. */
function prepareGradient(
  activation: Pointwise,
  traits: KernelTraits,
  random: Random,
): GradientValues {
  const z = someInputs(random);
  const y = Float32Array.from(referenceActivation(activation, z, period));
  const dy = fullMantissas(period, random);
  const { value, bound } = gradientReference(activation, z, y, dy, period, traits);
  return {
    z,
    y,
    dy,
    low: value.map((each, i) => each - bound[i]!),
    high: value.map((each, i) => each + bound[i]!),
  };
}

/** activation(z) for [rows, columns]. */
export async function compareActivated(
  kernel: Kernel,
  activation: Pointwise,
  rows: number,
  columns: number,
  random: Random,
): Promise<Outcome> {
  const { traits } = kernel;
  const prepare = (own: Random) => prepareActivation(activation, traits, own);
  const values = preparedOnce(activationValues, activation, traits, random, prepare);
  using space = new Workspace(kernel);
  const y = space.output([rows, columns]);
  const z = space.tensor([rows, columns], repeated(values.z, rows * columns));
  kernel.activate(activation, z, y);
  return compareRepeated(activation, await y.read(), values, columns);
}

/** dy · activation'(z) for [rows, columns]. */
export async function compareGradient(
  kernel: Kernel,
  activation: Pointwise,
  rows: number,
  columns: number,
  random: Random,
): Promise<Outcome> {
  const { traits } = kernel;
  const prepare = (own: Random) => prepareGradient(activation, traits, own);
  const values = preparedOnce(gradientValues, activation, traits, random, prepare);
  using space = new Workspace(kernel);
  const size = rows * columns;
  const shape = [rows, columns];
  const tensorOf = (each: Float32Array) => space.tensor(shape, repeated(each, size));
  const dz = space.output(shape);
  const given = gradientNeedsZ(activation) ? tensorOf(values.z) : null;
  kernel.activateGradient(activation, given, tensorOf(values.y), tensorOf(values.dy), dz);
  return compareRepeated(`gradient of ${activation}`, await dz.read(), values, columns);
}
