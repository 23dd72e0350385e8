import { assertEquals } from "@std/assert";
import {
  formatCount,
  formatInterval,
  formatNumber,
  formatPercent,
  formatRatio,
  formatShort,
  formatWhole,
  withoutZeros,
} from "./numbers.ts";

Deno.test("formatNumber() never uses exponents and sets thousands apart", () => {
  assertEquals(formatNumber(41.26), "41.3");
  assertEquals(formatNumber(0.000123456, 2), "0.00012");
  assertEquals(formatNumber(1234567), "1,234,567");
  assertEquals(formatNumber(-0.5, 2), "−0.50");
  assertEquals(formatNumber(0), "0");
});

Deno.test("formatNumber() counts the digits after rounding", () => {
  assertEquals([9.996, 0.09996, 99.96].map((value) => formatNumber(value)), [
    "10.0",
    "0.100",
    "100",
  ]);
});

Deno.test("formatNumber() takes what is not finite", () => {
  assertEquals([Infinity, -Infinity, NaN].map((value) => formatNumber(value)), ["∞", "−∞", "NaN"]);
});

Deno.test("formatShort() is short, with a true minus sign", () => {
  assertEquals(
    [0, 1, -1, 0.25, -0.125, 3.14159, 1234.5, 1e-7, -2.5e12].map(formatShort),
    ["0", "1", "−1", "0.25", "−0.125", "3.14", "1230", "1e−7", "−2.5e12"],
  );
});

Deno.test("formatWhole() and formatCount() set thousands apart", () => {
  assertEquals(formatWhole(65_536), "65,536");
  assertEquals(formatCount(1, "case"), "1 case");
  assertEquals(formatCount(1000, "case"), "1,000 cases");
  assertEquals(formatCount(2, "match", "matches"), "2 matches");
});

Deno.test("formatPercent() has two digits or all whole ones, and no zeros at the end", () => {
  assertEquals(
    [0, 0.0012, 0.05, 0.0814, 0.0996, 0.5, 1, 1.234].map((share) => formatPercent(share)),
    ["0 %", "0.12 %", "5 %", "8.1 %", "10 %", "50 %", "100 %", "123 %"],
  );
  assertEquals(formatPercent(0.978515625, 3), "97.9 %");
});

Deno.test("withoutZeros() leaves whole numbers alone", () => {
  assertEquals(["5.0", "0.50", "0.5", "100", "1,000", "2.05"].map(withoutZeros), [
    "5",
    "0.5",
    "0.5",
    "100",
    "1,000",
    "2.05",
  ]);
});

Deno.test("formatRatio() keeps two decimals where speeds are close", () => {
  assertEquals(
    [0.0557, 0.958, 0.998, 1.034, 2.41, 9.996, 31.2, 99.7, 118.4, 1234].map(formatRatio),
    ["0.056", "0.96", "1.00", "1.03", "2.41", "10", "31", "100", "118", "1,234"],
  );
});

Deno.test("formatInterval() gives as many digits as the interval supports", () => {
  const text = (value: number, low: number, high: number) =>
    Object.values(formatInterval(value, low, high));
  assertEquals(text(41.237, 41.22, 41.25), ["41.24", "41.22", "41.25"]);
  assertEquals(text(41.237, 40.91, 42.3), ["41.2", "40.9", "42.3"]);
  assertEquals(text(41.237, 30.2, 52.8), ["41", "30", "53"]);
  assertEquals(text(41.237, 41.237, 41.237), ["41.2", "41.2", "41.2"]);
  assertEquals(text(0.0352, 0.0344, 0.036), ["0.0352", "0.0344", "0.0360"]);
  assertEquals(text(0, 0, 0), ["0", "0", "0"]);
});
