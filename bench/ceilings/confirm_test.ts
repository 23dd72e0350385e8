import { assertEquals } from "@std/assert";
import type { Ceiling } from "../../results/schema.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import { confirmCeilings } from "./confirm.ts";

const run = sampleResults();
const ceilings = run.ceilings ?? [];
const slow = ceilings.map((one): Ceiling =>
  one.id.startsWith("js-") && one.threads === 1
    ? { ...one, median: 1e-3, low: 1e-3, high: 1e-3, best: 1e-3 }
    : one
);
const unknown = (of: readonly Ceiling[]) =>
  of.filter((one) => one.unknown !== undefined).map(({ id, threads }) => `${id} ${threads}`);

Deno.test("confirmCeilings() measures nothing again where no result exceeds a ceiling", async () => {
  const found = await confirmCeilings(ceilings, run, () => {
    throw new Error("measured again");
  });
  assertEquals(found, ceilings);
});

Deno.test("confirmCeilings() measures again what a result exceeds, and takes the faster", async () => {
  const asked: (readonly number[])[] = [];
  const found = await confirmCeilings(slow, run, (threads) => {
    asked.push(threads);
    return Promise.resolve(ceilings.filter((one) => threads.includes(one.threads)));
  });
  assertEquals(asked, [[1]]);
  assertEquals(found, ceilings);
});

Deno.test("confirmCeilings() calls a ceiling not known that is exceeded twice", async () => {
  const found = await confirmCeilings(slow, run, () => Promise.resolve(slow));
  assertEquals(unknown(found), ["js-f64 1"]);
  // And where it could not be measured again.
  assertEquals(unknown(await confirmCeilings(slow, run, () => Promise.resolve([]))), ["js-f64 1"]);
});

Deno.test("confirmCeilings() gives what was not known before the run another try", async () => {
  const doubted = ceilings.map((one) =>
    one.id === "wasm-128" && one.threads === 2
      ? { ...one, median: 1, low: 1, high: 1, best: 1, unknown: "less than 1 thread" }
      : one
  );
  const found = await confirmCeilings(doubted, run, () => Promise.resolve(ceilings));
  assertEquals(found, ceilings);
});
