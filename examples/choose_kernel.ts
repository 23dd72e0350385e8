/**
 * Which kernel is the fastest here for a layer of one shape: every kernel that
 * this machine can run, in turns, the best of several rounds. The order of
 * `createKernel()` is that of large products; for small ones it may be another.
 *
 * @module
 */
import { defineCommand, print, runCommand } from "../common/command.ts";
import { formatRatio } from "../common/numbers.ts";
import { alignColumns } from "../common/table.ts";
import { formatTime } from "../common/units.ts";
import { createKernel, Dense, listKernels, type Tensor } from "../mod.ts";

/** Rows of a batch, units and inputs of a layer. */
interface Shape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** A kernel and the seconds of its fastest call. */
interface Timed {
  readonly name: string;
  readonly seconds: number;
}

/** Times a layer of this shape on every kernel; the fastest first. */
export async function chooseKernel(
  { m, n, k }: Shape,
  { rounds = 5, milliseconds = 20 } = {},
): Promise<Timed[]> {
  const best = new Map<string, number>();
  const contenders: { name: string; layer: Dense; x: Tensor }[] = [];
  await using kernels = new AsyncDisposableStack();
  for (const { name, available } of await listKernels()) {
    if (!available) continue;
    const kernel = kernels.use(await createKernel(name));
    const layer = kernels.use(new Dense(kernel, { units: n, activation: "relu", seed: 1 }));
    const values = Array.from({ length: m * k }, (_, i) => i % 13 / 13);
    contenders.push({ name, layer, x: kernels.use(kernel.tensor([m, k], values)) });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { name, layer, x } of contenders) {
      const start = performance.now();
      let calls = 0;
      let elapsed = 0;
      do {
        using y = layer.predict(x);
        // A GPU computes after the call has returned.
        await y.kernel.finished();
        elapsed = performance.now() - start;
        calls++;
      } while (elapsed < milliseconds);
      // The first round compiles code and fills caches.
      const seconds = elapsed / calls / 1e3;
      if (round > 0) best.set(name, Math.min(seconds, best.get(name) ?? Infinity));
    }
  }
  return [...best].map(([name, seconds]) => ({ name, seconds }))
    .toSorted((a, b) => a.seconds - b.seconds);
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task choose-kernel",
  summary: "An example: the fastest kernel for layers of three sizes.",
  run: async () => {
    for (const [m, n, k] of [[7, 5, 13], [32, 64, 64], [256, 512, 784]] as const) {
      const timed = await chooseKernel({ m, n, k });
      const first = timed[0]!.seconds;
      print(`${m} rows, ${k} inputs, ${n} units:`);
      const rows = timed.map(({ name, seconds }) => [
        `  ${name}`,
        formatTime(seconds),
        `${formatRatio(seconds / first)}x the time of the fastest`,
      ]);
      print(alignColumns(rows, [1]).join("\n"));
    }
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
