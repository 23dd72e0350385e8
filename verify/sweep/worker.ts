/**
 * A worker of a sweep: makes its own kernel by name, of one thread, and
 * computes the parts it is given, one after the other.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel, type KernelName } from "../../kernels/registry.ts";
import { serveJobs } from "../serve_jobs.ts";
import { computeJob, type SweepJob, type SweepResult } from "./jobs.ts";

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

serveJobs(async (job: SweepJob): Promise<SweepResult> => {
  let kernel: Kernel;
  try {
    kernel = await kernelOf(job.kernel);
  } catch (error) {
    return { unavailable: String(error) };
  }
  return await computeJob(kernel, job);
});
