/**
 * The model of the contract without numbers: which tensors there are, whose
 * they are, whether they are alive, and how large their elements can be. It says
 * of every call whether it must be refused, and by which errors, before it is
 * made. It follows kernels/kernel.ts and shares no code with the kernels' own
 * checks.
 *
 * @module
 */
import { ArgumentError, DensemarkError, OwnershipError, ShapeError } from "../../common/errors.ts";
import { type Activation, activations, gradientNeedsZ } from "../../kernels/activation.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { inputsOf, type Operation, outputsOf, type Owner, type Plan, shapeOf } from "./plan.ts";

/** The class of an error that the contract asks for; any deliberate one where it names none. */
export type Refusal = "ShapeError" | "OwnershipError" | "ArgumentError" | "DensemarkError";

const errorClasses: Readonly<Record<Refusal, typeof DensemarkError>> = {
  ShapeError,
  OwnershipError,
  ArgumentError,
  DensemarkError,
};

/** Whether what was thrown is one of these errors. */
export function isRefusal(thrown: unknown, refusals: ReadonlySet<Refusal>): boolean {
  return [...refusals].some((refusal) => thrown instanceof errorClasses[refusal]);
}

/** What is known of a tensor's content before any value is. */
export interface Content {
  /** Its number: every write makes another content. */
  readonly id: number;
  /** No element is larger in magnitude. */
  readonly most: number;
  /** Whether all elements are whole numbers. */
  readonly whole: boolean;
  /** Of which content it is an activation, if it is one. */
  readonly activationOf?: { readonly activation: Activation; readonly z: Content };
}

/** A tensor as the model knows it. */
export interface Known {
  readonly owner: Owner;
  readonly shape: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly size: number;
  /** Whether it exists and was not disposed. */
  alive: boolean;
  content: Content;
}

/** The largest sum of magnitudes whose partial sums are all exact in float32. */
const exactSum = 2 ** 24;

/** Results that may be larger are not asked for: they would overflow before long. */
const tooLarge = 2 ** 40;

/** The most that z may be where a gradient is asked for: the tails of gradients are the sweep's. */
const mostZ = 10;

/** The dimensions of an operation: of a product, or rows and columns of what is elementwise. */
export interface Extent {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** What an operation will make of its outputs. */
export interface Prediction {
  /** By the contract's name of the output. */
  readonly contents: Readonly<Record<string, Content>>;
  /** Whether only one result is right, to the last bit. */
  readonly exact: boolean;
  /** Whether the result may be too large to go on with. */
  readonly tooLarge: boolean;
}

/** All tensors of a plan, as the steps so far have left them. */
export class Population {
  readonly tensors: readonly Known[];
  #contents = 0;

  constructor(plan: Plan) {
    this.tensors = plan.slots.map((slot) => {
      const shape = shapeOf(plan, slot);
      const columns = shape.at(-1) ?? 1;
      const rows = shape.slice(0, -1).reduce((product, axis) => product * axis, 1);
      return {
        owner: slot.owner,
        shape,
        rows,
        columns,
        size: rows * columns,
        // Made when it is first used.
        alive: true,
        content: this.content({ most: 0, whole: true }),
      };
    });
  }

  /** The tensor of a slot. */
  at(slot: number): Known {
    return this.tensors[slot]!;
  }

  /** A content that no tensor had before. */
  content(known: Omit<Content, "id">): Content {
    return { ...known, id: this.#contents++ };
  }

  /** Which kernel an operation is called on: that of its first output. */
  ownerOf(step: Operation): Exclude<Owner, "foreign"> {
    const [first = 0] = Object.values(outputsOf(step));
    return this.at(first).owner === "second" ? "second" : "kernel";
  }

  /** By which errors a kernel may refuse an operation; none where it must do it. */
  refusals(step: Operation): ReadonlySet<Refusal> {
    const refusals = new Set<Refusal>();
    const inputs = Object.values(inputsOf(step)).filter((slot) => slot !== null);
    const outputs = Object.values(outputsOf(step));
    const owner = this.ownerOf(step);
    const strange = [...inputs, ...outputs].some((slot) =>
      this.at(slot).owner !== owner || !this.at(slot).alive
    );
    const shared = outputs.some((slot, i) => inputs.includes(slot) || outputs.indexOf(slot) !== i);
    if (strange || shared) refusals.add("OwnershipError");
    if (!this.#fits(step)) refusals.add("ShapeError");
    if ("activation" in step) {
      if (!activations.includes(step.activation)) refusals.add("ArgumentError");
      // The contract names no error for a z that is missing.
      if (step.call === "gradient" && !step.withZ && gradientNeedsZ(step.activation)) {
        refusals.add("DensemarkError");
      }
    }
    return refusals;
  }

  /** The dimensions of an operation that fits. */
  extent(step: Operation): Extent {
    switch (step.call) {
      case "dense": {
        const { rows, columns } = this.at(step.x);
        return { m: rows, n: this.at(step.weight).columns, k: columns };
      }
      case "matmul": {
        const [a, b] = [this.at(step.a), this.at(step.b)];
        return {
          m: step.transposeA ? a.columns : a.rows,
          n: step.transposeB ? b.rows : b.columns,
          k: step.transposeA ? a.rows : a.columns,
        };
      }
      case "sumRows": {
        const { rows, columns } = this.at(step.a);
        return { m: 1, n: columns, k: rows };
      }
      default: {
        const { rows, columns } = this.at(step.y);
        return { m: rows, n: columns, k: 1 };
      }
    }
  }

  /** What an operation that is not refused will make. */
  predict(step: Operation, { activationUlp }: Pick<KernelTraits, "activationUlp">): Prediction {
    const of = (slot: number) => this.at(slot).content;
    const isExact = (activation: Activation) =>
      (activation === "linear" || activation === "relu") && activationUlp[activation] === 0;
    const activated = (activation: Activation, z: Content): Content =>
      this.content({
        most: mostOf(activation, z.most),
        whole: z.whole && isExact(activation),
        activationOf: { activation, z },
      });
    const { k, n } = this.extent(step);
    switch (step.call) {
      case "activate": {
        const y = activated(step.activation, of(step.z));
        return {
          contents: { y },
          exact: isExact(step.activation),
          tooLarge: y.most > tooLarge,
        };
      }
      case "gradient": {
        const [y, dy] = [of(step.y), of(step.dy)];
        const plain = step.activation === "linear" || step.activation === "relu";
        const slope = step.activation === "softmax"
          ? 2 * n
          : step.activation === "exponential"
          ? y.most
          : plain
          ? 1
          : 2;
        const dz = this.content({ most: dy.most * slope, whole: dy.whole && plain });
        const z = y.activationOf?.z.most ?? Infinity;
        return { contents: { dz }, exact: plain, tooLarge: !plain && z > mostZ };
      }
      default: {
        const { most, whole } = this.#sum(step, k);
        const exact = whole && most <= exactSum;
        if (step.call !== "dense") {
          const out = this.content({ most, whole });
          return { contents: { out }, exact, tooLarge: most > tooLarge };
        }
        const z = this.content({ most, whole });
        const y = activated(step.activation, z);
        return {
          contents: step.z === null ? { y } : { y, z },
          exact: exact && isExact(step.activation),
          tooLarge: y.most > tooLarge,
        };
      }
    }
  }

  #sum(
    step: Extract<Operation, { call: "dense" | "matmul" | "sumRows" }>,
    k: number,
  ): Pick<Content, "most" | "whole"> {
    const of = (slot: number) => this.at(slot).content;
    const zero = { most: 0, whole: true };
    const one = { most: 1, whole: true };
    const [left, right, added] = step.call === "dense"
      ? [of(step.x), of(step.weight), step.bias === null ? zero : of(step.bias)]
      : step.call === "matmul"
      ? [of(step.a), of(step.b), step.accumulate ? of(step.out) : zero]
      : [of(step.a), one, step.accumulate ? of(step.out) : zero];
    return {
      // A result may be a little above what exact arithmetic gives.
      most: 1.01 * (k * left.most * right.most + added.most),
      whole: left.whole && right.whole && added.whole,
    };
  }

  #fits(step: Operation): boolean {
    const is = (slot: number, rows: number, columns: number) =>
      this.at(slot).rows === rows && this.at(slot).columns === columns;
    const isVector = (slot: number, length: number) =>
      this.at(slot).shape.length === 1 && this.at(slot).columns === length;
    const { m, n, k } = this.extent(step);
    switch (step.call) {
      case "dense":
        return this.at(step.weight).shape.length === 2 && is(step.weight, k, n) &&
          (step.bias === null || isVector(step.bias, n)) && is(step.y, m, n) &&
          (step.z === null || is(step.z, m, n));
      case "matmul": {
        const b = this.at(step.b);
        return (step.transposeB ? b.columns : b.rows) === k && is(step.out, m, n);
      }
      case "sumRows":
        return isVector(step.out, n);
      case "activate":
        return is(step.z, m, n);
      case "gradient":
        return (!step.withZ || is(step.z, m, n)) && is(step.dy, m, n) && is(step.dz, m, n);
    }
  }
}

/** The most that an activation makes of inputs up to `z`. */
function mostOf(activation: Activation, z: number): number {
  switch (activation) {
    case "linear":
    case "relu":
      return z;
    case "sigmoid":
    case "tanh":
    case "softmax":
      return 1;
    case "exponential":
      return Math.exp(z);
    default:
      return 2 * z + 1;
  }
}
