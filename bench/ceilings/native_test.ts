import { assertEquals, assertMatch } from "@std/assert";
import { cpuFlags } from "../cpu_flags.ts";
import { multiplyAddCode } from "./machine_code.ts";
import { createNativeChains, nativeWidths, whyNoNative } from "./native.ts";

Deno.test("createNativeChains() gives loops that keep every chain at 1.5, or says why there are none", () => {
  const chains = createNativeChains();
  const reason = whyNoNative();
  if (reason !== null) {
    assertMatch(reason, /^native code: /);
    assertEquals(chains, []);
    return;
  }
  assertEquals(
    chains.map(({ id }) => id),
    nativeWidths(cpuFlags()).map((width) => `native-${width}-fused`),
  );
  for (const { id, run, sum, flops } of chains) {
    assertEquals([run(1), run(3), run(1000)], [sum, sum, sum], id);
    // 12 chains, 4 steps, two operations for each of 8 or 16 numbers.
    assertEquals(flops, id.includes("512") ? 1536 : 768);
  }
});

Deno.test("multiplyAddCode() repeats its 48 steps and nothing else", () => {
  // deno-fmt-ignore
  const steps = { 256: [0xc4, 0xc2, 0x1d, 0xa8, 0xc5], 512: [0x62, 0xd2, 0x1d, 0x48, 0xa8, 0xc5] };
  for (const width of [256, 512] as const) {
    const code = multiplyAddCode(width);
    // vfmadd213ps of the first chain, by factor and summand, as an assembler encodes it.
    const first = steps[width];
    const at = code.findIndex((_, i) => first.every((byte, j) => code[i + j] === byte));
    const decrement = at + 48 * first.length;
    assertEquals([...code.slice(decrement, decrement + 4)], [0xff, 0xcf, 0x0f, 0x85], `${width}`);
    const distance = new DataView(code.buffer).getInt32(decrement + 4, true);
    assertEquals(decrement + 8 + distance, at, `${width}`);
  }
});

Deno.test("nativeWidths() asks for what the code uses", () => {
  assertEquals(nativeWidths(new Set(["avx2", "fma", "avx512f"])), [256, 512]);
  assertEquals(nativeWidths(new Set(["avx2", "fma"])), [256]);
  assertEquals(nativeWidths(new Set(["avx2"])), []);
  assertEquals(nativeWidths(new Set()), []);
});
