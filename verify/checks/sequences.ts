/**
 * Random sequences of calls against a model of the contract: errors, versions,
 * memory and values, exact on whole numbers and within the proven bound on real
 * ones; and every operation hundreds of times, for faults that are rare. A
 * sequence that fails is cut down to the calls that matter.
 * Method: model-based testing (Claessen & Hughes; Jepsen's and FoundationDB's
 * way with histories), with delta debugging (Zeller & Hildebrandt).
 *
 * @module
 */
import { createRandom, type Random } from "../../common/random.ts";
import type { Kernel, KernelOptions, KernelTraits } from "../../kernels/kernel.ts";
import type { Case, Check, Context, Effort } from "../check.ts";
import type { Outcome } from "../compare.ts";
import { minimise } from "../delta_debugging.ts";
import { isGpu } from "../device.ts";
import { kernelOfProduct } from "../product_kernel.ts";
import { drawAxes } from "../model_based/axes.ts";
import { drawSequence } from "../model_based/draw.ts";
import { execute, type Finding, type Result } from "../model_based/execution.ts";
import { finishedCase } from "../model_based/finished.ts";
import {
  formatReduction,
  parseReduction,
  type Plan,
  reduced,
  type Reduction,
} from "../model_based/plan.ts";
import { lifetimeCase } from "../model_based/lifetime.ts";
import { longQueueCase } from "../model_based/long_queue.ts";
import { repeatedCases } from "../model_based/repeated.ts";
import { drawAllReuse, drawAlternating, drawReuse, uses } from "../model_based/reuse.ts";
import { drawForeign, drawRefused, refusable } from "../model_based/refused.ts";
import { networkCases } from "../model_based/networks.ts";
import { roomCase } from "../model_based/room.ts";
import { drawShared } from "../model_based/shared.ts";

const name = "sequences";

/** What sequences of one family are like. */
type Family = (traits: KernelTraits, random: Random) => Plan;

/** Lengths beside a tile's edges, as long as they cost little. */
function tileLengths({ tile }: KernelTraits, random: Random): number[] {
  const near = (edge: number) => Math.min(70, Math.max(1, edge + random.between(-1, 1)));
  return [1, near(tile.mr), near(2 * tile.nr), near(tile.kc)];
}

const small = (random: Random) => [1, ...[0, 1, 2].map(() => random.between(1, 6))];

/** Lengths from which on a kernel may find it worth while to keep a copy. */
const beyondBlocks = (random: Random) => ({ m: random.between(4, 17), d: random.between(8, 40) });

const families: Readonly<Record<string, Family>> = {
  integers: (traits, random) =>
    drawSequence({ data: "integers", lengths: small(random), steps: 60 }, traits, random),
  reals: (traits, random) =>
    drawSequence({ data: "reals", lengths: small(random), steps: 40 }, traits, random),
  empty: (traits, random) => {
    const lengths = small(random).map((length) => random.uniform() < 0.3 ? 0 : length);
    return drawSequence({ data: "integers", lengths, steps: 40 }, traits, random);
  },
  tiles: (traits, random) =>
    drawSequence(
      { data: "integers", lengths: tileLengths(traits, random), steps: 40, flat: true },
      traits,
      random,
    ),
  "two-kernels": (traits, random) =>
    drawSequence(
      { data: "integers", lengths: small(random), steps: 60, two: true },
      traits,
      random,
    ),
  "fresh-kernels": (_, random) => drawAlternating(beyondBlocks(random), random),
  "foreign-operands": (_, random) => drawForeign(random),
  "reuse-everywhere": (_, random) => drawAllReuse(beyondBlocks(random), random),
  axes: (_, random) => drawAxes([1, ...[0, 1, 2].map(() => random.between(2, 4))], random),
  shared: (traits, random) => {
    const { mr, nr } = traits.tile;
    const beyond = Math.min(23, Math.max(mr, nr)) + 1;
    return drawShared(random.uniform() < 0.5 ? random.between(2, 6) : beyond, random);
  },
  ...Object.fromEntries(refusable.map((operation): [string, Family] => [
    `refused-${operation}`,
    (_, random) => drawRefused(operation, random),
  ])),
  ...Object.fromEntries(uses.map((place): [string, Family] => [
    `reuse-${place}`,
    ({ tile }, random) => {
      const size = random.uniform() < 0.5
        ? { m: random.between(1, 5), d: random.between(2, 5) }
        : { m: Math.min(tile.mr, 8) + 1, d: Math.min(tile.nr, 40) + 1 };
      return drawReuse(place, size, random);
    },
  ])),
  // Of some thousand elements, of which a kernel may look at a few to know what it kept.
  ...Object.fromEntries(["dense-weight", "matmul-bt"].map((place): [string, Family] => [
    `large-${place}`,
    (_, random) => drawReuse(place, { m: random.between(4, 9), d: random.between(46, 99) }, random),
  ])),
};

/** How many sequences of a family are run on a kernel that answers at once; on others a ninth of them. */
const counts: Readonly<Record<string, Readonly<Record<Effort, number>>>> = {
  refused: { smoke: 1, quick: 1, full: 2 },
  // Another kernel may take as long to make as many sequences.
  "two-kernels": { smoke: 1, quick: 2, full: 20 },
  "fresh-kernels": { smoke: 1, quick: 2, full: 20 },
  "foreign-operands": { smoke: 1, quick: 1, full: 4 },
  reuse: { smoke: 1, quick: 2, full: 20 },
  shared: { smoke: 1, quick: 2, full: 20 },
  axes: { smoke: 1, quick: 2, full: 20 },
  large: { smoke: 1, quick: 1, full: 10 },
  // For each shape, some kernels generate code.
  tiles: { smoke: 2, quick: 6, full: 60 },
};

function countOf(family: string, effort: Effort, slow: boolean): number {
  const [first = ""] = family.split("-");
  const kind = Object.hasOwn(counts, family) ? family : first;
  const count = (counts[kind] ?? { smoke: 6, quick: 18, full: 180 })[effort];
  return slow ? Math.ceil(count / 9) : count;
}

/** Whether a family needs another kernel of the same kind. */
function takesTwo(family: string): boolean {
  return ["two-kernels", "fresh-kernels", "foreign-operands"].includes(family);
}

/** So many cases are under way on a kernel, and so many have begun: memory can be compared only where one was alone. */
const activity = new WeakMap<Kernel, { running: number; begun: number }>();

async function runPlan(
  plan: Plan,
  kernel: Kernel,
  { create, second: shared }: Pick<Context, "create" | "second">,
): Promise<Result> {
  const now = activity.get(kernel) ?? { running: 0, begun: 0 };
  activity.set(kernel, now);
  const two = plan.slots.some(({ owner }) => owner === "second");
  const alone = now.running++ === 0;
  const begun = ++now.begun;
  await using stack = new AsyncDisposableStack();
  try {
    const before = kernel.memory?.() ?? 0;
    const another = async (options: KernelOptions) =>
      create ? stack.use(await create(options)) : kernel;
    const first = plan.fresh ? await another({ serialBelow: 0 }) : kernel;
    // As a program makes it that says nothing of threads.
    const second = two ? await (plan.fresh || !shared ? another({}) : shared()) : kernel;
    // Of the same name, so that names do not tell kernels apart.
    const foreign = stack.use(kernelOfProduct(kernel.name, ({ m, n }) => new Float32Array(m * n)));
    const result = await execute(plan, { kernel: first, second, foreign });
    if (result.finding) return result;
    await kernel.finished();
    const after = kernel.memory?.() ?? 0;
    if (!alone || begun !== now.begun || after <= before) return result;
    const problem = `memory() is ${after} after all tensors were disposed; it was ${before} before`;
    return { worst: Infinity, finding: { problem, calls: [] } };
  } finally {
    now.running--;
  }
}

/** So many runs may be spent on cutting a sequence down. */
const mostRuns = 120;

/** The smallest reduction of a plan that still fails. */
async function reduce(
  plan: Plan,
  reduction: Reduction,
  run: (plan: Plan) => Promise<Result>,
  budget: number,
): Promise<Reduction> {
  const fails = async (reduction: Reduction) =>
    (await run(reduced(plan, reduction))).finding !== null;
  const all = reduction.steps ?? plan.steps.map((_, i) => i);
  const steps = await minimise(all, (list) => fails({ ...reduction, steps: list }), budget);
  let lengths = reduction.lengths ?? plan.lengths;
  for (let i = 1; i < lengths.length; i++) {
    for (let tries = 0; tries < 4; tries++) {
      const now = lengths[i]!;
      const next = [1, now >> 1, now - 1][tries] ?? 0;
      if (next < 1 || next >= now) continue;
      const smaller = lengths.with(i, next);
      if (await fails({ steps, lengths: smaller })) lengths = smaller;
    }
  }
  return { steps, lengths };
}

function describe({ problem, calls }: Finding): string {
  return [problem, ...calls.map((line, i) => `  ${i + 1}. ${line}`)].join("\n");
}

/** A sequence: of a seed that the case's random numbers give, or that its id names. */
function sequenceCase(
  family: string,
  index: string,
  context: Pick<Context, "create" | "second">,
  given: { readonly seed: number; readonly reduction: Reduction } | null = null,
): Case {
  return {
    id: `${name}/${family}/${index}`,
    run: async (kernel, random): Promise<Outcome> => {
      const seed = given?.seed ?? random.integer();
      const plan = families[family]!(kernel.traits, createRandom(seed));
      const run = (plan: Plan) => runPlan(plan, kernel, context);
      const reduction = given?.reduction ?? { steps: null, lengths: null };
      const { worst, finding: first } = await run(reduced(plan, reduction));
      if (!first) return { worst, problem: null };
      const budget = isGpu(kernel.traits) ? mostRuns / 6 : mostRuns;
      const smaller = await reduce(plan, reduction, run, budget);
      const { finding: last } = await run(reduced(plan, smaller));
      if (!last) {
        return {
          worst: Infinity,
          problem: `${
            describe({ ...first, calls: first.calls.slice(-8) })
          }\nonce, and not when it was repeated: a fault that is rare, or that depends on what came before`,
        };
      }
      const id = [name, family, `seed-${seed}`, formatReduction(smaller)].join("/");
      return {
        worst: Infinity,
        problem: describe(last),
        minimal: { id, steps: plan.steps.length - (smaller.steps?.length ?? 0) },
      };
    },
  };
}

/** The case of an id that names its seed. */
function findSequence(id: string, context: Pick<Context, "create">): Case | null {
  const [check, family = "", seed = "", ...rest] = id.split("/");
  const [, digits] = /^seed-(\d{1,10})$/.exec(seed) ?? [];
  const reduction = parseReduction(rest.join("/"));
  if (check !== name || !Object.hasOwn(families, family) || !digits || !reduction) return null;
  if (takesTwo(family) && !context.create) return null;
  const index = [seed, ...rest].join("/");
  return sequenceCase(family, index, context, { seed: Number(digits), reduction });
}

/** The check. */
export const sequences: Check = {
  name,
  description: "random sequences of calls, and calls that are repeated, do what a model says",
  cases: (kernel, context) => {
    const { effort, create } = context;
    const slow = isGpu(kernel.traits);
    const drawn = Object.keys(families).flatMap((family) => {
      if (takesTwo(family) && !create) return [];
      const length = countOf(family, effort, slow);
      return Array.from({ length }, (_, i) => sequenceCase(family, `${i}`, context));
    });
    return [
      ...drawn,
      ...(create ? [lifetimeCase(name, create)] : []),
      roomCase(name),
      finishedCase(name),
      longQueueCase(name, { smoke: 300, quick: slow ? 300 : 1100, full: 5000 }[effort]),
      ...repeatedCases(name, kernel, effort),
      ...networkCases(name, kernel, effort, context),
    ];
  },
  find: findSequence,
  draw: (random, context) => {
    const names = Object.keys(families).filter((family) => !takesTwo(family) || context.create);
    const family = names[random.between(0, names.length - 1)]!;
    return findSequence(`${name}/${family}/seed-${random.integer()}`, context)!;
  },
};
