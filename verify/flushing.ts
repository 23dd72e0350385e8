/**
 * What a kernel that flushes subnormal numbers may take for 0. An operand is
 * flushed for what it is; a result may be flushed for what it was before it was
 * rounded, so that the smallest normal number may be 0 too (IEEE 754-2019, §7.5,
 * which leaves it open whether tininess is detected before rounding or after).
 *
 * @module
 */
import type { KernelTraits } from "../kernels/kernel.ts";
import { smallestNormal } from "./float32.ts";

type Flushing = Pick<KernelTraits, "denormals">;

/** Whether a kernel may take this operand for 0, which it is not. */
export function mayFlushOperand(value: number, { denormals }: Flushing): boolean {
  return denormals === "flushed" && value !== 0 && Math.abs(value) < smallestNormal;
}

/** Whether a kernel may have made 0 of this result, which is another number. */
export function mayFlushResult(value: number, { denormals }: Flushing): boolean {
  return denormals === "flushed" && value !== 0 && Math.abs(value) <= smallestNormal;
}
