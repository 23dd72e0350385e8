/**
 * The small program that every runtime runs: each kernel that computes on the
 * processor, made, and one Dense layer forward and backward on it, on whole
 * numbers, of which every order of sums gives the same bits, and on random ones;
 * and a few steps of training.
 *
 * @module
 */
import {
  createKernel,
  Dense,
  type Kernel,
  type KernelName,
  type KernelOptions,
  Sequential,
  sgd,
} from "@densemark/densemark";
import type { KernelOutcome, Outcome } from "./outcome.ts";

// The fastest on one thread is first, since its time to the first result is shown.
const kernels: readonly KernelName[] = ["wasm-simd", "naive", "blocked", "wasm-threads"];

const [rows, inputs, units] = [33, 70, 50];

/** Numbers from a generator (Lehmer's) that is the same everywhere: whole ones, or in [-1, 1). */
function numbers(count: number, seed: number, whole: boolean): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = state * 48271 % 2147483647;
    return whole ? state % 17 - 8 : state / 2 ** 30 - 1;
  });
}

/** A hash of bits, and with it of their order (FNV-1a). */
function hashOf(arrays: readonly Float32Array[]): string {
  let hash = 0x811c9dc5;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
      hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    }
  }
  return hash.toString(16).padStart(8, "0");
}

const options: KernelOptions = { threads: 3, serialBelow: 0 };

/** Learns 2x + 1; throws where the loss does not fall. */
async function learn(kernel: Kernel): Promise<void> {
  const model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: "zeros" })]);
  model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse" });
  const { history } = await model.fit([[0], [1], [2], [3]], [1, 3, 5, 7], { epochs: 3, seed: 1 });
  const [first = NaN, , last = NaN] = history.loss ?? [];
  if (!(last < first)) throw new Error(`training takes the loss from ${first} to ${last}`);
}

async function computeWith(name: KernelName, more: KernelOptions): Promise<KernelOutcome> {
  try {
    const kernel = await createKernel(name, { ...options, ...more });
    const hashes: string[] = [];
    let first = 0;
    for (const whole of [true, false]) {
      const layer = new Dense(kernel, {
        units,
        activation: "relu",
        kernelInitializer: numbers(inputs * units, 1, whole),
        biasInitializer: numbers(units, 2, whole),
      });
      const x = kernel.tensor([rows, inputs], numbers(rows * inputs, 3, whole));
      const y = layer.forward(x);
      const outputs = await y.read();
      first ||= performance.now();
      const dx = layer.backward(kernel.tensor([rows, units], numbers(rows * units, 4, whole)));
      const gradients = [dx, layer.weightGradient, layer.biasGradient!];
      const all = await Promise.all(gradients.map((tensor) => tensor.read()));
      hashes.push(hashOf([outputs, ...all]));
    }
    await learn(kernel);
    const { fused, threads } = kernel.traits;
    await dispose(kernel);
    const [exact = "", real = ""] = hashes;
    return { ran: true, fused: String(fused), threads, exact, real, first };
  } catch (error) {
    return { ran: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Disposes of a kernel, also where the engine lacks the symbol. */
async function dispose(kernel: Kernel): Promise<void> {
  const symbol: typeof Symbol.asyncDispose | undefined = Symbol.asyncDispose;
  await kernel[symbol ?? Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose]();
}

/** The kernel that a program gets which asks for none by name. */
async function nameByDefault(more: KernelOptions): Promise<string> {
  try {
    const kernel = await createKernel("auto", { ...options, ...more });
    await dispose(kernel);
    return kernel.name;
  } catch (error) {
    return `nothing: ${error instanceof Error ? error.message : error}`;
  }
}

/** What each kernel computes here. Of the disposals nothing is needed in a runtime that lacks their symbols. */
export async function compute(more: KernelOptions = {}): Promise<Outcome> {
  const found: Partial<Record<KernelName, KernelOutcome>> = {};
  for (const name of kernels) found[name] = await computeWith(name, more);
  const byDefault = await nameByDefault(more);
  return { version: versionOfRuntime(), simd: hasSimd(), byDefault, kernels: found };
}

/** Whether the engine takes a function that makes a vector of 128 bits and drops it. */
function hasSimd(): boolean {
  const code = [0, 0x41, 0, 0xfd, 0x0f, 0x1a, 0x0b];
  const module = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10]
    .concat(code.length + 2, 1, code.length, code);
  return typeof WebAssembly === "object" && WebAssembly.validate(Uint8Array.from(module));
}

/** What the runtime says it is. */
function versionOfRuntime(): string {
  const { Deno: deno, process, navigator } = globalThis as {
    readonly Deno?: { readonly version: { readonly deno: string } };
    readonly process?: { readonly versions: Readonly<Record<string, string | undefined>> };
    readonly navigator?: { readonly userAgent: string };
  };
  if (deno) return deno.version.deno;
  if (process) return process.versions.bun ?? process.versions.node ?? "";
  return /(?:Chrome|Firefox|Version)\/([\d.]+)/.exec(navigator?.userAgent ?? "")?.[1] ?? "";
}
