import { assert, assertEquals } from "@std/assert";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { formulaKernel } from "../mutants/formula_subject.ts";
import { verifyKernel } from "../verify.ts";
import { caseOf } from "../check.ts";
import { formulas } from "./formulas.ts";

const context = { effort: "quick", create: null } as const;

Deno.test("formulas passes a kernel that claims none, and fails one that claims what it lacks", async () => {
  const { formulas: _, ...traits } = formulaKernel({}).traits;
  const silent = Object.assign(formulaKernel({}), { traits });
  const { checks: [report] } = await verifyKernel(silent, { checks: [formulas] });
  assertEquals([report!.cases, report!.failures], [1, []]);
  const lacking = Object.assign(formulaKernel({}), { reduce: undefined });
  const { checks: [found] } = await verifyKernel(lacking, { checks: [formulas] });
  assertEquals(
    found!.failures.map(({ problem }) => problem),
    ["the kernel claims formulas, but has no reduce()"],
  );
});

Deno.test("formulas judges no kernel that has this project's claim without having made it", async () => {
  await using naive = await createKernel("naive");
  const count = (kernel: Kernel) => formulas.cases(kernel, context).length;
  const { traits } = naive;
  const own = { arithmetic: "float64", errors: traits.formulas!.errors } as const;
  assert(count(naive) > 200);
  assertEquals(count(Object.create(naive, { name: { value: "mine" } })), 1);
  // One with an operation of its own is judged, whatever claim it has.
  const changed = { name: { value: "mine" }, computeMap: { value: () => {} } };
  assert(count(Object.create(naive, changed)) > 200);
  const mine = { name: { value: "mine" }, traits: { value: { ...traits, formulas: own } } };
  assert(count(Object.create(naive, mine)) > 200);
});

Deno.test("formulas draws other expressions for another run, and finds each case again by its id", async () => {
  await using kernel = await createKernel("naive");
  const ids = (sweepSeed: number) =>
    formulas.cases(kernel, { ...context, sweepSeed }).map(({ id }) => id);
  const [one, two] = [ids(1), ids(2)];
  assertEquals(new Set(one).size, one.length);
  const drawn = two.filter((id) => !one.includes(id));
  assert(drawn.length > 40 && drawn.every((id) => id.startsWith("formulas/trees/")));
  const smoke = formulas.cases(kernel, { ...context, effort: "smoke" }).map(({ id }) => id);
  for (const id of [...drawn, ...smoke.filter((_, i) => i % 9 === 0)]) {
    assertEquals(caseOf(formulas, kernel, context, id)?.id, id);
  }
});
