import { assert, assertEquals, assertMatch } from "@std/assert";
import { named, Replicate, runRounds, without } from "./launches.ts";
import type { BenchPlan } from "./plan.ts";
import type { RunProgress } from "./run/clock.ts";
import { suites } from "./workloads.ts";

const plan: BenchPlan = {
  suite: "quick",
  workloads: [],
  kernels: ["naive", "blocked"],
  named: true,
  peers: ["ml-matrix"],
  threads: null,
  rounds: 6,
  launches: 1,
  precision: null,
  seed: 1,
  baseline: "blocked",
  version: { label: "v", registry: "file:///v" },
};

Deno.test("without() removes a kernel, a kernel on some threads, a peer, or the other version", () => {
  const none = { peer: false };
  assertEquals(without(plan, { ...none, name: "naive" })?.kernels, ["blocked"]);
  assertEquals(without(plan, { ...none, name: "x:2", base: "blocked" })?.kernels, ["naive"]);
  assertEquals(without(plan, { peer: true, name: "ml-matrix" })?.peers, []);
  assertEquals(
    without(plan, { ...none, name: "naive@v", base: "naive", version: "v" }),
    { ...plan, version: null },
  );
  assertEquals(without(plan, { ...none, name: "webgpu" }), null);
});

/** The code of a process that has trouble with naive when asked for `what`. */
const processOf = (what: string, trouble: string) => `
  let plan;
  const tell = (reply) => console.log(JSON.stringify(reply));
  const decoder = new TextDecoder();
  for await (const chunk of Deno.stdin.readable) {
    for (const line of decoder.decode(chunk).trim().split("\\n")) {
      const request = JSON.parse(line);
      if (request.ask === "start") plan = request.plan;
      if (request.ask === ${JSON.stringify(what)}) {
        for (const name of plan.kernels) {
          tell({ densemark: "progress", progress: {
            phase: request.ask === "ceilings" ? "ceilings" : "prepare",
            label: name + " on jet",
            contender: request.ask === "ceilings" ? null : { name, peer: false },
            timeout: 0.5, done: 0, secondsLeft: 0, round: 0,
          }});
          if (name === "naive") { ${trouble} }
        }
      }
      tell({ densemark: "done", ...(request.ask === "snapshot" && {
        answer: { kernels: plan.kernels.map((name) => ({ name })), results: [], referenceLoop: [] },
      }) });
    }
  }`;

async function start(code: string, warnings: string[], stop = new AbortController()) {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, code);
  const replicate = await Replicate.start({
    plan,
    startedAt: Date.now(),
    flags: "--lazy",
    signal: stop.signal,
    onProgress: () => {},
    onWarning: (text) => warnings.push(text),
    module: new URL(`file://${file}`),
  }, { label: null, engine: null });
  return { replicate, remove: () => Deno.remove(file) };
}

const troubles: readonly (readonly [string, string, RegExp])[] = [
  [
    "crashes",
    "Deno.exit(139);",
    /^its process ended with code 139 while naive on jet was prepared$/,
  ],
  [
    "hangs",
    "while (true);",
    /^its process sent no heartbeat for 1 s and was killed while naive on jet was prepared$/,
  ],
];

for (const [does, trouble, reason] of troubles) {
  for (const ask of ["start", "prepare"]) {
    Deno.test(`a kernel that ${does} when asked to ${ask} is skipped, and the others are measured`, async () => {
      const warnings: string[] = [];
      const { replicate, remove } = await start(processOf(ask, trouble), warnings);
      {
        await using _ = replicate;
        await replicate.ask("prepare");
        await replicate.ask("round", 1);
        const { kernels } = await replicate.snapshot();
        assertEquals(kernels.map(({ name }) => name), ["blocked", "naive"]);
        assertMatch(kernels[1]?.unavailable ?? "", reason);
        assertEquals([replicate.lost, replicate.refused], [false, true]);
        assertEquals(warnings.length, 1);
        assertMatch(warnings[0] ?? "", /^naive is skipped: its process /);
      }
      await remove();
    });
  }
}

Deno.test("ceilings in which the process crashes are missing, and all kernels are measured", async () => {
  const warnings: string[] = [];
  const { replicate, remove } = await start(processOf("ceilings", "Deno.exit(5);"), warnings);
  {
    await using _ = replicate;
    assertEquals(await replicate.ask("ceilings", [1]), null);
    await replicate.ask("prepare");
    const { kernels } = await replicate.snapshot();
    assertEquals(kernels.map(({ name }) => name), ["naive", "blocked"]);
    assertEquals([replicate.lost, replicate.refused], [false, false]);
    assertMatch(
      warnings[0] ?? "",
      /^the ceilings are skipped: the process that measured them ended with code 5/,
    );
  }
  await remove();
});

Deno.test("a process that ends in a round is not replaced, what it had sent is kept, and one warning says so", async () => {
  const warnings: string[] = [];
  const { replicate, remove } = await start(processOf("round", "Deno.exit(5);"), warnings);
  {
    await using _ = replicate;
    await replicate.ask("prepare");
    const before = await replicate.snapshot();
    assertEquals(before.kernels.map(({ name }) => name), ["naive", "blocked"]);
    for (const round of [1, 2, 3]) await replicate.ask("round", round);
    assertEquals([replicate.lost, replicate.refused], [true, false]);
    assertEquals(await replicate.snapshot(), before);
    assertEquals(warnings.length, 1);
    assertMatch(
      warnings[0] ?? "",
      /^the process that measured ended with code 5; the results that it had sent until then are kept\./,
    );
  }
  await remove();
});

Deno.test({
  name: "a process that is ended with the command is no reason for a warning",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const [warnings, stop] = [[] as string[], new AbortController()];
    const { replicate, remove } = await start(
      processOf("round", 'Deno.kill(Deno.pid, "SIGTERM");'),
      warnings,
      stop,
    );
    {
      await using _ = replicate;
      await replicate.ask("prepare");
      const asked = replicate.ask("round", 1);
      // As where a signal ends the process before this one learns of it.
      setTimeout(() => stop.abort(), 50);
      await asked;
      assertEquals([replicate.lost, warnings], [true, []]);
    }
    await remove();
  },
});

Deno.test("runRounds() leads a launch under its engine, saves what was found, and stops when told to", async () => {
  const stop = new AbortController();
  const seen: RunProgress[] = [];
  const warnings: string[] = [];
  await using replicate = await Replicate.start({
    plan: {
      ...plan,
      workloads: suites.quick.filter(({ name }) => name === "tiny-odd"),
      kernels: ["blocked"],
      peers: [],
      version: null,
    },
    startedAt: Date.now(),
    flags: "--lazy",
    signal: stop.signal,
    onProgress: (progress) => seen.push(progress),
    onWarning: (text) => warnings.push(text),
  }, { label: null, engine: null });
  const saved: number[] = [];
  const found = await runRounds([replicate], {
    rounds: 6,
    seed: 1,
    signal: stop.signal,
    every: 0,
    onSnapshot: ({ results }) => {
      saved.push(results[0]?.roundMedians.length ?? 0);
      // Told to stop in the middle, a run keeps what it has.
      if (saved.length === 3) stop.abort();
      return Promise.resolve();
    },
  });
  assertEquals(warnings, []);
  assertEquals(saved.slice(0, 3), [1, 2, 3]);
  const [own, control] = found.results;
  assertEquals([own?.kernel, control?.kernel], ["blocked", "blocked-control"]);
  assertEquals([own?.verification.status, own?.roundMedians.length], ["passed", 3]);
  assertEquals(found.kernels.find(({ name }) => name === "blocked-control")?.controlOf, "blocked");
  assertEquals(found.referenceLoop.length, 6);
  assert(seen.length > 0);
});

Deno.test("named() puts the engine behind every name, and keeps references between them", () => {
  const record = {
    name: "simd",
    peer: false,
    device: "",
    threads: 1,
    method: "",
    unavailable: null,
  };
  const control = { ...record, name: "simd-control", base: "simd", controlOf: "simd" };
  const { kernels } = named(
    { kernels: [record, control], results: [], referenceLoop: [] },
    { label: "plain", engine: "plain" },
  );
  assertEquals(
    kernels.map(({ name, base, engine, controlOf }) => [name, base, engine, controlOf]),
    [
      ["simd (plain)", "simd", "plain", undefined],
      ["simd-control (plain)", "simd", "plain", "simd (plain)"],
    ],
  );
});
