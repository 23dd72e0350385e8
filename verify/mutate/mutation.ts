/**
 * A mutation as the runner needs it, and as a person reads it: what is changed,
 * where, and in which kernel it is to be found.
 *
 * @module
 */
import { sha256 } from "../../common/sha256.ts";
import type { KernelName } from "../../kernels/registry.ts";
import type { MutantKind } from "../../results/mutation/schema.ts";
import { applyEdit } from "./edit.ts";

/** The kernels that can be mutated: the products of `native` are a library's, which the process of a mutant may not call. */
export type MutableKernel = Exclude<KernelName, "native">;

/** A change of a generated module. */
export interface ModuleChange {
  /** The module's name without what differs between threads. */
  readonly module: string;
  readonly instruction: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** A change of a line of all WGSL programs that have it. */
export interface ShaderChange {
  readonly shader: { readonly from: string; readonly to: string };
}

/** A change of a source file. */
export interface SourceChange {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly to: string;
}

/** A mutation of one kernel. */
export interface Mutation {
  readonly kernel: MutableKernel;
  readonly kind: MutantKind;
  readonly file: string;
  readonly line: number;
  readonly operator: string;
  readonly place: string;
  readonly from: string;
  readonly to: string;
  readonly becomes: string;
  readonly change: SourceChange | ModuleChange | ShaderChange;
}

/** The hash of the mutated code, with the kernel in which it is verified. */
export async function idOf({ kernel, change }: Mutation, sourceOf: (path: string) => string) {
  const code = "path" in change
    ? [change.path, applyEdit(sourceOf(change.path), change)]
    : "shader" in change
    ? [change.shader.from, change.shader.to]
    : [change.module, change.instruction, change.from, change.to];
  return (await sha256(JSON.stringify([kernel, ...code]))).slice(0, 16);
}
