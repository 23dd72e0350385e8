/**
 * The results as a table for spreadsheets and statistics programs: one row for
 * each kernel on each workload, units in the names of the columns, numbers in
 * full precision.
 *
 * @module
 */
import { stringify } from "@std/csv";
import { flopsOf, overLaunches, recordOf, verdictOf } from "./query.ts";
import type { Result, Results } from "./schema.ts";

type Cell = string | number | boolean | null;

function compared<T extends Pick<Result, "kernel" | "workload" | "pass">>(
  { kernel, workload, pass }: Result,
  all: readonly T[] = [],
): T | undefined {
  return all.find((one) => one.kernel === kernel && one.workload === workload && one.pass === pass);
}

function firstCall(result: Result, { startVerdicts = [] }: Results) {
  return compared(result, startVerdicts.filter(({ of }) => of === "first call"));
}

/** The columns in their order, and what each takes from a result. */
const columns: readonly (readonly [string, (result: Result, results: Results) => Cell])[] = [
  ["kernel", (r) => r.kernel],
  ["peer", (r) => r.peer],
  ["workload", (r) => r.workload],
  ["description", (r) => r.description],
  ["m", (r) => r.m],
  ["n", (r) => r.n],
  ["k", (r) => r.k],
  ["pass", (r) => r.pass],
  ["activation", (r) => r.activation],
  ["bias", (r) => r.bias],
  ["median_seconds", (r) => r.seconds?.median ?? null],
  ["low_seconds", (r) => r.seconds?.low ?? null],
  ["high_seconds", (r) => r.seconds?.high ?? null],
  ["min_seconds", (r) => r.seconds?.min ?? null],
  ["confidence", (r) => r.seconds?.confidence ?? null],
  ["flop", (r) => flopsOf(r)],
  ["gflop_per_second", (r) => r.gflops],
  ["rounds", (r) => r.roundMedians.length],
  ["verification", (r) => r.verification.status],
  ["verification_detail", (r) => r.verification.detail],
  ["worst_error_share", (r) => r.verification.worst],
  ["warmup_calls", (r) => r.warmup?.calls ?? null],
  ["warmup_seconds", (r) => r.warmup?.seconds ?? null],
  ["warmup_settled", (r) => r.warmup?.settled ?? null],
  ["first_call_seconds", (r) => r.warmup?.first ?? null],
  [
    "replaced_measurements",
    (r) => r.measurements?.filter(({ replaced }) => replaced !== undefined).length ?? null,
  ],
  ["memory_bytes", (r) => r.memory ?? null],
  ["calls_timed", (r) => r.calls?.launches.reduce((sum, { n }) => sum + n, 0) ?? null],
  ["calls_batch", (r) => r.calls?.batch ?? null],
  ["p50_seconds", (r) => overLaunches(r, ({ p50 }) => p50.value)],
  ["p95_seconds", (r) => overLaunches(r, ({ p95 }) => p95?.value)],
  ["p99_seconds", (r) => overLaunches(r, ({ p99 }) => p99?.value)],
  ["mean_seconds", (r) => overLaunches(r, ({ mean }) => mean)],
  ["deviation_seconds", (r) => overLaunches(r, ({ deviation }) => deviation)],
  ["two_speeds", (r) => r.calls?.launches.every(({ bimodal }) => bimodal) ?? null],
  ["leak_bytes_per_call", (r) => r.leak?.bytesPerCall ?? null],
  // Tables of several runs get appended to each other: these say which run a row is of.
  ["date", (_, results) => results.date],
  ["commit", (_, results) => results.environment.commit],
  ["engine", (r, results) => recordOf(r, results)?.engine ?? results.engine],
  ["version", (r, results) => recordOf(r, results)?.version ?? null],
  ["threads", (r, results) => recordOf(r, results)?.threads ?? null],
  ["control_of", (r, results) => recordOf(r, results)?.controlOf ?? null],
  ["noise_grade", (_, results) => results.noise?.grade ?? null],
  ["baseline", (r, results) => verdictOf(r, results)?.baseline ?? null],
  ["time_ratio", (r, results) => verdictOf(r, results)?.ratio ?? null],
  ["low_time_ratio", (r, results) => verdictOf(r, results)?.low ?? null],
  ["high_time_ratio", (r, results) => verdictOf(r, results)?.high ?? null],
  ["verdict", (r, results) => verdictOf(r, results)?.verdict ?? null],
  ["tail_ratio", (r, results) => compared(r, results.tailVerdicts)?.ratio ?? null],
  ["tail_verdict", (r, results) => compared(r, results.tailVerdicts)?.verdict ?? null],
  ["first_call_ratio", (r, results) => firstCall(r, results)?.ratio ?? null],
  ["first_call_verdict", (r, results) => firstCall(r, results)?.verdict ?? null],
  ["cpu", (_, results) => results.environment.cpu],
];

/**
 * The results as CSV (RFC 4180, lines end in CR LF) with a header line. What
 * is null in the results is an empty cell. A text that a spreadsheet would
 * run as a formula gets a ' in front.
 */
export function toCsv(results: Results): string {
  const rows = results.results.map((result) =>
    Object.fromEntries(columns.map(([name, cell]) => [name, written(cell(result, results))]))
  );
  return stringify(rows, { columns: columns.map(([name]) => name) });
}

function written(cell: Cell): string {
  if (cell === null) return "";
  // Texts only: a ' before a number would make it a text. Some spreadsheets pass over what is
  // blank before a sign, and take its full-width form.
  const isFormula = typeof cell === "string" && /^[\s\p{Cc}]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(cell);
  return isFormula ? "'" + cell : String(cell);
}
