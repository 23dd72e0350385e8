/**
 * The caller's side of networks: whether one is computed as one task, its records,
 * and the number by which threads find again what they made for it. The records are
 * compared with the last ones at each call, so that a number stands for one content.
 *
 * @module
 */
import { activations } from "../activation.ts";
import type { NetworkLayer } from "../kernel.ts";
import { type CoreOptions, mostRecords, startOfRecords } from "./core.ts";
import type { Executor } from "./executor.ts";
import type { Heap } from "./memory.ts";
import { wordsOfRecord } from "./network_record.ts";
import { bytesOfNetwork } from "./network_task.ts";
import { beginning } from "./partitions.ts";
import type { PackedWeights } from "./packed_weights.ts";
import { methodOf } from "./product.ts";
import type { WasmTensor } from "./wasm_tensor.ts";

/** With fewer rows for each thread, of which each reads all weights, sharing the columns of each layer is faster. */
const fewestRowsOfThread = 16;

/** The same holds where a weight has more elements: half of one may fit into a cache of a core. */
const mostElementsOfWeight = 2 ** 19;

/** Networks that are compared with one in another array. */
const mostRecent = 4;

/** What is known of a network: its records and what they come to. */
interface Known {
  number: number;
  readonly words: Uint32Array;
  /** Multiply-adds of a row. */
  work: number;
  /** Columns of the widest of what lies between layers. */
  widest: number;
  /** Elements of the largest weight. */
  largest: number;
}

/** The networks of a kernel. */
export class Networks {
  readonly #known = new WeakMap<readonly NetworkLayer[], Known>();
  /** The last ones that were given a number, of which another array may have the content. */
  readonly #recent: Known[] = [];
  #count = 0;
  #first = true;
  /** The number of the network whose records are in memory. */
  #present = 0;

  constructor(
    readonly heap: Heap,
    readonly executor: Executor,
    readonly options: CoreOptions,
    readonly packed: PackedWeights,
  ) {}

  /** Computes a network whose arguments were checked; false where it is to be computed layer by layer. */
  compute(
    x: WasmTensor,
    layers: readonly NetworkLayer[],
    y: WasmTensor,
  ): boolean {
    const { rows } = x;
    if (rows === 0 || layers.length > mostRecords) return false;
    const known = this.#knownOf(layers);
    if (known === null) return false;
    // Of a process's first network the tiles of its layers are made sooner than its own.
    if (this.#first && beginning.shapes > 0) {
      this.#first = false;
      return false;
    }
    const { threads } = this.options;
    const { serialBelow = Infinity } = this.executor;
    const work = rows * known.work;
    // What is worth several threads they share by rows, or layer by layer.
    const byRows = rows >= fewestRowsOfThread * threads && known.largest <= mostElementsOfWeight;
    if (work >= serialBelow && !byRows) return false;
    this.#update(known, layers, rows);
    const { number, widest } = known;
    if (this.#present !== number) {
      new Uint32Array(this.heap.memory.buffer, startOfRecords, known.words.length)
        .set(known.words);
      this.#present = number;
    }
    const bytes = bytesOfNetwork(rows, widest, threads);
    const between = bytes > 0 ? this.heap.allocate(bytes) : 0;
    try {
      this.executor.perform({
        kind: "network",
        network: number,
        records: startOfRecords,
        count: layers.length,
        work,
        rows,
        inputs: x.columns,
        outputs: y.columns,
        widest,
        between,
        x: x.address,
        y: y.address,
      });
    } finally {
      if (between) this.heap.free(between);
    }
    return true;
  }

  /** What is known of layers as they are now, but for what `#update` looks at; null where a weight has no elements. */
  #knownOf(layers: readonly NetworkLayer[]): Known | null {
    let known = this.#known.get(layers);
    if (known?.words.length !== wordsOfRecord * layers.length) {
      const words = new Uint32Array(wordsOfRecord * layers.length);
      known = { number: 0, words, work: 0, widest: 1, largest: 0 };
      this.#known.set(layers, known);
    }
    let [work, widest, largest] = [0, 1, 0];
    for (let i = 0; i < layers.length; i++) {
      const { size, columns } = layers[i]!.weight as WasmTensor;
      // What that means the operations know.
      if (size === 0) return null;
      work += size;
      if (size > largest) largest = size;
      if (i + 1 < layers.length && columns > widest) widest = columns;
    }
    known.work = work;
    known.widest = widest;
    known.largest = largest;
    return known;
  }

  /** Brings the records up to date, and gives them another number where they have changed. */
  #update(known: Known, layers: readonly NetworkLayer[], rows: number): void {
    const { words } = known;
    const form = this.packed.ofNetworks;
    let changed = known.number === 0;
    for (let i = 0, at = 0; i < layers.length; i++, at += wordsOfRecord) {
      const layer = layers[i]!;
      const weight = layer.weight as WasmTensor;
      const { columns: n, rows: k, address: b } = weight;
      // Few rows need none, and others find it as it is.
      const packed = methodOf({ m: rows, n, k }, this.options) === "tiles"
        ? this.packed.addressOf(weight, form, n, k)
        : this.packed.found(weight, form);
      const bias = layer.bias ? (layer.bias as WasmTensor).address : 0;
      const activation = activations.indexOf(layer.activation);
      // In the order of a record.
      if (
        words[at] === n && words[at + 1] === k && words[at + 2] === b &&
        words[at + 3] === packed && words[at + 4] === bias && words[at + 5] === activation
      ) continue;
      words.set([n, k, b, packed, bias, activation], at);
      changed = true;
    }
    if (changed) this.#number(known);
  }

  /** Gives the number of the same content, or a new one. */
  #number(known: Known): void {
    const { words } = known;
    const same = this.#recent.find((other) =>
      other !== known && other.words.length === words.length &&
      other.words.every((word, i) => word === words[i])
    );
    known.number = same?.number ?? ++this.#count;
    if (same) return;
    const at = this.#recent.indexOf(known);
    if (at >= 0) this.#recent.splice(at, 1);
    this.#recent.unshift(known);
    if (this.#recent.length > mostRecent) this.#recent.pop();
  }
}
