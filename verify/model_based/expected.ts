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
import {
  exactProduct,
  referenceColumnSums,
  referenceProduct,
  type ReferenceSums,
} from "../reference.ts";
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

/** What is known of the inputs of a sum. */
interface Known {
  /** Whether all are whole numbers. */
  readonly whole: boolean;
  /** Whether no partial sum of them can be rounded. */
  readonly exact: boolean;
}

/** The exact sums, and how far each may be missed. */
interface BoundedSums {
  readonly value: Float64Array;
  readonly bounds: Float64Array;
}

/** Sums with their bounds: 0 where all partial sums are exact. */
function boundedSums(
  { value, gauge }: ReferenceSums,
  { whole }: Known,
  bound: (i: number) => number,
): BoundedSums {
  const bounds = value.map((_, i) => whole && gauge[i]! <= exactSum ? 0 : bound(i));
  return { value, bounds };
}

function within({ value, bounds }: BoundedSums, columns: number): Expected {
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
  known: Known,
  traits: KernelTraits,
): BoundedSums {
  const none: number[] = [];
  const { n, k } = extent;
  const dense = step.call === "dense";
  const bias = dense ? values.bias ?? null : null;
  const initial = !dense && step.accumulate ? values.out ?? none : null;
  const left = (dense ? values.x : values.a) ?? none;
  const right = (dense ? values.weight : values.b) ?? none;
  const options = {
    transposeA: !dense && step.transposeA,
    transposeB: !dense && step.transposeB,
    bias,
    ...(initial && { initial }),
  };
  if (known.exact) {
    const value = exactProduct(extent, left, right, options);
    return { value, bounds: new Float64Array(value.length) };
  }
  const sums = referenceProduct(extent, left, right, options);
  return boundedSums(sums, known, (i) => {
    const terms = { value: sums.value[i]!, gauge: sums.gauge[i]! };
    const addend = bias ? bias[i % n]! : initial && initial[i]!;
    return productBound(traits, k, terms, addend);
  });
}

/**
 * What an operation must make, by the contract's names of its outputs.
 *
 * @param known What is known of all inputs.
 */
export function expectedOf(
  step: Operation,
  extent: Extent,
  values: Values,
  known: Known,
  traits: KernelTraits,
): Readonly<Record<string, Expected>> {
  const { n, k } = extent;
  const none: number[] = [];
  switch (step.call) {
    case "dense": {
      const sums = product(step, extent, values, known, traits);
      const y = activated(step.activation, sums.value, sums.bounds, n, traits);
      return step.z === null ? { y } : { y, z: within(sums, n) };
    }
    case "matmul": {
      return { out: within(product(step, extent, values, known, traits), n) };
    }
    case "sumRows": {
      const initial = step.accumulate ? values.out ?? none : undefined;
      const sums = referenceColumnSums(k, n, values.a ?? none, initial);
      const terms = k + (initial ? 1 : 0);
      const bound = (i: number) => sumBound(traits, terms, sums.gauge[i]!);
      return { out: within(boundedSums(sums, known, bound), n) };
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
