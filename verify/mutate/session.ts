/**
 * One run of mutation testing: the kernels as they are, from which the sample
 * and the times come, then mutant after mutant, several at once, each in a copy
 * of the code.
 *
 * @module
 */
import { join } from "node:path";
import { printError, UsageError } from "../../common/command.ts";
import type { KernelName } from "../../kernels/registry.ts";
import { type MutantRecord, mutationEfforts } from "../../results/mutation/schema.ts";
import { checks } from "../verify.ts";
import { Copy, type Sources } from "./copy.ts";
import { appendMutant } from "./journal.ts";
import { idOf, type Mutation } from "./mutation.ts";
import { Order } from "./order.ts";
import type { MutationPlan } from "./plan.ts";
import { drawSample, type Modules } from "./population.ts";
import { runChecks, runMutant, searchWitness } from "./run_mutant.ts";
import { describeMutant } from "./table.ts";

/** A mutation of the sample. */
export interface Chosen {
  readonly id: string;
  readonly mutation: Mutation;
  /** What it is, on one line. */
  readonly text: string;
}

const checkNames = checks.map(({ name }) => name);

/** A mutant of which nothing is known yet. */
function recordOf(id: string, mutation: Mutation): MutantRecord {
  const { change: _change, ...rest } = mutation;
  return {
    id,
    ...rest,
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

/** Whether what is known of a mutant answers the plan. */
function isKnown(record: MutantRecord | undefined, { effort, witness }: MutationPlan): boolean {
  if (!record) return false;
  if (record.outcome !== "survived") return true;
  const far = mutationEfforts.indexOf(record.effort) >= mutationEfforts.indexOf(effort);
  const { found = null, seconds = 0 } = record.witness ?? {};
  return far && (found !== null || seconds >= witness);
}

/** A run. */
export class Session {
  readonly #orders = new Map<KernelName, Order>();

  constructor(
    readonly plan: MutationPlan,
    readonly folder: string,
    readonly sources: Sources,
    readonly signal: AbortSignal,
  ) {}

  #copy(name: string): Copy {
    return new Copy(join(this.folder, "copies", name), this.sources);
  }

  /**
   * Verifies the kernels as they are, and draws the sample; null where it was interrupted.
   *
   * @throws {UsageError} where a kernel fails as it is, since its mutants would be killed for nothing.
   */
  async prepare(say: (text: string) => void): Promise<Chosen[] | null> {
    const { plan, signal } = this;
    const original = this.#copy("original");
    await original.make();
    await original.change(null);
    const modules = new Map<KernelName, Modules>();
    for (const kernel of plan.kernels) {
      say(`verifying ${kernel} as it is`);
      const arms = new Order([]).arms(checkNames, plan.effort);
      const every = [...checkNames.map((check) => ({ check, effort: "smoke" as const })), ...arms];
      const job = { kernel, arms: every, seed: plan.seed, modules: "wanted" as const };
      const report = await runChecks(original, job, plan.effort, signal);
      if (report === null) return null;
      const { outcome, check, detail, runs } = report.found;
      if (check === "creation" && kernel === "webgpu") {
        printError(`webgpu SKIPPED: ${detail}`);
        continue;
      }
      if (outcome !== "survived") {
        throw new UsageError(`${kernel} is ${outcome} as it is, by ${check}: ${detail}`);
      }
      modules.set(kernel, report.modules);
      this.#orders.set(kernel, new Order(runs));
    }
    // The search for a witness compares with it, and compiles as it is.
    await original.make();
    const kernels = plan.kernels.filter((kernel) => this.#orders.has(kernel));
    const sample = drawSample({ ...plan, kernels }, this.sources, modules);
    if (sample.length === 0) {
      throw new UsageError("there is nothing to mutate: --files and --operators leave nothing");
    }
    const sourceOf = (path: string) => original.source(path);
    return await Promise.all(sample.map(async (mutation) => {
      const id = await idOf(mutation, sourceOf);
      return { id, mutation, text: describeMutant(recordOf(id, mutation)) };
    }));
  }

  /** Tries the mutants of which too little is known; returns all that were tried or known, in their order. */
  async run(
    mutations: readonly Chosen[],
    known: ReadonlyMap<string, MutantRecord>,
    { onMutant }: { readonly onMutant: (record: MutantRecord, left: number) => void },
  ): Promise<MutantRecord[]> {
    const { plan, signal } = this;
    const done = new Map<string, MutantRecord>();
    for (const { id, mutation } of mutations) {
      const record = known.get(id);
      if (!record || !isKnown(record, plan)) continue;
      done.set(id, record);
      this.#orders.get(mutation.kernel)?.add(record);
    }
    const missing = mutations.filter(({ id }) => !done.has(id));
    let left = missing.length;
    const open = missing[Symbol.iterator]();
    await Promise.all(Array.from({ length: plan.workers }, async (_, lane) => {
      const copy = this.#copy(`copy-${lane + 1}`);
      await copy.make();
      for (let next = open.next(); !next.done && !signal.aborted; next = open.next()) {
        const { id, mutation } = next.value;
        const record = await this.#try(copy, id, mutation, known.get(id));
        if (record === null) return;
        await appendMutant(this.folder, record);
        done.set(id, record);
        onMutant(record, --left);
      }
    }));
    return mutations.flatMap(({ id }) => done.get(id) ?? []);
  }

  /** Tries one mutant; null where it was interrupted. */
  async #try(
    copy: Copy,
    id: string,
    mutation: Mutation,
    before: MutantRecord | undefined,
  ): Promise<MutantRecord | null> {
    const { plan: { effort, seed, witness }, signal } = this;
    const order = this.#orders.get(mutation.kernel)!;
    let record = before ?? recordOf(id, mutation);
    if (!before || mutationEfforts.indexOf(before.effort) < mutationEfforts.indexOf(effort)) {
      const arms = order.arms(checkNames, effort);
      const found = await runMutant(copy, mutation, { arms, seed }, effort, signal);
      if (found === null) return null;
      record = { ...record, ...found };
      order.add(record);
    } else {
      await copy.change(mutation);
    }
    if (record.outcome !== "survived" || witness === 0) return record;
    const job = { kernel: mutation.kernel, seconds: witness, seed };
    const search = await searchWitness(copy, this.#copy("original"), job, signal);
    return search === null ? null : { ...record, witness: search };
  }
}
