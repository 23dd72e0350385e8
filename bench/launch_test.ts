import { assertEquals, assertMatch } from "@std/assert";
import { Launch, linesOf } from "./launch.ts";
import type { BenchPlan } from "./plan.ts";
import { suites } from "./workloads.ts";

const plan: BenchPlan = {
  suite: "quick",
  workloads: suites.quick.filter(({ name }) => name === "tiny-odd"),
  kernels: ["blocked"],
  named: true,
  peers: [],
  threads: null,
  launches: 1,
  precision: null,
  rounds: 6,
  seed: 1,
  baseline: "blocked",
  version: null,
};

/** A launch whose process runs this code for each request. */
async function fake(body: string, warnings: string[], signal = new AbortController().signal) {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    file,
    `
    const done = (answer) => console.log(JSON.stringify({ densemark: "done", answer }));
    const decoder = new TextDecoder();
    for await (const chunk of Deno.stdin.readable) {
      for (const line of decoder.decode(chunk).trim().split("\\n")) {
        const request = JSON.parse(line);
        ${body}
      }
    }`,
  );
  const launch = await Launch.start({
    plan,
    startedAt: Date.now(),
    flags: "--lazy",
    signal,
    onProgress: () => {},
    onWarning: (text) => warnings.push(text),
    module: new URL(`file://${file}`),
  });
  return { launch, remove: () => Deno.remove(file) };
}

const snapshot = { kernels: [], results: [], referenceLoop: [{ round: 1, at: 1, seconds: 2 }] };

Deno.test("linesOf() joins lines that are split anywhere", async () => {
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

Deno.test("a launch whose process dies says how, and answers null from then on", async () => {
  const warnings: string[] = [];
  const { launch, remove } = await fake(
    `if (request.ask === "snapshot") done(${JSON.stringify(snapshot)});
     else if (request.given?.[0] === 2) Deno.exit(7);
     else done();`,
    warnings,
  );
  {
    await using _ = launch;
    assertEquals(await launch.ask("prepare"), undefined);
    await launch.ask("round", 1);
    assertEquals(await launch.ask("snapshot"), snapshot);
    assertEquals(launch.ending, null);
    assertEquals(await launch.ask("round", 2), null);
    assertEquals(await launch.ask("round", 3), null);
    await launch.ask("finish");
    assertEquals(await launch.ask("snapshot"), null);
  }
  assertEquals([launch.ending, warnings], ["ended with code 7", []]);
  await remove();
});

Deno.test("a launch without heartbeat is killed, and not before the timeout that it asked for", async () => {
  const warnings: string[] = [];
  const progress = {
    phase: "rounds",
    label: "x",
    contender: null,
    done: 0,
    secondsLeft: 0,
    round: 1,
  };
  const { launch, remove } = await fake(
    `const tell = (timeout) => console.log(JSON.stringify({
       densemark: "progress", progress: { ...${JSON.stringify(progress)}, timeout } }));
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
    await using _ = launch;
    await launch.ask("prepare");
    // Between requests no heartbeat is due.
    await new Promise((resolve) => setTimeout(resolve, 700));
    assertEquals(launch.ending, null);
    await launch.ask("round", 1);
    assertMatch(launch.ending ?? "", /^sent no heartbeat for 1 s and was killed$/);
  }
  await remove();
});

Deno.test("a launch ignores what a library prints among its answers", async () => {
  const warnings: string[] = [];
  const { launch, remove } = await fake(
    `console.log("hello\\n{\\"densemark\\":\\n[1]"); done(${JSON.stringify(snapshot)});`,
    warnings,
  );
  {
    await using _ = launch;
    assertEquals(await launch.ask("snapshot"), snapshot);
  }
  assertEquals([launch.ending, warnings], [null, []]);
  await remove();
});

Deno.test("a plan can be sent to another process", () => {
  assertEquals(JSON.parse(JSON.stringify(plan)), plan);
  assertMatch(JSON.stringify(plan), /tiny-odd/);
});

Deno.test("a launch whose command was killed ends without a word", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-check", new URL("launch.ts", import.meta.url).href],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // The reader of its answer is closed, so that it cannot be written.
  await child.stdout.cancel();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode('{"ask":"prepare","given":[]}\n'));
  const said = await new Response(child.stderr).text();
  assertEquals([(await child.status).code, said], [1, ""]);
  await writer.close().catch(() => {});
});
