/**
 * Random cases until the time is up: shapes that are on no list, each with a
 * seed of its own, on the kernels in rotation. Tells every new worst share of a
 * bound, and for each failure the command that repeats it, shrunk.
 *
 * @module
 */
import type { Kernel } from "../kernels/kernel.ts";
import { createRandom, type Random } from "../common/random.ts";
import { type Case, type Check, runCase } from "./check.ts";
import { shrink } from "./shrink.ts";
import { type Repeat, repeatByCall } from "./repeat_command.ts";
import { checks } from "./verify.ts";

/** The checks whose cases can have any shape. */
const soaked: readonly Check[] = checks.filter(({ anyShape }) => anyShape);

/** The checks that draw cases themselves. */
const drawing: readonly Check[] = checks.filter(({ draw }) => draw);

/** The most multiply-adds of a case: a hundredth of a second of the reference. */
const mostWork = 2 ** 20;

/** Something found while soaking. */
export type SoakEvent =
  | { readonly kind: "worst"; readonly kernel: string; readonly id: string; readonly worst: number }
  | {
    readonly kind: "failure";
    readonly kernel: string;
    readonly id: string;
    readonly problem: string;
    readonly repeat: string;
  };

/** How a soak is run. */
export interface SoakOptions {
  /** The seed of everything, the cases' own seeds included. */
  readonly seed: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly onEvent: (event: SoakEvent) => void;
  readonly onProgress?: (cases: number) => void;
  readonly signal?: AbortSignal;
  /** How a failure of a kernel says that it can be repeated; by default by a call. */
  readonly repeatOf?: (kernel: Kernel, seed: number) => Repeat;
}

/** A length, as often between 1 and 10 as between 100 and 1000. */
function anyLength(random: Random): number {
  return Math.floor(10 ** (3 * random.uniform()));
}

/** One of a check's cases with a shape of its own. */
function anyCase(cases: readonly Case[], random: Random): Case {
  const like = cases[random.between(0, cases.length - 1)]!;
  for (;;) {
    const shape = { m: anyLength(random), n: anyLength(random), k: anyLength(random) };
    if (shape.m * shape.n * shape.k <= mostWork) return like.resize!(shape);
  }
}

/** Runs random cases on the kernels in rotation, and returns how many there were and how many failed. */
export async function soak(
  kernels: readonly Kernel[],
  { seed, duration, onEvent, onProgress, signal, repeatOf = (_, own) => repeatByCall(own) }:
    SoakOptions,
): Promise<{ readonly cases: number; readonly failed: number }> {
  const random = createRandom(seed);
  const pools = kernels.map((kernel) => ({
    kernel,
    checks: soaked.map((check) =>
      check.cases(kernel, { effort: "quick", create: null }).filter(({ resize }) => resize)
    ),
    worst: new Map<string, number>(),
  }));
  const end = performance.now() + duration;
  let [cases, failed] = [0, 0];
  while (performance.now() < end && !signal?.aborted) {
    const { kernel, checks: lists, worst } = pools[cases % pools.length]!;
    const which = random.between(0, lists.length + drawing.length - 1);
    const list = lists[which];
    const one = list
      ? anyCase(list, random)
      : drawing[which - lists.length]!.draw!(random, { create: null });
    const own = random.integer();
    const outcome = await runCase(one, kernel, own);
    cases++;
    onProgress?.(cases);
    const { name } = kernel;
    const [check = ""] = one.id.split("/");
    if (outcome.problem !== null) {
      failed++;
      const id = (outcome.minimal ?? await shrink(one, kernel, own))?.id ?? one.id;
      const repeat = repeatOf(kernel, own).ofCase(id);
      onEvent({ kind: "failure", kernel: name, id: one.id, problem: outcome.problem, repeat });
    } else if (outcome.worst > (worst.get(check) ?? 0)) {
      worst.set(check, outcome.worst);
      onEvent({ kind: "worst", kernel: name, id: one.id, worst: outcome.worst });
    }
    // Kernels on this thread answer at once; without a pause no signal would arrive.
    if (cases % 16 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return { cases, failed };
}
