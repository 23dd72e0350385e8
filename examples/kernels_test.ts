import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder } from "../common/deno_testing.ts";
import type { CheckReport, FailureReport } from "../results/verification/schema.ts";
import type { Effort } from "../verify/check.ts";
import { main } from "../verify/cli.ts";
import { foreignKernels } from "../verify/foreign/inspect.ts";
import { runTasks } from "../verify/run_tasks.ts";

function fileOf(name: string): string {
  return fileURLToPath(new URL(`kernels/${name}.ts`, import.meta.url));
}

/** What checks find of the kernel of a module, in a worker as the command has it. */
async function find(
  path: string,
  checks: readonly string[],
  effort: Effort = "smoke",
): Promise<readonly CheckReport[]> {
  const [kernel] = await foreignKernels(path, []);
  const { results, lost } = await runTasks([
    { kind: "kernel", kernel: kernel!, checks, effort, seed: 1 },
  ], { workers: 1, timeout: 60_000 });
  assertEquals(lost, []);
  const [result] = results;
  assert(result?.kind === "kernel");
  return result.report.checks;
}

/** The length of the sums of a case: the last number of MxNxK. */
function lengthOf({ id }: { readonly id: string }): number {
  return Number(/\d+x\d+x(\d+)/.exec(id)?.[1] ?? NaN);
}

Deno.test("the verifier finds that jax-js loses NaN times 0 where k > 1, and nowhere else", async () => {
  const [report] = await find(fileOf("jax_js"), ["exceptional"]);
  const failures = report?.failures ?? [];
  assertGreater(failures.length, 0);
  for (const { id, problem } of failures) {
    assertStringIncludes(id, "-nan-");
    assertStringIncludes(problem, "want NaN");
    assertGreater(lengthOf({ id }), 1);
  }
});

Deno.test("the verifier accepts ml-matrix's float64 sums to the bit where they are claimed, and not otherwise", async () => {
  const checks = ["order", "rigorous-forward"];
  const claimed = await find(fileOf("ml_matrix"), checks);
  assertEquals(claimed.flatMap(({ failures }) => failures), []);
  const bits = claimed[0]?.coverage.filter(({ family }) => family === "bits") ?? [];
  assertGreater(bits.reduce((sum, { cases }) => sum + cases, 0), 10);
  await inFolder(async (folder) => {
    const path = join(folder, "unclaimed.ts");
    const { href } = new URL("kernels/ml_matrix.ts", import.meta.url);
    await Deno.writeTextFile(path, `export { default } from "${href}";`);
    const [order] = await find(path, ["order"]);
    assertGreater(order?.failures.length ?? 0, 0);
  });
});

Deno.test("the verifier finds that ndarray-gemm's sums are float64 up to 32 products alone", async () => {
  const path = fileOf("ndarray_gemm");
  const [report] = await find(path, ["statistics"], "quick");
  const failures = report?.failures ?? [];
  assertGreater(failures.length, 0);
  for (const one of failures) assertGreater(lengthOf(one), 32);
  // Up to there it is what it claims.
  assertGreater(report?.cases ?? 0, failures.length);
  const [{ repeat, id }] = failures as [FailureReport];
  assertStringIncludes(repeat, `deno task verify --kernel ${path} --case ndarray_gemm/${id} `);
  // What a failure prints repeats it.
  assertEquals(await main(repeat.split(" ").slice(3)), 1);
});
