/**
 * The operations of a Wasm kernel as records of whole numbers, which can be
 * handed to a thread through shared memory, and a thread's share of each.
 *
 * @module
 */
import { type Activation, activations } from "../activation.ts";
import type { Core } from "./core.ts";
import {
  type PointwiseExports,
  pointwiseModule,
  type RowExports,
  rowModule,
} from "./elementwise.ts";
import { partOf, type Stretch } from "./geometry.ts";
import { packB, Products } from "./product.ts";
import type { Pointwise } from "./vector_activations.ts";

// The fields of each kind of task: addresses in bytes, lengths in elements, flags, and
// activations and layouts by their index. Rows of activations are whole rows for softmax.
const fields = {
  product: "m n k a scratch b layoutB bias activation y z accumulate",
  activate: "activation z y rows columns",
  gradient: "activation x dy dz rows columns",
  sumRows: "a out rows columns accumulate",
  pack: "n k b layoutB to",
} as const;

type Words<S extends string> = S extends `${infer First} ${infer Rest}` ? First | Words<Rest> : S;
type Kind = keyof typeof fields;

/** A task of one kind. */
export type TaskOf<K extends Kind> =
  & { readonly kind: K }
  & { readonly [field in Words<typeof fields[K]>]: number };

/** Something for the threads to do. */
export type Task = { [K in Kind]: TaskOf<K> }[Kind];

const kinds = Object.keys(fields) as Kind[];
const names = kinds.map((kind) => fields[kind].split(" "));

/** Writes a task to memory that threads share. */
export function encodeTask(task: Task, to: Int32Array): void {
  const kind = kinds.indexOf(task.kind);
  const record = task as unknown as Readonly<Record<string, number>>;
  to[0] = kind;
  for (const [i, name] of names[kind]!.entries()) to[i + 1] = record[name]!;
}

/** Reads what {@linkcode encodeTask} wrote. */
export function decodeTask(from: Int32Array): Task {
  const kind = from[0]!;
  const entries = names[kind]!.map((name, i) => [name, from[i + 1]! >>> 0]);
  return { kind: kinds[kind]!, ...Object.fromEntries(entries) } as Task;
}

/** About how many multiply-adds a task takes, from which it is told whether threads pay. */
export function workOf(task: Task): number {
  // A row or a column takes as long as its matrix takes to read: some eight times a tile's.
  if (task.kind === "product") {
    return task.m * task.n * task.k * (task.m <= 2 || task.n === 1 ? 8 : 1);
  }
  if (task.kind === "pack") return 4 * task.n * task.k;
  return 16 * task.rows * task.columns;
}

/** Elements of an activation that are computed at once: some 10 ms at most. */
const pieceLength = 2 ** 19;

/** A thread's means to do its share of any task. */
export class Performer {
  readonly #products: Products;
  readonly #pointwise = new Map<Pointwise, PointwiseExports>();
  #rows: RowExports | null = null;

  constructor(readonly core: Core) {
    this.#products = new Products(core);
  }

  /** Does the share of thread i of `threads`. */
  perform(task: Task, i = 0, threads = 1): void {
    if (task.kind === "product") {
      this.#products.multiply(task, i, threads);
    } else if (task.kind === "pack") {
      if (i === 0) packB(this.core, task, task.to);
    } else if (task.kind === "sumRows") {
      if (i > 0) return;
      this.#rowwise.sumRows(task.a, task.out, task.rows, task.columns, task.accumulate);
    } else this.#elementwise(task, activations[task.activation]!, i, threads);
  }

  #elementwise(
    task: TaskOf<"activate"> | TaskOf<"gradient">,
    activation: Activation,
    i: number,
    threads: number,
  ): void {
    const { columns } = task;
    if (activation === "softmax") {
      const { softmax, softmaxGradient } = this.#rowwise;
      const rows = Math.max(1, Math.floor(pieceLength / columns));
      for (const { start, length } of this.#pieces(partOf(task.rows, 1, i, threads), rows)) {
        const at = 4 * start * columns;
        if (task.kind === "activate") softmax(task.z + at, task.y + at, length, columns);
        else softmaxGradient(task.x + at, task.dy + at, task.dz + at, length, columns);
      }
      return;
    }
    const { value, gradient } = this.#pointwiseOf(activation);
    const part = partOf(task.rows * columns, 16, i, threads);
    for (const { start, length } of this.#pieces(part, pieceLength)) {
      const at = 4 * start;
      if (task.kind === "activate") value(task.z + at, task.y + at, length);
      else gradient(task.x + at, task.dy + at, task.dz + at, length);
    }
  }

  /** A stretch in pieces of at most `most`, after each of which there is a sign of life. */
  *#pieces({ start, length }: Stretch, most: number): Generator<Stretch> {
    for (let done = 0; done < length; done += most) {
      yield { start: start + done, length: Math.min(most, length - done) };
      this.core.onProgress?.();
    }
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
