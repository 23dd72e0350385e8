/**
 * The ceilings of reading: the levels of memory, found in a curve that is
 * measured twice at different times, each with its fastest way to read.
 *
 * @module
 */
import { formatBytes } from "../../common/units.ts";
import { type CurvePoint, levelsOf } from "./curve.ts";
import { yieldToEventLoop } from "../event_loop.ts";
import type { Meter } from "./meter.ts";
import type { Probe } from "./probe.ts";
import { constantBytes } from "./reading.ts";

/** Seconds of a sample in a round, and of one in the search before the rounds. */
const sampleLength = 0.003;
const searchLength = 0.001;
/** What is larger than the caches, in bytes of a thread: the first time brings nothing into them. */
const beyondCaches = 2 ** 25;

/** The fastest that a size was read. */
interface Best extends CurvePoint {
  readonly rate: number;
  readonly reader: number;
}

/** How fast so many threads read each size up to the largest, by the fastest way; the faster of this and what was `known`. */
export async function searchSizes(
  meter: Meter,
  { threads, largest, known = [], signal }: {
    readonly threads: number;
    readonly largest: number;
    readonly known?: readonly Best[];
    readonly signal: AbortSignal;
  },
): Promise<Best[]> {
  const { chains, readers } = meter.group.list;
  const curve: Best[] = [];
  for (let share = constantBytes; share * threads <= largest; share *= 2) {
    await yieldToEventLoop();
    if (signal.aborted) return [];
    const bytes = share * threads;
    const best = { bytes, rate: 0, reader: 0, ...known.find((one) => one.bytes === bytes) };
    for (const [i, { most, step }] of readers.entries()) {
      if (share > most || share % step !== 0) continue;
      for (let time = 0; time < (share < beyondCaches ? 2 : 1); time++) {
        const one = meter.time({ index: chains.length + i, bytes: share }, threads, searchLength);
        const rate = bytes / one / 1e9;
        if (rate > best.rate) Object.assign(best, { rate, reader: i });
      }
    }
    curve.push(best);
  }
  return curve;
}

/** What measures the levels of a curve. */
export function levelProbes(meter: Meter, threads: number, curve: readonly Best[]): Probe[] {
  const { chains, readers } = meter.group.list;
  return levelsOf(curve).map(({ bytes, at }, i, levels): Probe => {
    const found = curve.find((point) => point.bytes === at);
    const reader = found?.reader ?? 0;
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
      atLeast: found?.rate ?? 0,
      measure: () => {
        // Other work has used the caches since.
        if (work.bytes < beyondCaches) meter.group.time({ ...work, times: 1 }, threads);
        return at / meter.time(work, threads, sampleLength) / 1e9;
      },
    };
  });
}
