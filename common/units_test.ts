import { assertEquals } from "@std/assert";
import { formatBytes, formatDuration, formatTime, formatTimeLeft, timeUnit } from "./units.ts";

Deno.test("formatTime() chooses the unit that keeps the number short", () => {
  assertEquals([1.5, 2.5e-3, 3e-6, 45e-9, 2e-10, 1234].map(formatTime), [
    "1.50 s",
    "2.50 ms",
    "3.00 µs",
    "45.0 ns",
    "0.200 ns",
    "1,234 s",
  ]);
  assertEquals(timeUnit(0.5), ["ms", 1e-3]);
});

Deno.test("formatDuration() has minutes and hours where there are some", () => {
  assertEquals([1.5, 83.4, 59.7, 3725].map(formatDuration), [
    "1.50 s",
    "1 min 23 s",
    "1 min 0 s",
    "1 h 2 min",
  ]);
});

Deno.test("formatTimeLeft() rounds up, and is never negative", () => {
  assertEquals([-1, 0, 0.2, 59.5, 89, 90, 700, 5399, 5400, 18_000].map(formatTimeLeft), [
    "0 s",
    "0 s",
    "1 s",
    "60 s",
    "89 s",
    "2 min",
    "12 min",
    "1 h 30 min",
    "1 h 30 min",
    "5 h 0 min",
  ]);
});

Deno.test("formatBytes() has the unit that keeps the number short", () => {
  assertEquals(
    [0, 1023, 1024, 5376, 3 * 2 ** 19, 2 ** 20, 2 ** 33, 1023 * 2 ** 10].map(formatBytes),
    ["0 bytes", "1,023 bytes", "1 KiB", "5.25 KiB", "1.5 MiB", "1 MiB", "8 GiB", "1,023 KiB"],
  );
});
