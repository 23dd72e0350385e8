/**
 * cuBLAS, NVIDIA's library of matrix products, through Deno's foreign function
 * interface: the yardstick of a product on its GPUs. Only the product is timed, in
 * float32 without TF32; bias and activation are computed on the host, for the
 * check alone. By columns, as BLAS stores, y = x · weight is yᵀ = weightᵀ · xᵀ.
 *
 * @module
 */
import { errorLine } from "../../common/errors.ts";
import { float64ActivationUlp } from "../../kernels/activation.ts";
import { activate } from "../../kernels/scalar_activations.ts";
import type { Cell, Contender } from "../contender.ts";

const runtimeSymbols = {
  cudaMalloc: { parameters: ["buffer", "usize"], result: "i32" },
  cudaFree: { parameters: ["u64"], result: "i32" },
  cudaDeviceSynchronize: { parameters: [], result: "i32" },
  /** to, from, bytes, and 1 for to the device, 2 for to the host */
  toDevice: { name: "cudaMemcpy", parameters: ["u64", "buffer", "usize", "i32"], result: "i32" },
  toHost: { name: "cudaMemcpy", parameters: ["buffer", "u64", "usize", "i32"], result: "i32" },
} as const;

const blasSymbols = {
  cublasCreate_v2: { parameters: ["buffer"], result: "i32" },
  cublasDestroy_v2: { parameters: ["u64"], result: "i32" },
  /** handle, transA, transB, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc */
  cublasSgemm_v2: {
    // deno-fmt-ignore
    parameters: [
      "u64", "i32", "i32", "i32", "i32", "i32",
      "buffer", "u64", "i32", "u64", "i32", "buffer", "u64", "i32",
    ],
    result: "i32",
  },
} as const;

/** The names of a library: without a version, and with those of the last years. */
function namesOf(library: string): string[] {
  return ["", ".13", ".12", ".11.0", ".11"].map((version) => `lib${library}.so${version}`);
}

function open<S extends Deno.ForeignLibraryInterface>(library: string, symbols: S) {
  let reason = "";
  for (const name of namesOf(library)) {
    try {
      return Deno.dlopen(name, symbols);
    } catch (error) {
      reason ||= errorLine(error);
    }
  }
  throw new Error(`cuBLAS cannot be loaded: ${reason}`);
}

function expectDone(status: number, what: string): void {
  if (status !== 0) throw new Error(`${what} failed with the status ${status}`);
}

/**
 * cuBLAS as a contender.
 *
 * @throws {Error} where it is not installed, or there is no GPU for it.
 */
export function createCublas(): Contender {
  const cuda = open("cudart", runtimeSymbols);
  const blas = open("cublas", blasSymbols);
  const { cudaMalloc, cudaFree, cudaDeviceSynchronize, toDevice, toHost } = cuda.symbols;
  const slot = new BigUint64Array(1);
  expectDone(blas.symbols.cublasCreate_v2(slot), "cublasCreate");
  const handle = slot[0]!;
  const allocate = (length: number, data?: Float32Array): bigint => {
    const bytes = BigInt(4 * length);
    expectDone(cudaMalloc(slot, bytes), `cudaMalloc of ${bytes} bytes`);
    const address = slot[0]!;
    const own = data ?? new Float32Array(length).fill(NaN);
    expectDone(toDevice(address, new Float32Array(own), bytes, 1), "cudaMemcpy");
    return address;
  };
  const [one, zero] = [new Float32Array([1]), new Float32Array([0])];
  return {
    name: "cublas",
    peer: true,
    device: "CUDA",
    threads: 1,
    method: "cublasSgemm of the product alone; bias and activation are not timed",
    ulp: (activation) => float64ActivationUlp[activation],
    supports: () => true,
    prepare: ({ m, n, k, activation }, data): Cell => {
      const x = allocate(m * k, data.x);
      const weight = allocate(k * n, data.weight);
      const y = allocate(m * n);
      // deno-fmt-ignore
      const run = () =>
        expectDone(
          blas.symbols.cublasSgemm_v2(handle, 0, 0, n, m, k, one, weight, n, x, k, zero, y, n),
          "cublasSgemm",
        );
      const product = (): Float32Array => {
        const values = new Float32Array(m * n);
        expectDone(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
        expectDone(toHost(values, y, BigInt(values.byteLength), 2), "cudaMemcpy");
        return values;
      };
      return {
        run,
        finished: () => Promise.try(() => expectDone(cudaDeviceSynchronize(), "cuBLAS")),
        output: () => Promise.try(product),
        outputs: () =>
          Promise.try(() => {
            run();
            const z = product();
            const { bias } = data;
            if (bias) { for (let i = 0; i < z.length; i++) z[i]! += bias[i % n]!; }
            const result = z.slice();
            activate(activation, z, result, n);
            return { y: result, z };
          }),
        [Symbol.dispose]: () => {
          for (const address of [x, weight, y]) cudaFree(address);
        },
      };
    },
    [Symbol.asyncDispose]: () => {
      blas.symbols.cublasDestroy_v2(handle);
      blas.close();
      cuda.close();
      return Promise.resolve();
    },
  };
}
