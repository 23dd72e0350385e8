/**
 * One thread's share of every kind of task, computed by the functions that are
 * generated for the thread.
 *
 * @module
 */
import { type Activation, activations, type Pointwise } from "../activation.ts";
import type { Core } from "./core.ts";
import {
  type PointwiseExports,
  pointwiseModule,
  type RowExports,
  rowModule,
} from "./elementwise.ts";
import { partOf } from "./geometry.ts";
import { FormulaPerformer } from "./formula_performer.ts";
import { Int8Performer } from "./int8_performer.ts";
import { NetworkPerformer } from "./network_task.ts";
import { packB } from "./packing.ts";
import type { PreparedRun } from "./prepared_runs.ts";
import { Products } from "./product.ts";
import type { ProductTask, Task, TaskOf } from "./tasks.ts";

/** How many elements of an activation are computed in one call: 10 ms at most. */
const pieceLength = 2 ** 19;

/** Does the shares of one thread. */
export class Performer {
  readonly #products: Products;
  readonly #formulas: FormulaPerformer;
  readonly #int8: Int8Performer;
  readonly #networks: NetworkPerformer;
  readonly #pointwise = new Map<Pointwise, PointwiseExports>();
  #rows: RowExports | null = null;

  constructor(readonly core: Core) {
    this.#products = new Products(core);
    this.#formulas = new FormulaPerformer(core);
    this.#int8 = new Int8Performer(core);
    this.#networks = new NetworkPerformer(core, this.#products, () => this.#rowwise.softmax);
  }

  /** Prepares a small product by this thread alone; null where it is none. */
  prepare(task: ProductTask): PreparedRun | null {
    return this.#products.prepare(task);
  }

  /** Does the share of thread i of `threads`. */
  perform(task: Task, i = 0, threads = 1): void {
    switch (task.kind) {
      case "product":
        return this.#products.multiply(task, i, threads);
      case "pack":
        if (i === 0) packB(this.core, task);
        return;
      case "sumRows":
        if (i > 0) return;
        this.#rowwise.sumRows(task.a, task.out, task.rows, task.columns, task.accumulate);
        return;
      case "map":
        return this.#formulas.map(task, i, threads);
      case "reduce":
        return this.#formulas.reduce(task, i, threads);
      case "gather":
        return this.#formulas.gather(task, i, threads);
      case "network":
        return this.#networks.perform(task, i, threads);
      case "quantize":
        return this.#int8.quantize(task, i, threads);
      case "product8":
        return this.#int8.multiply(task, i, threads);
      default:
        this.#elementwise(task, activations[task.activation]!, i, threads);
    }
  }

  #elementwise(
    task: TaskOf<"activate"> | TaskOf<"gradient">,
    activation: Activation,
    i: number,
    threads: number,
  ): void {
    const { columns } = task;
    if (threads === 1 && task.rows * columns <= pieceLength) {
      return this.#elementwiseAtOnce(task, activation);
    }
    if (activation === "softmax") {
      const { softmax, softmaxGradient } = this.#rowwise;
      const rows = Math.max(1, Math.floor(pieceLength / columns));
      for (const { start, length } of this.core.pieces(partOf(task.rows, 1, i, threads), rows)) {
        const at = 4 * start * columns;
        if (task.kind === "activate") softmax(task.z + at, task.y + at, length, columns);
        else softmaxGradient(task.x + at, task.dy + at, task.dz + at, length, columns);
      }
      return;
    }
    const { value, gradient } = this.#pointwiseOf(activation);
    const part = partOf(task.rows * columns, 16, i, threads);
    for (const { start, length } of this.core.pieces(part, pieceLength)) {
      const at = 4 * start;
      if (task.kind === "activate") value(task.z + at, task.y + at, length);
      else gradient(task.x + at, task.dy + at, task.dz + at, length);
    }
  }

  /** All of a task in one call, without the objects of which small ones would take longer. */
  #elementwiseAtOnce(
    task: TaskOf<"activate"> | TaskOf<"gradient">,
    activation: Activation,
  ): void {
    const { rows, columns } = task;
    if (activation === "softmax") {
      const { softmax, softmaxGradient } = this.#rowwise;
      if (task.kind === "activate") softmax(task.z, task.y, rows, columns);
      else softmaxGradient(task.x, task.dy, task.dz, rows, columns);
      return;
    }
    const { value, gradient } = this.#pointwiseOf(activation);
    if (task.kind === "activate") value(task.z, task.y, rows * columns);
    else gradient(task.x, task.dy, task.dz, rows * columns);
  }

  get #rowwise(): RowExports {
    const { fused } = this.core.options;
    return this.#rows ??= this.core.instance<RowExports>(
      "rows",
      (memory) => rowModule({ fused, memory }),
    );
  }

  #pointwiseOf(activation: Pointwise): PointwiseExports {
    const { fused } = this.core.options;
    let found = this.#pointwise.get(activation);
    if (!found) {
      found = this.core.instance<PointwiseExports>(
        `pointwise ${activation}`,
        (memory) => pointwiseModule(activation, { fused, memory }),
      );
      this.#pointwise.set(activation, found);
    }
    return found;
  }
}
