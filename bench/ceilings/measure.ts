/**
 * Measures the ceilings: first a short look at every size of memory and every
 * way to read it, then interleaved rounds in random order over what stands for
 * a ceiling. Speed over the rounds, with the same exact intervals as results.
 *
 * @module
 */
import { detectSimdFeatures } from "../../kernels/wasm/features.ts";
import { createRandom, shuffle } from "../../common/random.ts";
import { byteText } from "../../reports/format.ts";
import type { Ceiling } from "../../results/schema.ts";
import { median, medianInterval } from "../../statistics/estimators.ts";
import { type CurvePoint, levelsOf } from "./curve.ts";
import { createGpuChain, type GpuChain } from "./gpu.ts";
import { constantBytes } from "./reading.ts";
import { Team } from "./team.ts";
import type { Work } from "./work.ts";

/** What to measure, and how long. */
export interface CeilingOptions {
  /** Aborted, what was measured until then is kept. */
  readonly signal?: AbortSignal;
  /** Hears which share is done, from 0 to 1, and what is measured now. */
  readonly onProgress?: (done: number, label: string) => void;
  /** Numbers of threads; by default one and as many as there are processors. */
  readonly threads?: readonly number[];
  /** After so many seconds no new round begins. */
  readonly seconds?: number;
  readonly rounds?: number;
  /** The largest working set that is read, in bytes, a power of two. */
  readonly largest?: number;
}

/** The ceilings, and in a line each what could not be measured. */
export interface Ceilings {
  readonly ceilings: readonly Ceiling[];
  readonly missing: readonly string[];
}

/** Something that is measured once a round. */
interface Entry {
  readonly ceiling: Pick<Ceiling, "id" | "kind" | "what" | "threads" | "bytes" | "unit">;
  readonly rates: number[];
  measure(): number | Promise<number>;
}

/** How long it takes, about, by default. */
export const ceilingSeconds = 6;

/** Seconds of one measurement, of a look at one size, and of warming up. */
const block = 0.004;
const glance = 0.001;
/** V8 optimises a function after some 60 to 90 ms of calls, where it is not told to at once. */
const warmth = 0.8;

/** Work that takes about so many seconds, from the time of a single one. */
function lasting(seconds: number, one: number): number {
  return Math.max(1, Math.min(2 ** 30, Math.round(seconds / Math.max(one, 1e-9))));
}

/** Lets the event loop run, so that Ctrl-C is heard. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A team, as measured so far. */
class Meter {
  /** The fewest seconds that one time took, by work: disturbances make it only longer. */
  readonly #least = new Map<string, number>();

  constructor(readonly team: Team, readonly signal: AbortSignal) {}

  /** Times work for about so many seconds and returns the seconds of one time. */
  time(work: Omit<Work, "times">, threads: number, seconds: number): number {
    const key = `${work.index} ${work.bytes}`;
    // What was not timed yet needs some tries until it is known how often to do it.
    for (let tries = 0;; tries++) {
      const least = this.#least.get(key) ?? seconds;
      const times = lasting(seconds, least);
      const all = this.team.time({ ...work, times }, threads);
      this.#least.set(key, Math.min(least, all / times));
      if (all > seconds / 3 || tries === 5) return all / times;
    }
  }

  /** Calls everything in turn until it is optimised, on all threads. */
  async warmUp(): Promise<void> {
    const { bench: { chains, readers }, threads } = this.team;
    const start = performance.now();
    while (performance.now() - start < 1e3 * warmth && !this.signal.aborted) {
      await breathe();
      for (let index = 0; index < chains.length + readers.length; index++) {
        this.time({ index, bytes: constantBytes }, threads, glance);
      }
    }
  }

  /** The arithmetic on so many threads. */
  chains(threads: number): Entry[] {
    return this.team.bench.chains.map(({ id, what, flops }, index): Entry => ({
      ceiling: { id, kind: "compute", what, threads, bytes: null, unit: "GFLOP/s" },
      rates: [],
      measure: () => threads * flops / this.time({ index, bytes: 0 }, threads, block) / 1e9,
    }));
  }

  /** The levels of memory on so many threads, each with its fastest way to read. */
  async levels(threads: number, largest: number): Promise<Entry[]> {
    const { chains, readers } = this.team.bench;
    const curve: (CurvePoint & { readonly reader: number })[] = [];
    for (let share = constantBytes; share * threads <= largest; share *= 2) {
      await breathe();
      if (this.signal.aborted) return [];
      const best = { bytes: share * threads, rate: 0, reader: 0 };
      for (const [i, { most, step }] of readers.entries()) {
        if (share > most || share % step !== 0) continue;
        // What is larger than caches needs no second look: the first brings nothing into them.
        for (let look = 0; look < (share < 2 ** 25 ? 3 : 1); look++) {
          const one = this.time({ index: chains.length + i, bytes: share }, threads, glance);
          const rate = threads * share / one / 1e9;
          if (rate > best.rate) Object.assign(best, { rate, reader: i });
        }
      }
      curve.push(best);
    }
    return levelsOf(curve).map(({ bytes, at }, i, levels): Entry => {
      const reader = curve.find((point) => point.bytes === at)?.reader ?? 0;
      const work = { index: chains.length + reader, bytes: at / threads };
      const last = i === levels.length - 1;
      return {
        ceiling: {
          id: `read-${i + 1}`,
          kind: "bandwidth",
          what: `reading up to ${byteText(bytes)}${last ? " and more" : ""}, measured at ${
            byteText(at)
          }: ${readers[reader]?.what}`,
          threads,
          bytes,
          unit: "GB/s",
        },
        rates: [],
        measure: () => {
          // Others have used the caches since.
          if (work.bytes < 2 ** 25) this.team.time({ ...work, times: 1 }, threads);
          return at / this.time(work, threads, block) / 1e9;
        },
      };
    });
  }
}

/** Starts the team, with less to read where the system has not as much memory. */
async function startTeam(
  counts: readonly number[],
  largest: number,
): Promise<{ team: Team; largest: number }> {
  const most = Math.max(...counts);
  const least = Math.min(...counts.filter((count) => count > 1), most);
  for (let bytes = largest;; bytes /= 2) {
    try {
      return {
        team: await Team.start(most, { ...detectSimdFeatures(), bytes }, bytes / least),
        largest: bytes,
      };
    } catch (error) {
      if (!(error instanceof RangeError) || bytes <= 2 ** 22) throw error;
    }
  }
}

function toCeiling({ ceiling, rates }: Entry): Ceiling {
  return {
    ...ceiling,
    median: median(rates),
    ...medianInterval(rates),
    best: Math.max(...rates),
    samples: rates,
  };
}

/**
 * Measures the ceilings of this machine and engine; `seconds` bound the rounds, not the look before them.
 * What cannot be measured is missing, with its reason; nothing of that throws.
 */
export async function measureCeilings(
  {
    signal = new AbortController().signal,
    onProgress = () => {},
    threads = [1, navigator.hardwareConcurrency],
    seconds = ceilingSeconds,
    rounds = 10,
    largest = 2 ** 28,
  }: CeilingOptions = {},
): Promise<Ceilings> {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1e3;
  const counts = [...new Set(threads)];
  const missing: string[] = [];
  const entries: Entry[] = [];
  const miss = (what: string, error: unknown) =>
    missing.push(
      `${what}: ${(error instanceof Error ? error.message : String(error)).split("\n")[0]}`,
    );
  let team: Team | null = null;
  let gpu: GpuChain | null = null;
  try {
    try {
      const started = await startTeam(counts, largest);
      team = started.team;
      const meter = new Meter(team, signal);
      onProgress(0, "warming up");
      await meter.warmUp();
      for (const count of counts) {
        onProgress(
          elapsed() / seconds,
          `sizes of memory, ${count} ${count === 1 ? "thread" : "threads"}`,
        );
        entries.push(...meter.chains(count), ...await meter.levels(count, started.largest));
      }
    } catch (error) {
      miss("processor", error);
    }
    try {
      const chain = gpu = await createGpuChain();
      entries.push({
        ceiling: {
          id: "gpu-f32",
          kind: "compute",
          what: chain.what,
          threads: 1,
          bytes: null,
          unit: "GFLOP/s",
        },
        rates: [],
        measure: () => chain.measure(),
      });
    } catch (error) {
      miss("GPU", error);
    }
    const failed = new Set<Entry>();
    const random = createRandom(1);
    for (let round = 1; round <= rounds && (round === 1 || elapsed() < seconds); round++) {
      for (const entry of shuffle([...entries], random)) {
        await breathe();
        if (signal.aborted) break;
        if (failed.has(entry)) continue;
        onProgress(Math.min(1, elapsed() / seconds), `round ${round}/${rounds}`);
        try {
          entry.rates.push(await entry.measure());
        } catch (error) {
          failed.add(entry);
          miss(`${entry.ceiling.id} on ${entry.ceiling.threads}`, error);
        }
      }
    }
    return {
      ceilings: entries.filter((entry) => entry.rates.length > 0 && !failed.has(entry)).map(
        toCeiling,
      ),
      missing,
    };
  } finally {
    team?.[Symbol.dispose]();
    gpu?.[Symbol.dispose]();
  }
}
