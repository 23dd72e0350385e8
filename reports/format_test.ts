import { assertEquals } from "@std/assert";
import {
  byteText,
  date,
  duration,
  interval,
  memory,
  ratio,
  short,
  significant,
  throughput,
  time,
  timeInterval,
} from "./format.ts";

Deno.test("significant() never uses exponents and sets thousands apart", () => {
  assertEquals(significant(41.26, 3), "41.3");
  assertEquals(significant(0.000123456, 2), "0.00012");
  assertEquals(significant(1234567, 3), "1,234,567");
  assertEquals(significant(-0.5, 2), "−0.50");
  assertEquals(significant(0, 3), "0");
});

Deno.test("short() is short, with a true minus", () => {
  assertEquals(
    [0, 1, -1, 0.25, -0.125, 3.14159, 1234.5, 1e-7, -2.5e12].map(short),
    ["0", "1", "−1", "0.25", "−0.125", "3.14", "1230", "1e−7", "−2.5e12"],
  );
});

Deno.test("interval() gives as many digits as the interval supports", () => {
  assertEquals(interval(41.237, 41.22, 41.25), { value: "41.24", low: "41.22", high: "41.25" });
  assertEquals(interval(41.237, 40.91, 42.3), { value: "41.2", low: "40.9", high: "42.3" });
  assertEquals(interval(41.237, 30.2, 52.8), { value: "41", low: "30", high: "53" });
  assertEquals(interval(41.237, 41.237, 41.237), { value: "41.2", low: "41.2", high: "41.2" });
  assertEquals(interval(0.0352, 0.0344, 0.036), { value: "0.0352", low: "0.0344", high: "0.0360" });
});

Deno.test("throughput() takes the low speed from the long time", () => {
  const seconds = { median: 2e-3, low: 1e-3, high: 4e-3, min: 1e-3, confidence: 0.95 };
  assertEquals(throughput(8e6, seconds), { value: 4, low: 2, high: 8 });
});

Deno.test("timeInterval() has one unit for all three", () => {
  const seconds = { median: 1.001e-3, low: 0.8e-3, high: 1.1e-3, min: 0.8e-3, confidence: 0.95 };
  assertEquals(timeInterval(seconds), { value: "1.0", low: "0.8", high: "1.1", unit: "ms" });
});

Deno.test("time() and duration() choose units", () => {
  assertEquals([1.5, 2.5e-3, 3e-6, 45e-9, 2e-10].map(time), [
    "1.50 s",
    "2.50 ms",
    "3.00 µs",
    "45.0 ns",
    "0.200 ns",
  ]);
  assertEquals([1.5, 83.4, 59.7, 3725].map(duration), [
    "1.50 s",
    "1 min 23 s",
    "1 min 0 s",
    "1 h 2 min",
  ]);
});

Deno.test("ratio() keeps two decimals where speeds are close", () => {
  assertEquals([0.0557, 0.958, 1.034, 2.41, 31.2, 118.4].map(ratio), [
    "0.056",
    "0.96",
    "1.03",
    "2.41",
    "31",
    "118",
  ]);
});

Deno.test("memory() and date() are for people", () => {
  assertEquals(
    [0, 1023, 1024, 5376, 3 * 2 ** 20, 8 * 2 ** 30].map(memory),
    ["0 bytes", "1,023 bytes", "1.00 KiB", "5.25 KiB", "3.00 MiB", "8.00 GiB"],
  );
  assertEquals(date("2026-03-01T09:30:12.000Z"), "2026-03-01 09:30 UTC");
  assertEquals(date("yesterday"), "yesterday");
});

Deno.test("byteText() has the unit that keeps the number short", () => {
  assertEquals([16384, 2 ** 20, 3 * 2 ** 19, 2 ** 30].map(byteText), [
    "16 KiB",
    "1 MiB",
    "1.5 MiB",
    "1 GiB",
  ]);
});
