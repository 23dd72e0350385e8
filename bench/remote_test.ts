import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Plan } from "./plan.ts";
import { labelled, linesOf, RemoteSession } from "./remote.ts";
import type { Progress } from "./run/clock.ts";
import { runSessions } from "./runner.ts";
import { suites } from "./workloads.ts";

const plan: Plan = {
  suite: "quick",
  workloads: suites.quick.filter(({ name }) => name === "tiny-odd"),
  kernels: ["blocked"],
  named: true,
  peers: [],
  threads: null,
  rounds: 6,
  seed: 1,
  baseline: "blocked",
  version: null,
};

/** A session whose process runs this code, after a loop over its requests has begun. */
async function fake(body: string, warnings: string[], signal = new AbortController().signal) {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    file,
    `
    const done = (more = {}) => console.log(JSON.stringify({ densemark: "done", ...more }));
    const decoder = new TextDecoder();
    for await (const chunk of Deno.stdin.readable) {
      for (const line of decoder.decode(chunk).trim().split("\\n")) {
        const request = JSON.parse(line);
        ${body}
      }
    }`,
  );
  const session = await RemoteSession.start({
    plan,
    begin: Date.now(),
    flags: "--lazy",
    signal,
    onProgress: () => {},
    onWarning: (text) => warnings.push(text),
    module: new URL(`file://${file}`),
  });
  return { session, remove: () => Deno.remove(file) };
}

const snapshot = { kernels: [], results: [], referenceLoop: [{ round: 1, at: 1, seconds: 2 }] };

Deno.test("linesOf() joins what chunks tore apart, in whatever place", async () => {
  const bytes = new TextEncoder().encode("one\n\nzwölf\nrest");
  for (const size of [1, 2, 5, 100]) {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += size) {
          controller.enqueue(bytes.slice(i, i + size));
        }
        controller.close();
      },
    });
    assertEquals(await Array.fromAsync(linesOf(stream)), ["one", "", "zwölf"]);
  }
});

Deno.test("a session whose process dies keeps what it had told, and hangs nobody", async () => {
  const warnings: string[] = [];
  const { session, remove } = await fake(
    `if (request.ask === "snapshot") done({ snapshot: ${JSON.stringify(snapshot)} });
     else if (request.round === 2) Deno.exit(7);
     else done();`,
    warnings,
  );
  {
    await using _ = session;
    await session.prepare();
    await session.round(1);
    assertEquals(await session.snapshot(), snapshot);
    await session.round(2);
    await session.round(3);
    await session.finish();
    assertEquals(await session.snapshot(), snapshot);
  }
  assertEquals([session.ending, warnings], ["ended with code 7", []]);
  await remove();
});

Deno.test("a session that gives no sign of life is ended, and not before the time that it asked for", async () => {
  const warnings: string[] = [];
  const progress = { phase: "rounds", label: "x", who: null, done: 0, secondsLeft: 0, round: 1 };
  const { session, remove } = await fake(
    `const tell = (within) => console.log(JSON.stringify({
       densemark: "progress", progress: { ...${JSON.stringify(progress)}, within } }));
     if (request.ask === "prepare") {
       tell(60);
       await new Promise((resolve) => setTimeout(resolve, 700));
       done();
     } else if (request.ask === "round") {
       tell(0.4);
       while (true);
     } else done();`,
    warnings,
  );
  {
    await using _ = session;
    await session.prepare();
    // Waiting for the next request is no silence.
    await new Promise((resolve) => setTimeout(resolve, 700));
    assertEquals(session.ending, null);
    await session.round(1);
    assertMatch(session.ending ?? "", /^gave no sign of life for 1 s and was ended$/);
  }
  await remove();
});

Deno.test("what a library prints into the answers does no harm", async () => {
  const warnings: string[] = [];
  const { session, remove } = await fake(
    `console.log("hello\\n{\\"densemark\\":\\n[1]"); done({ snapshot: ${
      JSON.stringify(snapshot)
    } });`,
    warnings,
  );
  {
    await using _ = session;
    assertEquals(await session.snapshot(), snapshot);
  }
  assertEquals([session.ending, warnings], [null, []]);
  await remove();
});

Deno.test("a session in another process measures, under its engine, and stops when told to", async () => {
  const stop = new AbortController();
  const seen: Progress[] = [];
  const warnings: string[] = [];
  await using session = await RemoteSession.start({
    plan,
    begin: Date.now(),
    flags: "--lazy",
    signal: stop.signal,
    onProgress: (progress) => seen.push(progress),
    onWarning: (text) => warnings.push(text),
  });
  const saved: number[] = [];
  const found = await runSessions([session], {
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

Deno.test("labelled() puts the engine behind every name, and keeps names that belong together", () => {
  const record = {
    name: "simd",
    peer: false,
    device: "",
    threads: 1,
    method: "",
    unavailable: null,
  };
  const control = { ...record, name: "simd-control", base: "simd", controlOf: "simd" };
  const { kernels } = labelled({ ...snapshot, kernels: [record, control] }, "plain", "plain");
  assertEquals(
    kernels.map(({ name, base, engine, controlOf }) => [name, base, engine, controlOf]),
    [
      ["simd (plain)", "simd", "plain", undefined],
      ["simd-control (plain)", "simd", "plain", "simd (plain)"],
    ],
  );
});

Deno.test("a plan survives being handed to another process", () => {
  assertEquals(JSON.parse(JSON.stringify(plan)), plan);
  assertMatch(JSON.stringify(plan), /tiny-odd/);
});
