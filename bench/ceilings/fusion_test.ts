// That the 256-bit loop is one: V8's own trace tells which pairs of vectors it fused.
import { assertEquals } from "@std/assert";

/** What a script prints under these flags of V8, whatever this process has. */
async function runWith(flags: readonly string[], script: string): Promise<string> {
  const { stdout, code } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: new URL("../..", import.meta.url),
    env: { NO_COLOR: "1", DENO_V8_FLAGS: flags.join() },
    signal: AbortSignal.timeout(300_000),
  }).output();
  assertEquals(code, 0);
  return new TextDecoder().decode(stdout);
}

const script = `import { createChains } from ${
  JSON.stringify(new URL("chains.ts", import.meta.url))
};
  for (const { id, run } of createChains({ lanes: 8, fused: true })) {
    if (id.startsWith("wasm-")) { console.log("chain " + id); run(1); }
  }`;

Deno.test("V8 fuses the pairs of the 256-bit chains and no others", async () => {
  const flags = ["--experimental-wasm-revectorize", "--no-liftoff", "--trace-wasm-revectorize"];
  if (!/\bAVX2=1\b.*\bFMA3=1\b/.test(await runWith(["--help"], ""))) {
    // deno-lint-ignore no-console -- a test without its processor must say so
    console.log("no AVX2: V8 cannot fuse vectors on this machine");
    return;
  }
  const traces = (await runWith(flags, script)).split(/^chain /m).slice(1);
  assertEquals(traces.map((trace) => trace.split("\n")[0]), [
    "wasm-f32",
    "wasm-128",
    "wasm-128-fused",
    "wasm-256-fused",
  ]);
  const decided = /Decided to vectorize, [1-9]\d* revectorizable nodes/;
  assertEquals(traces.map((trace) => decided.test(trace)), [false, false, false, true]);
  // 12 pairs in each of 4 steps.
  assertEquals(
    traces[3]?.match(/New(?:Shuffle)?PackNode \d+: PackNode Simd128Ternary/g)?.length,
    48,
  );
});
