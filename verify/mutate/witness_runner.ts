/**
 * Searches for a call in which a mutant gives other bits than the kernel that it
 * was made from: both are made in one process, and given the same random calls
 * until one differs or the time is over. A mutant without such a witness is
 * either equivalent or differs only where the search does not look.
 *
 * @module
 */
import type { MutableKernel } from "./mutation.ts";
import type { WitnessSearch } from "../../results/mutation/schema.ts";

/** What the process is told, as JSON on standard input. */
export interface SearchJob {
  readonly kernel: MutableKernel;
  /** The URL of the folder of the unchanged copy. */
  readonly original: string;
  readonly seconds: number;
  readonly seed: number;
}

/** What it says. */
export type SearchLine = { readonly started: true } | WitnessSearch;

function say(line: SearchLine): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
}

type Registry = typeof import("../../kernels/registry.ts");

async function search({ kernel: name, original, seconds, seed }: SearchJob): Promise<void> {
  say({ started: true });
  const [{ createRandom }, { compareCall, drawCall }, own, other] = await Promise.all([
    import("../../common/random.ts"),
    import("./witness_calls.ts"),
    import("../../kernels/registry.ts"),
    import(`${original}kernels/registry.ts`) as Promise<Registry>,
  ]);
  // Small products on one thread, which is faster, and the others on all.
  const options = { serialBelow: 2 ** 14 };
  const mutant = await own.createKernel(name, options);
  const kernel = await other.createKernel(name, options);
  const random = createRandom(seed);
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1e3;
  let calls = 0;
  let found: string | null = null;
  while (found === null && elapsed() < seconds) {
    calls++;
    found = await compareCall(drawCall(random), kernel, mutant);
  }
  say({ found, calls, seconds: elapsed() });
}

await search(await new Response(Deno.stdin.readable).json() as SearchJob);
// A worker of the mutant may be left that never ends.
Deno.exit(0);
