/**
 * Extra work behind the forward pass of one shape. A calibration copies this
 * file into a copy of the kernels, where patch.ts has `dense` call it; what to
 * do is in effect.json beside it. Results stay as they are.
 *
 * Every call of the shape is timed, and is followed by whole-number work for a
 * share of just that time. A loop whose length is fixed beforehand would not do:
 * where another program runs on the same core, a product slows down by half and
 * such a loop hardly at all, so that 20 % become 37 %.
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

interface Shaped {
  readonly shape: readonly number[];
}

// One of so many calls is slow.
const tailEvery = 10;
// A leak keeps a 1024th of the output a call, in larger pieces after some calls: more, and oftener, would cost time as well.
const leakEvery = 64;
const leakShare = 1 / 1024;
// A leak ends before the machine is out of memory.
const mostLeaked = 256 * 2 ** 20;

function readWork(): Work | null {
  try {
    // A path, not an import: which effect it is must not change what code this is.
    return JSON.parse(Deno.readTextFileSync(`${import.meta.dirname}/effect.json`)) as Work;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const work = readWork();

/** The rows of the shape, by which calls of most others are told at once; there are never -1. */
export const changedRows: number = work?.m ?? -1;

/** Milliseconds of one look at the clock. */
function costOfClock(): number {
  const looks = 1000;
  let best = Infinity;
  for (let i = 0; i < 10; i++) {
    const start = performance.now();
    for (let j = 0; j < looks; j++) performance.now();
    best = Math.min(best, (performance.now() - start) / looks);
  }
  return best;
}

const clock = work === null ? 0 : costOfClock();

// Where the work leaves its outcome: a compiler may leave out what is not used.
let outcome = 1;

/** Computes until the clock shows `end`. */
function computeUntil(end: number): void {
  let state = outcome | 0;
  while (performance.now() < end) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  outcome = state;
}

/** The extra work of one kernel. */
class ExtraWork {
  readonly #work: Work;
  readonly #owner: Owner;
  readonly #kept: unknown[] = [];
  #calls = 0;

  constructor(work: Work, owner: Owner) {
    this.#work = work;
    this.#owner = owner;
  }

  /** Does what belongs to a call that began at `start`. */
  after(start: number): void {
    const now = performance.now();
    const { kind, share } = this.#work;
    const call = this.#calls++;
    const slow = kind === "percent" || (kind === "tail" && call % tailEvery === 0) ||
      (kind === "start" && call === 0);
    // The looks at the clock take time too: one is within the call, two are not.
    if (slow) computeUntil(now + share * (now - start - clock) - 2 * clock);
    if (kind === "leak" && call % leakEvery === 0) this.#leak();
  }

  #leak(): void {
    const { m, n } = this.#work;
    const size = Math.max(16, Math.ceil(leakEvery * leakShare * m * n));
    if (4 * size * this.#kept.length < mostLeaked) this.#kept.push(this.#owner.tensor([size]));
  }
}

const all = new Map<Owner, ExtraWork>();
// Calls of a kernel mostly follow calls of the same one.
let last: { readonly owner: Owner; readonly extra: ExtraWork } | null = null;

/** The extra work for a forward pass of these shapes; null where there is none. */
export function extraWorkOf(owner: Owner, x: Shaped, weight: Shaped): ExtraWork | null {
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
