import { assertEquals, assertStringIncludes } from "@std/assert";
import { belowFewer, checkedCeilings, exceeded, fasterOf, raised } from "./ceilings.ts";
import { standingOf } from "./roofline.ts";
import type { Ceiling } from "./schema.ts";
import { sampleResults } from "./sample_testing.ts";

const run = sampleResults();
const ceilings = run.ceilings ?? [];

/** The sample's ceilings, these slowed down to a share. */
function slowed(id: string, threads: number, share: number): Ceiling[] {
  return ceilings.map((one) =>
    one.id === id && one.threads === threads
      ? {
        ...one,
        median: one.median * share,
        low: one.low * share,
        high: one.high * share,
        best: one.best * share,
      }
      : one
  );
}

const unknown = (of: readonly Ceiling[]) =>
  of.filter((one) => one.unknown !== undefined).map(({ id, threads }) => `${id} ${threads}`);

Deno.test("exceeded() finds the peak that a result is above, with the worst result", () => {
  // 0.007 GFLOP/s, as loops that V8 does not optimise.
  const slow = slowed("js-f64", 1, 0.001).map((one) =>
    one.id === "js-f32" && one.threads === 1 ? { ...one, best: one.best * 0.001 } : one
  );
  const [doubt, ...others] = exceeded(slow, run);
  assertEquals([doubt?.ceiling.id, doubt?.ceiling.threads, others], ["js-f64", 1, []]);
  assertStringIncludes(doubt?.reason ?? "", "blocked did 4.");
  assertStringIncludes(doubt?.reason ?? "", "more than the 0.00692 that it allows");
  // Another one of JavaScript that is fast enough is a ceiling for all of it.
  assertEquals(exceeded(slowed("js-f64", 1, 0.7), run), []);
  assertEquals(exceeded(ceilings, run), []);
});

Deno.test("exceeded() finds the bandwidth that a result is above", () => {
  const doubts = exceeded(slowed("read-3", 1, 0.3), run);
  assertEquals(doubts.map(({ ceiling }) => `${ceiling.id} ${ceiling.threads}`), ["read-3 1"]);
  assertStringIncludes(doubts[0]?.reason ?? "", "on gpt2-decode");
});

Deno.test("exceeded() takes neither failed results nor those without a ceiling", () => {
  const failed = run.results.map((result) => ({
    ...result,
    gflops: 1e6,
    verification: { status: "failed", detail: "", worst: null } as const,
  }));
  assertEquals(exceeded(ceilings, { ...run, results: failed }), []);
  const elsewhere = run.kernels.map((kernel) => ({ ...kernel, device: "native, 512 bit" }));
  assertEquals(exceeded(ceilings, { ...run, kernels: elsewhere }), []);
});

Deno.test("belowFewer() finds what is clearly lower on more threads", () => {
  assertEquals(belowFewer(ceilings), []);
  assertEquals(belowFewer(slowed("wasm-128", 2, 0.5)), []);
  const [doubt] = belowFewer(slowed("wasm-128", 2, 0.4));
  assertEquals(doubt?.ceiling.id, "wasm-128");
  assertStringIncludes(doubt?.reason ?? "", "GFLOP/s are less than the 26.5 of 1 thread");
  // Levels are compared by what they hold, not by their number.
  assertEquals(unknown(checkedCeilings(slowed("read-2", 2, 0.1), { ...run, results: [] })), [
    "read-2 2",
  ]);
});

Deno.test("raised() lets no ceiling be lower than on fewer threads", () => {
  const one = ceilings.find(({ id, threads }) => id === "wasm-128" && threads === 1);
  const low = slowed("wasm-128", 2, 0.52);
  const bestOf = (of: readonly Ceiling[]) =>
    of.find(({ id, threads }) => id === "wasm-128" && threads === 2)?.best;
  assertEquals(bestOf(raised(low)), one?.best);
  assertEquals(raised(low).map(({ id }) => id), low.map(({ id }) => id));
  // What is much lower stays, to be found.
  assertEquals(bestOf(raised(slowed("wasm-128", 2, 0.4))), bestOf(slowed("wasm-128", 2, 0.4)));
  assertEquals(raised(ceilings), ceilings);
});

Deno.test("checkedCeilings() leaves no result above what it is compared with", () => {
  for (const share of [1, 0.5, 0.1, 1e-3, 1e-6]) {
    const slow = ceilings.map((one) => ({ ...one, best: one.best * share }));
    const checked = checkedCeilings(slow, run);
    const found = run.results.flatMap((result) => {
      const standing = standingOf(result, { ...run, ceilings: checked });
      return standing ? [standing.ofPeak, standing.ofLimit ?? 0] : [];
    });
    assertEquals(found.filter((one) => one > 1), [], String(share));
    assertEquals(
      share === 1 ? unknown(checked) : unknown(checked).length > 0,
      share === 1 ? [] : true,
    );
  }
});

Deno.test("fasterOf() takes the faster of two measurements, under the names of the first", () => {
  const again = slowed("js-f64", 1, 2).map((one) =>
    // The second search of the levels found one of 4 MiB more.
    one.id === "read-2" ? { ...one, bytes: 2 ** 22, best: 90 } : one
  );
  const best = fasterOf(slowed("js-f64", 2, 0.5), again);
  const at = (id: string, threads: number) =>
    best.find((one) => one.id === id && one.threads === threads);
  const first = (id: string, threads: number) =>
    ceilings.find((one) => one.id === id && one.threads === threads);
  assertEquals(at("js-f64", 1)?.best, 2 * (first("js-f64", 1)?.best ?? NaN));
  assertEquals(at("js-f64", 2)?.best, first("js-f64", 2)?.best);
  assertEquals([at("read-2", 1)?.best, at("read-2", 1)?.bytes], [90, first("read-2", 1)?.bytes]);
  assertEquals(at("wasm-128", 1), first("wasm-128", 1));
  assertEquals(fasterOf(ceilings, []), ceilings);
});
