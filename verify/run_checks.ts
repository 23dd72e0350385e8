/**
 * Runs the cases of some checks on a kernel and counts. A check that had no case
 * to run counts as failed, so that nothing passes by absence. Which checks these
 * are is for the caller to say, so that a program holds no check that it does not run.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import type { Kernel, KernelOptions } from "../kernels/kernel.ts";
import { isKernelName } from "../kernels/registry.ts";
import type {
  ActivationReport,
  CheckReport,
  Coverage,
  FailureReport,
  Growth,
  KernelVerification,
  ProbedTree,
  ShapeClass,
  SummationReport,
} from "../results/verification/schema.ts";
import { ulpBins } from "../results/verification/schema.ts";
import { type Case, caseOf, type Check, type Effort, efforts, runCase } from "./check.ts";
import { claimsId, order } from "./checks/order.ts";
import type { Measures, Outcome } from "./compare.ts";
import { isGpu } from "./device.ts";
import { casesOfHalf, type Half } from "./halves.ts";
import { withProposal } from "./proposal.ts";
import { faultOfTraits, refusedVerification } from "./refused.ts";
import { type Repeat, repeatByCall, repeatByCommand } from "./repeat_command.ts";
import { classOf } from "./shapes.ts";
import { shrink } from "./shrink.ts";
import { describeSummation } from "./summation/tree.ts";

/** How a kernel is verified. */
export interface VerifyOptions {
  /** The seed of all data; default 1. */
  readonly seed?: number;
  /** The seed of the numbers that the sweep begins with, by default `seed`; a fresh one in each run covers other numbers. */
  readonly sweepSeed?: number;
  /** Only these checks, in the order in which they run; default all. */
  readonly checks?: readonly Check[];
  /** Only this case, by the id that a failure has, of whatever shape; default all. */
  readonly case?: string;
  /** How much is done; default `quick`, some seconds. */
  readonly effort?: Effort;
  /** Only one half of the cases of checks that have many alike, drawn by `sweepSeed`: 0, or 1 for the other; default null, all. */
  readonly half?: Half | null;
  /** Makes another kernel of the same kind with other options, so that numbers of threads can be compared; default none. */
  readonly create?: ((options: KernelOptions) => Promise<Kernel>) | null;
  /** How its failures say that they can be repeated; by default by a command for a kernel of Densemark's own, and by a call for any other. */
  readonly repeat?: Repeat;
  /** Whether the first failure of a check ends it; default false. */
  readonly firstFailure?: boolean;
  /** Is told how many of the cases of a check are done. */
  readonly onProgress?: (check: string, done: number, of: number) => void;
  /** An `AbortSignal`, which ends the run early, with what was found so far. */
  readonly signal?: { readonly aborted: boolean };
}

/** So many failures of a check are shrunk; each takes some dozens of runs. */
const mostShrunk = 2;

/** What the checks find of a kernel; errors that it throws are failures of its cases. */
export async function runChecks(
  kernel: Kernel,
  {
    seed = 1,
    sweepSeed = seed,
    checks: allowed,
    case: id,
    effort = "quick",
    half = null,
    create = null,
    repeat = isKernelName(kernel.name) ? repeatByCommand(kernel.name, seed) : repeatByCall(seed),
    firstFailure = false,
    onProgress,
    signal,
  }: VerifyOptions & Required<Pick<VerifyOptions, "checks">>,
): Promise<KernelVerification> {
  const start = performance.now();
  checkOptions(allowed, effort);
  const reports: CheckReport[] = [];
  const measured: Measures[] = [];
  const chosen = id === undefined
    ? allowed
    : allowed.filter(({ name }) => id.split("/")[0] === name);
  if (id !== undefined && chosen.length === 0) {
    throw new ArgumentError(
      `no check has the case ${quote(id)}; there are ${allowed.map(({ name }) => name).join(", ")}`,
    );
  }
  const problem = faultOfTraits(kernel.traits);
  if (problem !== null) {
    const claims = { id: claimsId, problem, repeat: repeat.ofCase(claimsId) };
    return refusedVerification(kernel, order, claims);
  }
  await using stack = new AsyncDisposableStack();
  let shared: Promise<Kernel> | null = null;
  const second = create && effort !== "full"
    ? () => shared ??= create({}).then((made) => stack.use(made))
    : null;
  // To read from a GPU takes 10 ms and more, whatever is read: there, many cases run at once.
  const together = isGpu(kernel.traits) ? 32 : 1;
  for (const check of chosen) {
    const context = { effort, create, second, seed, sweepSeed };
    const one = id === undefined ? null : caseOf(check, kernel, context, id);
    const cases = id === undefined
      ? casesOfHalf(check.name, check.cases(kernel, context), half, sweepSeed)
      : one
      ? [one]
      : [];
    const tally = new CheckTally(kernel, seed, repeat);
    let failed = false;
    for (let first = 0; first < cases.length && !(firstFailure && failed); first += together) {
      onProgress?.(check.name, first, cases.length);
      if (signal?.aborted) break;
      const group = cases.slice(first, first + together);
      const outcomes = await Promise.all(group.map((one) => runCase(one, kernel, seed)));
      for (const [i, outcome] of outcomes.entries()) {
        if (firstFailure && failed) break;
        await tally.add(group[i]!, outcome, firstFailure);
        if (outcome.measures) measured.push(outcome.measures);
        failed ||= outcome.problem !== null;
      }
    }
    reports.push(tally.report(check));
  }
  const { traits } = kernel;
  const found: KernelVerification = {
    kernel: kernel.name,
    ...(half !== null && { half }),
    device: traits.device,
    threads: traits.threads,
    passed: !signal?.aborted && reports.every(({ failures }) => failures.length === 0),
    elapsed: 0,
    summation: summationOf(kernel, chosen, reports, measured),
    checks: reports,
    activations: measured.flatMap(({ activation }): ActivationReport[] =>
      activation ? [activation] : []
    ),
    gradients: measured.flatMap(({ gradient }): ActivationReport[] => gradient ? [gradient] : []),
    growth: measured.flatMap(({ growth }): Growth[] => growth ? [growth] : []),
    ulpHistogram: ulpBins.map((_, bin) =>
      measured.reduce((sum, { ulpHistogram }) => sum + (ulpHistogram?.[bin] ?? 0), 0)
    ),
  };
  const asked = !firstFailure && effort !== "smoke" && !signal?.aborted;
  const whole = asked ? await withProposal(kernel, found) : found;
  return { ...whole, elapsed: (performance.now() - start) / 1e3 };
}

function checkOptions(chosen: unknown, effort: unknown): void {
  const isCheck = (one: unknown) => typeof (one as Partial<Check> | null)?.cases === "function";
  if (!Array.isArray(chosen) || !chosen.every(isCheck)) {
    const what = Array.isArray(chosen) ? chosen.find((one) => !isCheck(one)) : chosen;
    throw new ArgumentError(
      `checks is an array of some that the list \`checks\` holds, not of their names; got ${
        describe(what)
      }`,
    );
  }
  if (!(efforts as readonly unknown[]).includes(effort)) {
    throw new ArgumentError(`effort is one of ${efforts.join(", ")}; got ${describe(effort)}`);
  }
}

/** What the cases of one check add up to. */
class CheckTally {
  readonly #failures: FailureReport[] = [];
  readonly #warnings: FailureReport[] = [];
  readonly #coverage = new Map<string, { -readonly [Key in keyof Coverage]: Coverage[Key] }>();
  #cases = 0;
  #indeterminate = 0;
  #worst = 0;
  #worstCase: string | null = null;

  constructor(
    readonly kernel: Kernel,
    readonly seed: number,
    readonly repeat: Repeat,
  ) {}

  async add(one: Case, outcome: Outcome, firstFailure: boolean): Promise<void> {
    const { kernel, seed } = this;
    const { id } = one;
    const { problem, warning, worst } = outcome;
    this.#cases++;
    this.#indeterminate += outcome.indeterminate ?? 0;
    const family = id.split("/")[1] ?? "";
    const shapes: ShapeClass = one.shape ? classOf(one.shape, kernel.traits) : "none";
    const key = `${family} ${shapes}`;
    const covered = this.#coverage.get(key) ?? { family, shapes, cases: 0, failed: 0 };
    this.#coverage.set(key, covered);
    covered.cases++;
    const { elements } = outcome;
    if (elements) {
      covered.elements = (covered.elements ?? 0) + elements.all;
      covered.compared = (covered.compared ?? 0) + elements.compared;
    }
    const repeatOf = () => this.repeat.ofCase(id);
    if (warning) {
      this.#warnings.push({ id, problem: warning, repeat: repeatOf(), minimal: null });
    }
    if (problem !== null) {
      covered.failed++;
      const small = !firstFailure && this.#failures.length < mostShrunk;
      const minimal = outcome.minimal ?? (small ? await shrink(one, kernel, seed) : null);
      this.#failures.push({
        id,
        problem,
        repeat: repeatOf(),
        minimal: minimal && { id: minimal.id, steps: minimal.steps },
      });
    } else if (worst > this.#worst) {
      this.#worst = worst;
      this.#worstCase = id;
    }
  }

  report({ name, description }: Check): CheckReport {
    const none: FailureReport = {
      id: name,
      problem: "there was no case to run",
      repeat: this.repeat.ofCheck(name),
      minimal: null,
    };
    return {
      check: name,
      description,
      cases: this.#cases,
      indeterminate: this.#indeterminate,
      worst: this.#worst,
      worstCase: this.#worstCase,
      failures: this.#cases === 0 ? [none] : this.#failures,
      warnings: this.#warnings,
      coverage: [...this.#coverage.values()],
    };
  }
}

/** How the kernel adds, as the probes found it; null where they were not run. */
function summationOf(
  { traits }: Kernel,
  chosen: readonly Check[],
  reports: readonly CheckReport[],
  measured: readonly Measures[],
): SummationReport | null {
  if (!chosen.includes(order)) return null;
  const seen = Object.assign({}, ...measured.map(({ observed }) => observed ?? {})) as NonNullable<
    Measures["observed"]
  >;
  const own = reports.find(({ check }) => check === order.name);
  return {
    claim: describeSummation(traits.summation),
    agrees: own?.failures.length === 0,
    fused: seen.fused ?? traits.fused === true,
    accumulator: seen.accumulator ?? traits.accumulator,
    denormals: seen.denormals ?? traits.denormals,
    nan: seen.nan ?? "lost",
    trees: measured.flatMap(({ tree }): ProbedTree[] => tree ? [tree] : []),
  };
}
