/**
 * The copy of rows of the kernel webgpu, by their numbers.
 *
 * @module
 */
import type { Dispatcher } from "./dispatcher.ts";
import { gatherProgram } from "./formula_wgsl.ts";
import type { WebGpuTensor } from "./tensor.ts";
import { flatThreads } from "./wgsl.ts";
import { rowParts } from "./windows.ts";

/** Records the copy of rows. */
export function recordGather(
  dispatcher: Dispatcher,
  columns: number,
  a: WebGpuTensor,
  rows: Uint32Array,
  out: WebGpuTensor,
): void {
  if (out.size === 0) return;
  const label = `gather ${rows.length} x ${columns}`;
  const { recorder } = dispatcher;
  const numbers = dispatcher.scratch(4 * rows.length, label);
  recorder.write(numbers.block, new Float32Array(rows.buffer, rows.byteOffset, rows.length));
  const lanes = columns % 4 === 0 ? 4 : 1;
  const [from, to] = [{ bound: a.source, stride: columns }, { bound: out.target, stride: columns }];
  using windows = dispatcher.windows(label);
  for (const part of rowParts(rows.length, columns, dispatcher.mostBound)) {
    const result = windows.write("out", to, part).bound;
    const count = part.rows.size * columns / lanes;
    const which = { rows: part.rows, columns: { from: 0, size: 1 } };
    const wanted = windows.read("rows", { bound: numbers, stride: 1 }, which).bound;
    // Each part of a gives the rows that it has.
    for (const source of rowParts(a.rows, columns, dispatcher.mostBound)) {
      dispatcher.run({
        key: `gather ${lanes}`,
        generate: () => gatherProgram(lanes === 4),
        reads: [windows.read("a", from, source).bound, wanted],
        writes: [result],
        updates: [result],
        parameters: {
          m: source.rows.size,
          n: columns / lanes,
          k: count,
          chunk: source.rows.from,
        },
        groups: Math.ceil(count / flatThreads),
        label,
      });
    }
    windows.store();
  }
  recorder.pool.free(numbers.block);
}
