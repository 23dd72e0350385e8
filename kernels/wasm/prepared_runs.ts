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
  readonly #packed: number;
  readonly #bias: number;
  readonly #m: number;
  readonly #strideA: number;
  readonly #strideY: number;

  constructor({ m, n, k, b, bias }: ProductTask, readonly panels: readonly WholePanel[]) {
    this.#packed = b;
    this.#bias = bias;
    this.#m = m;
    this.#strideA = 4 * k;
    this.#strideY = 4 * n;
  }

  run(x: number, y: number): void {
    const { panels } = this;
    const strideA = this.#strideA;
    const bias = this.#bias;
    // The rows of the last panel may reach beyond n: to where the next row begins, which the first
    // panel writes after it, and behind y to the slack of its block.
    for (let i = panels.length - 1; i >= 0; i--) {
      const { start, length, whole } = panels[i]!;
      whole(
        this.#packed + strideA * start,
        4 * length,
        bias === 0 ? 0 : bias + 4 * start,
        x,
        strideA,
        this.#m,
        y + 4 * start,
        this.#strideY,
      );
    }
  }
}

/** One or two rows by a pass over B. */
export class PreparedRows implements PreparedRun {
  readonly #m: number;
  readonly #n: number;
  readonly #k: number;
  readonly #b: number;
  readonly #bias: number;
  readonly #vectors: number;

  constructor(
    { m, n, k, b, bias }: ProductTask,
    readonly thin: ThinExports["thin1"],
    readonly add: ThinExports["add"],
    readonly finish: FinishExports["finish"],
    /** Steps of k in each chunk. */
    readonly chunk: number,
    readonly totals: number,
    readonly sums: number,
  ) {
    this.#m = m;
    this.#n = n;
    this.#k = k;
    this.#b = b;
    this.#bias = bias;
    // Sums are whole cache lines.
    this.#vectors = 4 * Math.ceil(n / 16);
  }

  run(x: number, y: number): void {
    const { thin, chunk, totals } = this;
    const m = this.#m;
    const k = this.#k;
    const strideB = 4 * this.#n;
    const vectors = this.#vectors;
    thin(x, 4 * k, this.#b, strideB, k < chunk ? k : chunk, totals, vectors);
    for (let p = chunk; p < k; p += chunk) {
      const depth = k - p < chunk ? k - p : chunk;
      thin(x + 4 * p, 4 * k, this.#b + strideB * p, strideB, depth, this.sums, vectors);
      this.add(totals, this.sums, m * vectors);
    }
    this.finish(totals, 16 * vectors, y, 0, strideB, this.#bias, m, this.#n);
  }
}

/** One column, as a row with x as a transposed matrix. */
export class PreparedColumn implements PreparedRun {
  readonly #m: number;
  readonly #k: number;
  readonly #b: number;
  readonly #bias: number;

  constructor(
    { m, k, b, bias }: ProductTask,
    readonly dot: ThinTransposedExports["transposed1"],
    readonly splat: (from: number, to: number, vectors: number) => void,
    readonly finish: FinishExports["finish"],
    readonly chunk: number,
    readonly totals: number,
    /** Room for the bias, repeated. */
    readonly repeated: number,
  ) {
    this.#m = m;
    this.#k = k;
    this.#b = b;
    this.#bias = bias;
  }

  run(x: number, y: number): void {
    const { totals, repeated } = this;
    const m = this.#m;
    const k = this.#k;
    const vectors = 4 * Math.ceil(m / 16);
    this.dot(this.#b, 0, x, 4 * k, k, this.chunk, totals, 16 * vectors, m);
    if (this.#bias !== 0) this.splat(this.#bias, repeated, vectors);
    this.finish(totals, 0, y, 0, 0, this.#bias === 0 ? 0 : repeated, 1, m);
  }
}
