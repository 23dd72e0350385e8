/**
 * Measures the ceilings: first every size of memory and every way to read it,
 * briefly, then interleaved rounds in random order over those that set a
 * ceiling. Speeds over the rounds have the same exact intervals as results.
 *
 * @module
 */
import { detectSimdFeatures } from "../../kernels/wasm/features.ts";
import { createRandom, shuffle } from "../../common/random.ts";
import { errorLine } from "../../common/errors.ts";
import { formatCount } from "../../common/numbers.ts";
import { formatBytes } from "../../common/units.ts";
import type { Ceiling } from "../../results/schema.ts";
import { median, medianInterval } from "../../statistics/estimators.ts";
import { type CurvePoint, levelsOf } from "./curve.ts";
import { yieldToEventLoop } from "../event_loop.ts";
import { createGpuChain, type GpuChain } from "./gpu.ts";
import { constantBytes } from "./reading.ts";
import { ThreadGroup } from "./threads.ts";
import type { Work } from "./work.ts";

/** What to measure, and how long. */
export interface CeilingOptions {
  /** Aborted, what was measured until then is kept. */
  readonly signal?: AbortSignal;
  /** Called with the share that is done, from 0 to 1, and what is measured now. */
  readonly onProgress?: (done: number, label: string) => void;
  /** Numbers of threads; by default one, and as many as there are processors. */
  readonly threads?: readonly number[];
  /** No new round is started after so many seconds. */
  readonly seconds?: number;
  readonly rounds?: number;
  /** The largest working set that is read, in bytes, a power of two. */
  readonly largest?: number;
}

/** The ceilings, and a line on each that could not be measured. */
export interface Ceilings {
  readonly ceilings: readonly Ceiling[];
  readonly missing: readonly string[];
}

/** What sets a ceiling, measured once a round. */
interface Probe {
  readonly ceiling: Pick<Ceiling, "id" | "kind" | "what" | "threads" | "bytes" | "unit">;
  readonly rates: number[];
  measure(): number | Promise<number>;
}

/** How long it takes by default, about. */
export const ceilingSeconds = 6;

/** Seconds of a sample in a round, and of one in the search before the rounds. */
const sampleLength = 0.004;
const searchLength = 0.001;
/** Seconds of warming up: V8 optimises a function after some 60 to 90 ms of calls, unless its flags say at once. */
const warmupLength = 0.8;

/** How many times work of `one` second each lasts about so many seconds. */
function timesFor(seconds: number, one: number): number {
  return Math.max(1, Math.min(2 ** 30, Math.round(seconds / Math.max(one, 1e-9))));
}

/** Times the work of a thread group. */
class Meter {
  /** The fewest seconds that one repetition took, by work: interference makes it only longer. */
  readonly #least = new Map<string, number>();

  constructor(readonly group: ThreadGroup, readonly signal: AbortSignal) {}

  /** Repeats work for about so many seconds and returns the seconds of one repetition. */
  time(work: Omit<Work, "times">, threads: number, seconds: number): number {
    const key = `${work.index} ${work.bytes}`;
    // Work that was not timed yet needs some tries until the number of repetitions is right.
    for (let tries = 0;; tries++) {
      const least = this.#least.get(key) ?? seconds;
      const times = timesFor(seconds, least);
      const all = this.group.time({ ...work, times }, threads);
      this.#least.set(key, Math.min(least, all / times));
      if (all > seconds / 3 || tries === 5) return all / times;
    }
  }

  /** Calls all work on all threads until V8 has optimised it. */
  async warmUp(): Promise<void> {
    const { list: { chains, readers }, threads } = this.group;
    const start = performance.now();
    while (performance.now() - start < 1e3 * warmupLength && !this.signal.aborted) {
      await yieldToEventLoop();
      for (let index = 0; index < chains.length + readers.length; index++) {
        this.time({ index, bytes: constantBytes }, threads, searchLength);
      }
    }
  }

  /** The arithmetic on so many threads. */
  chains(threads: number): Probe[] {
    return this.group.list.chains.map(({ id, what, flops }, index): Probe => ({
      ceiling: { id, kind: "compute", what, threads, bytes: null, unit: "GFLOP/s" },
      rates: [],
      measure: () => threads * flops / this.time({ index, bytes: 0 }, threads, sampleLength) / 1e9,
    }));
  }

  /** The levels of memory on so many threads, each with its fastest way to read. */
  async levels(threads: number, largest: number): Promise<Probe[]> {
    const { chains, readers } = this.group.list;
    const curve: (CurvePoint & { readonly reader: number })[] = [];
    for (let share = constantBytes; share * threads <= largest; share *= 2) {
      await yieldToEventLoop();
      if (this.signal.aborted) return [];
      const best = { bytes: share * threads, rate: 0, reader: 0 };
      for (const [i, { most, step }] of readers.entries()) {
        if (share > most || share % step !== 0) continue;
        // What is larger than the caches is timed once: the first time brings nothing into them.
        for (let time = 0; time < (share < 2 ** 25 ? 3 : 1); time++) {
          const one = this.time({ index: chains.length + i, bytes: share }, threads, searchLength);
          const rate = threads * share / one / 1e9;
          if (rate > best.rate) Object.assign(best, { rate, reader: i });
        }
      }
      curve.push(best);
    }
    return levelsOf(curve).map(({ bytes, at }, i, levels): Probe => {
      const reader = curve.find((point) => point.bytes === at)?.reader ?? 0;
      const work = { index: chains.length + reader, bytes: at / threads };
      const last = i === levels.length - 1;
      return {
        ceiling: {
          id: `read-${i + 1}`,
          kind: "bandwidth",
          what: `reading up to ${formatBytes(bytes)}${last ? " and more" : ""}, measured at ${
            formatBytes(at)
          }: ${readers[reader]?.what}`,
          threads,
          bytes,
          unit: "GB/s",
        },
        rates: [],
        measure: () => {
          // Other work has used the caches since.
          if (work.bytes < 2 ** 25) this.group.time({ ...work, times: 1 }, threads);
          return at / this.time(work, threads, sampleLength) / 1e9;
        },
      };
    });
  }
}

/** Starts the threads, with less to read where the system has less memory. */
async function startThreads(
  counts: readonly number[],
  largest: number,
): Promise<{ group: ThreadGroup; largest: number }> {
  const most = Math.max(...counts);
  const least = Math.min(...counts.filter((count) => count > 1), most);
  for (let bytes = largest;; bytes /= 2) {
    try {
      return {
        group: await ThreadGroup.start(most, { ...detectSimdFeatures(), bytes }, bytes / least),
        largest: bytes,
      };
    } catch (error) {
      if (!(error instanceof RangeError) || bytes <= 2 ** 22) throw error;
    }
  }
}

function toCeiling({ ceiling, rates }: Probe): Ceiling {
  return {
    ...ceiling,
    median: median(rates),
    ...medianInterval(rates),
    best: Math.max(...rates),
    samples: rates,
  };
}

/**
 * Measures the ceilings of this machine and engine; `seconds` bound the rounds, not the search before them.
 * What cannot be measured is missing, with its reason; none of that throws.
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
  const probes: Probe[] = [];
  const miss = (what: string, error: unknown) => missing.push(`${what}: ${errorLine(error)}`);
  let group: ThreadGroup | null = null;
  let gpu: GpuChain | null = null;
  try {
    try {
      const started = await startThreads(counts, largest);
      group = started.group;
      const meter = new Meter(group, signal);
      onProgress(0, "warming up");
      await meter.warmUp();
      for (const count of counts) {
        onProgress(elapsed() / seconds, `sizes of memory, ${formatCount(count, "thread")}`);
        probes.push(...meter.chains(count), ...await meter.levels(count, started.largest));
      }
    } catch (error) {
      miss("processor", error);
    }
    try {
      const chain = gpu = await createGpuChain();
      probes.push({
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
    const failed = new Set<Probe>();
    const random = createRandom(1);
    for (let round = 1; round <= rounds && (round === 1 || elapsed() < seconds); round++) {
      for (const probe of shuffle([...probes], random)) {
        await yieldToEventLoop();
        if (signal.aborted) break;
        if (failed.has(probe)) continue;
        onProgress(Math.min(1, elapsed() / seconds), `round ${round}/${rounds}`);
        try {
          probe.rates.push(await probe.measure());
        } catch (error) {
          failed.add(probe);
          miss(`${probe.ceiling.id} on ${probe.ceiling.threads}`, error);
        }
      }
    }
    return {
      ceilings: probes.filter((probe) => probe.rates.length > 0 && !failed.has(probe)).map(
        toCeiling,
      ),
      missing,
    };
  } finally {
    group?.[Symbol.dispose]();
    gpu?.[Symbol.dispose]();
  }
}
