/**
 * A process that computes beside a run of the bench, all the time or in bursts
 * that take half of it. It ends when its standard input does, so that it cannot
 * outlive the command, however that ends.
 *
 * @module
 */
import { denoPath } from "../../common/deno_path.ts";
import { createRandom } from "../../common/random.ts";
import type { Load } from "../../results/calibration/schema.ts";

// Milliseconds after which the process looks whether it should end.
const slice = 20;
// The bursts of half a load, and the pauses between, in milliseconds: from less than a round to more than one.
const burst = { least: 50, most: 1000 };

/** Starts the load; its disposal ends it. */
export function startLoad(load: Load): AsyncDisposable {
  if (load === "none") return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const process = new Deno.Command(denoPath(), {
    args: ["run", "--quiet", new URL(import.meta.url).href, load],
    stdin: "piped",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  return {
    [Symbol.asyncDispose]: async () => {
      await process.stdin.close().catch(() => {});
      await process.status;
    },
  };
}

function computeFor(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  for (let state = 1; performance.now() < end;) {
    for (let i = 0; i < 10_000; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  }
}

async function run(load: Load): Promise<void> {
  const random = createRandom(Date.now() >>> 0);
  const length = () => burst.least + (burst.most - burst.least) * random.uniform();
  while (true) {
    const end = load === "full" ? Infinity : performance.now() + length();
    while (performance.now() < end) {
      computeFor(slice);
      // Lets the reading of standard input end the process.
      await new Promise((resolve) => setTimeout(resolve));
    }
    await new Promise((resolve) => setTimeout(resolve, length()));
  }
}

if (import.meta.main) {
  Deno.stdin.readable.pipeTo(new WritableStream()).finally(() => Deno.exit(0));
  await run(Deno.args[0] === "half" ? "half" : "full");
}
