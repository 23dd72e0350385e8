/**
 * What a small product needs as numbers and exported functions, so that a call looks
 * nothing up and makes no object. It improves on a task for each call, of which these
 * take longer than a product of some hundred multiply-adds.
 *
 * @module
 */
import type { Activation } from "../activation.ts";
import type { FinishExports } from "./finish.ts";
import type { TileExports } from "./microkernel.ts";
import type { ProductTask } from "./tasks.ts";
import type { ThinExports } from "./thin.ts";
import type { ThinTransposedExports } from "./thin_transposed.ts";

/** A product of which only the addresses of x and y are left open. */
export interface PreparedRun {
  run(x: number, y: number): void;
}

/** The product that a weight is prepared for. */
export class PreparedProduct {
  constructor(
    /** Rows of x. */
    readonly m: number,
    /** The version of a weight that is packed; one that is read where it lies may change. */
    readonly version: number | null,
    /** The address of the bias, 0 for none. */
    readonly bias: number,
    readonly activation: Activation,
    /** Multiply-adds, by which it is decided whether threads pay. */
    readonly work: number,
    readonly how: PreparedRun,
  ) {}
}

/** A panel of B's columns, and the function that computes all of it. */
export interface WholePanel {
  readonly start: number;
  readonly length: number;
  readonly whole: NonNullable<TileExports["whole"]>;
}

/** A product of a packed weight, whose sums are one chunk and end in their tile. */
export class PreparedTiles implements PreparedRun {
  constructor(readonly task: ProductTask, readonly panels: readonly WholePanel[]) {}

  run(x: number, y: number): void {
    const { task: { m, n, k, b, bias }, panels } = this;
    const strideA = 4 * k;
    // The rows of the last panel may reach beyond n: to where the next row begins, which the first
    // panel writes after it, and behind y to the slack of its block.
    for (let i = panels.length - 1; i >= 0; i--) {
      const { start, length, whole } = panels[i]!;
      const atBias = bias === 0 ? 0 : bias + 4 * start;
      whole(b + strideA * start, 4 * length, atBias, x, strideA, m, y + 4 * start, 4 * n);
    }
  }
}

/** One or two rows by a pass over B. */
export class PreparedRows implements PreparedRun {
  constructor(
    readonly task: ProductTask,
    readonly thin: ThinExports["thin1"],
    readonly add: ThinExports["add"],
    readonly finish: FinishExports["finish"],
    /** Steps of k in each chunk. */
    readonly chunk: number,
    readonly totals: number,
    readonly sums: number,
  ) {}

  run(x: number, y: number): void {
    const { task: { m, n, k, b, bias }, thin, chunk, totals, sums } = this;
    const strideB = 4 * n;
    // Sums are whole cache lines.
    const vectors = 4 * Math.ceil(n / 16);
    thin(x, 4 * k, b, strideB, k < chunk ? k : chunk, totals, vectors);
    for (let p = chunk; p < k; p += chunk) {
      const depth = k - p < chunk ? k - p : chunk;
      thin(x + 4 * p, 4 * k, b + strideB * p, strideB, depth, sums, vectors);
      this.add(totals, sums, m * vectors);
    }
    this.finish(totals, 16 * vectors, y, 0, strideB, bias, m, n);
  }
}

/** One column, as a row with x as a transposed matrix. */
export class PreparedColumn implements PreparedRun {
  constructor(
    readonly task: ProductTask,
    readonly dot: ThinTransposedExports["transposed1"],
    readonly splat: (from: number, to: number, vectors: number) => void,
    readonly finish: FinishExports["finish"],
    readonly chunk: number,
    readonly totals: number,
    /** Room for the bias, repeated. */
    readonly repeated: number,
  ) {}

  run(x: number, y: number): void {
    const { task: { m, k, b, bias }, totals, repeated } = this;
    const vectors = 4 * Math.ceil(m / 16);
    this.dot(b, 0, x, 4 * k, k, this.chunk, totals, 16 * vectors, m);
    if (bias !== 0) this.splat(bias, repeated, vectors);
    this.finish(totals, 0, y, 0, 0, bias === 0 ? 0 : repeated, 1, m);
  }
}
