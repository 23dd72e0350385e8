/**
 * jax-js's product, whose results are promised. `deno task verify --kernel
 * examples/kernels/jax_js.ts` finds that NaN times 0 is lost where k > 1.
 *
 * @module
 */
import { defaultDevice, init, numpy } from "@jax-js/jax";

await init("wasm");
defaultDevice("wasm");

/** a [m, k] · b [k, n]. */
export default async function multiply(
  { m, n, k }: { m: number; n: number; k: number },
  a: Float32Array,
  b: Float32Array,
): Promise<Float32Array> {
  // It keeps the arrays that it is given.
  const left = numpy.array(a.slice()).reshape([m, k]);
  const right = numpy.array(b.slice()).reshape([k, n]);
  return Float32Array.from(await numpy.matmul(left, right).data());
}
