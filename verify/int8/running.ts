/**
 * Calls an operation on int8 numbers and compares all results with the reference:
 * to the bit where the kernel rounds to the nearest, and within a bound of the
 * roundings where it may round to either neighbour. Also what all cases of the
 * check share: the id's prefix and the type of kernel.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Int8Weight, Kernel } from "../../kernels/kernel.ts";
import { activationBounds } from "../activation_bounds.ts";
import { type Case, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { partOf } from "../part_of.ts";
import { type Int8Operands, type Int8Results, referenceInt8 } from "./reference.ts";

/** The name with which ids of this check begin. */
export const name = "int8";

/** A kernel with int8 weights. */
export type Int8Kernel = Kernel & Required<Pick<Kernel, "int8Weight" | "denseInt8">>;

/** A case of the check `int8`, which gives its cases to kernels with int8 weights alone. */
export function int8Case(
  id: string,
  run: (kernel: Int8Kernel, random: Random) => Promise<Outcome>,
): Case {
  return { id: `${name}/${id}`, run: (kernel, random) => run(kernel as Int8Kernel, random) };
}

/** Whether every rounding of a kernel is known. */
export function isExact({ traits }: Kernel): boolean {
  return traits.rounding === "nearest";
}

/** Roundings of multipliers, products, quotients and sums, each by less than a unit. */
const share = 2 ** -20;

/** How far a result may be, of a kernel that rounds to either neighbour. */
function boundsOf({ z, quotients }: Int8Results): Float64Array {
  return new Float64Array(z).map((value, i) => share * (Math.abs(quotients[i]!) + Math.abs(value)));
}

function compareWithin(
  what: string,
  got: Float32Array,
  want: ArrayLike<number>,
  n: number,
  isWithin: (i: number) => boolean,
): Outcome {
  const taken = got.map((value, i) => isWithin(i) ? want[i]! : value);
  // Where all are within, both are the same.
  return compareExact(what, taken, new Float32Array(want), n);
}

/** Results before an activation. */
export function compareResults(
  kernel: Kernel,
  what: string,
  got: Float32Array,
  operands: Int8Operands,
): Outcome {
  const results = referenceInt8(operands);
  if (isExact(kernel)) return compareExact(what, got, results.z, operands.n);
  const bounds = boundsOf(results);
  return compareWithin(
    what,
    got,
    results.z,
    operands.n,
    (i) => Math.abs(got[i]! - results.z[i]!) <= bounds[i]!,
  );
}

/** Results of an activation. */
export function compareActivated(
  kernel: Kernel,
  activation: Activation,
  got: Float32Array,
  operands: Int8Operands,
): Outcome {
  const { n } = operands;
  const results = referenceInt8(operands);
  const delta = isExact(kernel) ? new Float64Array(got.length) : boundsOf(results);
  const { want, edges } = activationBounds(
    activation,
    Float64Array.from(results.z),
    delta,
    n,
    kernel.traits,
  );
  return compareWithin(activation, got, want, n, (i) => {
    const { below, above } = edges(i);
    return want[i]! - got[i]! <= below && got[i]! - want[i]! <= above;
  });
}

/** An int8 weight of the operands, from arrays; every other one from parts of longer arrays. */
export function weightOf(kernel: Int8Kernel, { k, n, values, scale }: Int8Operands): Int8Weight {
  const given = (k + n) % 2 === 0
    ? [values, scale] as const
    : [partOf(values, 99), partOf(scale, 99)] as const;
  return kernel.int8Weight([k, n], ...given);
}

/** Calls denseInt8() and compares results, versions and what must stay. */
export async function runDense(
  kernel: Int8Kernel,
  operands: Int8Operands,
  { activation = "linear", shape }: {
    readonly activation?: Activation;
    /** The shape of x, of as many rows; default [m, k]. */
    readonly shape?: readonly number[];
  } = {},
): Promise<Outcome> {
  const { m, n, k } = operands;
  using space = new Workspace(kernel);
  const x = space.tensor(shape ?? [m, k], operands.x);
  const bias = operands.bias && space.tensor([n], operands.bias);
  const y = space.output([...(shape ?? [m, k]).slice(0, -1), n]);
  const weight = space.use(weightOf(kernel, operands));
  const inputs = bias ? [x, bias] : [x];
  const before = inputs.map(({ version }) => version);
  const { version } = y;
  kernel.denseInt8(x, weight, bias, activation, y);
  const got = await y.read();
  const outcome = activation === "linear"
    ? compareResults(kernel, "y", got, operands)
    : compareActivated(kernel, activation, got, operands);
  const risen = inputs.some((tensor, i) => tensor.version !== before[i]);
  const problem = y.version > version
    ? risen ? "the version of an input rose" : null
    : "the version of y did not rise";
  return merge([
    outcome,
    outcomeOf(problem),
    compareExact("x after denseInt8()", await x.read(), operands.x, Math.max(1, k)),
  ]);
}

/** All activations but the one that changes nothing. */
export const otherActivations = activations.filter((activation) => activation !== "linear");
