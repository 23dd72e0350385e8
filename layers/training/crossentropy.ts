/**
 * The cross-entropy of classes, from logits and from probabilities, of a vector
 * of targets or of a label, as Keras 3 computes it: probabilities are divided by
 * their sum and clipped; of logits, log softmax is z − max − log Σ e^(z − max).
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import {
  add,
  choose,
  div,
  exp,
  type Expression,
  log,
  max,
  min,
  mul,
  neg,
  sub,
} from "../../kernels/formula/expression.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { Owned } from "../temporaries.ts";
import { CompactFormula } from "./compact.ts";
import {
  type CrossentropyOptions,
  epsilon,
  largestProbability,
  readCrossentropyOptions,
} from "./elementwise_losses.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import {
  columnNumbers,
  type Loss,
  type LossInputs,
  type LossOutputs,
  ofRow,
  once,
  prediction,
  share,
  sizeOfLoss,
  type TargetKind,
  targetOf,
  tensorsOf,
  times,
  weightOf,
} from "./loss.ts";

/** The formulas of one pass: two sums or maxima of each row, then its loss and the gradient, which may read them. */
interface Passes {
  readonly first: readonly ["sum" | "max", CompactFormula];
  readonly second: readonly ["sum" | "max", CompactFormula];
  readonly rows: CompactFormula;
  readonly gradient: CompactFormula;
}

/** Of the targets of a row, drawn towards equal ones. */
function smoothed(t: Expression, smoothing: number, columns: number): Expression {
  return smoothing === 0 ? t : add(mul(t, 1 - smoothing), smoothing / columns);
}

function passesOfLogits(t: Expression, weighted: boolean, kind: TargetKind): Passes {
  const weight = weightOf(weighted);
  const z = prediction;
  const largest = ofRow(0);
  const power = exp(sub(z, largest));
  const total = ofRow(1);
  // Where the target is 0 the logit may be −∞.
  const cost = choose("equal", t, 0, 0, mul(t, sub(log(total), sub(z, largest))));
  return {
    first: ["max", new CompactFormula(z)],
    second: ["sum", new CompactFormula(power)],
    rows: new CompactFormula(times(cost, weight)),
    // Of the softmax y: y·Σt − t. The targets of a label sum to 1; others need not.
    gradient: new CompactFormula(
      times(
        mul(sub(times(div(power, total), kind === "labels" ? 1 : ofRow(2)), t), share),
        weight,
      ),
    ),
  };
}

function passesOfProbabilities(t: Expression, weighted: boolean): Passes {
  const weight = weightOf(weighted);
  const total = ofRow(0);
  const p = div(prediction, total);
  const clipped = min(max(p, epsilon), largestProbability);
  // Clipped probabilities have no gradient.
  const inside = (then: Expression) =>
    choose("less", p, epsilon, 0, choose("less", largestProbability, p, 0, then));
  return {
    first: ["sum", new CompactFormula(prediction)],
    second: ["sum", new CompactFormula(inside(t))],
    rows: new CompactFormula(times(neg(mul(t, log(clipped))), weight)),
    gradient: new CompactFormula(
      times(mul(sub(div(ofRow(1), total), inside(div(t, prediction))), share), weight),
    ),
  };
}

/** Cross-entropy of classes. */
class ClassCrossentropy implements Loss {
  readonly ofLogits: Loss["ofLogits"];
  readonly #passes: (columns: number) => (weighted: boolean) => Passes;
  readonly #sumOfTargets: (columns: number) => CompactFormula;

  constructor(
    readonly name: string,
    readonly targets: TargetKind,
    readonly fromLogits: boolean,
    smoothing: number,
  ) {
    this.ofLogits = fromLogits ? null : {
      activation: "softmax",
      loss: new ClassCrossentropy(name, targets, true, smoothing),
    };
    const make = fromLogits ? passesOfLogits : passesOfProbabilities;
    const target = (columns: number) => smoothed(targetOf[targets], smoothing, columns);
    this.#passes = once((columns: number) =>
      once((weighted: boolean) => make(target(columns), weighted, targets))
    );
    this.#sumOfTargets = once((columns: number) => new CompactFormula(target(columns)));
  }

  compute(kernel: FormulaKernel, inputs: LossInputs, { rows, gradient }: LossOutputs): void {
    const size = sizeOfLoss(inputs);
    const { first, second, rows: cost, gradient: slope } = this.#passes(size.columns)(
      inputs.weights !== null,
    );
    using own = new Owned();
    const row = (): Tensor => own.use(kernel.tensor([size.rows]));
    const columns = this.targets === "labels" ? own.use(columnNumbers(kernel, size.columns)) : null;
    const [one, two] = [row(), row()];
    const tensors = tensorsOf(inputs, columns, one, two);
    first[1].reduceRows(kernel, first[0], tensors, one);
    second[1].reduceRows(kernel, second[0], tensors, two);
    cost.reduceRows(kernel, "sum", tensors, rows);
    if (!gradient) return;
    if (this.fromLogits && this.targets === "values") {
      const sum = row();
      this.#sumOfTargets(size.columns).reduceRows(kernel, "sum", tensors, sum);
      tensors.push(sum);
    }
    slope.map(kernel, tensors, [gradient], [1 / size.rows]);
  }
}

/**
 * −Σ t·log(p) over the classes, for targets t of the predictions' shape: Keras's
 * `CategoricalCrossentropy`, named `"categorical_crossentropy"`. With
 * `fromLogits` it is computed from the logits, with the gradient p·Σt − t. So is the
 * gradient where the model ends with a softmax; the loss is of its result then, of
 * which 0 counts as 2^-126. Else the predictions are divided by their sum and
 * clipped to [1e-7, 1 − 1e-7].
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Minus the logarithm of what the class was given
 * ```ts
 * import { categoricalCrossentropy, createKernel, Dense, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 2, kernelInitializer: "identity" })]);
 * model.compile({ loss: categoricalCrossentropy() });
 * // The second class is the right one.
 * const { loss = NaN } = await model.evaluate([[0.2, 0.8]], [[0, 1]]);
 * if (Math.abs(loss - (-Math.log(0.8))) > 1e-6) throw new Error(`${loss}`);
 * ```
 */
export function categoricalCrossentropy(options: CrossentropyOptions = {}): Loss {
  const owner = "categoricalCrossentropy()";
  const { fromLogits, labelSmoothing } = readCrossentropyOptions(owner, options);
  return new ClassCrossentropy("categorical_crossentropy", "values", fromLogits, labelSmoothing);
}

/**
 * −log(p) of the class that the label names, a whole number from 0: Keras's
 * `SparseCategoricalCrossentropy`, named `"sparse_categorical_crossentropy"`. See
 * {@linkcode categoricalCrossentropy}.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example The same of labels, from logits
 * ```ts
 * import { createKernel, Dense, Sequential, sparseCategoricalCrossentropy } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 2, kernelInitializer: "identity" })]);
 * model.compile({ loss: sparseCategoricalCrossentropy({ fromLogits: true }) });
 * // The softmax of [0, log 4] is [0.2, 0.8].
 * const { loss = NaN } = await model.evaluate([[0, Math.log(4)]], [1]);
 * if (Math.abs(loss + Math.log(0.8)) > 1e-6) throw new Error(`${loss}`);
 * ```
 */
export function sparseCategoricalCrossentropy(
  options: Omit<CrossentropyOptions, "labelSmoothing"> = {},
): Loss {
  const owner = "sparseCategoricalCrossentropy()";
  if (typeof options === "object" && options !== null && "labelSmoothing" in options) {
    throw new ArgumentError(`${owner} has no option "labelSmoothing"; there is fromLogits`);
  }
  const { fromLogits } = readCrossentropyOptions(owner, options);
  return new ClassCrossentropy("sparse_categorical_crossentropy", "labels", fromLogits, 0);
}
