/**
 * Extra work behind the forward pass of one shape. A calibration copies this
 * file into a copy of the kernels, where patch.ts has `dense` call it; what to
 * do is in effect.json beside it. Results stay as they are.
 *
 * The work is a loop on whole numbers whose length is learned once, when the
 * shape has been called for a while: calls and loop are timed in turns, and the
 * median of their ratios says how many steps last as long as a call. Both then
 * follow the processor's clock alike.
 *
 * @module
 */

/** What to do, and for which shape. */
export interface Work {
  readonly kind: "same" | "percent" | "tail" | "leak" | "start";
  /** Extra time as a share of a call's own; of the slow calls alone where only some are. */
  readonly share: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** What a kernel must be able to do here. */
interface Owner {
  tensor(shape: readonly number[]): unknown;
}

// A shape has been called so long, in milliseconds, and so often when its time is learned: it is optimised by then.
const learnAfter = 20;
const leastCalls = 3;
// How long calls and loop each last in a turn, in milliseconds, and how many turns there are.
const turnLength = 1;
const turns = 15;
// Of slow calls fewer, so that learning takes about a quarter of a second and no more.
const mostLearning = 250;
const leastTurns = 5;
// One of so many calls is slow.
const tailEvery = 10;
// A leak ends before the machine is out of memory.
const mostLeaked = 256 * 2 ** 20;

// Where the loop leaves its outcome: a compiler may leave out a loop whose outcome is not used.
let outcome = 1;

/** Steps that depend on each other and touch no memory. */
function spin(steps: number): void {
  let state = outcome;
  for (let i = 0; i < steps; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  outcome = state;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** How many steps of the loop last as long as a call. */
export function stepsOf(call: () => void): number {
  const calls = Math.max(1, Math.round(turnLength / Math.max(1e-6, timed(call))));
  const block = () => {
    for (let i = 0; i < calls; i++) call();
  };
  let steps = 1000;
  while (timed(() => spin(steps)) < turnLength) steps *= 2;
  const ratios: number[] = [];
  const start = performance.now();
  while (
    ratios.length < leastTurns ||
    (ratios.length < turns && performance.now() - start < mostLearning)
  ) {
    const own = timed(block) / calls;
    ratios.push(own / (timed(() => spin(steps)) / steps));
  }
  return median(ratios);
}

/** The extra work of one kernel. */
export class ExtraWork {
  /** Whether it is known what to do, so that calls need not be timed any more. */
  steady = false;
  readonly #work: Work;
  readonly #owner: Owner;
  readonly #kept: unknown[] = [];
  #calls = 0;
  #spent = 0;
  #steps = 0;

  constructor(work: Work, owner: Owner) {
    this.#work = work;
    this.#owner = owner;
    this.steady = work.kind === "leak" || work.kind === "same";
  }

  /** Takes note of a call that lasted so many milliseconds and can be made again. */
  learn(milliseconds: number, again: () => void): void {
    const { kind, share } = this.#work;
    this.#calls++;
    this.#spent += milliseconds;
    if (kind === "start") {
      const end = performance.now() + share * milliseconds;
      while (performance.now() < end) spin(100);
      this.steady = true;
    } else if (this.#calls >= leastCalls && this.#spent >= learnAfter) {
      this.#steps = Math.round(share * stepsOf(again));
      this.steady = true;
    }
  }

  /** Does the work that belongs to a call. */
  do(): void {
    const { kind, m, n } = this.#work;
    if (kind === "percent") spin(this.#steps);
    else if (kind === "tail") {
      if (this.#calls++ % tailEvery === 0) spin(this.#steps);
    } else if (kind === "leak") {
      const size = Math.max(16, Math.ceil(m * n / 64));
      if (4 * size * this.#kept.length < mostLeaked) this.#kept.push(this.#owner.tensor([size]));
    }
  }
}

function readWork(): Work | null {
  try {
    // A path, not an import: which effect it is must not change what code this is.
    return JSON.parse(Deno.readTextFileSync(`${import.meta.dirname}/effect.json`)) as Work;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

let work: Work | null | undefined;
const all = new Map<Owner, ExtraWork>();
// Calls of a kernel mostly follow calls of the same one.
let last: { owner: Owner; extra: ExtraWork } | null = null;

/** The extra work for a forward pass of these shapes; null where there is none. */
export function extraWorkOf(
  owner: Owner,
  x: { readonly shape: readonly number[] },
  weight: { readonly shape: readonly number[] },
): ExtraWork | null {
  if (work === undefined) work = readWork();
  if (
    work === null || x.shape[0] !== work.m || x.shape[1] !== work.k || weight.shape[1] !== work.n
  ) return null;
  if (last?.owner !== owner) {
    const extra = all.get(owner) ?? new ExtraWork(work, owner);
    all.set(owner, extra);
    last = { owner, extra };
  }
  return last.extra;
}
