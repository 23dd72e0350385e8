/**
 * webgpu: it improves on the threads of a processor by the thousands of a GPU,
 * with WGSL that is generated for each layout of a product. Tensors stay on the
 * GPU from layer to layer; nothing is copied back until it is read.
 *
 * @module
 */
import { DensemarkError, KernelUnavailableError } from "../../common/errors.ts";
import type { KernelFactory } from "../kernel.ts";
import { openDevice } from "./device.ts";
import { expectGpuByDefault } from "./gpu_by_default.ts";
import { Pipelines } from "./pipelines.ts";
import { WebGpuKernel, type WebGpuOptions } from "./webgpu_kernel.ts";
import { programText } from "./wgsl.ts";

const probeProgram = programText({
  bindings: [{ name: "input", vec4: true }, { name: "output", vec4: true, write: true }],
  globals: [],
  workgroup: [1, 1],
  body: ["let x = input[0];", "output[0] = vec4f(fma(x.x, x.y, x.z), x.w, 0.0, 0.0);"],
});

/** Whether the device rounds a·b + c once; also a trial whether it runs programs at all. */
async function isFused({ recorder, pipelines }: WebGpuKernel): Promise<boolean> {
  const from = recorder.pool.take(16, "a trial");
  const to = recorder.pool.take(16, "a trial");
  // (1 + 2^-12)² is 1 + 2^-11 + 2^-24; where the product is rounded, the last term is lost.
  recorder.write(from, new Float32Array([1 + 2 ** -12, 1 + 2 ** -12, -1 - 2 ** -11, 7]));
  recorder.dispatch({
    pipeline: new Pipelines(pipelines.device).get(
      "trial",
      { reads: 1, writes: 1 },
      "trial",
      () => probeProgram,
    ),
    reads: [{ block: from, bytes: 16 }],
    writes: [{ block: to, bytes: 16 }],
    parameters: {},
    groups: [1, 1, 1],
    label: "trial",
  });
  const [rest, seven] = await recorder.read(to, 4);
  for (const block of [from, to]) recorder.pool.free(block);
  if (seven !== 7) throw new KernelUnavailableError("webgpu: the device computes wrongly");
  return rest === 2 ** -24;
}

/**
 * Makes the kernel, with options for tests, and on hardware only where that is
 * wanted.
 *
 * @throws {KernelUnavailableError} where there is no adapter, or its device fails at the trial.
 */
export async function createWebGpuKernel(
  { hardware = false, ...options }: WebGpuOptions & { readonly hardware?: boolean } = {},
): Promise<WebGpuKernel> {
  const kernel = new WebGpuKernel(await openDevice({ hardware }), options);
  try {
    kernel.traits = { ...kernel.traits, fused: await isFused(kernel) };
  } catch (error) {
    await kernel[Symbol.asyncDispose]();
    if (!(error instanceof DensemarkError)) throw error;
    throw new KernelUnavailableError(error.message);
  }
  return kernel;
}

/** Makes the kernel `webgpu`. */
export const factory: KernelFactory = {
  create: () => createWebGpuKernel(),
  createByDefault: async () => {
    expectGpuByDefault();
    return await createWebGpuKernel({ hardware: true });
  },
};
