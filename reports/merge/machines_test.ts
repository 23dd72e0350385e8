import { assert, assertEquals, assertThrows } from "@std/assert";
import { ResultFileError } from "../../results/fields.ts";
import { byWorkload } from "../series.ts";
import { hostileResults, sampleResults } from "../../results/sample_testing.ts";
import { differences, machinesOf, maxCells, mergedTable } from "./machines.ts";
import { otherMachine, sameMachine } from "./runs_testing.ts";

const runs = [sampleResults(), otherMachine(), sameMachine()];

Deno.test("machinesOf() numbers machines that look alike, and only these", () => {
  const machines = machinesOf(runs);
  assertEquals(machines.map(({ name, alike, id }) => [name, alike, id]), [
    ["Example CPU @ 2.60GHz, linux x86_64 (1)", true, "machine-1"],
    ["Other CPU, darwin aarch64", false, "machine-2"],
    ["Example CPU @ 2.60GHz, linux x86_64 (2)", true, "machine-3"],
  ]);
});

Deno.test("machinesOf() gives a kernel the same look on every machine", () => {
  const [, other] = machinesOf([sampleResults(), {
    ...otherMachine(),
    kernels: otherMachine().kernels.toReversed(),
  }]);
  assertEquals(other?.series.map(({ name, index }) => [name, index]), [
    ["ml-matrix", 15],
    ["wasm-threads", 1],
    ["wasm-simd", 0],
    ["blocked", 4],
    ["naive", 6],
  ]);
});

Deno.test("mergedTable() has every speed of every run where it belongs, unchanged", () => {
  const machines = machinesOf(runs);
  const { columns, rows } = mergedTable(machines);
  let speeds = 0;
  for (const machine of machines) {
    const { series, rows: own } = byWorkload(machine.results);
    for (const { at, cells } of own) {
      for (const [s, cell] of cells.entries()) {
        const column = columns.findIndex((one) =>
          one.machine === machine && one.kernel.name === series[s]?.name
        );
        const merged = rows.find((row) => row.at.key === at.key)?.cells[column];
        if (cell !== null) {
          assertEquals(merged, cell);
          speeds++;
        } else assertEquals(typeof merged, "string");
      }
    }
  }
  // All there are: none is counted twice or made of two.
  assertEquals(speeds, runs.flatMap(({ results }) => results).filter((r) => r.seconds).length);
  assertEquals(
    rows.flatMap(({ cells }) => cells).filter((c) => typeof c !== "string").length,
    speeds,
  );
});

Deno.test("mergedTable() says why a cell is empty", () => {
  const { columns, rows } = mergedTable(machinesOf(runs));
  const cell = (workload: string, id: string, kernel: string) =>
    rows.find(({ at }) => at.label === workload)
      ?.cells[columns.findIndex((one) => one.machine.id === id && one.kernel.name === kernel)];
  assertEquals(cell("tiny-odd", "machine-2", "naive"), "not in this run");
  assertEquals(cell("only-here", "machine-1", "naive"), "not in this run");
  assertEquals(cell("only-here", "machine-2", "blocked"), "not run");
  assertEquals(cell("tiny-odd", "machine-1", "onnxruntime-web"), "failed verification");
  assertEquals(cell("gpt2-decode", "machine-1", "ml-matrix"), "could not be checked");
  // A kernel that was skipped on a machine has no column there.
  assertEquals(columns.some(({ kernel }) => kernel.name === "webgpu"), false);
});

Deno.test("mergedTable() of runs without a common workload has all of them", () => {
  const [first, second] = [sampleResults(), otherMachine()];
  const { rows } = mergedTable(machinesOf([
    { ...first, results: first.results.filter(({ workload }) => workload === "jet") },
    { ...second, results: second.results.filter(({ workload }) => workload === "mnist-1") },
  ]));
  assertEquals(rows.map(({ at }) => at.label), ["jet", "mnist-1"]);
  assert(rows.every(({ cells }) => cells.some((cell) => typeof cell !== "string")));
});

Deno.test("mergedTable() refuses a table that is too large to read, in little time", () => {
  const sample = sampleResults();
  const [result] = sample.results;
  const [kernel] = sample.kernels;
  assert(result && kernel);
  const many = (count: number) => Array.from({ length: count }, (_, i) => i);
  const wide = {
    ...sample,
    kernels: many(1000).map((i) => ({ ...kernel, name: `k${i}` })),
    results: [],
  };
  const long = { ...sample, results: many(1000).map((i) => ({ ...result, workload: `w${i}` })) };
  assertThrows(
    () => mergedTable(machinesOf([wide, long])),
    ResultFileError,
    `1000 workloads by 1006 kernels; at most ${maxCells} numbers`,
  );
});

Deno.test("differences() says what besides the machines differs, and nothing where nothing does", () => {
  assertEquals(differences(machinesOf([sampleResults(), sampleResults()])), []);
  assertEquals(differences(machinesOf(runs)), [
    "The runs differ in more than the machine: engine (plain; --no-liftoff). Differences in speed " +
    "may come from that; for a fair comparison use the same versions and engine.",
    "The runs are of different suites (quick and dense), so some workloads are missing from some " +
    "runs. Run the same suite everywhere to compare all of them.",
    "Stopped before the end, so results may be missing: Example CPU @ 2.60GHz, linux x86_64 (2). " +
    "Repeat these runs to have them all.",
  ]);
});

Deno.test("machinesOf() cleans hostile names", () => {
  const [machine] = machinesOf([hostileResults()]);
  assert(machine && machine.name.length < 200);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/.test(machine.name), false);
});
