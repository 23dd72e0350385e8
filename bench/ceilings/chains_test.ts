import { assertEquals } from "@std/assert";
import { createChains } from "./chains.ts";

for (const lanes of [4, 8] as const) {
  for (const fused of [true, false]) {
    Deno.test(`createChains() gives loops that keep every chain at 1.5 (${lanes} lanes, ${fused ? "" : "not "}fused)`, () => {
      const chains = createChains({ lanes, fused });
      for (const { id, run, sum } of chains) {
        assertEquals([run(1), run(3), run(1000)], [sum, sum, sum], id);
      }
      const ids = ["js-f64", "js-f32", "wasm-f32", "wasm-128"];
      if (fused) ids.push("wasm-128-fused");
      if (lanes === 8) ids.push(fused ? "wasm-256-fused" : "wasm-256");
      assertEquals(chains.map(({ id }) => id), ids);
    });
  }
}
