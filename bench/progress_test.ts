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
  display.show({ ...step, phase: "start", round: 0 });
  display.show({ ...step, phase: "ceilings", round: 0 });
  display.show({ ...step, phase: "prepare", round: 0 });
  display.show({ ...step, label: "blocked on jet", phase: "prepare", round: 0 });
  display.show({ ...step, phase: "rounds", round: 1 });
  display.show({ ...step, phase: "rounds", round: 1 });
  display.end();
  assertEquals(text().split("\n"), [
    "measure what the machine can do at best, about 65 s left",
    "verify each output and warm up; first times of a call",
    "round 1/2, about 65 s left",
    "",
  ]);
});

Deno.test("createDisplay() writes the first times on a workload when all that it will know are known", () => {
  const { writer, text } = record(null);
  const display = createDisplay(writer, 2);
  const prepare = (label: string, ...seconds: number[]) => {
    const times = seconds.map((seconds, i) => ({ kernel: `k${i}`, seconds }));
    display.show({ ...step, label, phase: "prepare", round: 0, times });
  };
  prepare("k0 on jet");
  prepare("k0 on jet", 0.0123);
  prepare("k1 on jet", 0.0123);
  assertEquals(text().includes("jet"), false);
  prepare("k1 on jet", 0.0123, 2e-6);
  // One that no kernel could be timed on has nothing to show.
  prepare("k0 on ad-in");
  prepare("k0 on net-ad", 1);
  assertEquals(text().split("\n").slice(1), [
    "  jet: k0 12.3 ms, k1 2.00 µs; about 65 s left",
    "",
  ]);
  display.show({ ...step, phase: "rounds", round: 1 });
  assertEquals(text().split("\n").slice(2), [
    "  net-ad: k0 1.00 s; about 65 s left",
    "round 1/2, about 65 s left",
    "",
  ]);
});

Deno.test("createDisplay() shows the first times also of a run that ends before its rounds", () => {
  const { writer, text } = record(null);
  const display = createDisplay(writer, 2);
  const times = [{ kernel: "naive", seconds: 1 }];
  display.show({ ...step, phase: "prepare", round: 0, times });
  display.end();
  display.end();
  assertEquals(text().split("\n").slice(1), ["  jet: naive 1.00 s", ""]);
});

Deno.test("createDisplay() says once of a peer that it is downloaded, and on a terminal how far it is", () => {
  const [plain, bar] = [record(null), record(99)];
  const displays = [createDisplay(plain.writer, 2), createDisplay(bar.writer, 2, () => 0)];
  for (const packages of ["1 package", "2 packages"]) {
    const label = `tfjs-wasm from npm, 12 MB, once: ${packages}`;
    for (const display of displays) display.show({ ...step, label, phase: "download", round: 0 });
  }
  assertEquals(plain.text(), "download tfjs-wasm from npm, 12 MB, once\n");
  assertEquals(bar.text().endsWith("download tfjs-wasm from npm, 12 MB, once: 1 package"), true);
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
