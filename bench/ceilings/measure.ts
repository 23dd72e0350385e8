/**
 * Measures the ceilings: arithmetic in several tries of their own, and between
 * them, on threads that stay, every size of memory and every way to read it, and
 * then interleaved rounds in random order over the ways that set a ceiling. So
 * the tries are spread over the whole time, as is what disturbs the machine.
 * What is lower on more threads than on fewer is measured again, and is not
 * known where it stays so.
 *
 * @module
 */
import { createRandom, type Random, shuffle } from "../../common/random.ts";
import { errorLine } from "../../common/errors.ts";
import { formatCount } from "../../common/numbers.ts";
import { detectSimdFeatures } from "../../kernels/wasm/features.ts";
import { defaultThreads } from "../../kernels/wasm/thread_count.ts";
import { belowFewer, marked, raised } from "../../results/ceilings.ts";
import type { Ceiling } from "../../results/schema.ts";
import { bestOf, type Speeds, tryArithmetic } from "./arithmetic.ts";
import { levelProbes, searchSizes } from "./bandwidth.ts";
import { yieldToEventLoop } from "../event_loop.ts";
import { createGpuChain, type GpuChain } from "./gpu.ts";
import { Meter } from "./meter.ts";
import { whyNoNative } from "./native.ts";
import { type Probe, toCeiling } from "./probe.ts";
import { constantBytes } from "./reading.ts";
import { ThreadGroup } from "./threads.ts";

/** What to measure, and how long. */
export interface CeilingOptions {
  /** Aborted, what was measured until then is kept. */
  readonly signal?: AbortSignal;
  /** Called with the share that is done, from 0 to 1, and what is measured now. */
  readonly onProgress?: (done: number, label: string) => void;
  /** Numbers of threads; by default one, and as many as wasm-threads has. */
  readonly threads?: readonly number[];
  /** No new round is started after so many seconds, but for the first few. */
  readonly seconds?: number;
  readonly rounds?: number;
  /** Tries of arithmetic, from 1 to 3. */
  readonly tries?: number;
  /** The largest working set that is read, in bytes, a power of two. */
  readonly largest?: number;
  /** Whether the peak of native code is measured too; not unless asked for. */
  readonly native?: boolean;
  /** Whether the peak of a GPU is measured too, for which one is opened; default true. */
  readonly gpu?: boolean;
}

/** The ceilings, and a line on each that could not be measured. */
export interface Ceilings {
  readonly ceilings: readonly Ceiling[];
  readonly missing: readonly string[];
}

/** How long it takes by default, about. */
export const ceilingSeconds = 5;

/** Tries of arithmetic, and the most of them that follow where more threads seem slower than fewer. */
const triesOf = { usual: 3, more: 2 };
/** Samples of a loop in a try. */
const samplesOfTry = 8;
/** As many rounds there are on a machine that is busy. */
const leastRounds = 3;
/** Seconds of warming up the ways to read, which WebAssembly's compiler optimises soon. */
const warmupLength = 0.2;

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

/** What is measured, and what was found. */
class Measurement {
  readonly missing: string[] = [];
  readonly #signal: AbortSignal;
  readonly #counts: readonly number[];
  readonly #native: boolean;
  readonly #tries: (readonly Speeds[])[] = [];
  readonly #failed = new Set<Probe>();
  #probes: readonly Probe[] = [];

  constructor(counts: readonly number[], native: boolean, signal: AbortSignal) {
    this.#counts = counts;
    this.#native = native;
    this.#signal = signal;
  }

  miss(what: string, error: unknown): void {
    this.missing.push(`${what}: ${errorLine(error)}`);
  }

  /** Makes a try of arithmetic; what fails once is not tried again. */
  async tryOnce(): Promise<void> {
    if (this.#signal.aborted || this.missing.some((one) => one.startsWith("arithmetic"))) return;
    try {
      this.#tries.push(
        await tryArithmetic({
          ...detectSimdFeatures(),
          counts: this.#counts,
          native: this.#native,
          samples: samplesOfTry,
        }),
      );
    } catch (error) {
      this.miss("arithmetic", error);
    }
  }

  /** What is measured in rounds from now on. */
  add(probes: readonly Probe[]): void {
    this.#probes = [...this.#probes, ...probes];
  }

  /** A round over all probes, or over some. */
  async round(random: Random, only: (probe: Probe) => boolean = () => true): Promise<void> {
    for (const probe of shuffle(this.#probes.filter(only), random)) {
      await yieldToEventLoop();
      if (this.#signal.aborted) return;
      if (this.#failed.has(probe)) continue;
      try {
        probe.rates.push(await probe.measure());
      } catch (error) {
        this.#failed.add(probe);
        this.miss(`${probe.ceiling.id} on ${probe.ceiling.threads}`, error);
      }
    }
  }

  ceilings(): Ceiling[] {
    const measured = this.#probes.filter((probe) =>
      probe.rates.length > 0 && !this.#failed.has(probe)
    );
    return [...bestOf(this.#tries), ...measured.map(toCeiling)];
  }

  /** Measures again what is lower on more threads than on fewer. */
  async again(random: Random): Promise<void> {
    for (let time = 0; time < triesOf.more && !this.#signal.aborted; time++) {
      const low = belowFewer(this.ceilings()).map(({ ceiling }) => ceiling);
      if (low.length === 0) return;
      if (low.some(({ kind }) => kind === "compute")) await this.tryOnce();
      const isLow = ({ ceiling }: Probe) =>
        low.some(({ id, threads }) => id === ceiling.id && threads === ceiling.threads);
      for (let round = 0; round < 5; round++) await this.round(random, isLow);
    }
  }
}

/** How the peak of a GPU is measured. */
function gpuProbe(chain: GpuChain): Probe {
  return {
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
  };
}

/**
 * Measures the ceilings of this machine and engine; `seconds` bound the rounds, not what precedes them.
 * What cannot be measured is missing, with its reason; none of that throws.
 */
export async function measureCeilings(
  {
    signal = new AbortController().signal,
    onProgress = () => {},
    threads = [1, defaultThreads()],
    seconds = ceilingSeconds,
    rounds = 10,
    tries = triesOf.usual,
    largest = 2 ** 28,
    native = false,
    gpu = true,
  }: CeilingOptions = {},
): Promise<Ceilings> {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1e3;
  const show = (label: string) => onProgress(Math.min(1, elapsed() / seconds), label);
  const counts = [...new Set(threads)];
  const noNative = native ? whyNoNative() : null;
  const measurement = new Measurement(counts, native && noNative === null, signal);
  if (noNative !== null) measurement.missing.push(noNative);
  const random = createRandom(1);
  using stack = new DisposableStack();
  const arithmetic = async (time: number) => {
    if (time > tries) return;
    show(`arithmetic, try ${time}/${tries}`);
    await measurement.tryOnce();
  };
  await arithmetic(1);
  try {
    const started = await startThreads(counts, largest);
    const group = stack.use(started.group);
    const meter = new Meter(group);
    const { chains, readers } = group.list;
    show("warming up");
    await meter.warmUp(
      readers.map((_, i) => ({ index: chains.length + i, bytes: constantBytes })),
      warmupLength,
      signal,
    );
    const search = async (known: ReadonlyMap<number, Awaited<ReturnType<typeof searchSizes>>>) => {
      const found = new Map(known);
      for (const count of counts) {
        show(`sizes of memory, ${formatCount(count, "thread")}`);
        const options = { threads: count, largest: started.largest, signal };
        found.set(
          count,
          await searchSizes(meter, { ...options, known: known.get(count) ?? [] }),
        );
      }
      return found;
    };
    const first = await search(new Map());
    await arithmetic(2);
    // Once more at another time, where there is time.
    for (const [count, curve] of elapsed() < seconds ? await search(first) : first) {
      measurement.add(levelProbes(meter, count, curve));
    }
  } catch (error) {
    measurement.miss("processor", error);
  }
  if (gpu) {
    await createGpuChain().then(
      (chain) => measurement.add([gpuProbe(stack.use(chain))]),
      (error) => measurement.miss("GPU", error),
    );
  }
  for (let round = 1; round <= rounds && (round <= leastRounds || elapsed() < seconds); round++) {
    show(`round ${round}/${rounds}`);
    await measurement.round(random);
  }
  // On a machine that is so busy all takes long; two tries must do.
  if (elapsed() < 2 * seconds) await arithmetic(3);
  if (elapsed() < 2 * seconds) await measurement.again(random);
  const ceilings = raised(measurement.ceilings());
  return { ceilings: marked(ceilings, belowFewer(ceilings)), missing: measurement.missing };
}
