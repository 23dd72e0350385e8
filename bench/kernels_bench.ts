/**
 * `deno bench --allow-read`: the kernels under Deno's own benchmark runner,
 * grouped by workload with naive as the baseline, for a quick look with a
 * familiar tool. Outputs are verified before anything is timed. `deno task bench`
 * measures better: interleaved rounds, intervals, larger workloads, and no await
 * in every call.
 *
 * @module
 */
import { createKernel, kernelNames } from "../kernels/registry.ts";
import { checkOutput } from "./check.ts";
import { contenderOf } from "./contenders.ts";
import { createData } from "./data.ts";
import { suites } from "./workloads.ts";

// Small enough for the naive kernel, so that all of them take less than half a minute.
const names: readonly string[] = ["jet", "dlrm-last", "square-128"];
const workloads = [...suites.dense, ...suites.gemm].filter(({ name }) => names.includes(name));
const seed = 1;

// Deno's runner waits after every call, and a GPU takes 10 ms to answer any.
for (const name of kernelNames.filter((name) => name !== "webgpu")) {
  let contender;
  try {
    contender = contenderOf(await createKernel(name));
  } catch {
    // The machine lacks it.
    continue;
  }
  for (const workload of workloads) {
    const data = createData(workload, seed);
    const cell = await contender.prepare(workload, data);
    const { y, z } = await cell.outputs();
    const ulp = contender.ulp(workload.activation);
    const check = checkOutput(workload, data, z, y, { ulp, absolute: 0 }, seed);
    Deno.bench(name, { group: workload.name, baseline: name === "naive" }, async () => {
      // No speed without correctness: a wrong kernel is a failed bench.
      if (check.status !== "passed") throw new Error(check.detail);
      await cell.run();
      await cell.finished();
    });
  }
}
