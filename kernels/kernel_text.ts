/**
 * A kernel as a text, as it is printed: its name, where it computes, and
 * how much memory its tensors take.
 *
 * @module
 */
import { formatCount } from "../common/numbers.ts";
import { cleanText, quote } from "../common/text.ts";
import { formatBytes } from "../common/units.ts";
import type { ChosenKernel } from "./choice.ts";
import type { Kernel } from "./kernel.ts";

/** What is shown of a kernel. */
export function formatKernel(kernel: Kernel & { readonly disposed: boolean }): string {
  const { name, traits, disposed } = kernel;
  const what = `Kernel ${quote(name)}`;
  if (disposed) return `${what}, disposed`;
  const { device, threads } = traits;
  const memory = kernel.memory?.();
  const { choice } = kernel as Partial<ChosenKernel>;
  const text = [
    `${what}: ${cleanText(device, 120)}`,
    formatCount(threads, "thread"),
    ...memory === undefined ? [] : [`${formatBytes(memory)} in use`],
  ].join(", ");
  return choice === undefined ? text : `${text}; chosen as ${cleanText(choice.reason, 400)}`;
}
