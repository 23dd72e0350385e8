import { assertAlmostEquals, assertEquals } from "@std/assert";
import { canDo, type Contender } from "../contender.ts";
import { readCommand } from "../plan.ts";
import { labelOf } from "../workload.ts";
import { withColdCaches } from "./cold_caches.ts";
import { createEntry } from "./entry.ts";
import { secondsOfRound, slotsFor, timeSample } from "./slots.ts";

const contender: Contender = {
  name: "made-up",
  peer: false,
  device: "JavaScript",
  threads: 1,
  method: "",
  ulp: () => 0,
  supports: () => true,
  prepare: () => {
    throw new Error("not called");
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

const cold = readCommand(["--filter", "mnist-1", "--cold"])!.plan.workloads[0]!;

Deno.test("withColdCaches() evicts after the cell's own preparation, before each call, and does not time it", async () => {
  const events: string[] = [];
  // Milliseconds that pass as the cell has it.
  let clock = 0;
  const cell = withColdCaches({
    before: () => void events.push("write"),
    run: () => {
      clock += 3;
      events.push("run");
    },
    finished: () => Promise.resolve(),
    output: () => Promise.resolve(new Float32Array([7])),
    [Symbol.dispose]: () => void events.push("dispose"),
  }, () => {
    events.push("evict");
    clock += 20;
  });
  Object.assign(performance, { now: () => clock });
  const { perCall } = await timeSample(cell, 2)
    .finally(() => Reflect.deleteProperty(performance, "now"));
  assertEquals(events, ["write", "evict", "run", "write", "evict", "run"]);
  assertAlmostEquals(perCall, 0.003);
  assertEquals([...await cell.output()], [7]);
  cell[Symbol.dispose]();
  assertEquals(events.at(-1), "dispose");
});

Deno.test("readCommand() --cold gives workloads names of their own, in every pass", () => {
  const { plan } = readCommand(["--filter", "ad-in", "--cold"])!;
  assertEquals(plan.workloads.map(labelOf), [
    "ad-in-cold",
    "ad-in-cold training",
  ]);
  assertEquals(plan.workloads.every(({ cold }) => cold), true);
});

Deno.test("canDo() leaves GPUs out with cold caches", () => {
  const gpu = { ...contender, device: "WebGPU: a GPU" };
  const { cold: _, ...warm } = cold;
  assertEquals([canDo(contender, cold), canDo(gpu, cold), canDo(gpu, warm)], [true, false, true]);
});

Deno.test("slotsFor() takes few samples with cold caches, and counts the time to empty them", () => {
  const entry = { ...createEntry(contender, cold), calls: 1, sampleSeconds: 1e-5 };
  assertEquals(slotsFor(entry), 5);
  assertEquals(secondsOfRound(entry) > 0.1, true);
});
