/**
 * The partitions of the shapes that a thread has met, each with the tiles that were
 * made for it, and which shapes begin with tiles that are loops: a product that is
 * computed once is done before the unrolled ones would be made. The rule for how long is
 * that of renting skis or buying them (Karlin, Manasse, Rudolph & Sleator, 1988).
 *
 * @module
 */
import type { CoreOptions } from "./core.ts";
import { chunksOf, panelsOf, type Span } from "./geometry.ts";
import type { TileExports } from "./microkernel.ts";
import { remember } from "./remember.ts";

/** The partitions of how many shapes are kept. */
const mostPartitions = 1024;

/**
 * So many multiply-adds of a shape are done by tiles that are loops, which are made in a tenth of
 * the time and take about twice as long: until then the others would not have paid.
 */
const workOfLoops = 2 ** 28;

/**
 * How many shapes still begin with them: the first ones of a process, while the code that makes
 * tiles is new to the engine. Tests set it.
 */
export const beginning = { shapes: 8 };

/** What tiles that are loops still have to do of a shape. */
interface Loops {
  /** Multiply-adds. */
  left: number;
}

/** A panel of B's columns and the tiles for its chunks of k. */
export interface Panel extends Span {
  readonly lanes: 4 | 8;
  /** How many of its columns are within n: the last panel may reach beyond it. */
  readonly columns: number;
  /** One of each form for each chunk, made when needed; then those that read ahead, by how many units of lines. */
  readonly tiles: (TileExports | undefined)[];
  /** The same for the number of each ending: tiles that end a product. */
  readonly ends: (TileExports | undefined)[];
}

/** The panels of n and chunks of k of a shape. */
export interface Partition {
  readonly chunks: readonly Span[];
  readonly panels: readonly Panel[];
  /** How many products had it, as far as that matters. */
  calls: number;
  readonly loops: Loops;
}

/** The partitions of one thread. */
export class Partitions {
  readonly #partitions = { 4: new Map<number, Partition>(), 8: new Map<number, Partition>() };
  readonly #loops = new Map<number, Loops>();
  /** The partition that was used last, and its shape. */
  #last: {
    readonly n: number;
    readonly k: number;
    readonly threads: number;
    readonly lanes: 4 | 8;
    readonly partition: Partition;
  } | null = null;

  constructor(readonly options: CoreOptions) {}

  /** The panels of n, of which so many threads get the same number, and the chunks of k. */
  partitionOf(
    n: number,
    k: number,
    threads: number,
    lanes: 4 | 8 = this.options.lanes,
  ): Partition {
    const last = this.#last;
    if (last?.n === n && last.k === k && last.threads === threads && last.lanes === lanes) {
      return last.partition;
    }
    const partitions = this.#partitions[lanes];
    const key = (threads === 1 ? -1 : 1) * keyOf(n, k);
    let partition = partitions.get(key);
    if (!partition) {
      const chunks = chunksOf(k);
      const panels = panelsOf(n, lanes, threads).map(({ start, length }) => ({
        start,
        length,
        lanes,
        columns: Math.min(length, n - start),
        tiles: [],
        ends: [],
      }));
      partition = { chunks, panels, calls: 0, loops: this.loopsOf(n, k) };
      // Programs have few shapes; those with very many compute partitions again.
      if (partitions.size >= mostPartitions) partitions.clear();
      partitions.set(key, partition);
    }
    this.#last = { n, k, threads, lanes, partition };
    return partition;
  }

  /** What tiles that are loops still have to do of a shape. */
  loopsOf(n: number, k: number): Loops {
    const last = this.#last;
    if (last?.n === n && last.k === k) return last.partition.loops;
    const key = keyOf(n, k);
    const found = this.#loops.get(key);
    if (found) return found;
    const loops = { left: beginning.shapes > 0 ? workOfLoops : 0 };
    beginning.shapes--;
    return remember(this.#loops, key, loops, mostPartitions);
  }
}

/** A number for each n and k. */
function keyOf(n: number, k: number): number {
  return n * 2 ** 26 + k;
}
