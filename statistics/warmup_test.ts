// When a warm-up ends, and which cells lost their speed.
import { assertEquals } from "@std/assert";
import { lostSpeed, warmupState } from "./warmup.ts";

const steady = Array.from({ length: 16 }, (_, i) => 1e-4 * (1 + ((i * 7) % 5) / 1e4));

Deno.test("warmupState() repeats no call that takes seconds", () => {
  assertEquals(warmupState(15, [], 15), "not settled");
  assertEquals(warmupState(0.2, [15], 15.2), "not settled");
  assertEquals(warmupState(1.9, [], 1.9), "not settled");
});

Deno.test("warmupState() settles slow calls by their agreement, not by their number", () => {
  assertEquals(warmupState(0.1, [], 0.1), "go on");
  assertEquals(warmupState(0.1, [0.1], 0.2), "go on");
  assertEquals(warmupState(0.1, [0.2, 0.1], 0.4), "go on");
  assertEquals(warmupState(0.1, [0.2, 0.1, 0.101], 0.5), "settled");
  assertEquals(warmupState(0.1, [0.2, 0.1, 0.2, 0.1], 0.75), "not settled");
  // Sixteen of these would take longer than a warm-up may.
  assertEquals(warmupState(0.02, [0.03, 0.02], 0.07), "go on");
  assertEquals(warmupState(0.02, [0.03, 0.02, 0.0201], 0.09), "settled");
});

Deno.test("warmupState() settles short calls by the test for a trend, within its time", () => {
  assertEquals(warmupState(1e-3, steady, 0.11), "settled");
  assertEquals(warmupState(1e-3, steady, 0.04), "go on");
  assertEquals(warmupState(1e-3, steady.slice(1), 0.19), "go on");
  assertEquals(
    warmupState(1e-3, steady.map((time, i) => time * (1 + i / 20)), 0.41),
    "not settled",
  );
});

Deno.test("lostSpeed() compares the rounds with the best of warm-up and rounds", () => {
  assertEquals(lostSpeed([0.2, 0.1], [1.1, 1.1, 1.1]), 11);
  assertEquals(lostSpeed([15, 0.1], [0.1, 0.1, 15]), null);
  assertEquals(lostSpeed([15], [0.1, 12, 15]), 120);
  assertEquals(lostSpeed([1e-9, 1e-4], [1e-4]), null);
  assertEquals(lostSpeed([0.1, 15], []), 150);
  assertEquals(lostSpeed([], []), null);
});
