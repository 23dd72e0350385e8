/**
 * One batch through a model: its loss and metrics are added up on the kernel,
 * and in training its gradients are computed. Where the loss is one of what the
 * last activation is applied to, softmax or sigmoid, both are taken together, as
 * Keras does: the gradient is then simply y − t.
 *
 * @module
 */
import { matrixOf } from "../../kernels/checks.ts";
import {
  type Expression,
  log,
  log1p,
  max,
  min,
  neg,
  operand,
  sub,
} from "../../kernels/formula/expression.ts";
import { type Formula, formula } from "../../kernels/formula/formula.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { keep } from "../../kernels/scope.ts";
import type { Layer } from "../layer.ts";
import { Owned } from "../temporaries.ts";
import type { Batch } from "./batches.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import type { Loss, LossInputs } from "./loss.ts";
import type { Metric } from "./metric.ts";
import { Totals } from "./totals.ts";

/** The smallest normal float32 number. */
const tiny = 2 ** -126;
const y = operand(0);
const logarithm = (p: Expression) => log(max(p, tiny));

/** What the result of an activation was computed from; for one that was rounded to 0 or 1, the nearest that gives so. */
const inverses: Readonly<Record<"softmax" | "sigmoid", Formula>> = {
  softmax: formula(logarithm(y)),
  sigmoid: formula(sub(logarithm(y), log1p(neg(min(y, 1 - 2 ** -24))))),
};

/** What sums say of the examples that they were made of. */
export interface Scores {
  readonly loss: number;
  /** By the names of the metrics. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Takes batches through a model, and sums up its losses and metrics. */
export class Passes implements Disposable {
  readonly #totals: Totals;
  /** Vectors for the losses and metrics of a batch, by its rows. */
  readonly #rows = new Map<number, readonly Tensor[]>();
  /** The lengths of the vectors of each metric. */
  readonly #lengths: readonly (readonly number[])[];
  /** Examples and rows of results since the last reading. */
  #count = { examples: 0, rows: 0 };
  /** Since {@linkcode begin}. */
  #sums: Float64Array;
  #counted = { examples: 0, rows: 0 };

  constructor(
    readonly kernel: FormulaKernel,
    readonly model: Layer,
    readonly loss: Loss,
    readonly metrics: readonly Metric[],
    columns: number,
  ) {
    this.#lengths = metrics.map((metric) => metric.vectorsOf?.(columns) ?? []);
    this.#totals = new Totals(kernel, this.#penalty + 1);
    this.#sums = new Float64Array(this.#penalty + 1);
  }

  /** The number of the first sum of the metrics' vectors: that of losses is 0, then come those of metrics of rows. */
  get #ofVectors(): number {
    return this.metrics.reduce((sum, { parts }) => sum + parts, 1);
  }

  /** The number of the sum of the penalties, the last. */
  get #penalty(): number {
    return this.#lengths.flat().reduce((sum, length) => sum + length, this.#ofVectors);
  }

  /** Whether the loss is computed together with the last activation. */
  get #fused(): Loss["ofLogits"] {
    const { ofLogits } = this.loss;
    return ofLogits && ofLogits.activation === this.model.outputActivation ? ofLogits : null;
  }

  /** Forward and backward: adds the loss and metrics of a batch, and sets the gradients. */
  learn(batch: Batch): void {
    const fused = this.#fused;
    using own = new Owned();
    const { result, logits } = this.#forward(batch.x, true, own);
    const gradient = own.use(this.kernel.tensor(result.shape));
    this.#score(batch, result, logits, gradient, own);
    this.model.backward(gradient, result, {
      inputGradient: false,
      beforeActivation: fused !== null,
    });
  }

  /** Adds the loss and metrics of a batch. */
  judge(batch: Batch): void {
    using own = new Owned();
    const { result, logits } = this.#forward(batch.x, false, own);
    this.#score(batch, result, logits, null, own);
  }

  /** The model's result, and for a fused loss what it is the activation of. */
  #forward(
    x: Tensor,
    training: boolean,
    own: Owned,
  ): { readonly result: Tensor; readonly logits: Tensor | null } {
    const { kernel, model } = this;
    const fused = this.#fused;
    const result = own.use(training ? model.forward(x) : model.predict(x));
    if (!fused) return { result, logits: null };
    const logits = own.use(kernel.tensor(result.shape));
    kernel.map(inverses[fused.activation], [result], [logits]);
    return { result, logits };
  }

  #score(
    { x, target, weights }: Batch,
    result: Tensor,
    logits: Tensor | null,
    gradient: Tensor | null,
    own: Owned,
  ): void {
    const { kernel } = this;
    const { rows } = matrixOf(result.shape);
    const [ofLoss, ...ofMetrics] = this.#vectors(rows);
    const inputs: LossInputs = { prediction: result, target, weights };
    const loss = logits ? this.#fused!.loss : this.loss;
    loss.compute(kernel, { ...inputs, prediction: logits ?? result }, { rows: ofLoss!, gradient });
    let [at, first] = [0, this.#ofVectors];
    for (const [i, metric] of this.metrics.entries()) {
      metric.compute(kernel, inputs, ofMetrics.slice(at, at += metric.parts));
      const vectors = this.#lengths[i]!.map((length) => own.use(kernel.tensor([length])));
      if (vectors.length > 0) metric.computeVectors!(kernel, inputs, vectors);
      for (const vector of vectors) {
        this.#totals.addEach(first, vector);
        first += vector.size;
      }
    }
    this.#totals.add(0, [ofLoss!, ...ofMetrics]);
    for (const penalty of this.model.losses?.() ?? []) {
      this.#totals.add(this.#penalty, [own.use(penalty)], rows);
    }
    this.#count.examples += x.shape[0]!;
    this.#count.rows += rows;
  }

  #vectors(rows: number): readonly Tensor[] {
    let found = this.#rows.get(rows);
    if (!found) {
      found = Array.from({ length: this.#ofVectors }, () => keep(this.kernel.tensor([rows])));
      this.#rows.set(rows, found);
    }
    return found;
  }

  /** Forgets the sums. */
  begin(): void {
    this.#sums.fill(0);
    this.#counted = { examples: 0, rows: 0 };
  }

  /**
   * Waits for the work so far, adds its sums, and says whether all losses of it were finite.
   *
   * @param all Whether sums are added too that are not.
   */
  async read(all: boolean): Promise<boolean> {
    const sums = await this.#totals.take();
    const { examples, rows } = this.#count;
    this.#count = { examples: 0, rows: 0 };
    const finite = Number.isFinite(sums[0]! + sums[this.#penalty]!);
    if (!finite && !all) return false;
    for (const [i, sum] of sums.entries()) this.#sums[i]! += sum;
    this.#counted.examples += examples;
    this.#counted.rows += rows;
    return finite;
  }

  /** What the sums since {@linkcode begin} say. */
  get scores(): Scores {
    const { rows } = this.#counted;
    const loss = (this.#sums[0]! + this.#sums[this.#penalty]!) / rows;
    let [at, first] = [1, this.#ofVectors];
    const metrics = this.metrics.map((metric, i) => {
      const sums = [...this.#sums.subarray(at, at += metric.parts)];
      const vectors = this.#lengths[i]!.map((length) => this.#sums.slice(first, first += length));
      return [metric.name, metric.result(sums, rows, vectors)] as const;
    });
    return { loss, metrics: Object.fromEntries(metrics) };
  }

  [Symbol.dispose](): void {
    this.#totals[Symbol.dispose]();
    for (const tensors of this.#rows.values()) {
      for (const tensor of tensors) tensor[Symbol.dispose]();
    }
    this.#rows.clear();
  }
}
