import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Result } from "../results/schema.ts";
import { wholeSample } from "../results/sample_testing.ts";
import { createDisplay, formatMinutes, type Writer } from "./progress.ts";
import { formatGflops, formatSeconds, formatTable } from "./table.ts";

function record(columns: number | null): { writer: Writer; text: () => string } {
  let text = "";
  return { writer: { columns, write: (part) => text += part }, text: () => text };
}

const step = {
  label: "naive on jet",
  who: null,
  within: 60,
  done: 0.5,
  secondsLeft: 64.2,
} as const;

Deno.test("createDisplay() rewrites one line on a terminal, never wider than it", () => {
  const { writer, text } = record(60);
  const display = createDisplay(writer, 10, () => 0);
  display.show({ ...step, phase: "rounds", round: 3 });
  const line = text().split("\x1b[0J").at(-1) ?? "";
  assertEquals(line, "████████████░░░░░░░░░░░░  50 %  1:05 left  round 3/10 naive");
  display.end();
  assertEquals(text().endsWith("\r\x1b[0J"), true);
  assertEquals(text().includes("\n"), false);
});

Deno.test("createDisplay() has a line for each kernel, cut to the terminal, and takes all away", () => {
  const { writer, text } = record(30);
  const times = [{ kernel: "naive", seconds: 0.0123 }, { kernel: "x".repeat(99), seconds: 2 }];
  const display = createDisplay(writer, 10, () => 0);
  display.show({ ...step, phase: "rounds", round: 3, times });
  const lines = (text().split("\x1b[0J").at(-1) ?? "").split("\n");
  assertEquals(lines.slice(1), ["   12.3 ms  naive", `    2.00 s  ${"x".repeat(17)}`]);
  display.end();
  assertEquals(text().endsWith("\r\x1b[2A\x1b[0J"), true);
});

Deno.test("createDisplay() writes a plain line for each new step elsewhere", () => {
  const { writer, text } = record(null);
  const display = createDisplay(writer, 2);
  display.show({ ...step, phase: "prepare", round: 0 });
  display.show({ ...step, label: "blocked on jet", phase: "prepare", round: 0 });
  display.show({ ...step, phase: "rounds", round: 1 });
  display.show({ ...step, phase: "rounds", round: 1 });
  display.end();
  assertEquals(
    text(),
    "check and warm up jet, about 1:05 left\nround 1/2, about 1:05 left\n",
  );
});

Deno.test("formatSeconds(), formatGflops() and formatMinutes() keep three digits", () => {
  assertEquals([1.234e-8, 4.5e-5, 0.0123, 2].map(formatSeconds), [
    "12.3 ns",
    "45.0 µs",
    "12.3 ms",
    "2.00 s",
  ]);
  assertEquals([0.123456, 12.3456, 1234.5].map(formatGflops), ["0.123", "12.3", "1235"]);
  assertEquals([0, 59.1, 61].map(formatMinutes), ["0:00", "1:00", "1:01"]);
});

Deno.test("formatTable() begins with the noise, and shows passes, verdicts and published figures", () => {
  const lines = formatTable(wholeSample()).split("\n");
  assertStringIncludes(lines[0] ?? "", "Fair run (A/A ±1.4 %");
  assertStringIncludes(lines[1] ?? "", "Caution: the machine's speed drifted");
  assertMatch(lines.join("\n"), /tiny-odd training/);
  assertMatch(lines.join("\n"), /12\.1 x time, slower/);
  assertMatch(lines.join("\n"), /NVIDIA V100 +839 +published/);
  // The copy of the baseline is in the noise already.
  assertEquals(lines.some((line) => line.includes("-control")), false);
});

Deno.test("formatTable() puts the reason in place of a speed", () => {
  const result: Result = {
    kernel: "naive",
    peer: false,
    workload: "jet",
    description: "",
    m: 1,
    n: 2,
    k: 3,
    pass: "forward",
    activation: "relu",
    bias: true,
    seconds: null,
    gflops: null,
    verification: { status: "failed", detail: "x·w + b is wrong in row 0 of 1", worst: null },
    roundMedians: [],
    warmup: null,
  };
  const table = formatTable({ results: [result], kernels: [] });
  assertStringIncludes(table, "FAILED: x·w + b is wrong in row 0 of 1");
  assertStringIncludes(table, "1 x 2 x 3");
});
