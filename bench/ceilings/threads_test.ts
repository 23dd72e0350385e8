import { assertEquals, assertThrows } from "@std/assert";
import { ThreadGroup } from "./threads.ts";

const options = { lanes: 4, fused: false, bytes: 131072 } as const;

Deno.test("ThreadGroup has every thread do the same work", async () => {
  using group = await ThreadGroup.start(3, options, 32768);
  const { chains, readers } = group.list;
  for (const threads of [1, 2, 3]) {
    for (let index = 0; index < chains.length + readers.length; index++) {
      const seconds = group.time({ index, times: 2, bytes: 16384 }, threads);
      assertEquals(seconds >= 0 && seconds < 20, true);
    }
  }
  assertThrows(
    () => group.time({ index: 0, times: 1, bytes: 0 }, 4),
    RangeError,
    "there are only 3 threads",
  );
});

Deno.test("ThreadGroup.time() throws where a worker fails", async () => {
  using group = await ThreadGroup.start(2, options, 16384);
  const index = group.list.chains.length + 1;
  // More than the worker's memory has, but not the caller's: a trap in the worker alone.
  assertThrows(
    () => group.time({ index, times: 1, bytes: 131072 }, 2),
    Error,
    "a worker failed in its work",
  );
});
