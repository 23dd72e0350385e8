/**
 * How to repeat what failed on one kernel, as its failures say: by a command,
 * which for a kernel from elsewhere names its module, or, where a program
 * verifies a kernel that no command knows, by a call.
 *
 * @module
 */
import { quote, shellWord } from "../common/text.ts";
import type { KernelName } from "../kernels/registry.ts";
import type { ForeignKernel } from "./foreign/kernel_module.ts";

/** A kernel that commands know: of the registry, or from elsewhere. */
export type KnownKernel = KernelName | ForeignKernel;

/** How to repeat something. */
export interface Repeat {
  /** One case, by its id. */
  readonly ofCase: (id: string) => string;
  /** All cases of a check. */
  readonly ofCheck: (name: string) => string;
}

/** A kernel's name. */
export function nameOfKernel(kernel: KnownKernel): string {
  return typeof kernel === "string" ? kernel : kernel.name;
}

/** The option that chooses this kernel alone: `--kernels naive`, `--kernel ./mine.ts`. */
export function kernelOption(kernel: KnownKernel): string {
  return typeof kernel === "string" ? `--kernels ${kernel}` : `--kernel ${shellWord(kernel.given)}`;
}

/** The command that repeats a case. */
export function repeatCommand(kernel: KnownKernel, id: string, seed: number): string {
  const from = typeof kernel === "string" ? "" : ` ${kernelOption(kernel)}`;
  const path = shellWord(`${nameOfKernel(kernel)}/${id}`);
  return `deno task verify${from} --case ${path} --seed ${seed}`;
}

/** The commands that repeat something on a kernel. */
export function repeatByCommand(kernel: KnownKernel, seed: number): Repeat {
  return {
    ofCase: (id) => repeatCommand(kernel, id, seed),
    ofCheck: (name) => `deno task verify ${kernelOption(kernel)} --checks ${name} --seed ${seed}`,
  };
}

/** The calls that do so in the program that has the kernel. */
export function repeatByCall(seed: number): Repeat {
  return {
    ofCase: (id) => `verifyKernel(kernel, { case: ${quote(id)}, seed: ${seed} })`,
    ofCheck: (name) =>
      `verifyKernel(kernel, { checks: checks.filter(({ name }) => name === ${
        quote(name)
      }), seed: ${seed} })`,
  };
}
