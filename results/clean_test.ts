import { assertEquals, assertNotEquals } from "@std/assert";
import { cleanResults, cleanText } from "./clean.ts";
import { hostileResults, sampleResults } from "./sample_testing.ts";

Deno.test("cleanText() removes controls and what reorders text", () => {
  assertEquals(cleanText("a\u0000b\tc\r\nd"), "a b c d");
  assertEquals(cleanText("\u001b[31mred"), "[31mred");
  assertEquals(cleanText("safe\u202egnp.exe"), "safe gnp.exe");
  assertEquals(cleanText("\u2066a\u2069\u200fb\u061c"), "a b");
  assertEquals(cleanText("a\u2028b\u0085c"), "a b c");
});

Deno.test("cleanText() leaves other scripts and signs alone", () => {
  for (const text of ["größe µs", "中文", "עברית", "👩‍💻", "<b>&amp;</b>", "=1+1"]) {
    assertEquals(cleanText(text), text);
  }
});

Deno.test("cleanText() cuts by whole characters and leaves text well-formed", () => {
  assertEquals(cleanText("abcdef", 4), "abc…");
  assertEquals(cleanText("abcd", 4), "abcd");
  assertEquals(cleanText("👍👍👍", 2), "👍…");
  assertEquals(cleanText("👍👍", 2), "👍👍");
  assertEquals(cleanText("a\ud800"), "a\ufffd");
});

Deno.test("cleanResults() changes nothing in clean results", () => {
  assertEquals(cleanResults(sampleResults()), sampleResults());
});

Deno.test("cleanResults() keeps different kernels different, however much it cuts", () => {
  const { kernels, results } = cleanResults(hostileResults());
  const names = kernels.map((kernel) => kernel.name);
  assertEquals(new Set(names).size, names.length);
  const [threads, matrix] = [names[3] ?? "", names[5] ?? ""];
  assertEquals(threads.length, 80);
  assertNotEquals(threads, matrix);
  // And results still find their kernels.
  assertEquals(results.filter((result) => result.kernel === matrix).length, 12);
  assertEquals(results.every((result) => names.includes(result.kernel)), true);
});
