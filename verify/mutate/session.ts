/**
 * One run of mutation testing: the kernels as they are, from which the sample
 * and the times come, then mutant after mutant, several at once, each in a copy
 * of the code.
 *
 * @module
 */
import { join } from "node:path";
import { printError, UsageError } from "../../common/command.ts";
import { sha256 } from "../../common/sha256.ts";
import { readEngine } from "../../results/environment.ts";
import { type MutantRecord, mutationEfforts } from "../../results/mutation/schema.ts";
import type { Effort } from "../check.ts";
import { checks } from "../verify.ts";
import { Copy, hashOf, type Sources } from "./copy.ts";
import { type Equivalence, neverReached, reasonFor } from "./equivalent.ts";
import { appendMutant } from "./journal.ts";
import type { MutableKernel } from "./mutation.ts";
import { Order } from "./order.ts";
import { readOriginal, writeOriginal } from "./original.ts";
import type { MutationPlan } from "./plan.ts";
import { type Modules, mutatesGenerated } from "./population.ts";
import { Regions, Selection } from "./reach.ts";
import { type Report, runChecks, runMutant, searchWitness } from "./run_mutant.ts";
import type { Arm } from "./runner.ts";
import { type Chosen, drawSample, newRecord } from "./sample.ts";

const checkNames = checks.map(({ name }) => name);

/** All cases of each check at an effort. */
const armsAt = (effort: Effort): Arm[] =>
  checkNames.map((check): Arm => ({ check, effort, skip: [] }));

/** Why a sample is empty. */
export function nothingToMutate(usable: readonly string[], skipped: readonly string[]): string {
  return usable.length === 0
    ? `no kernel of those can be run here: ${skipped.join("; ")}`
    : "there is nothing to mutate: --files and --operators leave nothing";
}

/** What is still to be done with a mutant of which something is known. */
type Step = "checks" | "other cases" | "witness" | null;

/** A run. */
export class Session {
  readonly #orders = new Map<MutableKernel, Order>();
  readonly #selections = new Map<MutableKernel, Selection>();
  readonly #regions: Regions;

  constructor(
    readonly plan: MutationPlan,
    readonly folder: string,
    readonly sources: Sources,
    readonly equivalences: readonly Equivalence[],
    readonly signal: AbortSignal,
  ) {
    this.#regions = new Regions(sources);
  }

  #copy(name: string): Copy {
    return new Copy(join(this.folder, "copies", name), this.sources);
  }

  /** Removes the copies of the code. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(join(this.folder, "copies"), { recursive: true }).catch(() => {});
  }

  /** The effort whose cases are chosen by what they reach: those of `full` come after it, all of them. */
  get #chosenEffort(): Effort {
    return this.plan.effort === "smoke" ? "smoke" : "quick";
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
    const key = await this.#keyOfOriginals();
    const modules = new Map<MutableKernel, Modules>();
    const usable: MutableKernel[] = [];
    const skipped: string[] = [];
    let isMade = false;
    for (const kernel of plan.kernels) {
      if (plan.list && !mutatesGenerated(kernel, plan)) {
        usable.push(kernel);
        continue;
      }
      let known = plan.list ? null : await readOriginal(this.folder, kernel, key);
      if (!known) {
        if (!isMade) {
          await original.make();
          isMade = true;
        }
        say(plan.list ? `compiling the code of ${kernel}` : `verifying ${kernel} as it is`);
        const report = await this.#verify(original, kernel);
        if (report === null) return null;
        const { outcome, check, detail } = report.found;
        if (check === "creation" && kernel === "webgpu") {
          printError(`webgpu SKIPPED: ${detail}`);
          skipped.push(`${kernel}: ${detail}`);
          continue;
        }
        if (outcome !== "survived") {
          throw new UsageError(`${kernel} is ${outcome} as it is, by ${check}: ${detail}`);
        }
        known = report;
        if (!plan.list) await writeOriginal(this.folder, kernel, key, known);
      }
      usable.push(kernel);
      modules.set(kernel, known.modules);
      this.#orders.set(kernel, new Order(known.reach.cases, this.#chosenEffort));
      this.#selections.set(kernel, new Selection(kernel, known.reach, this.#regions));
    }
    // The search for a witness compares with it, and compiles as it is.
    if (!plan.list && plan.witness > 0) await original.make();
    const sample = await drawSample({ ...plan, kernels: usable }, this.sources, modules);
    if (sample.length === 0) throw new UsageError(nothingToMutate(usable, skipped));
    return signal.aborted ? null : sample;
  }

  /** What the kernels as they are depend on. */
  async #keyOfOriginals(): Promise<string> {
    const { sources, plan: { seed } } = this;
    const probes = ["regions.ts", "probe.ts"].map((name) => sources.get(`verify/mutate/${name}`));
    const parts = [await hashOf(sources), probes, seed, this.#chosenEffort, readEngine()];
    return await sha256(JSON.stringify(parts));
  }

  /** Verifies a kernel as it is, in a copy that says what is reached, and at full effort in one that need not; null where it was interrupted. */
  async #verify(original: Copy, kernel: MutableKernel): Promise<Report | null> {
    const { plan: { effort, list, seed }, signal } = this;
    const job = { kernel, seed, modules: "wanted" } as const;
    await (list ? original.change(null) : original.probe());
    const arms = armsAt(this.#chosenEffort);
    const first = await runChecks(original, { ...job, arms, reach: !list }, effort, signal);
    if (first?.found.outcome !== "survived" || effort !== "full") return first;
    await original.change(null);
    const full = await runChecks(original, { ...job, arms: armsAt("full") }, effort, signal);
    return full && { ...full, reach: first.reach };
  }

  /** What is left to do with a mutant. */
  #stepOf(record: MutantRecord | undefined): Step {
    const { effort, witness } = this.plan;
    if (!record) return "checks";
    if (record.outcome !== "survived") return null;
    if (mutationEfforts.indexOf(record.effort) < mutationEfforts.indexOf(effort)) return "checks";
    // By those that do not reach its code one with a reason is not tried.
    const open = reasonFor(record, this.equivalences) === null;
    if ((record.untried ?? 0) > 0 && open) return "other cases";
    const { found = null, seconds = 0 } = record.witness ?? {};
    return witness > 0 && found === null && seconds < witness ? "witness" : null;
  }

  /**
   * Tries the mutants of which too little is known, first all by the cases that reach their code,
   * then the survivors by what is left; returns all that were tried or known, in their order.
   */
  async run(
    mutations: readonly Chosen[],
    known: ReadonlyMap<string, MutantRecord>,
    { onMutant }: { readonly onMutant: (record: MutantRecord, left: number) => void },
  ): Promise<MutantRecord[]> {
    const { plan, signal } = this;
    const records = new Map<string, MutantRecord>();
    for (const { id, context, mutation } of mutations) {
      const record = known.get(id);
      if (!record) continue;
      // An older journal does not say what is around a mutation.
      records.set(id, { ...record, context });
      this.#orders.get(mutation.kernel)?.add(record);
    }
    const stepOf = ({ id }: Chosen) => this.#stepOf(records.get(id));
    for (const step of ["checks", "other cases", "witness"] as const) {
      const open = mutations.filter((one) => stepOf(one) === step);
      let left = open.length;
      const next = open[Symbol.iterator]();
      await Promise.all(Array.from({ length: Math.min(plan.workers, left) }, async (_, lane) => {
        const copy = this.#copy(`copy-${lane + 1}`);
        await copy.make();
        for (let one = next.next(); !one.done && !signal.aborted; one = next.next()) {
          const { id } = one.value;
          const record = await this.#try(copy, one.value, step, records.get(id));
          if (record === null) return;
          await appendMutant(this.folder, record);
          records.set(id, record);
          onMutant(record, --left);
        }
      }));
    }
    return mutations.flatMap((one) => stepOf(one) === null ? records.get(one.id) ?? [] : []);
  }

  /** Takes one step with a mutant; null where it was interrupted. */
  async #try(
    copy: Copy,
    chosen: Chosen,
    step: NonNullable<Step>,
    before: MutantRecord | undefined,
  ): Promise<MutantRecord | null> {
    const { plan: { effort, seed, witness }, signal } = this;
    const { mutation } = chosen;
    const { kernel } = mutation;
    const order = this.#orders.get(kernel)!;
    const stages = order.stages(this.#selections.get(kernel)!.casesOf(mutation));
    const { untried: _untried, ...record } = before ?? newRecord(chosen);
    if (step === "checks" && effort !== "full" && stages.first.length === 0) {
      return { ...record, effort, detail: neverReached };
    }
    await copy.change(mutation);
    if (step === "witness") {
      const job = { kernel, seconds: witness, seed };
      const search = await searchWitness(copy, this.#copy("original"), job, signal);
      return search && { ...record, witness: search };
    }
    const late = effort === "full" ? armsAt("full") : [];
    const arms = step === "checks" ? [...stages.first, ...late] : stages.rest;
    const found = await runMutant(copy, mutation, { arms, seed, step }, effort, signal);
    if (found === null) return null;
    order.add(found);
    const untried = step === "checks" && late.length === 0 && found.outcome === "survived"
      ? order.count(stages.rest)
      : 0;
    return {
      ...record,
      ...found,
      seconds: record.seconds + found.seconds,
      runs: [...record.runs, ...found.runs],
      ...(untried > 0 && { untried }),
    };
  }
}
