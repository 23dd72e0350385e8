import { assertEquals, assertNotEquals } from "@std/assert";
import { madeRecord } from "../results/result_testing.ts";
import { hollowOf, looksOf } from "./looks.ts";
import { seriesStyle } from "./palette.ts";

const known = [
  "naive",
  "blocked",
  "wasm-simd",
  "wasm-threads",
  "webgpu",
  "openblas",
  "onnxruntime-web",
  "tfjs-wasm",
];

Deno.test("looksOf() gives a kernel the same look whatever else there is", () => {
  const all = looksOf([...known, "mine", "yours"]);
  for (const name of [...known, "mine", "yours"]) {
    assertEquals(looksOf([name]).get(name), all.get(name), name);
  }
  assertEquals(looksOf(["b", "a"]), looksOf(["a", "b"]));
});

Deno.test("looksOf() tells the usual kernels and peers apart by colour and by shape", () => {
  const styles = [...looksOf(known).values()].map(seriesStyle);
  assertEquals(new Set(styles.map(({ color }) => color)).size, known.length);
  assertEquals(new Set(styles.map(({ marker }) => JSON.stringify(marker))).size, known.length);
});

Deno.test("looksOf() gives unknown names looks that no known one has, different ones while there are any", () => {
  const names = Array.from({ length: 26 }, (_, i) => `kernel ${i}`);
  const looks = [...looksOf(names).values()];
  assertEquals(new Set(looks).size, 26);
  const taken = new Set(looksOf(known).values());
  assertEquals(looks.filter((look) => taken.has(look)), []);
  // And beyond that still one each, which can be drawn.
  const many = [...looksOf(Array.from({ length: 500 }, (_, i) => `x${i}`)).values()];
  assertEquals(many.length, 500);
  for (const look of many) seriesStyle(look);
});

Deno.test("looksOf() takes names of the language's own objects for names", () => {
  for (const name of ["__proto__", "constructor", "toString", ""]) {
    assertNotEquals(looksOf([name]).get(name), undefined);
  }
});

Deno.test("hollowOf() has what ran without flags beside the same kernel with flags, and nothing else", () => {
  const record = (
    name: string,
    base: string,
    engine: string,
    unavailable: string | null = null,
  ) => ({
    ...madeRecord(name),
    base,
    engine,
    unavailable,
  });
  const both = [record("a (plain)", "a", "plain"), record("a (revec)", "a", "--flag")];
  assertEquals([...hollowOf(both)], ["a (plain)"]);
  assertEquals([...hollowOf(both.slice(0, 1))], []);
  const skipped = record("a (revec)", "a", "--flag", "crashed");
  assertEquals([...hollowOf([both[0]!, skipped])], []);
});
