/**
 * ml-matrix's `mmul`: the fastest product in plain JavaScript found outside
 * this project. It sums in float64 and returns a new matrix from every call,
 * which is timed with it, since its users cannot avoid it.
 *
 * @module
 */
import { Matrix } from "ml-matrix";
import type { Cell, Contender } from "../contender.ts";

/** ml-matrix as a contender, for products without bias and activation. */
export function createPeer(): Promise<Contender> {
  return Promise.resolve({
    name: "ml-matrix",
    peer: true,
    device: "JavaScript",
    threads: 1,
    method: "mmul of ml-matrix 6.15.1; float64 arrays",
    ulp: () => 0,
    supports: ({ activation, useBias }) => activation === "linear" && !useBias,
    prepare: ({ m, n, k }, { x, weight }): Cell => {
      const a = Matrix.from1DArray(m, k, Array.from(x));
      const b = Matrix.from1DArray(k, n, Array.from(weight));
      let c = Matrix.zeros(m, n);
      const output = () => Promise.resolve(Float32Array.from(c.to1DArray()));
      return {
        run: () => {
          c = a.mmul(b);
        },
        finished: () => Promise.resolve(),
        output,
        outputs: async () => {
          c = a.mmul(b);
          const z = await output();
          return { y: z, z };
        },
        [Symbol.dispose]: () => {},
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}
