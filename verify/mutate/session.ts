/**
 * One run of mutation testing: the kernels as they are, from which the sample
 * and the times come, then mutant after mutant, several at once, each in a copy
 * of the code.
 *
 * @module
 */
import { join } from "node:path";
import { printError, UsageError } from "../../common/command.ts";
import type { MutableKernel } from "./mutation.ts";
import { type MutantRecord, mutationEfforts } from "../../results/mutation/schema.ts";
import { checks } from "../verify.ts";
import { Copy, type Sources } from "./copy.ts";
import { appendMutant } from "./journal.ts";
import { Order } from "./order.ts";
import type { MutationPlan } from "./plan.ts";
import { type Modules, mutatesGenerated } from "./population.ts";
import { runChecks, runMutant, searchWitness } from "./run_mutant.ts";
import type { Arm, Job } from "./runner.ts";
import { type Chosen, drawSample, newRecord } from "./sample.ts";

const checkNames = checks.map(({ name }) => name);

/** Why a sample is empty. */
export function nothingToMutate(usable: readonly string[], skipped: readonly string[]): string {
  return usable.length === 0
    ? `no kernel of those can be run here: ${skipped.join("; ")}`
    : "there is nothing to mutate: --files and --operators leave nothing";
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
  readonly #orders = new Map<MutableKernel, Order>();

  constructor(
    readonly plan: MutationPlan,
    readonly folder: string,
    readonly sources: Sources,
    readonly signal: AbortSignal,
  ) {}

  #copy(name: string): Copy {
    return new Copy(join(this.folder, "copies", name), this.sources);
  }

  /** Removes the copies of the code. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(join(this.folder, "copies"), { recursive: true }).catch(() => {});
  }

  /**
   * Verifies the kernels as they are, and draws the sample; null where it was interrupted. For a
   * list those are run alone whose generated code has to be known, to compile it.
   *
   * @throws {UsageError} where a kernel fails as it is, since its mutants would be killed for nothing.
   */
  async prepare(say: (text: string) => void): Promise<Chosen[] | null> {
    const { plan, signal } = this;
    const original = this.#copy("original");
    const modules = new Map<MutableKernel, Modules>();
    const usable: MutableKernel[] = [];
    const skipped: string[] = [];
    let isMade = false;
    for (const kernel of plan.kernels) {
      if (plan.list && !mutatesGenerated(kernel, plan)) {
        usable.push(kernel);
        continue;
      }
      if (!isMade) {
        await original.make();
        await original.change(null);
        isMade = true;
      }
      say(plan.list ? `compiling the code of ${kernel}` : `verifying ${kernel} as it is`);
      const report = await runChecks(original, this.#jobOf(kernel), plan.effort, signal);
      if (report === null) return null;
      const { outcome, check, detail, runs } = report.found;
      if (check === "creation" && kernel === "webgpu") {
        printError(`webgpu SKIPPED: ${detail}`);
        skipped.push(`${kernel}: ${detail}`);
        continue;
      }
      if (outcome !== "survived") {
        throw new UsageError(`${kernel} is ${outcome} as it is, by ${check}: ${detail}`);
      }
      usable.push(kernel);
      modules.set(kernel, report.modules);
      this.#orders.set(kernel, new Order(runs));
    }
    // The search for a witness compares with it, and compiles as it is.
    if (!plan.list) await original.make();
    const sample = await drawSample({ ...plan, kernels: usable }, this.sources, modules);
    if (sample.length === 0) throw new UsageError(nothingToMutate(usable, skipped));
    return signal.aborted ? null : sample;
  }

  /** What a kernel is run with as it is: every check at every effort, since each compiles modules of its own. A list does so once. */
  #jobOf(kernel: MutableKernel): Job {
    const { effort, list, seed } = this.plan;
    const smoke = checkNames.map((check): Arm => ({ check, effort: "smoke" }));
    const each = new Order([]).arms(checkNames, effort);
    const arms = list ? each : [...smoke, ...each];
    return { kernel, arms, seed, modules: "wanted" };
  }

  /** Tries the mutants of which too little is known; returns all that were tried or known, in their order. */
  async run(
    mutations: readonly Chosen[],
    known: ReadonlyMap<string, MutantRecord>,
    { onMutant }: { readonly onMutant: (record: MutantRecord, left: number) => void },
  ): Promise<MutantRecord[]> {
    const { plan, signal } = this;
    const done = new Map<string, MutantRecord>();
    // An older journal does not say what is around a mutation.
    const knownOf = ({ id, context }: Chosen) => {
      const record = known.get(id);
      return record && { ...record, context };
    };
    for (const chosen of mutations) {
      const record = knownOf(chosen);
      if (!record || !isKnown(record, plan)) continue;
      const { id, mutation } = chosen;
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
        const record = await this.#try(copy, next.value, knownOf(next.value));
        if (record === null) return;
        await appendMutant(this.folder, record);
        done.set(record.id, record);
        onMutant(record, --left);
      }
    }));
    return mutations.flatMap(({ id }) => done.get(id) ?? []);
  }

  /** Tries one mutant; null where it was interrupted. */
  async #try(
    copy: Copy,
    chosen: Chosen,
    before: MutantRecord | undefined,
  ): Promise<MutantRecord | null> {
    const { plan: { effort, seed, witness }, signal } = this;
    const { mutation } = chosen;
    const order = this.#orders.get(mutation.kernel)!;
    let record = before ?? newRecord(chosen);
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
