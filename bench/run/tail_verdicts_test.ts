import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { KernelRecord, Measurement, Result } from "../../results/schema.ts";
import { blockLength, callTimesOf } from "./calls.ts";
import { madeRecord, madeResult } from "../../results/result_testing.ts";
import {
  leakWarnings,
  mergedCalls,
  startVerdicts,
  tailNotes,
  tailVerdicts,
} from "./tail_verdicts.ts";

/** A measurement of a launch. */
const measured = (launch: number): Measurement => ({
  round: launch,
  launch,
  at: launch,
  calls: 1,
  samples: [1],
  cpu: 1,
  switches: 0,
  pressure: null,
});

const kernels = ["base", "other"].map((name) => madeRecord(name));
const toBase = ({ name }: KernelRecord) => name === "base" ? null : "base";

/** Three launches of a kernel whose calls take `seconds(i)`, with noise. */
function launched(kernel: string, seconds: (i: number) => number, batch = 1, seed = 1): Result {
  const random = createRandom(seed);
  const calls = Array.from({ length: 3 }, (_, launch) =>
    callTimesOf(
      batch,
      Array.from(
        { length: 8 },
        () =>
          Array.from({ length: blockLength }, (_, i) => seconds(i) * (1 + 0.02 * random.uniform())),
      ),
      launch + 1,
    ));
  return madeResult(kernel, mergedCalls(calls.map((calls) => madeResult(kernel, { calls }))));
}

Deno.test("tailVerdicts() tells a slower tail from slower calls, and from none", () => {
  const base = launched("base", () => 1);
  const of = (other: Result) => tailVerdicts({ kernels, results: [base, other] }, toBase);
  const [tail] = of(launched("other", (i) => i % 10 === 4 ? 3 : 1, 1, 2));
  assertEquals([tail?.verdict, tail?.medianEquivalent, tail?.blocks], ["tail slower", true, 24]);
  assertAlmostEquals(tail!.ratio, 3, 0.1);
  const [slow] = of(launched("other", () => 3, 1, 3));
  assertEquals([slow?.verdict, slow?.medianEquivalent], ["same tail", false]);
  const [same] = of(launched("other", () => 1, 1, 4));
  assertEquals([same?.verdict, same?.medianEquivalent], ["same tail", true]);
  // Batches of another size hide another part of the tail.
  assertEquals(of(launched("other", () => 1, 10)), []);
});

Deno.test("tailVerdicts() pairs launches by their number, where one of the two was not timed in all", () => {
  const base = launched("base", () => 1);
  const other = launched("other", () => 1, 1, 2);
  // In the second launch the machine had a tail, for both; the other has no times of the first.
  const tailed = launched("base", (i) => i % 10 === 4 ? 3 : 1, 1, 3).calls!.launches[1]!;
  const launches = [base.calls!.launches[0]!, tailed, base.calls!.launches[2]!];
  const later = [tailed, other.calls!.launches[2]!];
  const [found] = tailVerdicts({
    kernels,
    results: [
      { ...base, calls: { batch: 1, launches } },
      { ...other, calls: { batch: 1, launches: later } },
    ],
  }, toBase);
  assertEquals([found?.verdict, found?.blocks], ["same tail", 16]);
});

Deno.test("tailVerdicts() says faster where the baseline has the tail, and nothing of one launch alone that has it", () => {
  const tailed = launched("base", (i) => i % 10 === 4 ? 3 : 1);
  const even = launched("other", () => 1);
  assertEquals(
    tailVerdicts({ kernels, results: [tailed, even] }, toBase)[0]?.verdict,
    "tail faster",
  );
  const calls = {
    batch: 1,
    launches: [tailed.calls!.launches[0]!, ...even.calls!.launches.slice(1)],
  };
  const once = tailVerdicts(
    { kernels, results: [launched("base", () => 1, 1, 5), { ...even, calls }] },
    toBase,
  );
  assertEquals(once[0]?.verdict === "tail slower", false);
});

Deno.test("startVerdicts() needs six launches to say anything", () => {
  const of = (launches: number, factor: number) =>
    startVerdicts({
      kernels,
      results: [1, factor].map((factor, at) =>
        madeResult(["base", "other"][at]!, {
          firstCalls: Array.from({ length: launches }, (_, i) => factor * (1 + 0.05 * (i % 3))),
          measurements: Array.from({ length: launches }, (_, i) => measured(i + 1)),
        })
      ),
    }, toBase).map(({ of, verdict }) => [of, verdict]);
  assertEquals(of(6, 2), [["first call", "slower"]]);
  assertEquals(of(6, 0.5), [["first call", "faster"]]);
  assertEquals(of(6, 1.02), [["first call", "equivalent"]]);
  assertEquals(of(3, 2), [["first call", "inconclusive"]]);
});

Deno.test("startVerdicts() pairs the launches that both have, not the places in the lists", () => {
  // The kernel was not there in the first launch, whose call took ten times as long.
  const base = {
    firstCalls: [10, 1, 1, 1, 1, 1, 1],
    measurements: [1, 2, 3, 4, 5, 6, 7].map(measured),
  };
  const other = { firstCalls: Array(6).fill(1), measurements: [2, 3, 4, 5, 6, 7].map(measured) };
  const found = (other: Partial<Result>) =>
    startVerdicts(
      { kernels, results: [madeResult("base", base), madeResult("other", other)] },
      toBase,
    ).map(({ verdict, launches }) => [verdict, launches]);
  assertEquals(found(other), [["equivalent", 6]]);
  // In one of them there was no value, it is not known which.
  assertEquals(found({ ...other, firstCalls: Array(5).fill(1) }), []);
});

Deno.test("mergedCalls() keeps the largest leak, and the order of the first calls", () => {
  const leak = { bytesPerCall: 640, of: "kernel" } as const;
  const merged = mergedCalls([
    madeResult("a", { leak, firstCalls: [3] }),
    madeResult("a", { leak: { ...leak, bytesPerCall: 650 }, firstCalls: [1] }),
    madeResult("a", { firstCalls: [2] }),
  ]);
  assertEquals(merged, { leak: { ...leak, bytesPerCall: 650 }, firstCalls: [3, 1, 2] });
  // The first launch alone looks for one.
  assertEquals(mergedCalls([madeResult("a", { leak }), madeResult("a", {})]), { leak });
});

Deno.test("tailNotes() and leakWarnings() name kernel, workload and what was found, and are silent of nothing", () => {
  const results = [launched("base", () => 1), launched("other", (i) => i % 10 === 4 ? 3 : 1)];
  const notes = tailNotes({
    results,
    tailVerdicts: tailVerdicts({ kernels, results }, toBase),
  });
  assertEquals(notes.length, 2);
  assertMatch(
    notes[0]!,
    /^tail: p95 is (2\.9|3\.0)\d*x the median in other on w; calls have two speeds$/,
  );
  assertMatch(
    notes[1]!,
    /^median equivalent, tail slower: other on w, p95\/p50 is (2\.9|3\.?0?)\d*x that of base$/,
  );
  assertEquals(tailNotes({ results: results.slice(0, 1) }), []);
  const [leak] = leakWarnings([madeResult("other", { leak: { bytesPerCall: 640, of: "kernel" } })]);
  assertMatch(leak!, /^other on w leaks 640(\.0)? bytes a call of its own memory\. Consider /);
  assertEquals(leakWarnings(results), []);
});
