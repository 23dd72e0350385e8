/**
 * What a thread does while ceilings are measured: a loop of multiply-adds, or
 * reading some bytes of a memory of its own, again and again. Every thread has
 * the same list, in which work is known by its index.
 *
 * @module
 */
import { createChains, type VectorOptions } from "./chains.ts";
import { createNativeChains } from "./native.ts";
import { createReadMemory } from "./reading.ts";

/** Work of some duration. */
export interface Work {
  /** In the list: first {@linkcode WorkList.chains}, then {@linkcode WorkList.readers}. */
  readonly index: number;
  readonly times: number;
  /** What each thread reads, a multiple of the reader's step; unused by arithmetic. */
  readonly bytes: number;
}

/** What all threads must have in common for their lists to be the same. */
export interface WorkOptions extends VectorOptions {
  /** The most bytes that this thread reads. */
  readonly bytes: number;
  /** Whether there is arithmetic of native code too; not unless given. */
  readonly native?: boolean;
}

/** All work that a thread can do. */
export interface WorkList {
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
  /** @throws where arithmetic gives a wrong sum, since then other work was done than is claimed. */
  perform(work: Work): void;
}

/**
 * Makes the list of a thread.
 *
 * @throws {RangeError} where the system has less memory.
 */
export function createWorkList({ bytes, native = false, ...options }: WorkOptions): WorkList {
  const chains = [...createChains(options), ...native ? createNativeChains() : []];
  const { readers } = createReadMemory(bytes);
  return {
    chains,
    readers,
    perform: ({ index, times, bytes }) => {
      const chain = chains[index];
      if (chain) {
        const sum = chain.run(times);
        if (sum !== chain.sum) throw new Error(`${chain.id} gave ${sum} instead of ${chain.sum}`);
        return;
      }
      const reader = readers[index - chains.length];
      if (!reader) throw new RangeError(`there is no work ${index}`);
      for (let time = 0; time < times; time++) reader.read(bytes);
    },
  };
}
