/**
 * A sequence of calls as plain data: the tensors that it may use, and steps that
 * name them by their number. Every sublist of the steps, and every change of the
 * lengths of the axes, is a sequence again, so that a failing one can be cut
 * down to the calls that matter.
 * Method: model-based testing as in Claessen & Hughes's QuickCheck (Erlang's
 * `statem`): commands are drawn first and interpreted against a model.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";

/** Whose a tensor is: the kernel under test, another one of its kind, or one of another kind with the same name. */
export type Owner = "kernel" | "second" | "foreign";

/** A tensor of the population. */
export interface Slot {
  readonly owner: Owner;
  /** Each axis as indices of `Plan.lengths`, whose product is its length. */
  readonly axes: readonly (readonly number[])[];
  /** Whether its first content is given rather than left to be zeros. */
  readonly filled: boolean;
}

/** One call, or two for a gradient whose y is not yet the activation of z. Tensors are numbers of slots. */
export type Step =
  | {
    readonly call: "dense";
    readonly x: number;
    readonly weight: number;
    readonly bias: number | null;
    readonly activation: Activation;
    readonly y: number;
    readonly z: number | null;
  }
  | {
    readonly call: "matmul";
    readonly a: number;
    readonly b: number;
    readonly out: number;
    readonly transposeA: boolean;
    readonly transposeB: boolean;
    readonly accumulate: boolean;
  }
  | {
    readonly call: "activate";
    readonly activation: Activation;
    readonly z: number;
    readonly y: number;
  }
  | {
    readonly call: "gradient";
    readonly activation: Activation;
    readonly z: number;
    readonly y: number;
    readonly dy: number;
    readonly dz: number;
    /** Whether z is given where the gradient does not need it. */
    readonly withZ: boolean;
  }
  | {
    readonly call: "sumRows";
    readonly a: number;
    readonly out: number;
    readonly accumulate: boolean;
  }
  | {
    readonly call: "write";
    readonly to: number;
    readonly seed: number;
    /** How many elements more or fewer than fit. */
    readonly excess: number;
    /** Which one element, counted round, differs from the data of the seed; absent for none. */
    readonly changed?: number;
  }
  | {
    readonly call: "create";
    readonly slot: number;
    readonly seed: number;
    readonly filled: boolean;
    /** How many elements of data more or fewer than fit. */
    readonly excess: number;
  }
  | { readonly call: "dispose"; readonly slot: number }
  | { readonly call: "read"; readonly slot: number }
  | { readonly call: "wait" };

/** A step that computes. */
export type Operation = Extract<
  Step,
  { call: "dense" | "matmul" | "activate" | "gradient" | "sumRows" }
>;

/** A sequence, with what it is about. */
export interface Plan {
  /** What the data are: whole numbers, whose sums are exact in any order, or real ones. */
  readonly data: "integers" | "reals";
  /** The lengths that axes are made of. */
  readonly lengths: readonly number[];
  readonly slots: readonly Slot[];
  readonly steps: readonly Step[];
  /** Whether both kernels are made for it, so that they have made equally many tensors; default false. */
  readonly fresh?: boolean;
}

/** The shape of a slot. */
export function shapeOf({ lengths }: Pick<Plan, "lengths">, { axes }: Slot): number[] {
  return axes.map((axis) => axis.reduce((product, i) => product * (lengths[i] ?? 1), 1));
}

/** The inputs of an operation by the contract's names; an accumulating output is none of them. */
export function inputsOf(step: Operation): Readonly<Record<string, number | null>> {
  switch (step.call) {
    case "dense":
      return { x: step.x, weight: step.weight, bias: step.bias };
    case "matmul":
      return { a: step.a, b: step.b };
    case "activate":
      return { z: step.z };
    case "gradient":
      return { z: step.withZ ? step.z : null, y: step.y, dy: step.dy };
    case "sumRows":
      return { a: step.a };
  }
}

/** The outputs of an operation by the contract's names. */
export function outputsOf(step: Operation): Readonly<Record<string, number>> {
  switch (step.call) {
    case "dense":
      return step.z === null ? { y: step.y } : { y: step.y, z: step.z };
    case "matmul":
    case "sumRows":
      return { out: step.out };
    case "activate":
      return { y: step.y };
    case "gradient":
      return { dz: step.dz };
  }
}

/** Which steps of a plan are kept, and with which lengths; as a part of a case's id. */
export interface Reduction {
  /** Indices, ascending; null for all. */
  readonly steps: readonly number[] | null;
  readonly lengths: readonly number[] | null;
}

/** The plan that is left. */
export function reduced(plan: Plan, { steps, lengths }: Reduction): Plan {
  return {
    ...plan,
    ...(steps && { steps: steps.flatMap((i) => plan.steps[i] ?? []) }),
    ...(lengths && { lengths }),
  };
}

/** A reduction as text: `steps-3.17.18/lengths-1.2.2`; empty where nothing is reduced. */
export function formatReduction({ steps, lengths }: Reduction): string {
  return [
    ...(steps ? [`steps-${steps.join(".")}`] : []),
    ...(lengths ? [`lengths-${lengths.join(".")}`] : []),
  ].join("/");
}

/** What {@linkcode formatReduction} made; null where a text is none. */
export function parseReduction(text: string): Reduction | null {
  const [found, steps, lengths] =
    /^(?:steps-(\d{1,6}(?:\.\d{1,6})*))?(?:(?:^|\/)lengths-(\d{1,3}(?:\.\d{1,3})*))?$/.exec(text) ??
      [];
  const numbers = (list: string | undefined) => list?.split(".").map(Number) ?? null;
  return found === undefined ? null : { steps: numbers(steps), lengths: numbers(lengths) };
}
