/**
 * The lists of jobs of the networks that a thread has met: for each layer BLIS's
 * loops of `tiled_product.ts`, written out once, for one block of rows. A list
 * depends on the records of the layers alone, which have another number where they
 * are others, and not on the rows, x or y.
 *
 * @module
 */
import { type Activation, activations } from "../activation.ts";
import { bytesOfJobs, type Core, endingOf } from "./core.ts";
import { blockPanels, bytesOfPanelSums, chunksOf } from "./geometry.ts";
import {
  bytesOfFrame,
  bytesOfJob,
  frameWords,
  type JobWord,
  jobWords,
  kindsOfJob,
  type NetworkExports,
  networkModule,
} from "./network_module.ts";
import { type LayerRecord, panelThreads } from "./network_record.ts";
import { methodOf, type Products } from "./product.ts";
import { layoutOfB, linear } from "./tasks.ts";
import { thinColumns } from "./thin.ts";
import { farStride } from "./tiled_product.ts";

type Job = Partial<Record<JobWord, number>>;

/** The lists of how many networks are kept at most. */
const mostLists = 1024;

/** A network's jobs in memory. */
export interface JobList {
  readonly start: number;
  readonly end: number;
}

/** The lists of one thread. */
export class NetworkLists {
  /** By the numbers of networks and how they are computed; null where one is not computed by a list. */
  readonly #lists = new Map<number, JobList | null>();
  readonly #table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  readonly #numbers = new Map<CallableFunction, number>();
  #end: number;
  #run: NetworkExports["run"] | null = null;

  constructor(
    readonly core: Core,
    readonly products: Products,
    readonly softmax: () => CallableFunction,
  ) {
    this.#end = core.jobs + bytesOfFrame;
  }

  /** Runs jobs; see {@linkcode NetworkExports}. */
  get run(): NetworkExports["run"] {
    const { jobs } = this.core;
    return this.#run ??= this.core.made<NetworkExports>(
      `network ${jobs}`,
      (memory) => networkModule(jobs, memory),
      { table: this.#table },
    ).run;
  }

  /** The list of the network of a number for so many rows, of one thread of several or alone; null where there is none. */
  listOf(
    number: number,
    rows: number,
    alone: boolean,
    records: () => readonly LayerRecord[],
  ): JobList | null {
    // Only of few rows it matters how many they are.
    const m = Math.min(rows, 5);
    const key = 16 * number + 8 * Number(alone) + m;
    const found = this.#lists.get(key);
    if (found !== undefined) return found;
    const layers = records();
    if (this.#lists.size >= mostLists) this.#forget();
    const thin = m <= 2;
    const fits = layers.every(({ n, k }) =>
      methodOf({ m, n, k }, this.core.options) === (thin ? "rows" : "tiles") &&
      !(thin && n > thinColumns)
    );
    const list = fits ? this.#write(layers, thin ? m : 0, alone) : null;
    this.#lists.set(key, list);
    return list;
  }

  /** @param thin The number of rows where they are few, else 0. */
  #write(layers: readonly LayerRecord[], thin: number, alone: boolean): JobList | null {
    const jobs = layers.flatMap((layer, i) => this.#jobsOf(layer, i, layers.length, thin, alone));
    const bytes = bytesOfJob * jobs.length;
    const { jobs: room, memory } = this.core;
    if (bytes > bytesOfJobs - bytesOfFrame) return null;
    if (this.#end + bytes > room + bytesOfJobs) this.#forget();
    const start = this.#end;
    this.#end += bytes;
    const words = new Uint32Array(memory.buffer, start, bytes / 4);
    for (const [i, job] of jobs.entries()) {
      for (const [j, name] of jobWords.entries()) {
        words[i * jobWords.length + j] = job[name] ?? 0;
      }
    }
    return { start, end: this.#end };
  }

  /** Those that are still needed are written again. */
  #forget(): void {
    this.#lists.clear();
    this.#end = this.core.jobs + bytesOfFrame;
  }

  #jobsOf(
    layer: LayerRecord,
    i: number,
    count: number,
    thin: number,
    alone: boolean,
  ): Job[] {
    const { n, bias, activation } = layer;
    const rowwise = (activations[activation] as Activation) === "softmax";
    const epilogue = { activation: rowwise ? linear : activation, bias };
    const task = { ...epilogue, formula: 0, z: 0, accumulate: 0 };
    const { finish } = this.core.finishOf(task);
    const x = this.#base(i === 0 ? "x" : i % 2 === 1 ? "even" : "odd");
    const y = this.#base(i === count - 1 ? "y" : i % 2 === 0 ? "even" : "odd");
    const ends = { finish: this.#number(finish), baseTo: y, strideTo: 4 * n };
    const jobs = thin > 0
      ? this.#thinJobs(layer, x, ends, thin)
      : this.#panelJobs(layer, x, ends, endingOf(task), alone || i < count - 1);
    if (rowwise) {
      const first = this.#number(this.softmax());
      const [baseA, baseC] = [this.#base("zero"), this.#base("zero")];
      jobs.push({ kind: kindsOfJob.softmax, first, baseA, baseC, baseTo: y, columns: n });
    }
    return jobs;
  }

  /** A layer of one or two rows, with the weight as it is stored. */
  #thinJobs({ n, k, b, bias }: LayerRecord, baseA: number, ends: Job, rows: number): Job[] {
    const { thin, thinSums, thinTotals } = this.core;
    const first = this.#number(rows === 2 ? thin.thin2 : thin.thin1);
    const zero = this.#base("zero");
    const vectors = 4 * Math.ceil(n / 16);
    const jobs = chunksOf(k).flatMap(({ start, length: depth }): Job[] => {
      const to = { c: start === 0 ? thinTotals : thinSums, baseC: zero, baseTo: ends.baseTo! };
      const a = { a: 4 * start, baseA, strideA: 4 * k };
      const from = { b: b + 4 * start * n, strideB: 4 * n };
      const product: Job = { kind: kindsOfJob.thin, first, ...a, ...from, depth, vectors, ...to };
      return start === 0 ? [product] : [product, {
        kind: kindsOfJob.add,
        first: this.#number(thin.add),
        a: thinSums,
        baseA: zero,
        vectors: rows * vectors,
        ...to,
        c: thinTotals,
      }];
    });
    Object.assign(jobs.at(-1)!, { ...ends, strideFrom: 16 * vectors, bias, columns: n });
    return jobs;
  }

  /**
   * A layer of more rows, on the register tile.
   *
   * @param ending The number of the ending that its tile can have.
   * @param mayReach Whether what follows its rows may be written before they are: not where another thread has written it.
   */
  #panelJobs(
    { n, k, b, packed, bias }: LayerRecord,
    baseX: number,
    ends: Job,
    ending: number | null,
    mayReach: boolean,
  ): Job[] {
    const { sums, rowsOfA, options: { lanes } } = this.core;
    const { tiled } = this.products;
    const { chunks, panels } = tiled.partitionOf(n, k, panelThreads);
    const form = tiled.formOf(packed ? layoutOfB.packed : layoutOfB.rows);
    const zero = this.#base("zero");
    const baseTo = ends.baseTo!;
    const most = blockPanels(lanes);
    const strideA = 4 * k;
    const jobs: Job[] = [];
    for (let jc = 0; jc < panels.length; jc += most) {
      const block = panels.slice(jc, jc + most);
      const copied = strideA >= farStride && block.length > 1;
      for (const [c, chunk] of chunks.entries()) {
        const a = copied
          ? { a: rowsOfA, baseA: zero, strideA: 16 * Math.ceil(chunk.length / 4) }
          : { a: 4 * chunk.start, baseA: baseX, strideA };
        if (copied) {
          jobs.push({
            kind: kindsOfJob.rows,
            first: this.#number(tiled.tileOf(block[0]!, chunks, c, form).rows),
            a: 4 * chunk.start,
            baseA: baseX,
            strideA,
            c: rowsOfA,
            baseC: zero,
            baseTo: zero,
          });
        }
        for (const [jr, panel] of block.entries()) {
          const nr = panel.length;
          const operands = {
            b: packed
              ? packed + 4 * (k * panel.start + nr * chunk.start)
              : b + 4 * (chunk.start * n + panel.start),
            strideB: 4 * (packed ? nr : n),
            ...a,
            baseTo,
            bias: bias && bias + 4 * panel.start,
          };
          const fits = panel.columns === nr || mayReach;
          if (chunks.length === 1 && ending !== null && fits) {
            jobs.push({
              ...operands,
              kind: kindsOfJob.whole,
              first: this.#number(tiled.endOf(panel, chunk, ending, form).whole!),
              c: 4 * panel.start,
              baseC: baseTo,
              strideC: 4 * n,
            });
            continue;
          }
          const tile = tiled.tileOf(panel, chunks, c, form);
          jobs.push({
            ...operands,
            kind: kindsOfJob.product,
            first: this.#number(tile.panel),
            block: this.#number(tile.block),
            c: sums + jr * bytesOfPanelSums(lanes),
            baseC: zero,
            strideC: 4 * nr,
            ...(c + 1 === chunks.length && {
              ...ends,
              strideFrom: 4 * nr,
              to: 4 * panel.start,
              columns: panel.columns,
            }),
          });
        }
      }
    }
    // The last panel, whose rows may reach to where the next ones begin, before the others.
    return chunks.length === 1 ? jobs.reverse() : jobs;
  }

  #base(name: typeof frameWords[number]): number {
    return this.core.jobs + 4 * frameWords.indexOf(name);
  }

  /** The number of a function in the table, from 1 up. */
  #number(exported: CallableFunction): number {
    const found = this.#numbers.get(exported);
    if (found !== undefined) return found;
    const number = this.#table.grow(1);
    this.#table.set(number, exported);
    this.#numbers.set(exported, number);
    return number;
  }
}
