import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import {
  dark,
  factorColors,
  factorStep,
  light,
  markerPath,
  mixed,
  seriesStyle,
} from "./palette.ts";

/** The contrast of two colours as WCAG 2 defines it, 1 to 21. */
function contrast(a: string, b: string): number {
  const luminance = (color: string) => {
    const channel = (at: number) => {
      const value = parseInt(color.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  };
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

for (const [name, theme] of Object.entries({ light, dark })) {
  Deno.test(`the ${name} theme has text of contrast 4.5 and marks of contrast 3`, () => {
    for (const ground of [theme.ground, theme.raised]) {
      for (const text of [theme.ink, theme.faint, theme.link, theme.good, theme.bad]) {
        assertGreaterOrEqual(contrast(text, ground), 4.5, `${text} on ${ground}`);
      }
      assertGreaterOrEqual(contrast(theme.border, ground), 3, `border on ${ground}`);
    }
    assertGreaterOrEqual(contrast(theme.good, theme.goodGround), 4.5);
    assertGreaterOrEqual(contrast(theme.bad, theme.badGround), 4.5);
    assertGreaterOrEqual(contrast(theme.warn, theme.warnGround), 4.5);
    for (const ground of factorColors(theme)) {
      assertGreaterOrEqual(contrast(theme.ink, ground), 4.5, `ink on ${ground}`);
    }
    for (const color of theme.series) {
      assertGreaterOrEqual(contrast(color, theme.ground), 3, `${color} on ${theme.ground}`);
    }
  });
}

Deno.test("seriesStyle() gives the first 40 kernels 40 looks, the first 8 each its own shape", () => {
  const looks = Array.from({ length: 40 }, (_, i) => JSON.stringify(seriesStyle(i)));
  assertEquals(new Set(looks).size, 40);
  const shapes = Array.from({ length: 8 }, (_, i) => JSON.stringify(seriesStyle(i).marker));
  assertEquals(new Set(shapes).size, 8);
  const colors = Array.from({ length: 8 }, (_, i) => seriesStyle(i).color);
  assertEquals(new Set(colors).size, 8);
  assertEquals(dark.series.length, light.series.length);
});

Deno.test("markerPath() draws every marker", () => {
  for (let i = 0; i < 8; i++) {
    assertEquals(/^M[-\d. MHVLAaZ]+$/.test(markerPath(seriesStyle(i).marker, 11)), true, `${i}`);
  }
});

Deno.test("factorStep() has the deepest colour for the fastest alone, and none far from it", () => {
  assertEquals([1, 1.001, 1.1, 1.2, 2, 4, 6, 1000].map(factorStep), [0, 1, 1, 2, 3, 4, 5, 5]);
  assertEquals(factorColors(light).length, 6);
  assertEquals(factorColors(light)[5], light.ground);
});

Deno.test("mixed() is between its colours", () => {
  assertEquals(mixed("#ffffff", "#000000", 0.5), "#808080");
  assertEquals(mixed("#0072b2", "#ffffff", 1), "#0072b2");
});
