import { assertEquals, assertRejects } from "@std/assert";
import { KernelUnavailableError, WorkerError } from "../common/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { SharedKernel } from "./shared_kernel.ts";

/** Kernels that are made in their turn, and how often each was disposed of. */
function countingKernels() {
  const disposals: number[] = [];
  const create = async (): Promise<Kernel> => {
    const kernel = await createKernel("naive");
    const i = disposals.push(0) - 1;
    const end = kernel[Symbol.asyncDispose].bind(kernel);
    return Object.assign(kernel, {
      [Symbol.asyncDispose]: () => {
        disposals[i]!++;
        return end();
      },
    });
  };
  return { disposals, create };
}

Deno.test("a shared kernel whose threads failed is disposed of once, and replaced once", async () => {
  const { disposals, create } = countingKernels();
  const shared = new SharedKernel(create);
  const kernels = new Set<Kernel>();
  const note = (kernel: Kernel) => Promise.resolve(kernels.add(kernel).size);
  const late = Promise.withResolvers<void>();
  const failing = (until?: Promise<void>) =>
    shared.use(async () => {
      await until;
      throw new WorkerError("a thread ended");
    });
  await shared.use(note);
  const second = failing(late.promise);
  await assertRejects(() => failing(), WorkerError, "a thread ended");
  await shared.use(note);
  // The other failure of the first kernel comes when there is another one already.
  late.resolve();
  await assertRejects(() => second, WorkerError);
  await shared.use(note);
  assertEquals([kernels.size, disposals], [2, [1, 0]]);
});

Deno.test("a shared kernel is made again where it could not be made, and kept where a use of it fails", async () => {
  const { disposals, create } = countingKernels();
  let fails = true;
  const shared = new SharedKernel(() =>
    fails ? Promise.reject(new KernelUnavailableError("not yet")) : create()
  );
  const name = ({ name }: Kernel) => Promise.resolve(name);
  await assertRejects(() => shared.use(name), KernelUnavailableError, "not yet");
  fails = false;
  assertEquals(await Promise.all([shared.use(name), shared.use(name)]), ["naive", "naive"]);
  await assertRejects(() => shared.use(() => Promise.reject(new RangeError("mine"))), RangeError);
  assertEquals([await shared.use(name), disposals], ["naive", [0]]);
});
