/**
 * One thread's share of an int8 product: rows of x that are quantized, then
 * panels of the weight, with bias and activation while the quotients are in the
 * cache. The method is part of the task, since all threads must have the same.
 *
 * @module
 */
import type { Core } from "./core.ts";
import { partOf } from "./geometry.ts";
import { bytesOfRow, groupLength, int8Layout, paddedDepth, panelColumns } from "./int8_layout.ts";
import { type Int8Exports, int8Module } from "./int8_module.ts";
import type { Int8Method } from "./int8_probe.ts";
import { int8Methods, type ProductTask, type TaskOf } from "./tasks.ts";

/** How many rows are computed with a panel before they are finished. */
const rowsOfBlock = 64;

/** How many numbers are quantized in one call. */
const pieceLength = 2 ** 21;

/** Does the shares of one thread in int8 products. */
export class Int8Performer {
  constructor(readonly core: Core) {}

  #exportsOf(method: Int8Method): Int8Exports {
    return this.core.instance<Int8Exports>(
      `int8 ${method}`,
      (memory) => int8Module(method, memory),
    );
  }

  /** Does the share of thread i of `threads` in a quantization of rows. */
  quantize(
    { x, rows, columns: k, to, scales, method: number }: TaskOf<"quantize">,
    i: number,
    threads: number,
  ): void {
    const method = int8Methods[number]!;
    const stride = bytesOfRow(k, method);
    const { quantize } = this.#exportsOf(method);
    const most = Math.max(1, Math.floor(pieceLength / Math.max(1, k)));
    for (const { start, length } of this.core.pieces(partOf(rows, 1, i, threads), most)) {
      quantize(x + 4 * k * start, length, k, to + stride * start, stride, scales + 4 * start);
    }
  }

  /** Does the share of thread i of `threads` in a product. */
  multiply(task: TaskOf<"product8">, i: number, threads: number): void {
    const { rows, columns: n, k, x, scalesOfX, weight, bias, activation, y } = task;
    const method = int8Methods[task.method]!;
    const { panels, bytesOfPanel, scales, starts } = int8Layout(n, k);
    const { tile1, tile2 } = this.#exportsOf(method);
    const { sums } = this.core;
    const { finish } = this.core.finishOf(epilogueOf(task, activation));
    const stride = bytesOfRow(k, method);
    const groups = paddedDepth(k) / groupLength(method);
    const strideTo = 4 * panelColumns;
    const part = partOf(panels, 1, i, threads);
    for (let panel = part.start; panel < part.start + part.length; panel++) {
      const column = panel * panelColumns;
      const width = Math.min(panelColumns, n - column);
      for (let begin = 0; begin < rows; begin += rowsOfBlock) {
        const end = Math.min(rows, begin + rowsOfBlock);
        for (let row = begin; row < end; row += 2) {
          const tile = row + 1 < end ? tile2 : tile1;
          tile(
            x + row * stride,
            stride,
            weight + panel * bytesOfPanel,
            groups,
            scalesOfX + 4 * row,
            weight + scales + 4 * column,
            weight + starts + 4 * column,
            sums + (row - begin) * strideTo,
            strideTo,
          );
        }
        const to = y + 4 * (begin * n + column);
        finish(sums, strideTo, to, 0, 4 * n, bias && bias + 4 * column, end - begin, width);
        this.core.onProgress?.();
      }
    }
  }
}

/** The epilogue is that of a product in float32. */
function epilogueOf({ bias, y }: TaskOf<"product8">, activation: number): ProductTask {
  const none = { m: 0, n: 0, k: 0, a: 0, scratch: 0, b: 0, layoutB: 0, formula: 0, z: 0 };
  return { kind: "product", ...none, bias, activation, y, accumulate: 0 };
}
