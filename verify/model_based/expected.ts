/**
 * The numbers of the model: what an operation must make of given inputs, from
 * float64 references, and how a result is judged. Sums of whole numbers that no
 * order can round must be right to the last bit, others within the proven bound.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { productBound, sumBound } from "../bounds.ts";
import { gradientReference } from "../checks/rigorous_backward.ts";
import { compareActivation } from "../checks/rigorous_forward.ts";
import { compareBounded, type Outcome } from "../compare.ts";
import { referenceColumnSums, referenceProduct, type ReferenceSums } from "../reference.ts";
import { referenceActivation } from "../reference_activations.ts";
import type { Operation } from "./plan.ts";
import type { Extent } from "./population.ts";

/** An output as it must be. */
export interface Expected {
  /** The exact result. */
  readonly want: Float64Array;
  /** Whether a result is right; `what` names it. */
  judge(what: string, got: Float32Array): Outcome;
}

/** What an operation reads, by the contract's names; `out` is what accumulation adds to. */
export type Values = Readonly<Record<string, ArrayLike<number> | null>>;

const exactSum = 2 ** 24;

/** The bound of each element of a sum: 0 where all partial sums are exact. */
function boundsOf(
  { value, gauge }: ReferenceSums,
  whole: boolean,
  bound: (i: number) => number,
): Float64Array {
  return value.map((_, i) => whole && gauge[i]! <= exactSum ? 0 : bound(i));
}

function within(
  { value }: ReferenceSums,
  bounds: Float64Array,
  columns: number,
): Expected {
  return {
    want: value,
    judge: (what, got) => compareBounded(what, got, value, (i) => bounds[i] ?? NaN, columns),
  };
}

function activated(
  activation: Activation,
  z: Float64Array,
  deltaZ: Float64Array,
  columns: number,
  traits: KernelTraits,
): Expected {
  return {
    want: referenceActivation(activation, z, columns),
    judge: (what, got) => {
      const outcome = compareActivation(activation, got, z, deltaZ, columns, traits);
      return { ...outcome, problem: outcome.problem && `${what}, ${outcome.problem}` };
    },
  };
}

function product(
  step: Extract<Operation, { call: "dense" | "matmul" }>,
  extent: Extent,
  values: Values,
  whole: boolean,
  traits: KernelTraits,
): { readonly sums: ReferenceSums; readonly bounds: Float64Array } {
  const none: number[] = [];
  const { n, k } = extent;
  if (step.call === "dense") {
    const bias = values.bias ?? null;
    const sums = referenceProduct(extent, values.x ?? none, values.weight ?? none, { bias });
    const bounds = boundsOf(sums, whole, (i) => {
      const terms = { value: sums.value[i]!, gauge: sums.gauge[i]! };
      return productBound(traits, k, terms, bias && bias[i % n]!);
    });
    return { sums, bounds };
  }
  const { transposeA, transposeB, accumulate } = step;
  const initial = accumulate ? values.out ?? none : null;
  const sums = referenceProduct(extent, values.a ?? none, values.b ?? none, {
    transposeA,
    transposeB,
    ...(initial && { initial }),
  });
  const bounds = boundsOf(sums, whole, (i) => {
    const terms = { value: sums.value[i]!, gauge: sums.gauge[i]! };
    return productBound(traits, k, terms, initial && initial[i]!);
  });
  return { sums, bounds };
}

/**
 * What an operation must make, by the contract's names of its outputs.
 *
 * @param whole Whether all inputs are whole numbers.
 */
export function expectedOf(
  step: Operation,
  extent: Extent,
  values: Values,
  whole: boolean,
  traits: KernelTraits,
): Readonly<Record<string, Expected>> {
  const { n, k } = extent;
  const none: number[] = [];
  switch (step.call) {
    case "dense": {
      const { sums, bounds } = product(step, extent, values, whole, traits);
      const y = activated(step.activation, sums.value, bounds, n, traits);
      return step.z === null ? { y } : { y, z: within(sums, bounds, n) };
    }
    case "matmul": {
      const { sums, bounds } = product(step, extent, values, whole, traits);
      return { out: within(sums, bounds, n) };
    }
    case "sumRows": {
      const initial = step.accumulate ? values.out ?? none : undefined;
      const sums = referenceColumnSums(k, n, values.a ?? none, initial);
      const terms = k + (initial ? 1 : 0);
      const bounds = boundsOf(sums, whole, (i) => sumBound(traits, terms, sums.gauge[i]!));
      return { out: within(sums, bounds, n) };
    }
    case "activate": {
      const z = Float64Array.from(values.z ?? none);
      return { y: activated(step.activation, z, new Float64Array(z.length), n, traits) };
    }
    case "gradient": {
      const y = values.y ?? none;
      const dy = Float32Array.from(values.dy ?? none);
      // Where z is not needed, the gradient is a function of y.
      const { value, bound } = gradientReference(
        step.activation,
        values.z ?? y,
        y,
        dy,
        n,
        traits,
      );
      return {
        dz: {
          want: value,
          judge: (what, got) => compareBounded(what, got, value, (i) => bound[i] ?? NaN, n),
        },
      };
    }
  }
}
