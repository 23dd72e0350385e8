import { assertEquals } from "@std/assert";
import { formatDate, throughput, throughputText, timeInterval } from "./format.ts";

Deno.test("throughput() takes the low speed from the long time", () => {
  const seconds = { median: 2e-3, low: 1e-3, high: 4e-3, min: 1e-3, confidence: 0.95 };
  assertEquals(throughput(8e6, seconds), { value: 4, low: 2, high: 8 });
});

Deno.test("throughputText() is one line", () => {
  assertEquals(throughputText({ value: 41.26, low: 40.9, high: 41.8 }), "41.3 (40.9–41.8)");
});

Deno.test("timeInterval() has one unit for all three", () => {
  const seconds = { median: 1.001e-3, low: 0.8e-3, high: 1.1e-3 };
  assertEquals(timeInterval(seconds), { value: "1.0", low: "0.8", high: "1.1", unit: "ms" });
});

Deno.test("formatDate() is to the minute, and leaves alone what is no date", () => {
  assertEquals(formatDate("2026-03-01T09:30:12.000Z"), "2026-03-01 09:30 UTC");
  assertEquals(formatDate("yesterday"), "yesterday");
});
