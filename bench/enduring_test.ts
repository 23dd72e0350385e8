import { assertEquals, assertMatch } from "@std/assert";
import { EnduringSession, without } from "./enduring.ts";
import type { Plan } from "./plan.ts";

const plan: Plan = {
  suite: "quick",
  workloads: [],
  kernels: ["naive", "blocked"],
  named: true,
  peers: ["ml-matrix"],
  threads: null,
  rounds: 6,
  seed: 1,
  baseline: "blocked",
  version: { label: "v", registry: "file:///v" },
};

Deno.test("without() takes out a kernel, a kernel of some threads, a peer, or the other version", () => {
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

/** What a process of the bench does at its peril: with naive it comes to grief when asked for `what`. */
const child = (what: string, grief: string) => `
  let plan;
  const tell = (answer) => console.log(JSON.stringify({ densemark: "done", ...answer }));
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
            who: request.ask === "ceilings" ? null : { name, peer: false },
            within: 0.5, done: 0, secondsLeft: 0, round: 0,
          }});
          if (name === "naive") { ${grief} }
        }
      }
      tell(request.ask === "snapshot"
        ? { snapshot: { kernels: plan.kernels.map((name) => ({ name })), results: [], reference loop: [] } }
        : {});
    }
  }`;

async function start(code: string, warnings: string[]) {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, code);
  const session = await EnduringSession.start({
    plan,
    begin: Date.now(),
    flags: "--lazy",
    signal: new AbortController().signal,
    onProgress: () => {},
    onWarning: (text) => warnings.push(text),
    module: new URL(`file://${file}`),
  }, { label: null, engine: null });
  return { session, remove: () => Deno.remove(file) };
}

const griefs: readonly (readonly [string, string, RegExp])[] = [
  ["crashes", "Deno.exit(139);", /^its process ended with code 139 at/],
  [
    "hangs",
    "while (true);",
    /^its process gave no sign of life for 1 s and was ended at/,
  ],
];

for (const [does, grief, reason] of griefs) {
  for (const ask of ["start", "prepare"]) {
    Deno.test(`a kernel that ${does} when asked to ${ask} takes no part, and the others go on`, async () => {
      const warnings: string[] = [];
      const { session, remove } = await start(child(ask, grief), warnings);
      {
        await using _ = session;
        await session.prepare();
        await session.round(1);
        const { kernels } = await session.snapshot();
        assertEquals(kernels.map(({ name }) => name), ["blocked", "naive"]);
        assertMatch(kernels[1]?.unavailable ?? "", reason);
        assertEquals([session.lost, session.failed], [false, true]);
        assertEquals(warnings.length, 1);
        assertMatch(warnings[0] ?? "", /^naive takes no part: its process /);
      }
      await remove();
    });
  }
}

Deno.test("ceilings that take the process down are missing, and all kernels go on", async () => {
  const warnings: string[] = [];
  const { session, remove } = await start(child("ceilings", "Deno.exit(5);"), warnings);
  {
    await using _ = session;
    assertEquals(await session.ceilings([1]), null);
    await session.prepare();
    const { kernels } = await session.snapshot();
    assertEquals(kernels.map(({ name }) => name), ["naive", "blocked"]);
    assertEquals([session.lost, session.failed], [false, false]);
    assertMatch(
      warnings[0] ?? "",
      /^no ceilings: the process that measured them ended with code 5/,
    );
  }
  await remove();
});

Deno.test("a process that ends in a round loses no more than that, and says so once", async () => {
  const warnings: string[] = [];
  const { session, remove } = await start(child("round", "Deno.exit(5);"), warnings);
  {
    await using _ = session;
    await session.prepare();
    for (const round of [1, 2, 3]) await session.round(round);
    assertEquals([session.lost, session.failed], [true, false]);
    assertEquals(warnings, [
      "the process that measured ended with code 5; what it had told is kept",
    ]);
  }
  await remove();
});
