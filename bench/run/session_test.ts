import { assert, assertEquals, assertMatch } from "@std/assert";
import { createKernel } from "../../kernels/registry.ts";
import type { Contender } from "../contender.ts";
import { contenderOf } from "../contenders.ts";
import { suites } from "../workloads.ts";
import { Session } from "./session.ts";

const workloads = suites.quick.filter(({ name }) => name === "tiny-odd");

async function open(contenders: readonly Contender[], referenceLoop?: () => number) {
  const session = new Session(contenders, workloads, [], {
    rounds: 10,
    seed: 1,
    startedAt: Date.now(),
    signal: new AbortController().signal,
    onProgress: () => {},
    ...(referenceLoop && { referenceLoop }),
  });
  await session.prepare();
  return session;
}

Deno.test("every measurement has its time, its samples and the machine's counters", async () => {
  await using session = await open([contenderOf(await createKernel("blocked"))]);
  await session.round(1);
  await session.round(2);
  const { results: [result], referenceLoop } = await session.snapshot();
  assertEquals(result?.measurements?.map(({ round, replaced }) => [round, replaced]), [
    [1, undefined],
    [2, undefined],
  ]);
  for (const { at, calls, samples, slots, cpu, switches } of result?.measurements ?? []) {
    assert(at > 0 && calls >= 1 && samples.length === slots && cpu >= 0 && switches >= 0);
    assert(samples.every((seconds) => seconds > 0));
  }
  // At the start and at the end; one workload has no middle.
  assertEquals(referenceLoop.map(({ round }) => round), [1, 1, 2, 2]);
  assert(referenceLoop.every(({ seconds }) => seconds > 0));
  assert((result?.warmup?.trace?.length ?? 0) > 1);
  assertEquals(result?.warmup?.trace?.[0], result?.warmup?.first);
});

Deno.test("replace() measures disturbed rounds again, for all contenders, at most 30 %", async () => {
  const [one, other] = [
    contenderOf(await createKernel("blocked")),
    contenderOf(await createKernel("naive")),
  ];
  // The fourth round is the most disturbed one: in it the machine is ten times as slow.
  let seconds = 0.005;
  await using session = await open([one, other], () => seconds);
  for (let round = 1; round <= 10; round++) {
    seconds = round === 4 ? 0.05 : 0.005;
    await session.round(round);
  }
  await session.replace();
  const { results } = await session.snapshot();
  for (const { measurements = [], roundMedians } of results) {
    assertEquals(roundMedians.length, 10);
    const replaced = measurements.filter((measurement) => measurement.replaced !== undefined);
    assert(replaced.length <= 3 && replaced.some(({ round }) => round === 4));
    // The one that counts comes later than the one that it replaces.
    for (const { round, at, replaced: reason = "" } of replaced) {
      const counting = measurements.filter((measurement) =>
        measurement.round === round && !measurement.replaced
      );
      assertEquals(counting.length, 1);
      assert(counting[0]!.at > at);
      assertMatch(reason, /reference loop|ran only|waited/);
    }
  }
  const rounds = results.map(({ measurements = [] }) =>
    measurements.filter(({ replaced }) => replaced !== undefined).map(({ round }) => round)
  );
  assertEquals(rounds[0], rounds[1]);
});

Deno.test("a control and another version get as many samples of as many calls as the original, a different kernel its own", async () => {
  const original = contenderOf(await createKernel("blocked"));
  /** The same, many times as slow. */
  const slowed = (one: Contender): Contender => ({
    ...one,
    prepare: async (workload, data) => {
      const cell = await original.prepare(workload, data);
      return {
        run: () => {
          for (let i = 0; i < 20; i++) void cell.run();
        },
        finished: () => cell.finished(),
        output: () => cell.output(),
        outputs: () => cell.outputs(),
        [Symbol.dispose]: () => cell[Symbol.dispose](),
      };
    },
  });
  const control = slowed({
    ...original,
    name: "blocked-control",
    base: "blocked",
    controlOf: "blocked",
  });
  const version = slowed({ ...control, name: "blocked@old", base: "blocked", version: "old" });
  const other = slowed({ ...control, name: "other", base: "other" });
  await using session = await open([original, control, version, other]);
  await session.round(1);
  const { results } = await session.snapshot();
  const [first, ...rest] = results.map(({ measurements }) => [
    measurements?.[0]?.calls,
    measurements?.[0]?.samples.length,
  ]);
  assertEquals(rest.slice(0, 2), [first, first]);
  assert(rest[2]![0]! < first![0]! / 4);
});

Deno.test("memory counts the bytes of a workload's tensors", async () => {
  await using session = await open([
    contenderOf(await createKernel("wasm-simd")),
    contenderOf(await createKernel("blocked")),
  ]);
  await session.round(1);
  const { results: [wasm, heap] } = await session.snapshot();
  const { m, n, k } = workloads[0]!;
  const tensors = 4 * (m * k + k * n + n + m * n);
  // At least the tensors themselves; in Wasm with gaps and packed weights.
  assert((wasm?.memory ?? 0) >= tensors);
  assert((wasm?.memory ?? 0) < 1e6);
  assertEquals(heap?.memory, tensors);
});
