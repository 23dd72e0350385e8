import { assertEquals } from "@std/assert";
import { createDisplay, type Writer } from "./progress.ts";

function record(columns: number | null): { writer: Writer; text: () => string } {
  let text = "";
  return { writer: { columns, write: (part) => text += part }, text: () => text };
}

const step = {
  label: "naive on jet",
  contender: null,
  timeout: 60,
  done: 0.5,
  secondsLeft: 64.2,
} as const;

Deno.test("createDisplay() rewrites one line on a terminal, cut to its width", () => {
  const { writer, text } = record(60);
  const display = createDisplay(writer, 10, () => 0);
  display.show({ ...step, phase: "rounds", round: 3 });
  const line = text().split("\x1b[0J").at(-1) ?? "";
  assertEquals(line, "████████████░░░░░░░░░░░░  50 %  65 s left  round 3/10 naive");
  display.end();
  assertEquals(text().endsWith("\r\x1b[0J"), true);
  assertEquals(text().includes("\n"), false);
});

Deno.test("createDisplay() has a line for each kernel, cut to the terminal, and removes them all", () => {
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
    "verify and warm up jet, about 65 s left\nround 1/2, about 65 s left\n",
  );
});

Deno.test("createDisplay() ends on a terminal of few columns, and writes no more than fits", () => {
  for (const columns of [1, 2, 3]) {
    const { writer, text } = record(columns);
    const display = createDisplay(writer, 10, () => 0);
    const times = [{ kernel: "naive", seconds: 0.0123 }];
    display.show({ ...step, phase: "rounds", round: 3, times });
    display.end();
    const lines = (text().split("\x1b[0J").at(1) ?? "").replace(/\r.*$/, "").split("\n");
    assertEquals(lines.map(({ length }) => length), [columns - 1, columns - 1]);
  }
});
