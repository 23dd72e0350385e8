/**
 * The penalty of a layer's results, divided by the length of their first axis as
 * Keras divides it, whatever the other axes are.
 *
 * @module
 */
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { keep } from "../kernels/scope.ts";
import { getRegularizer, type Regularizer, type RegularizerLike } from "./regularizers.ts";

/** The penalty of the results of one layer. */
export class ActivityPenalty implements Disposable {
  readonly regularizer: Regularizer | null;
  /** That of the last forward's result. */
  #loss: Tensor | null = null;

  constructor(readonly kernel: Kernel, given: RegularizerLike | null) {
    this.regularizer = getRegularizer(given);
    this.regularizer?.check(kernel);
  }

  /** Computes it of a result. */
  note(y: Tensor): void {
    if (!this.regularizer) return;
    this.#loss ??= keep(this.kernel.tensor([1]));
    this.regularizer.penalty(this.kernel, y, this.#loss, 1 / y.shape[0]!);
  }

  /** Adds a copy of it to `losses`, where there was a result. */
  addLoss(losses: Tensor[]): void {
    if (!this.#loss) return;
    const copy = this.kernel.tensor([1]);
    losses.push(copy);
    this.kernel.copy!(this.#loss, copy);
  }

  /** What `action` gives for dy with the gradient of the penalty. */
  addGradient<T>(y: Tensor, dy: Tensor, action: (dy: Tensor) => T): T {
    if (!this.regularizer) return action(dy);
    const total = this.kernel.tensor(y.shape);
    try {
      this.regularizer.addGradient(this.kernel, y, dy, total, 1 / y.shape[0]!);
      return action(total);
    } finally {
      total[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#loss?.[Symbol.dispose]();
    this.#loss = null;
  }
}
