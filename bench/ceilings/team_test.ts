import { assertEquals, assertThrows } from "@std/assert";
import { Team } from "./team.ts";

const options = { lanes: 4, fused: false, bytes: 131072 } as const;

Deno.test("Team has every thread do the same work", async () => {
  using team = await Team.start(3, options, 32768);
  const { chains, readers } = team.bench;
  for (const threads of [1, 2, 3]) {
    for (let index = 0; index < chains.length + readers.length; index++) {
      const seconds = team.time({ index, times: 2, bytes: 16384 }, threads);
      assertEquals(seconds >= 0 && seconds < 20, true);
    }
  }
  assertThrows(() => team.time({ index: 0, times: 1, bytes: 0 }, 4), RangeError, "only 3 threads");
});

Deno.test("Team says so where a worker fails", async () => {
  using team = await Team.start(2, options, 16384);
  const index = team.bench.chains.length + 1;
  // More than the worker's memory has, but not the caller's: a trap in the worker alone.
  assertThrows(
    () => team.time({ index, times: 1, bytes: 131072 }, 2),
    Error,
    "a worker failed in its work",
  );
});
