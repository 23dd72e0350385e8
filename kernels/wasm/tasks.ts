/**
 * The tasks of a Wasm kernel: records of whole numbers, which threads can read
 * from shared memory. The fields of each kind of task are listed here and
 * nowhere else.
 *
 * @module
 */

import { activations } from "../activation.ts";
import type { Reduction } from "../kernel.ts";
import type { Int8Method } from "./int8_probe.ts";

/** The number of the activation that changes nothing. */
export const linear = activations.indexOf("linear");

/** The number of relu. */
export const relu = activations.indexOf("relu");

/** How b is stored: as [k, n], as [n, k], or as `packB` packs it. */
export const layoutOfB = { rows: 0, transposed: 1, packed: 2 } as const;

/** The methods of int8 products, by their numbers. */
export const int8Methods: readonly Int8Method[] = ["int16", "unsigned", "signed"];

/** The reductions, by their numbers. */
export const reductions: readonly Reduction[] = ["sum", "max"];

// In the order of shared memory. Lengths are in elements; arrays are addresses in bytes, 0 for none;
// flags are 0 or 1; an activation is its index in `activations`.
const fields = {
  // y [m, n] = activation(a · b + bias).
  product: [
    "m",
    "n",
    "k",
    // [m, k], or [k, m] where there is `scratch`.
    "a",
    // Where a is transposed to, if it is stored transposed: `scratchBytes` of room; else 0.
    "scratch",
    "b",
    // One of `layoutOfB`.
    "layoutB",
    "bias",
    // Softmax is a task of its own.
    "activation",
    // The number of a formula that takes the place of the activation; 0 for none.
    "formula",
    "y",
    // Receives the values before the activation.
    "z",
    // Whether the product is added to y rather than replacing it.
    "accumulate",
  ],
  // y = activation(z).
  activate: ["activation", "z", "y", "rows", "columns"],
  // dz = dy · activation'(x), where x is z for the activations of `gradientNeedsZ`, else y.
  gradient: ["activation", "x", "dy", "dz", "rows", "columns"],
  // out [columns] = the sum of the rows of a.
  sumRows: ["a", "out", "rows", "columns", "accumulate"],
  // Packs b, see `packB`, in panels of which so many threads get the same number.
  pack: ["n", "k", "b", "layoutB", "threads", "to"],
  // A formula with its operands, in the room of calls; `formula` is its number, `work` a whole
  // number of multiply-adds, about as many as all elements take.
  map: ["formula", "work", "rows", "columns"],
  // Of its values one for each row, or for each column; `reduction` is its index in `reductions`.
  reduce: ["formula", "work", "reduction", "byColumn", "rows", "columns"],
  // out [rows, columns] = the rows of a with these numbers, which are 32-bit.
  gather: ["a", "numbers", "out", "rows", "columns"],
  // Layers one after the other, whose `count` records have this number; `between` is room for what
  // lies between them, of at most `widest` columns, or 0; `work` is a number of multiply-adds.
  network: [
    "network",
    "records",
    "count",
    "work",
    "rows",
    "inputs",
    "outputs",
    "widest",
    "between",
    "x",
    "y",
  ],
  // Quantizes rows of x to int8; `method` is its index in `int8Methods`.
  quantize: ["x", "to", "scales", "method", "rows", "columns"],
  // y [rows, columns] = activation(x · weight / multipliers + bias) of quantized x and weight.
  product8: [
    "x",
    "scalesOfX",
    "weight",
    "method",
    "bias",
    "activation",
    "y",
    "rows",
    "columns",
    "k",
  ],
} as const;

type Kind = keyof typeof fields;

/** A task of one kind. */
export type TaskOf<K extends Kind> =
  & { readonly kind: K }
  & { readonly [field in typeof fields[K][number]]: number };

/** A task of any kind. */
export type Task = { [K in Kind]: TaskOf<K> }[Kind];

/** A product. */
export type ProductTask = TaskOf<"product">;

/** Where a product reads A: in rows `strideA` bytes apart. */
export interface PlacedA {
  readonly a: number;
  readonly strideA: number;
}

const kinds = Object.keys(fields) as Kind[];

/** Writes a task to shared memory. */
export function encodeTask(task: Task, to: Int32Array): void {
  const record = task as unknown as Readonly<Record<string, number>>;
  to[0] = kinds.indexOf(task.kind);
  for (const [i, name] of fields[task.kind].entries()) to[i + 1] = record[name]!;
}

/** Reads what {@linkcode encodeTask} wrote. */
export function decodeTask(from: Int32Array): Task {
  const kind = kinds[from[0]!]!;
  const entries = fields[kind].map((name, i) => [name, from[i + 1]! >>> 0]);
  return { kind, ...Object.fromEntries(entries) } as Task;
}

/** About how many multiply-adds a task takes, by which it is decided whether threads pay. */
export function workOf(task: Task): number {
  // A row or a column takes as long as reading its matrix: about eight times as long as on the tile.
  if (task.kind === "product") {
    return task.m * task.n * task.k * (task.m <= 2 || task.n === 1 ? 8 : 1);
  }
  if (task.kind === "pack") return 4 * task.n * task.k;
  if (task.kind === "map" || task.kind === "reduce" || task.kind === "network") return task.work;
  // A reading of the weight takes as long as some rows.
  if (task.kind === "product8") return task.rows * task.columns * task.k / 2;
  if (task.kind === "gather") return 4 * task.rows * task.columns;
  return 16 * task.rows * task.columns;
}
