/**
 * For tests: which kernels this machine can run.
 *
 * @module
 */
import { KernelUnavailableError } from "../common/errors.ts";
import { testWhere } from "../common/requirements_testing.ts";
import type { KernelTraits } from "./kernel.ts";
import { createKernel, type KernelName, kernelNames } from "./registry.ts";
import { NativeKernel } from "./native/native_kernel.ts";
import { WasmKernel } from "./wasm/wasm_kernel.ts";

const asked = new Map<KernelName, Promise<KernelTraits | string>>();

/** The traits of a kernel of this machine, or why it cannot run it; each kernel is made once for all tests of an isolate. */
function ask(name: KernelName): Promise<KernelTraits | string> {
  const known = asked.get(name);
  if (known) return known;
  const answer = (async () => {
    try {
      await using kernel = await createKernel(name);
      return kernel.traits;
    } catch (error) {
      if (!(error instanceof KernelUnavailableError)) throw error;
      return error.message;
    }
  })();
  asked.set(name, answer);
  return answer;
}

/** Why this machine cannot run a kernel; null where it can. */
export async function whyNoKernel(name: KernelName): Promise<string | null> {
  const answer = await ask(name);
  return typeof answer === "string" ? answer : null;
}

/**
 * The names of the kernels to be tested; for each other one a test is registered that is skipped.
 *
 * @param fits Whether a kernel of these traits is of interest.
 */
export async function kernelsHere(
  fits: (traits: KernelTraits) => boolean = () => true,
): Promise<readonly KernelName[]> {
  const here: KernelName[] = [];
  for (const name of kernelNames) {
    const answer = await ask(name);
    if (typeof answer === "string") testWhere(answer, name, () => {});
    else if (fits(answer)) here.push(name);
  }
  return here;
}

async function findWasmKernels(): Promise<readonly KernelName[]> {
  const names: KernelName[] = [];
  for (const name of kernelNames) {
    if (await whyNoKernel(name) !== null) continue;
    await using kernel = await createKernel(name);
    if (kernel instanceof WasmKernel && !(kernel instanceof NativeKernel)) names.push(name);
  }
  return names;
}

let wasmKernels: Promise<readonly KernelName[]> | null = null;

/** The names of those that compute in WebAssembly alone, products too, for tests of its memory and its code. */
export function wasmKernelsHere(): Promise<readonly KernelName[]> {
  return wasmKernels ??= findWasmKernels();
}
