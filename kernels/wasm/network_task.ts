/**
 * A network of Dense layers as one task. Layers act on each row alone, so that
 * threads share the rows and go through all layers without waiting for each other,
 * block by block of rows, with what lies between layers in their caches.
 * The records of the layers lie in memory, where every thread reads them.
 *
 * @module
 */
import { type Activation, activations } from "../activation.ts";
import { bytesBetween, type Core } from "./core.ts";
import { mc, partOf } from "./geometry.ts";
import { NetworkLists } from "./network_list.ts";
import { type LayerRecord, panelThreads, wordsOfRecord } from "./network_record.ts";
import { methodOf, type Products } from "./product.ts";
import { layoutOfB, linear, type TaskOf } from "./tasks.ts";

/** Floats of what lies between two layers, for which a block of rows has room: half a megabyte, in L2. */
const roomBetween = 2 ** 17;

/** With so many rows the copies of weights, which every block makes, take less than a thirtieth. */
const fewestRows = 128;

/** The rows that a network is computed for at once, a multiple of 8, by the widest of what lies between its layers. */
function mostRows(widest: number): number {
  return Math.max(fewestRows, Math.min(mc, 8 * Math.floor(roomBetween / (8 * widest))));
}

/** Bytes of one of the two buffers of a thread, in which the results of every other layer lie. */
function bytesOfBuffer(rows: number, widest: number): number {
  // With 64 more, since the last row may be written up to a whole panel.
  return 64 + 64 * Math.ceil(Math.min(rows, mostRows(widest)) * widest / 16);
}

/** Bytes of room that the buffers of all threads need on the heap; 0 where their fixed parts suffice. */
export function bytesOfNetwork(rows: number, widest: number, threads: number): number {
  const bytes = 2 * bytesOfBuffer(rows, widest);
  return bytes <= bytesBetween ? 0 : threads * bytes;
}

/** Computes one thread's share of networks. */
export class NetworkPerformer {
  readonly #lists: NetworkLists;

  constructor(
    readonly core: Core,
    readonly products: Products,
    readonly softmax: () => (z: number, y: number, rows: number, columns: number) => void,
  ) {
    this.#lists = new NetworkLists(core, products, softmax);
  }

  /** The share of thread i of `threads`: some of the rows, through all layers. */
  perform(task: TaskOf<"network">, i: number, threads: number): void {
    const { x, y, widest, inputs, outputs } = task;
    const { start, length } = threads === 1
      ? { start: 0, length: task.rows }
      : partOf(task.rows, 2, i, threads);
    const blocks = Math.ceil(length / mostRows(widest));
    const size = bytesOfBuffer(task.rows, widest);
    const even = task.between ? task.between + 2 * i * size : this.core.between;
    for (let block = 0; block < blocks; block++) {
      const rows = partOf(length, 8, block, blocks);
      if (rows.length === 0) continue;
      this.core.onProgress?.();
      const first = start + rows.start;
      const from = x + 4 * first * inputs;
      const to = y + 4 * first * outputs;
      const alone = threads === 1;
      const records = () => this.#recordsOf(task);
      const list = this.#lists.listOf(task.network, rows.length, alone, records);
      if (list) {
        this.#lists.run(list.start, list.end, from, to, even, even + size, rows.length);
      } else this.#byLayers(this.#recordsOf(task), rows.length, from, to, [even, even + size]);
    }
  }

  #recordsOf({ records, count }: TaskOf<"network">): LayerRecord[] {
    const words = new Uint32Array(this.core.memory.buffer, records, wordsOfRecord * count);
    return Array.from({ length: count }, (_, i) => {
      const [n, k, b, packed, bias, activation] = words.subarray(wordsOfRecord * i);
      return { n: n!, k: k!, b: b!, packed: packed!, bias: bias!, activation: activation! };
    });
  }

  /** What takes another method than the register tile, or too long a list. */
  #byLayers(
    layers: readonly LayerRecord[],
    m: number,
    x: number,
    last: number,
    between: readonly [number, number],
  ): void {
    let a = x;
    for (const [i, { n, k, b, packed, bias, activation }] of layers.entries()) {
      const y = i === layers.length - 1 ? last : between[i % 2 as 0 | 1];
      // Few rows are multiplied with the weight as it is stored.
      const usesPacked = packed !== 0 && methodOf({ m, n, k }, this.core.options) === "tiles";
      const rowwise = (activations[activation] as Activation) === "softmax";
      this.products.multiply(
        {
          kind: "product",
          m,
          n,
          k,
          a,
          scratch: 0,
          b: usesPacked ? packed : b,
          layoutB: usesPacked ? layoutOfB.packed : layoutOfB.rows,
          bias,
          activation: rowwise ? linear : activation,
          formula: 0,
          y,
          z: 0,
          accumulate: 0,
        },
        0,
        1,
        panelThreads,
      );
      if (rowwise) this.softmax()(y, y, m, n);
      a = y;
    }
  }
}
