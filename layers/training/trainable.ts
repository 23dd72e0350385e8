/**
 * A model that can be trained: `compile`, `fit`, `evaluate` and `predict`, as a
 * Keras user knows them, on top of what every layer offers.
 *
 * @module
 */
import { OwnershipError } from "../../common/errors.ts";
import { checkOptions, wholeNumber } from "../../common/options.ts";
import { quote } from "../../common/text.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import type { BackwardOptions, Layer, Variable } from "../layer.ts";
import type { ForwardOptions } from "../layer_checks.ts";
import type { Logs } from "./callback.ts";
import type { History } from "./epochs.ts";
import { type ExampleData, looksLikeData } from "./examples.ts";
import type { CompileOptions, EvaluateOptions, FitOptions } from "./fit_options.ts";
import type { NumberArray } from "./number_array.ts";
import type { Optimizer } from "./optimizer.ts";
import { predictAll, Trainer } from "./trainer.ts";

/** How results are computed. */
export interface PredictOptions {
  /** How many examples go through the model at once; default 32. */
  readonly batchSize?: number;
}

/** What a stack of layers has for training it. */
export abstract class Trainable implements Layer {
  #trainer: Trainer | null = null;
  /** A fit that runs: two would change the same weights. */
  #running = false;
  #ended = false;

  abstract readonly kernel: Kernel;
  abstract readonly name: string;
  abstract readonly built: boolean;
  abstract trainable: boolean;
  abstract readonly variables: readonly Variable[];
  abstract build(inputShape: readonly (number | null)[]): void;
  abstract computeOutputShape(inputShape: readonly (number | null)[]): (number | null)[];
  abstract forward(x: Tensor, options?: ForwardOptions): Tensor;
  abstract backward(dy: Tensor, y?: Tensor): Tensor;
  abstract backward(
    dy: Tensor,
    y: Tensor | undefined,
    options: BackwardOptions,
  ): Tensor | null;

  /** The result for a tensor, of which nothing is kept. */
  protected abstract apply(x: Tensor): Tensor;

  /**
   * Says how the model is to be trained: with which optimizer, for which loss, and
   * which metrics are looked at besides, by Keras's names or as functions such as
   * {@linkcode adam} make them. Calling it again begins with a new optimizer; the
   * weights stay.
   *
   * @throws {ArgumentError} where an option is missing, unknown or not allowed.
   * @throws {OwnershipError} while a `fit` runs, whose optimizer would be freed.
   */
  compile(options: CompileOptions): void {
    this.expectIdle("compile()");
    const trainer = new Trainer(this, options);
    this.#trainer?.[Symbol.dispose]();
    this.#trainer = trainer;
  }

  /**
   * The optimizer of `compile`.
   *
   * @throws {OwnershipError} before `compile`.
   */
  get optimizer(): Optimizer {
    return this.#compiled("optimizer").optimizer;
  }

  /** Whether `compile` said how it is trained. */
  get compiled(): boolean {
    return this.#trainer !== null;
  }

  /** Keras's name of the loss of `compile`; null where it was given as a function, and before. */
  get lossName(): string | null {
    return this.#trainer?.lossName ?? null;
  }

  /**
   * Checks that no `fit` runs, for what would change the network under it.
   *
   * @throws {OwnershipError} while one runs.
   */
  protected expectIdle(what: string): void {
    if (!this.#running) return;
    throw new OwnershipError(
      `${what} of ${quote(this.name)} was called while its fit() runs; await that first`,
    );
  }

  #compiled(what: string): Trainer {
    if (this.#trainer) return this.#trainer;
    if (this.#ended) throw new OwnershipError(`${quote(this.name)} was disposed`);
    throw new OwnershipError(
      `You must call \`compile()\` before using the model's \`${what}\`: compile({ optimizer: "adam", loss: "mse" }) on ${
        quote(this.name)
      }.`,
    );
  }

  /**
   * Trains the model on examples: batches of x go through it, and the optimizer
   * changes its variables by the gradients of the loss. Examples, gradients and
   * the optimizer's state lie in the kernel's memory; losses are read every few
   * steps. The same seed, data and kernel give the same weights to the bit.
   *
   * A loss that is not finite ends the training: the model has the weights of the
   * last good step then, and the history says where it was. An abort ends it too,
   * and what was learned is kept.
   *
   * @param x Examples by their first axis: nested arrays, a tensor of the model's kernel, or `{ shape, data }`.
   * @param y What the results should be, of their shape; for sparse losses one label, a whole number from 0, for each row.
   * @throws {ShapeError} where x and y do not fit each other or the model, or there are no examples.
   * @throws {ArgumentError} where an option is unknown or not allowed, a label is no class, or the kernel computes no formulas.
   * @throws {OwnershipError} before `compile`, and while another `fit` runs.
   * @throws {MemoryError} where there is no room for the examples.
   *
   * @example A straight line
   * ```ts
   * import { createKernel, Dense, Sequential, sgd } from "@densemark/densemark";
   *
   * await using kernel = await createKernel("blocked");
   * using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
   * model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse" });
   * const x = [[0], [1], [2], [3]];
   * const y = [1, 3, 5, 7]; // 2x + 1
   * const { history } = await model.fit(x, y, { epochs: 200, seed: 1 });
   * const loss = history.loss!.at(-1)!;
   * const { data: [line] } = await model.predict([[10]]);
   * if (loss > 1e-4 || Math.abs(line! - 21) > 0.1) throw new Error(`${loss}, ${line}`);
   * ```
   */
  async fit(x: ExampleData, y: ExampleData, options: FitOptions = {}): Promise<History> {
    const trainer = this.#compiled("fit()");
    if (this.#running) {
      throw new OwnershipError(`another fit() of ${quote(this.name)} runs; await it first`);
    }
    this.#running = true;
    try {
      return await trainer.fit(x, y, options);
    } finally {
      this.#running = false;
    }
  }

  /**
   * The loss and the metrics of `compile` for examples: `{ loss, accuracy }`.
   *
   * @param x As of {@linkcode fit}.
   * @param y As of {@linkcode fit}.
   * @throws {ShapeError} where x and y do not fit each other or the model, or there are no examples.
   * @throws {ArgumentError} where an option is unknown or not allowed, or a label is no class.
   * @throws {OwnershipError} before `compile`.
   */
  async evaluate(x: ExampleData, y: ExampleData, options: EvaluateOptions = {}): Promise<Logs> {
    return await this.#compiled("evaluate()").evaluate(x, y, options);
  }

  /**
   * What `forward` gives, for calls whose gradients are not needed. What lies
   * between is freed, and nothing is kept for `backward`.
   *
   * @throws {ShapeError} where x does not fit the first layer, or a layer the one before it.
   * @throws {OwnershipError} where x is disposed or of another kernel.
   * @throws {ArgumentError} where x is no tensor, or there is no layer.
   * @throws {MemoryError} where there is no room for a result.
   */
  predict(x: Tensor): Tensor;
  /**
   * The results for examples that are plain data, computed in batches and read.
   *
   * @param x Nested arrays or `{ shape, data }`.
   * @throws {ShapeError} where x does not fit the model, or there are no examples.
   * @throws {ArgumentError} where x is no numbers, or an option is unknown.
   */
  predict(x: ExampleData, options?: PredictOptions): Promise<NumberArray>;
  predict(x: ExampleData, options?: PredictOptions): Tensor | Promise<NumberArray> {
    return looksLikeData(x) ? this.#predictAll(x, options ?? {}) : this.apply(x as Tensor);
  }

  async #predictAll(x: ExampleData, options: PredictOptions): Promise<NumberArray> {
    const { batchSize = 32 } = checkOptions<PredictOptions>("predict()", options, {
      batchSize: wholeNumber(1, 2 ** 32),
    });
    return await predictAll(this, x, batchSize);
  }

  /** Frees what `compile` made. */
  [Symbol.dispose](): void {
    this.#trainer?.[Symbol.dispose]();
    this.#trainer = null;
    this.#ended = true;
  }
}
