/**
 * What a kernel's device says of its speed. How many cases there are follows
 * from it, and neither from measured times, since the cases must be the same on
 * every machine, nor from what a kernel claims of its arithmetic. Any kernel may
 * claim any device, too: nothing observes it.
 *
 * @module
 */
import type { KernelTraits } from "../kernels/kernel.ts";

type Device = Pick<KernelTraits, "device">;

/** Whether a kernel computes on a GPU, where a read takes 10 ms and more, whatever is read. */
export function isGpu({ device }: Device): boolean {
  return device.startsWith("WebGPU");
}

/** Whether a processor does a GPU's work. */
export function isSoftware({ device }: Device): boolean {
  return /software|llvmpipe|swiftshader|fallback/i.test(device);
}

/** Whether nothing is compiled ahead of time: the slowest there is. */
export function isJavaScript({ device }: Device): boolean {
  return device === "JavaScript";
}
