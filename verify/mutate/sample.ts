/**
 * The sample of a run: the first mutations of the population, each mutant once,
 * with what it is known by.
 *
 * @module
 */
import type { MutableKernel } from "./mutation.ts";
import type { MutantRecord } from "../../results/mutation/schema.ts";
import { contextOfInstruction, contextOfLine } from "./context.ts";
import type { Sources } from "./copy.ts";
import { idOf, type Mutation } from "./mutation.ts";
import type { MutationPlan } from "./plan.ts";
import { drawMutations, type Modules } from "./population.ts";

/** A mutation of the sample. */
export interface Chosen {
  readonly id: string;
  readonly mutation: Mutation;
  /** What tells its place from others that read the same. */
  readonly context: readonly string[];
}

/** A mutant of which nothing is known yet. */
export function newRecord({ id, mutation, context }: Chosen): MutantRecord {
  const { change: _change, ...rest } = mutation;
  return {
    id,
    ...rest,
    context,
    outcome: "survived",
    check: null,
    effort: "smoke",
    detail: "",
    seconds: 0,
    runs: [],
    witness: null,
    equivalent: null,
  };
}

/** As many mutants as the plan asks for, or all there are; two mutations that make the same code are one. */
export async function drawSample(
  plan: MutationPlan,
  sources: Sources,
  modules: ReadonlyMap<MutableKernel, Modules>,
): Promise<Chosen[]> {
  const sourceOf = (path: string) => {
    const text = sources.get(path);
    if (text === undefined) throw new Error(`no ${path} among the sources`);
    return text;
  };
  const contextOf = async ({ kernel, line, change }: Mutation) => {
    if ("path" in change) return contextOfLine(sourceOf(change.path), line);
    // A change of a line of WGSL is made wherever the line stands.
    if ("shader" in change) return [];
    const bytes = modules.get(kernel)?.get(change.module);
    if (!bytes) throw new Error(`no module ${change.module} of ${kernel}`);
    return await contextOfInstruction(bytes, change.instruction);
  };
  const sample = new Map<string, Chosen>();
  for (const mutation of drawMutations(plan, sources, modules)) {
    if (sample.size >= plan.sample) break;
    const id = await idOf(mutation, sourceOf);
    if (sample.has(id)) continue;
    sample.set(id, { id, mutation, context: await contextOf(mutation) });
  }
  return [...sample.values()];
}
