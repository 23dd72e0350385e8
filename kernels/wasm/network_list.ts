/**
 * The lists of jobs of the networks that a thread has met: for each layer BLIS's
 * loops of `tiled_product.ts`, written out once, for one block of rows. A list
 * depends on the records of the layers alone, which have another number where they
 * are others, and not on the rows, x or y.
 *
 * @module
 */
import { type Activation, activations } from "../activation.ts";
import { bytesOfJobs, type Core } from "./core.ts";
import { blockPanels, bytesOfPanelSums } from "./geometry.ts";
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
import { linear } from "./tasks.ts";
import { farStride } from "./tiled_product.ts";

type Job = Partial<Record<JobWord, number>>;

/** The lists of how many networks are kept at most. */
const mostLists = 1024;

/** A network's jobs in memory. */
export interface JobList {
  readonly start: number;
  readonly end: number;
  /** Whether it holds for a few rows too, which are computed by another method where weights are large. */
  readonly anyRows: boolean;
}

/** The lists of one thread. */
export class NetworkLists {
  /** By the numbers of networks; null where a network is not computed by a list. */
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

  /** The list of the network of a number; null where there is none. */
  listOf(number: number, records: () => readonly LayerRecord[]): JobList | null {
    const found = this.#lists.get(number);
    if (found !== undefined) return found;
    const layers = records();
    if (this.#lists.size >= mostLists) this.#forget();
    const list = layers.some(({ n }) => n === 1) ? null : this.#write(layers);
    this.#lists.set(number, list);
    return list;
  }

  #write(layers: readonly LayerRecord[]): JobList | null {
    const jobs = layers.flatMap((layer, i) => this.#jobsOf(layer, i, layers.length));
    const bytes = bytesOfJob * jobs.length;
    const { jobs: room, memory, options: { lanes } } = this.core;
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
    const anyRows = [1, 3].every((m) =>
      layers.every(({ n, k }) => methodOf({ m, n, k }, lanes) === "tiles")
    );
    return { start, end: this.#end, anyRows };
  }

  /** Those that are still needed are written again. */
  #forget(): void {
    this.#lists.clear();
    this.#end = this.core.jobs + bytesOfFrame;
  }

  #jobsOf({ n, k, b, packed, bias, activation }: LayerRecord, i: number, count: number): Job[] {
    const { sums, rowsOfA, options: { lanes } } = this.core;
    const { tiled } = this.products;
    const { chunks, panels } = tiled.partitionOf(n, k, panelThreads);
    const rowwise = (activations[activation] as Activation) === "softmax";
    const epilogue = { activation: rowwise ? linear : activation, bias };
    const { finish } = this.core.finishOf({ ...epilogue, formula: 0, z: 0, accumulate: 0 });
    const simple = bias === 0 && epilogue.activation === linear && chunks.length === 1;
    const [baseX, baseY] = [
      this.#base(i === 0 ? "x" : i % 2 === 1 ? "even" : "odd"),
      this.#base(i === count - 1 ? "y" : i % 2 === 0 ? "even" : "odd"),
    ];
    const zero = this.#base("zero");
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
            first: this.#number(tiled.tileOf(block[0]!, chunks, c).rows),
            a: 4 * chunk.start,
            baseA: baseX,
            strideA,
            c: rowsOfA,
            baseC: zero,
          });
        }
        for (const [jr, panel] of block.entries()) {
          const tile = tiled.tileOf(panel, chunks, c);
          const nr = panel.length;
          const direct = simple && panel.columns === nr;
          jobs.push({
            kind: kindsOfJob.product,
            first: this.#number(tile.panel),
            block: this.#number(tile.block),
            b: packed
              ? packed + 4 * (k * panel.start + nr * chunk.start)
              : b + 4 * (chunk.start * n + panel.start),
            strideB: 4 * (packed ? nr : n),
            ...a,
            ...(direct
              ? { c: 4 * panel.start, baseC: baseY, strideC: 4 * n }
              : { c: sums + jr * bytesOfPanelSums(lanes), baseC: zero, strideC: 4 * nr }),
            ...(!direct && c + 1 === chunks.length && {
              finish: this.#number(finish),
              to: 4 * panel.start,
              strideTo: 4 * n,
              bias: bias && bias + 4 * panel.start,
              columns: panel.columns,
            }),
            baseTo: baseY,
          });
        }
      }
    }
    if (rowwise) {
      const first = this.#number(this.softmax());
      const [baseA, baseC] = [zero, zero];
      jobs.push({ kind: kindsOfJob.softmax, first, baseA, baseC, baseTo: baseY, columns: n });
    }
    return jobs;
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
