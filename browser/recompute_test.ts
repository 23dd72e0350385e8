import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { parseResults } from "../results/validate.ts";
import { toJson } from "../results/json.ts";
import { wholeSample } from "../results/sample_testing.ts";
import { countWithin, endOf, isWithin, without } from "./recompute.ts";

const measurement = {
  round: 1,
  at: 10,
  calls: 2,
  samples: [0.5, 1],
  cpu: 1,
  switches: 0,
  pressure: null,
};

Deno.test("isWithin() takes a measurement whole: from its start to the end of its samples", () => {
  assertEquals(endOf(measurement), 13);
  const within = (from: number, to: number) => isWithin(measurement, [{ from, to }]);
  assertEquals([within(0, 9.9), within(0, 10), within(11, 12), within(13, 20), within(13.1, 20)], [
    false,
    true,
    true,
    true,
    false,
  ]);
});

Deno.test("without() makes medians of what is left, and changes nothing where nothing lies", () => {
  const run = wholeSample();
  const later = run.elapsed + 1e6;
  const same = without(run, [{ from: later, to: later + 1 }]);
  assertEquals(same.results, run.results);
  const timed = run.results.find(({ measurements = [] }) => measurements.length > 2)!;
  const first = timed.measurements![0]!;
  const anew = without(run, [{ from: 0, to: endOf(first) }]);
  const found = anew.results.find(({ kernel, workload, pass }) =>
    kernel === timed.kernel && workload === timed.workload && pass === timed.pass
  )!;
  assert(found.measurements!.length < timed.measurements!.length);
  assertNotEquals(found.roundMedians.length, timed.roundMedians.length);
  const { within, all } = countWithin(run, [{ from: 0, to: endOf(first) }]);
  assert(within > 0 && within < all);
});

Deno.test("without() makes a file that its reader accepts, also of nothing", () => {
  const run = wholeSample();
  for (const to of [2, 1e9]) parseResults(toJson(without(run, [{ from: 0, to }])));
});
