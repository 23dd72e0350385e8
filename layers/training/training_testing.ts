/**
 * For tests of training: the kernels that compute formulas, and what results in
 * float32 may be off by.
 *
 * @module
 */
import { kernelsHere } from "../../kernels/kernels_testing.ts";
import type { KernelName } from "../../kernels/registry.ts";

/** The names of the kernels here that compute formulas; of those alone that pass NaN on, if so asked. */
export function formulaKernelsHere(
  { nan = false }: { readonly nan?: boolean } = {},
): Promise<readonly KernelName[]> {
  return kernelsHere((traits) =>
    traits.formulas !== undefined && (!nan || traits.nan === "propagates")
  );
}

/** @throws {Error} where a number differs from the expected one by more than `share` of the larger of it and 1. */
export function assertAllClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  share: number,
  what = "",
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} numbers instead of ${expected.length}`);
  }
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || Math.abs(a - e) <= share * Math.max(1, Math.abs(e))) continue;
    throw new Error(`${what}: element ${i} is ${a} instead of ${e}, off by ${a - e}`);
  }
}

/** The central difference of f at x in each direction. */
export function centralDifferences(
  f: (x: readonly number[]) => number,
  x: readonly number[],
): number[] {
  const step = Math.cbrt(2 ** -53);
  return x.map((value, i) => {
    const at = (shift: number) => f(x.with(i, value + shift));
    return (at(step) - at(-step)) / (2 * step);
  });
}
