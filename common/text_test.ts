import { assertEquals } from "@std/assert";
import { asSentence, cleanText, formatList, quote, wrapText } from "./text.ts";

Deno.test("cleanText() removes controls and what reorders text", () => {
  assertEquals(cleanText("a\u0000b\tc\r\nd"), "a b c d");
  assertEquals(cleanText("\u001b[31mred"), "[31mred");
  assertEquals(cleanText("safe\u202egnp.exe"), "safe gnp.exe");
  assertEquals(cleanText("\u2066a\u2069\u200fb\u061c"), "a b");
  assertEquals(cleanText("a\u2028b\u0085c"), "a b c");
});

Deno.test("cleanText() removes what cannot be seen", () => {
  assertEquals(cleanText("\ufeffa\u200bb\u2060c\u00add"), "a b c d");
  assertEquals(cleanText("a\u{e0061}\u{e0062}"), "a");
  assertEquals(cleanText("\ufffea\uffffb\ue000c\u{10ffff}"), "a b c");
});

Deno.test("cleanText() leaves other scripts and signs alone", () => {
  for (const text of ["größe µs", "中文", "עברית", "می\u200cخواهم", "👩‍💻", "<b>&amp;</b>", "=1+1"]) {
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

Deno.test("quote() shows a value in a few safe characters", () => {
  assertEquals(quote('a "b"\n\u001b[2J'), '"a \\"b\\" [2J"');
  assertEquals(quote("x".repeat(1000)).length, 82);
  assertEquals([undefined, null, NaN, true, [], {}].map((value) => quote(value)), [
    "nothing",
    "null",
    "NaN",
    "true",
    "a list",
    "an object",
  ]);
});

Deno.test("formatList() reads as a sentence does", () => {
  assertEquals(formatList([]), "");
  assertEquals(formatList(["a"]), "a");
  assertEquals(formatList(["a", "b"]), "a and b");
  assertEquals(formatList(["a", "b", "c"], { word: "or" }), "a, b or c");
});

Deno.test("formatList() counts what it leaves out", () => {
  assertEquals(formatList(["a", "b", "c"], { most: 3 }), "a, b and c");
  assertEquals(formatList(["a", "b", "c"], { most: 1 }), "a and 2 more");
});

Deno.test("wrapText() breaks at spaces and never within a word", () => {
  assertEquals(wrapText("", 5), [""]);
  assertEquals(wrapText("a bc def", 4), ["a bc", "def"]);
  assertEquals(wrapText("unbreakable as it is", 5), ["unbreakable", "as it", "is"]);
});

Deno.test("asSentence() adds a full stop where there is none", () => {
  assertEquals(["done", "done.", "why?"].map(asSentence), ["done.", "done.", "why?"]);
});
