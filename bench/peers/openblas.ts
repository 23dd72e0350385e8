/**
 * OpenBLAS, the native library of the system, through Deno's foreign function
 * interface: the usual yardstick of a CPU's matrix products. The bias is copied
 * into y before the product, which adds to it; the activation is JavaScript.
 *
 * @module
 */
import { errorLine } from "../../common/errors.ts";
import { type Activation, float64ActivationUlp } from "../../kernels/activation.ts";
import { cblas, openBlasNames } from "../../kernels/native/blas.ts";
import { deviceOf, versionOf } from "../../kernels/native/core_types.ts";
import { activate } from "../../kernels/scalar_activations.ts";
import type { Cell, Contender } from "../contender.ts";
import { howChosen } from "./openblas_core.ts";

export const { rowMajor, untransposed } = cblas;

const symbols = {
  /** order, transA, transB, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc */
  cblas_sgemm: {
    // deno-fmt-ignore
    parameters: [
      "i32", "i32", "i32", "i32", "i32", "i32",
      "f32", "pointer", "i32", "pointer", "i32", "f32", "pointer", "i32",
    ],
    result: "void",
  },
  /** order, transA, m, n, alpha, A, lda, x, incx, beta, y, incy */
  cblas_sgemv: {
    // deno-fmt-ignore
    parameters: [
      "i32", "i32", "i32", "i32",
      "f32", "pointer", "i32", "pointer", "i32", "f32", "pointer", "i32",
    ],
    result: "void",
  },
  /** n, x, incx: the sum of absolute values, which reads every one of them. */
  cblas_sasum: { parameters: ["i32", "pointer", "i32"], result: "f32" },
  openblas_set_num_threads: { parameters: ["i32"], result: "void" },
  openblas_get_config: { parameters: [], result: "pointer" },
  openblas_get_corename: { parameters: [], result: "pointer" },
} as const;

type P = Deno.PointerValue;

// Its threads wait in a busy loop for 2^28 ticks before they sleep, 0.1 s in which they would take a
// core from the next contender. 2^20 ticks do just as well from one call to the next.
const timeout = { name: "OPENBLAS_THREAD_TIMEOUT", value: "20" };

/** Opens the first of these libraries that exists. */
export function openLibrary(
  candidates: readonly string[] = openBlasNames(Deno.build.os),
): Deno.DynamicLibrary<typeof symbols> {
  Deno.env.set(timeout.name, timeout.value);
  let reason = "";
  for (const name of candidates) {
    try {
      return Deno.dlopen(name, symbols);
    } catch (error) {
      reason ||= errorLine(error);
    }
  }
  throw new Error(`OpenBLAS cannot be loaded: ${reason}`);
}

/**
 * Numbers outside the JavaScript heap, where nothing moves them, at the start of a cache line:
 * products with short sums are a fifth slower elsewhere.
 */
export function allocate(length: number): Float32Array<ArrayBuffer> {
  const buffer = new ArrayBuffer(length * 4 + 64);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
  return new Float32Array(buffer, Number(-address & 63n), length);
}

/** The text at an address; empty where there is none. */
export function textAt(address: Deno.PointerValue): string {
  return address ? Deno.UnsafePointerView.getCString(address).trim() : "";
}

function copyOf(values: Float32Array): Float32Array<ArrayBuffer> {
  const copy = allocate(values.length);
  copy.set(values);
  return copy;
}

/** The fastest of several ways to do the same, by trying each. */
function fastest(ways: readonly (() => void)[]): () => void {
  const best = ways.map(() => Infinity);
  for (let round = 0; round < 4; round++) {
    ways.forEach((way, i) => {
      const start = performance.now();
      let calls = 0;
      let elapsed = 0;
      while (elapsed < 1) {
        way();
        calls++;
        elapsed = performance.now() - start;
      }
      // The first round only brings code and data into the caches.
      if (round > 0) best[i] = Math.min(best[i]!, elapsed / calls);
    });
  }
  return ways[best.indexOf(Math.min(...best))]!;
}

/**
 * The activation of y in place. relu clears what has its sign bit set: a comparison is eight
 * times slower, because its branch cannot be predicted.
 */
function finish(activation: Activation, y: Float32Array, bits: Int32Array, columns: number): void {
  if (activation === "relu") {
    for (let i = 0; i < bits.length; i++) {
      const z = bits[i]!;
      bits[i] = z & ~(z >> 31);
    }
  } else activate(activation, y, y, columns);
}

/** OpenBLAS on so many threads as a contender. */
export function createOpenBlas(name: string, threads: number): Contender {
  const library = openLibrary();
  const { cblas_sgemm, cblas_sgemv, openblas_set_num_threads } = library.symbols;
  const version = versionOf(textAt(library.symbols.openblas_get_config()));
  const core = textAt(library.symbols.openblas_get_corename());
  // The number is the process's, and others set it too; to set it again takes nanoseconds.
  const useThreads = () => openblas_set_num_threads(threads);
  return {
    name,
    peer: true,
    device: deviceOf(core),
    threads,
    method:
      `cblas_sgemm or sgemv of ${version}, ${core} code, ${howChosen()}; activation in JavaScript`,
    ulp: (activation) => float64ActivationUlp[activation],
    supports: () => true,
    prepare: ({ m, n, k, activation }, data): Cell => {
      const y = allocate(m * n).fill(NaN);
      const bits = new Int32Array(y.buffer, y.byteOffset, y.length);
      // An address alone does not keep an array alive; this list does.
      const arrays = [copyOf(data.x), copyOf(data.weight), y];
      const { bias } = data;
      const start = bias && allocate(m * n);
      if (bias) { for (let at = 0; at < m * n; at += n) start?.set(bias, at); }
      const beta = start ? 1 : 0;
      const [a, b, c] = arrays.map((array) => Deno.UnsafePointer.of(array)) as [P, P, P];
      const ways = [
        () => cblas_sgemm(rowMajor, untransposed, untransposed, m, n, k, 1, a, k, b, n, beta, c, n),
      ];
      if (m === 1) {
        ways.push(() => cblas_sgemv(rowMajor, cblas.transposed, k, n, 1, b, n, a, 1, beta, c, 1));
      }
      if (n === 1) {
        ways.push(() => cblas_sgemv(rowMajor, untransposed, m, k, 1, a, k, b, 1, beta, c, 1));
      }
      useThreads();
      const multiply = ways.length > 1 ? fastest(ways) : ways[0]!;
      const product = () => {
        useThreads();
        if (start) y.set(start);
        multiply();
      };
      return {
        run: () => {
          product();
          finish(activation, y, bits, n);
        },
        finished: () => Promise.resolve(),
        output: () => Promise.resolve(y.slice()),
        outputs: () => {
          product();
          const z = y.slice();
          finish(activation, y, bits, n);
          return Promise.resolve({ y: y.slice(), z });
        },
        [Symbol.dispose]: () => void arrays.splice(0),
      };
    },
    [Symbol.asyncDispose]: () => {
      library.close();
      return Promise.resolve();
    },
  };
}

/** OpenBLAS on one thread. */
export function createPeer(): Promise<Contender> {
  return Promise.try(() => createOpenBlas("openblas", 1));
}
