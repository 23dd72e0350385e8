import { assert, assertEquals, assertThrows } from "@std/assert";
import { ResultFileError } from "../../results/fields.ts";
import { ofMachine } from "../compare/pairs_testing.ts";
import { byWorkload } from "../series.ts";
import { hostileResults, sampleResults } from "../../results/sample_testing.ts";
import { differences, machinesOf, maxCells, mergedTable } from "./machines.ts";
import { otherMachine, sameMachine } from "./runs_testing.ts";

const runs = [sampleResults(), otherMachine(), sameMachine()];

Deno.test("machinesOf() gives runs letters, and tells those of one machine apart by what differs of date, commit and flags", () => {
  const machines = machinesOf(runs);
  assertEquals(machines.map(({ name, alike, id }) => [name, alike, id]), [
    ["A: Example CPU @ 2.60GHz, linux x86_64, no V8 flags", true, "machine-1"],
    ["B: Other CPU, darwin aarch64", false, "machine-2"],
    ["C: Example CPU @ 2.60GHz, linux x86_64, --no-liftoff", true, "machine-3"],
  ]);
  const again = {
    ...ofMachine(sampleResults(), { commit: null }),
    date: "2026-04-01T00:00:00.000Z",
  };
  assertEquals(machinesOf([sampleResults(), again]).map(({ name }) => name), [
    "A: Example CPU @ 2.60GHz, linux x86_64, 2026-03-01 09:30 UTC, cce878f41d0c5c0c5a",
    "B: Example CPU @ 2.60GHz, linux x86_64, 2026-04-01 00:00 UTC, no commit",
  ]);
  assertEquals(machinesOf([again])[0]?.name, "Example CPU @ 2.60GHz, linux x86_64");
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

Deno.test("differences() says what keeps runs from being compared as a whole, and nothing where nothing does", () => {
  assertEquals(differences(machinesOf([sampleResults(), sampleResults()])), []);
  assertEquals(differences(machinesOf(runs)), [
    "The runs are of different suites (quick and dense), so some workloads are missing from some " +
    "runs. Run the same suite everywhere to compare all of them.",
    "Stopped before the end, so results may be missing: C: Example CPU @ 2.60GHz, linux x86_64, " +
    "--no-liftoff. Repeat these runs to have them all.",
  ]);
});

Deno.test("machinesOf() cleans hostile names", () => {
  const [machine] = machinesOf([hostileResults()]);
  assert(machine && machine.name.length < 200);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/.test(machine.name), false);
});
