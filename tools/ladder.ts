/**
 * The table of docs/kernels.md, from a run of the bench under both engines: each
 * kernel as a step up from the one before, and what the step gains.
 *
 * @module
 */
import { UsageError } from "../common/command.ts";
import { formatNumber, formatRatio } from "../common/numbers.ts";
import { markdownHead, markdownRow } from "../common/table.ts";
import { recordOf, withoutControls, workloadName } from "../results/query.ts";
import type { Results } from "../results/schema.ts";

/** The steps, from the textbook's loop upwards, as docs/kernels.md explains them. */
const steps = [
  { kernel: "naive", plain: true, title: "`naive`" },
  { kernel: "blocked", plain: true, title: "`blocked`" },
  { kernel: "wasm-simd", plain: true, title: "`wasm-simd`" },
  { kernel: "wasm-simd", plain: false, title: "the same, with the V8 flags" },
  { kernel: "wasm-threads", plain: false, title: "`wasm-threads`, with the flags" },
  { kernel: "native", plain: false, title: "`native`, with the flags" },
  { kernel: "webgpu", plain: false, title: "`webgpu`, with the flags" },
] as const;

/** The command that made a run, but for where it wrote. */
export function commandIn({ command }: Pick<Results, "command">): string {
  return command.replace(/ --out[ =]\S+/, "");
}

/**
 * A row for each step that was measured, and for each workload its speed and how many times that
 * of the step before it is; throws a UsageError for a run that was not made under both engines.
 */
export function ladderTable(results: Results): string {
  const measured = withoutControls(results).flatMap((result) => {
    const record = recordOf(result, results);
    if (!record || result.gflops === null) return [];
    const plain = (record.engine ?? results.engine) === "plain";
    return [{ kernel: record.base ?? record.name, plain, result, threads: record.threads }];
  });
  if (new Set(measured.map(({ plain }) => plain)).size < 2) {
    throw new UsageError(
      "the ladder needs a run under both engines: deno task bench --engine both",
    );
  }
  const workloads = [...new Set(measured.map(({ result }) => workloadName(result)))];
  const before = new Map<string, number>();
  const rows = steps.flatMap(({ kernel, plain, title }) => {
    const found = measured.filter((one) => one.kernel === kernel && one.plain === plain);
    if (found.length === 0) return [];
    const threads = found[0]!.threads;
    const cells = workloads.flatMap((workload) => {
      const gflops = found.find(({ result }) => workloadName(result) === workload)?.result.gflops;
      if (!gflops) return ["", ""];
      const last = before.get(workload);
      before.set(workload, gflops);
      return [formatNumber(gflops), last ? `${formatRatio(gflops / last)}x` : ""];
    });
    return [markdownRow([`${title}${threads > 1 ? `, ${threads} threads` : ""}`, ...cells])];
  });
  const { cpu, deno, v8 } = results.environment;
  return [
    `GFLOP/s, and how many times those of the step before. ${cpu}, Deno ${deno} (V8 ${v8}), ` +
    `${results.date.slice(0, 10)}, \`${commandIn(results)}\`.${
      results.noise ? ` ${results.noise.sentence}` : ""
    }`,
    "",
    markdownHead(
      ["step", ...workloads.flatMap((workload) => [workload, "gain"])],
      workloads.flatMap((_, i) => [1 + 2 * i, 2 + 2 * i]),
    ),
    ...rows,
  ].join("\n");
}
