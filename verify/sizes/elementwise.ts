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
import type { Kernel } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import { activationBounds } from "../activation_bounds.ts";
import { Workspace } from "../check.ts";
import { gradientReference } from "../checks/rigorous_backward.ts";
import type { Outcome } from "../compare.ts";
import { showFloat } from "../float32.ts";
import { referenceActivation } from "../reference_activations.ts";
import { fullMantissas } from "./exact_data.ts";

/** How many values repeat: a prime, so that the period is a multiple of no vector's or piece's length. */
const period = 509;

/** The values repeated to that length. */
function repeated(values: Float32Array, length: number): Float32Array {
  const all = new Float32Array(length);
  all.set(values.subarray(0, Math.min(length, values.length)));
  for (let done = values.length; done < length; done *= 2) {
    all.copyWithin(done, 0, Math.min(done, length - done));
  }
  return all;
}

/** Within [low, high] of the value that repeats, everywhere. */
function compareRepeated(
  what: string,
  got: Float32Array,
  low: Float64Array,
  high: Float64Array,
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

/** activation(z) for [rows, columns]. */
export async function compareActivated(
  kernel: Kernel,
  activation: Pointwise,
  rows: number,
  columns: number,
  random: Random,
): Promise<Outcome> {
  const inputs = someInputs(random);
  const exact = Float64Array.from(inputs);
  const { want, edges } = activationBounds(
    activation,
    exact,
    new Float64Array(period),
    period,
    kernel.traits,
  );
  using space = new Workspace(kernel);
  const y = space.output([rows, columns]);
  const z = space.tensor([rows, columns], repeated(inputs, rows * columns));
  kernel.activate(activation, z, y);
  return compareRepeated(
    activation,
    await y.read(),
    want.map((value, i) => value - edges(i).below),
    want.map((value, i) => value + edges(i).above),
    columns,
  );
}

/** dy · activation'(z) for [rows, columns]. */
export async function compareGradient(
  kernel: Kernel,
  activation: Pointwise,
  rows: number,
  columns: number,
  random: Random,
): Promise<Outcome> {
  const z = someInputs(random);
  const y = Float32Array.from(referenceActivation(activation, z, period));
  const dy = fullMantissas(period, random);
  const { value, bound } = gradientReference(activation, z, y, dy, period, kernel.traits);
  using space = new Workspace(kernel);
  const size = rows * columns;
  const shape = [rows, columns];
  const dz = space.output(shape);
  const given = gradientNeedsZ(activation) ? space.tensor(shape, repeated(z, size)) : null;
  const [left, right] = [repeated(y, size), repeated(dy, size)];
  kernel.activateGradient(
    activation,
    given,
    space.tensor(shape, left),
    space.tensor(shape, right),
    dz,
  );
  return compareRepeated(
    `gradient of ${activation}`,
    await dz.read(),
    value.map((each, i) => each - bound[i]!),
    value.map((each, i) => each + bound[i]!),
    columns,
  );
}
