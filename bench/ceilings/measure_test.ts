import { assertEquals, assertGreater, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { measureCeilings } from "./measure.ts";

Deno.test("measureCeilings() gives each ceiling with its interval, and what is missing", async () => {
  const shares: number[] = [];
  const { ceilings, missing } = await measureCeilings({
    threads: [1, 2],
    rounds: 6,
    tries: 1,
    largest: 2 ** 18,
    seconds: 60,
    onProgress: (done) => shares.push(done),
  });
  assertEquals(new Set(ceilings.map(({ threads }) => threads)), new Set([1, 2]));
  for (const { id, kind, unit, bytes, low, median, high, best, confidence, samples } of ceilings) {
    assertEquals([unit, bytes !== null], kind === "compute" ? ["GFLOP/s", false] : ["GB/s", true]);
    // More where threads were never all running, or seemed slower than one; fewer arithmetic on a busy machine.
    assertGreaterOrEqual(samples.length, kind === "compute" && id !== "gpu-f32" ? 2 : 6);
    if (samples.length >= 6) assertGreater(confidence, 0.95);
    assertGreaterOrEqual(best, Math.max(...samples));
    assertGreaterOrEqual(best, high);
    assertGreater(low, 0);
    assertLessOrEqual(low, median);
    assertLessOrEqual(median, high);
  }
  for (const threads of [1, 2]) {
    const mine = ceilings.filter((ceiling) => ceiling.threads === threads);
    assertEquals(mine.filter(({ id }) => id === "js-f64").length, 1);
    // The levels reach to the largest size that was asked for.
    const levels = mine.filter(({ kind }) => kind === "bandwidth").map(({ bytes }) => bytes ?? 0);
    assertEquals(levels, levels.toSorted((a, b) => a - b));
    assertEquals(levels.at(-1), 2 ** 18);
  }
  const unknownOrBest = (wanted: string, count: number) =>
    ceilings.filter(({ id, threads, unknown }) =>
      id === wanted && threads === count && unknown === undefined
    ).map(({ best }) => best);
  for (const id of ["js-f64", "js-f32", "wasm-f32", "wasm-128"]) {
    const [one = 0] = unknownOrBest(id, 1);
    for (const two of unknownOrBest(id, 2)) assertGreaterOrEqual(two, one, id);
  }
  assertEquals(
    ceilings.some(({ id }) => id === "gpu-f32") || missing.some((why) => why.startsWith("GPU: ")),
    true,
  );
  assertEquals(shares.every((share) => share >= 0 && share <= 1), true);
});

Deno.test("measureCeilings() ends at once where it was aborted before", async () => {
  const { ceilings } = await measureCeilings({
    signal: AbortSignal.abort(),
    largest: 2 ** 16,
    threads: [1],
  });
  assertEquals(ceilings, []);
});

Deno.test("measureCeilings() has a reason where threads cannot start", async () => {
  const { ceilings, missing } = await measureCeilings({
    threads: [1e9],
    largest: 2 ** 16,
    rounds: 1,
  });
  assertEquals(ceilings.filter(({ id }) => id !== "gpu-f32"), []);
  assertEquals(missing.slice(0, 2).map((why) => why.split(":")[0]), ["arithmetic", "processor"]);
});
