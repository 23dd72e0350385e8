import { assert, assertEquals } from "@std/assert";
import { reportFileOf } from "../reports/interop/report_file.ts";

Deno.test("deno bench times the verified kernels by group and baseline", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    // Without a file: what deno.json includes. Two kernels, so that it ends soon.
    args: [
      "bench",
      "--quiet",
      "--no-check",
      "--json",
      "--allow-read",
      "--filter=/^(naive|wasm-simd)$/",
    ],
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  const file = reportFileOf(decoder.decode(stdout));
  assert(file.kind === "foreign");
  const { benchmarks } = file.foreign;
  const groups = Map.groupBy(benchmarks, ({ group }) => group);
  assertEquals([...groups.keys()], ["jet", "dlrm-last", "square-128"]);
  for (const group of groups.values()) {
    assertEquals(group.map(({ name, baseline, failure }) => [name, baseline, failure]), [
      ["naive", true, null],
      ["wasm-simd", false, null],
    ]);
    assert(group.every(({ seconds }) => seconds !== null && seconds.value > 0));
  }
});
