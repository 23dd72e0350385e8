import { assertEquals } from "@std/assert";
import { cutToWidth, widthOf } from "./width.ts";

Deno.test("widthOf() knows wide, half-width, combining and joined characters", () => {
  const widths: Record<string, number> = {
    "": 0,
    "wasm-simd 2 µs ▁▄█ …": 20,
    "日本語レイヤー": 14,
    "한국어": 6,
    "（ａ）": 6,
    "ｶﾀｶﾅ": 4,
    "e\u0301\u0323": 1,
    "👨‍👩‍👧‍👦 👍🏽": 5,
    "❤\ufe0f": 2,
    "🇯🇵": 2,
    "العربية": 7,
  };
  for (const [text, width] of Object.entries(widths)) assertEquals(widthOf(text), width, text);
});

Deno.test("cutToWidth() never ends beyond the column, nor within a character", () => {
  for (const text of ["naive 日本語", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "e\u0301e\u0301e\u0301"]) {
    for (let columns = 0; columns < 16; columns++) {
      const part = cutToWidth(text, columns);
      assertEquals(text.startsWith(part), true);
      assertEquals(widthOf(part) <= columns, true, `${part} in ${columns}`);
      if (widthOf(text) <= columns) assertEquals(part, text);
    }
  }
});
