/**
 * A worker of a sweep: makes its own kernel by name, of one thread, and
 * computes the parts it is given, one after the other.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel, type KernelName } from "../../kernels/registry.ts";
import { computeJob, type Job, messageOf, type Reply } from "./pool.ts";

/** What a worker's global scope has that a page's has not, or otherwise. */
const scope = globalThis as unknown as {
  onmessage: (event: { readonly data: Job }) => void;
  postMessage(reply: Reply): void;
};

let current: { readonly name: KernelName; readonly kernel: Kernel } | null = null;

/** The kernel of that name; the one before it is disposed of. */
async function kernelOf(name: KernelName): Promise<Kernel> {
  if (current?.name === name) return current.kernel;
  await current?.kernel[Symbol.asyncDispose]();
  current = null;
  const kernel = await createKernel(name, { threads: 1 });
  current = { name, kernel };
  return kernel;
}

async function replyTo(job: Job): Promise<Reply> {
  try {
    return await computeJob(await kernelOf(job.kernel), job);
  } catch (error) {
    return { kind: "unavailable", reason: messageOf(error) };
  }
}

scope.onmessage = async ({ data }) => scope.postMessage(await replyTo(data));
