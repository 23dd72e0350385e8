import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../common/command.ts";
import { readCommand } from "./plan.ts";
import { labelOf, passOf } from "./workload.ts";

const wrong: Record<string, [args: string[], message: string]> = {
  "an unknown pass": [["--pass", "back"], 'unknown pass "back"; there are forward'],
  "an unknown engine": [["--engine", "jsc"], 'unknown engine "jsc"; there are plain, revec, both'],
  "a baseline that is not timed": [
    ["--kernels", "naive", "--baseline", "blocked"],
    'unknown baseline "blocked"; there are naive',
  ],
  "zero threads": [["--threads", "0"], "--threads must be whole numbers from 1 to 64"],
  "threads that are no numbers": [["--threads", "1,two"], 'commas; got "1,two"'],
  "threads without wasm-threads": [
    ["--kernels", "naive", "--threads", "2"],
    "--threads is for wasm-threads",
  ],
  "a pass that nothing of the suite has": [
    ["--suite", "networks", "--pass", "training"],
    "no workload of networks can be timed in training",
  ],
  "a regression without an older version": [
    ["--fail-on-regression"],
    "--fail-on-regression needs --against",
  ],
  "too few launches to show a regression": [
    ["--against", "main", "--fail-on-regression", "--launches", "5"],
    "two versions need 6 launches or more to be told apart; got 5",
  ],
  "a precision that is no percentage": [["--precision", "tight"], 'such as 1%; got "tight"'],
  "a precision of nothing": [["--precision", "0"], "from 0.1 to 50"],
};

for (const [what, [args, message]] of Object.entries(wrong)) {
  Deno.test(`readCommand() refuses ${what}`, () => {
    assertThrows(() => readCommand(args), UsageError, message);
  });
}

Deno.test("readCommand() without options times the quick suite here, against wasm-simd", () => {
  const command = readCommand([]);
  assertEquals(command?.plan.suite, "quick");
  assertEquals(command?.plan.baseline, "wasm-simd");
  assertEquals(command?.engine, null);
  assertEquals([command?.strict, command?.failOnRegression], [false, false]);
  assertEquals(readCommand(["--help"]), null);
});

Deno.test("readCommand() --pass leaves out gradients of softmax, which are not exact", () => {
  const plan = readCommand([
    "--suite",
    "dense",
    "--filter",
    "mnist-3",
    "--pass",
    "forward,backward",
  ])
    ?.plan;
  assertEquals(plan?.workloads.map(labelOf), ["mnist-3"]);
});

Deno.test("readCommand() --pass times each layer in each pass that it allows, and networks forward only", () => {
  const plan = readCommand(["--filter", "ad", "--pass", "forward,backward"])?.plan;
  assertEquals(plan?.workloads.map(labelOf), [
    "ad-in",
    "ad-in backward",
    "net-ad",
  ]);
  assertEquals(plan?.workloads.map(passOf).includes("training"), false);
});

Deno.test("readCommand() takes few rounds of several launches, more launches for versions and precision", () => {
  const of = (...args: string[]) => {
    const { launches, rounds, precision } = readCommand(args)!.plan;
    return [launches, rounds, precision];
  };
  assertEquals(of(), [3, 2, null]);
  assertEquals(of("--launches", "1"), [1, 8, null]);
  assertEquals(of("--against", "main"), [6, 2, null]);
  assertEquals(of("--against", "old.json", "--fail-on-regression"), [3, 2, null]);
  assertEquals(of("--precision", "1.5%"), [30, 2, 0.015]);
  assertEquals(of("--precision", "2", "--launches", "5", "--rounds", "9"), [5, 9, 0.02]);
});

Deno.test("readCommand() keeps the numbers of threads in their order, each once", () => {
  assertEquals(readCommand(["--threads", "4,1,4, 2"])?.plan.threads, [4, 1, 2]);
});
