import { assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { stateMutants } from "./mutants/states.ts";
import { subjectKernel } from "./mutants/subject.ts";
import { soak, type SoakEvent } from "./soak.ts";

Deno.test("soak() finds a defect at a size that is on no list, and shrinks it, seed 9", async () => {
  const events: SoakEvent[] = [];
  const stop = new AbortController();
  await using broken = subjectKernel({ columns: (n) => n > 200 ? n - 1 : n });
  const { failed } = await soak([broken], {
    seed: 9,
    duration: 60_000,
    signal: stop.signal,
    onEvent: (event) => {
      events.push(event);
      if (event.kind === "failure") stop.abort();
    },
  });
  assertGreater(failed, 0);
  const failure = events.find((event) => event.kind === "failure");
  assertStringIncludes(failure?.kind === "failure" ? failure.repeat : "", "x201x");
});

Deno.test("soak() passes naive and tells the worst shares, seed 9", async () => {
  const events: SoakEvent[] = [];
  await using kernel = await createKernel("naive");
  const { cases, failed } = await soak([kernel], {
    seed: 9,
    duration: 1500,
    onEvent: (event) => events.push(event),
  });
  assertEquals(failed, 0);
  assertGreater(cases, 5);
  assertGreater(events.length, 0);
});

Deno.test("soak() draws sequences of calls, too, and gives the command that repeats the shortest, seed 9", async () => {
  const events: SoakEvent[] = [];
  const stop = new AbortController();
  const squares = stateMutants.find(({ name }) => name.startsWith("a product of a tensor"))!;
  await using broken = await squares.create();
  await soak([broken], {
    seed: 9,
    duration: 60_000,
    signal: stop.signal,
    onEvent: (event) => {
      events.push(event);
      if (event.kind === "failure") stop.abort();
    },
  });
  const failure = events.find((event) => event.kind === "failure");
  const command = failure?.kind === "failure" ? failure.repeat : "";
  assertMatch(command, /"sequences\/[a-z-]+\/seed-\d+\/steps-[\d.]+\/lengths-[\d.]+"/);
});
