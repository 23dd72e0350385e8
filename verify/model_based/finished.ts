/**
 * Whether finished() waits for the work that is queued. A read waits by itself,
 * so that what comes too early shows in time alone: if, each time, the read after
 * finished() takes several times as long as finished() itself did, and much
 * longer than a read when nothing is queued, the work was done in that read.
 * All repeats but one must show it, so that a machine that is busy with something
 * else is not taken for a fault.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import { type Case, floats, Workspace } from "../check.ts";
import { outcomeOf } from "../compare.ts";

const size = 96;
/** Milliseconds of queued work that are enough. */
const enough = 15;
const mostCalls = 4096;
const repeats = 6;
/** The read must take so many times as long as finished() and a read that waits for nothing. */
const factor = 4;

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** The case, as a part of a check of that name. */
export function finishedCase(name: string): Case {
  return {
    id: `${name}/finished`,
    run: async (kernel: Kernel, random) => {
      using space = new Workspace(kernel);
      const [a, b] = [0, 1].map(() =>
        space.tensor([size, size], floats(size * size, -1, 1, random))
      );
      const out = space.output([size, size]);
      const queue = (calls: number) => {
        for (let call = 0; call < calls; call++) kernel.matmul(a!, b!, out);
      };
      let calls = 1;
      while (calls < mostCalls) {
        const whole = await timeOf(() => {
          queue(calls);
          return out.read();
        });
        if (whole > enough) break;
        calls *= 2;
      }
      let right = 0;
      for (let repeat = 0; repeat < repeats; repeat++) {
        await kernel.finished();
        const idle = await timeOf(() => out.read());
        const waited = await timeOf(() => {
          queue(calls);
          return kernel.finished();
        });
        const read = await timeOf(() => out.read());
        if (read <= factor * (waited + idle) && ++right === 2) return outcomeOf(null);
      }
      return outcomeOf(
        `finished() must resolve when all queued work is done; of ${calls} products nearly all were still to do, ${
          repeats - right
        } of ${repeats} times`,
      );
    },
  };
}
