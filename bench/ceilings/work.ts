/**
 * What a thread does while ceilings are measured: a loop of multiply-adds, or
 * reading some bytes of a memory of its own, again and again. Every thread has
 * the same list, so that a number says which.
 *
 * @module
 */
import { createChains, type VectorOptions } from "./chains.ts";
import { createReadMemory } from "./reading.ts";

/** Something to do for a while. */
export interface Work {
  /** Which, in the order of {@linkcode Bench.chains} and then {@linkcode Bench.readers}. */
  readonly index: number;
  readonly times: number;
  /** What each thread reads, a multiple of the reader's step; unused by arithmetic. */
  readonly bytes: number;
}

/** What all threads need to know to have the same list. */
export interface BenchOptions extends VectorOptions {
  /** The most bytes that this thread reads. */
  readonly bytes: number;
}

/** A thread's list of what it can do. */
export interface Bench {
  readonly chains: readonly {
    readonly id: string;
    readonly what: string;
    readonly flops: number;
  }[];
  readonly readers: readonly {
    readonly what: string;
    readonly most: number;
    readonly step: number;
  }[];
  /** @throws where arithmetic gives a wrong sum, since then it was not what is claimed. */
  perform(work: Work): void;
}

/**
 * A thread's list.
 *
 * @throws {RangeError} where the system has not as much memory.
 */
export function createBench({ bytes, ...options }: BenchOptions): Bench {
  const chains = createChains(options);
  const { readers } = createReadMemory(bytes);
  return {
    chains,
    readers,
    perform: ({ index, times, bytes }) => {
      const chain = chains[index];
      if (chain) {
        const sum = chain.run(times);
        if (sum !== chain.sum) throw new Error(`${chain.id} gave ${sum} in place of ${chain.sum}`);
        return;
      }
      const reader = readers[index - chains.length];
      if (!reader) throw new RangeError(`no work of number ${index}`);
      for (let time = 0; time < times; time++) reader.read(bytes);
    },
  };
}
