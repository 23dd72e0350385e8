import { assertEquals } from "@std/assert";
import { cpuFlags, flagsOf, type Registers } from "./cpu_flags.ts";

const all: Registers = [-1, -1, -1, -1];
const none: Registers = [0, 0, 0, 0];

Deno.test("flagsOf() gives vectors only where the system saves their registers", () => {
  const has = (saved: number, flag: string) =>
    flagsOf({ leaf1: all, leaf7: all, leaf71: all, saved }).has(flag);
  assertEquals([0, 0x3, 0x7, 0xe7, 0x602e7].map((saved) => has(saved, "sse4_2")), [
    true,
    true,
    true,
    true,
    true,
  ]);
  const rows: readonly (readonly [flag: string, expected: readonly boolean[]])[] = [
    ["avx2", [false, false, true, true, true]],
    ["avx512f", [false, false, false, true, true]],
    ["avx512_bf16", [false, false, false, true, true]],
    ["amx_tile", [false, false, false, false, true]],
  ];
  for (const [flag, expected] of rows) {
    assertEquals([0, 0x3, 0x7, 0xe7, 0x602e7].map((saved) => has(saved, flag)), expected, flag);
  }
  assertEquals(flagsOf({ leaf1: none, leaf7: none, leaf71: none, saved: 0xff }).size, 0);
});

Deno.test("cpuFlags() says what Linux says of this processor", async () => {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    assertEquals(cpuFlags().size, 0);
    return;
  }
  // Deno reads this file only where a program may do everything.
  const { stdout } = await new Deno.Command("cat", { args: ["/proc/cpuinfo"] }).output();
  const line = /^flags\s*:(.*)$/m.exec(new TextDecoder().decode(stdout))?.[1] ?? "";
  const system = new Set(line.trim().split(/\s+/));
  const asked = ["sse4_2", "fma", "avx", "avx2", "avx512f", "avx512dq", "avx512bw", "avx512vl"];
  for (const flag of [...asked, "avx512_bf16", "amx_tile"]) {
    assertEquals(cpuFlags().has(flag), system.has(flag), flag);
  }
});
