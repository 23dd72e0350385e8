/**
 * A network of Dense layers as one task. Layers act on each row alone, so that
 * threads share the rows and go through all layers without waiting for each other,
 * block by block of rows, with what lies between layers in their caches.
 * The records of the layers lie in memory, where every thread reads them.
 *
 * @module
 */
import { type Activation, activations } from "../activation.ts";
import type { Core } from "./core.ts";
import { mc, partOf } from "./geometry.ts";
import { methodOf, type Products } from "./product.ts";
import { layoutOfB, linear, type TaskOf } from "./tasks.ts";

/** A layer: sizes in elements, arrays as addresses in bytes, 0 for none. */
export interface LayerRecord {
  readonly n: number;
  readonly k: number;
  /** The weight as it is stored. */
  readonly b: number;
  /** The weight as `packB` packs it. */
  readonly packed: number;
  readonly bias: number;
  readonly activation: Activation;
}

const wordsOfRecord = 6;

/** Bytes of the records of so many layers, a multiple of 64. */
function bytesOfRecords(count: number): number {
  return Math.ceil(4 * wordsOfRecord * count / 64) * 64;
}

/** Floats of what lies between two layers, for which a block of rows has room: half a megabyte, in L2. */
const roomBetween = 2 ** 17;

/** With so many rows the copies of weights, which every block makes, take less than a thirtieth. */
const fewestRows = 128;

/** The rows that a network is computed for at once, a multiple of 8, by the widest of what lies between its layers. */
function mostRows(widest: number): number {
  return Math.max(fewestRows, Math.min(mc, 8 * Math.floor(roomBetween / (8 * widest))));
}

/** Bytes of one of the two buffers of a thread. */
function bytesOfBuffer(rows: number, widest: number): number {
  return Math.ceil(4 * Math.min(rows, mostRows(widest)) * widest / 64) * 64;
}

/** The room that a task needs: for records, and for each thread two buffers. */
export function bytesOfNetwork(
  count: number,
  rows: number,
  widest: number,
  threads: number,
): number {
  return bytesOfRecords(count) + 2 * threads * bytesOfBuffer(rows, widest);
}

/** Writes the records of layers. */
export function writeRecords(
  memory: WebAssembly.Memory,
  at: number,
  layers: readonly LayerRecord[],
): void {
  const words = new Uint32Array(memory.buffer, at, wordsOfRecord * layers.length);
  let i = 0;
  for (const { n, k, b, packed, bias, activation } of layers) {
    words[i++] = n;
    words[i++] = k;
    words[i++] = b;
    words[i++] = packed;
    words[i++] = bias;
    words[i++] = activations.indexOf(activation);
  }
}

/** What softmax is computed by. */
type Softmax = (z: number, y: number, rows: number, columns: number) => void;

/** Computes one thread's share of networks. */
export class NetworkPerformer {
  constructor(
    readonly core: Core,
    readonly products: Products,
    readonly softmax: () => Softmax,
  ) {}

  /** The share of thread i of `threads`: some of the rows, through all layers. */
  perform(task: TaskOf<"network">, i: number, threads: number): void {
    const { layers, count, x, y, widest, inputs, outputs } = task;
    const words = new Uint32Array(this.core.memory.buffer, layers, wordsOfRecord * count);
    const { start, length } = partOf(task.rows, 2, i, threads);
    const most = mostRows(widest);
    const blocks = Math.ceil(length / most);
    const size = bytesOfBuffer(task.rows, widest);
    const buffers = layers + bytesOfRecords(count) + 2 * i * size;
    for (let block = 0; block < blocks; block++) {
      const rows = partOf(length, 8, block, blocks);
      const first = start + rows.start;
      if (rows.length === 0) continue;
      let from = x + 4 * first * inputs;
      for (let layer = 0; layer < count; layer++) {
        const to = layer === count - 1 ? y + 4 * first * outputs : buffers + (layer % 2) * size;
        this.#layer(words, wordsOfRecord * layer, rows.length, from, to);
        from = to;
      }
    }
  }

  #layer(words: Uint32Array, at: number, m: number, a: number, y: number): void {
    const [n, k, activation] = [words[at]!, words[at + 1]!, words[at + 5]!];
    const packed = words[at + 3]!;
    // Few rows, of a share or block, are multiplied with the weight as it is stored.
    const usesPacked = packed !== 0 && methodOf({ m, n, k }, this.core.options.lanes) === "tiles";
    const rowwise = (activations[activation] as Activation) === "softmax";
    this.products.multiply({
      kind: "product",
      m,
      n,
      k,
      a,
      scratch: 0,
      b: usesPacked ? packed : words[at + 2]!,
      layoutB: usesPacked ? layoutOfB.packed : layoutOfB.rows,
      bias: words[at + 4]!,
      activation: rowwise ? linear : activation,
      formula: 0,
      y,
      z: 0,
      accumulate: 0,
    });
    if (rowwise) this.softmax()(y, y, m, n);
  }
}
