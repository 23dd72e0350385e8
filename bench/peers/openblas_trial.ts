/**
 * A trial of OpenBLAS as it is in this process: the kind of code that it runs,
 * and how fast a product is on one thread, as a line of JSON.
 *
 * @module
 */
import { allocate, openLibrary, rowMajor, textAt, untransposed } from "./openblas.ts";

/** Rows and columns of all matrices, and seconds of the trial. */
const side = 384;
const seconds = 0.08;
/** The fewest calls: the first ones only bring code and data into the caches. */
const fewest = 4;

/** What a trial finds. */
export function trial(): { readonly core: string; readonly gflops: number } {
  // Open as long as the process lives, which is short.
  const library = openLibrary();
  const { cblas_sgemm, openblas_get_corename, openblas_set_num_threads } = library.symbols;
  openblas_set_num_threads(1);
  const arrays = [0.5, 0.25, NaN].map((value) => allocate(side * side).fill(value));
  const [a, b, c] = arrays.map((array) => Deno.UnsafePointer.of(array));
  let least = Infinity;
  const start = performance.now();
  for (let call = 0; call < fewest || performance.now() - start < 1e3 * seconds; call++) {
    const before = performance.now();
    cblas_sgemm(
      rowMajor,
      untransposed,
      untransposed,
      side,
      side,
      side,
      1,
      a!,
      side,
      b!,
      side,
      0,
      c!,
      side,
    );
    least = Math.min(least, performance.now() - before);
  }
  const sum = side * 0.125;
  if (arrays[2]?.some((value) => value !== sum)) throw new Error("the product is wrong");
  return { core: textAt(openblas_get_corename()), gflops: 2 * side ** 3 / least / 1e6 };
}

// deno-lint-ignore no-console -- its reader wants standard output
if (import.meta.main) console.log(JSON.stringify(trial()));
