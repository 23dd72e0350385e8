/**
 * The shape of a layer in a file of another tool: counters or parameters named
 * m, n and k.
 *
 * @module
 */
import type { ForeignBenchmark } from "./foreign.ts";

/** The shape that `read` finds under m, n and k; null where one of them is no whole number, 1 or more. */
export function shapeOf(read: (key: string) => unknown): ForeignBenchmark["shape"] {
  const size = (key: string) => {
    const value = read(key);
    // hyperfine has texts for parameters; Google Benchmark writes every counter as a float.
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    return Number.isSafeInteger(number) && Number(number) >= 1 ? Number(number) : null;
  };
  const [m, n, k] = [size("m"), size("n"), size("k")];
  return m === null || n === null || k === null ? null : { m, n, k };
}
