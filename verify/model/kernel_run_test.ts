import { assertEquals, assertMatch } from "@std/assert";
import { createKernel } from "../../kernels/registry.ts";
import { KernelRun } from "./kernel_run.ts";
import type { Model } from "../../models/model.ts";
import { ExactNetwork } from "./network.ts";

const model: Model = {
  name: "m",
  layers: [{
    name: "fc",
    activation: "linear",
    inputs: 2,
    units: 2,
    weight: new Float32Array([1, 2, 3, 4]),
    bias: null,
  }],
  inputs: 2,
  flatten: false,
  notes: [],
};
const x = new Float32Array([1, 1]);
const input = { name: "x", values: x, rows: 1, of: 1, seed: null, notes: [] };

/** Runs the model, and ends as if float64 had come to `want`; the results are [4, 6]. */
async function endWith(want: readonly number[]) {
  await using kernel = await createKernel("naive");
  const network = new ExactNetwork(model.layers);
  using run = new KernelRun(kernel, model, network);
  run.begin(x, 0, 1);
  await run.step(0, network.layer(0, x, 1));
  assertEquals(run.end(Float64Array.from(want)), new Float32Array([4, 6]));
  return run.report(input);
}

Deno.test("KernelRun passes where the whole network is right", async () => {
  const { passed, endToEnd, classes } = await endWith([4, 6]);
  assertEquals({ passed, share: endToEnd.share, changed: classes?.changed }, {
    passed: true,
    share: 0,
    changed: 0,
  });
});

Deno.test("KernelRun fails where all layers are right and the whole network is not", async () => {
  const { passed, problem, endToEnd: { largest, share } } = await endWith([4, 6.5]);
  assertEquals(passed, false);
  assertMatch(problem ?? "", /^end to end: .* times the propagated bound$/);
  assertEquals([largest?.row, largest?.column, largest?.got, largest?.want], [0, 1, 6, 6.5]);
  assertEquals(share, 0.5 / (largest?.bound ?? 0));
  // The worst counts, not the last.
  assertEquals((await endWith([4.5, 6])).passed, false);
});

Deno.test("KernelRun fails where the class changes beyond the bound", async () => {
  const { passed, classes } = await endWith([6, 4]);
  assertEquals(passed, false);
  assertEquals([classes?.changed, classes?.ties], [1, 0]);
});

Deno.test("KernelRun gives layers that share their weights one tensor", async () => {
  await using kernel = await createKernel("naive");
  const shapes: string[] = [];
  const tensor = kernel.tensor.bind(kernel);
  Object.assign(kernel, {
    tensor: (...args: Parameters<typeof tensor>) => {
      shapes.push(`${args[0]}`);
      return tensor(...args);
    },
  });
  const [layer] = model.layers;
  const twice = { ...model, layers: [layer!, { ...layer!, name: "again" }] };
  using _run = new KernelRun(kernel, twice, new ExactNetwork(twice.layers));
  assertEquals(shapes, ["2,2"]);
});
