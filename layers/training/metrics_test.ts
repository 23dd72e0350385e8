import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import { createKernel } from "../../kernels/registry.ts";
import { withFormulas } from "./formula_kernel.ts";
import type { Metric } from "./metric.ts";
import {
  binaryAccuracy,
  categoricalAccuracy,
  precision,
  readMetric,
  recall,
  rootMeanSquaredError,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from "./metrics.ts";
import { assertAllClose, formulaKernelsHere } from "./training_testing.ts";

type Rows = readonly (readonly number[])[];

async function valueOf(kernel: Kernel, metric: Metric, y: Rows, t: Rows): Promise<number> {
  const [m, n] = [y.length, y[0]!.length];
  using prediction = kernel.tensor([m, n], y.flat());
  using target = kernel.tensor(metric.targets === "labels" ? [m] : [m, n], t.flat());
  const rows = Array.from({ length: metric.parts }, () => kernel.tensor([m], Array(m).fill(NaN)));
  const own = withFormulas("the test", kernel);
  metric.compute(own, { prediction, target, weights: null }, rows);
  const values = await readAll(rows);
  for (const row of rows) row[Symbol.dispose]();
  const vectors = (metric.vectorsOf?.(n) ?? []).map((length) => kernel.tensor([length]));
  if (vectors.length > 0) {
    metric.computeVectors!(own, { prediction, target, weights: null }, vectors);
  }
  const read = (await readAll(vectors)).map((each) => Float64Array.from(each));
  for (const vector of vectors) vector[Symbol.dispose]();
  const sums = values.map((each) => each.reduce((sum, value) => sum + value, 0));
  return metric.result(sums, m, read);
}

const scores = [[0.1, 0.7, 0.2], [0.5, 0.5, 0], [0.2, 0.3, 0.5], [0.1, 0.2, 0.7]];
/** The second has two largest, of which the first counts. */
const labels = [[1], [1], [2], [0]];
const oneHot = labels.map(([label]) => [0, 1, 2].map((j) => j === label ? 1 : 0));

for (const name of await formulaKernelsHere()) {
  Deno.test(`${name}: accuracies take the first of the largest results`, async () => {
    await using kernel = await createKernel(name);
    assertEquals(await valueOf(kernel, sparseCategoricalAccuracy(), scores, labels), 0.5);
    assertEquals(await valueOf(kernel, categoricalAccuracy(), scores, oneHot), 0.5);
    // Targets may be shares; of equal ones the first is meant.
    const shares = [[0.4, 0.4, 0.2], [0.4, 0.4, 0.2]];
    assertEquals(await valueOf(kernel, categoricalAccuracy(), scores.slice(0, 2), shares), 0.5);
    const negative = [[-3, -2, -4], [-3, -7, -4]];
    assertEquals(await valueOf(kernel, sparseCategoricalAccuracy(), negative, [[1], [0]]), 1);
  });

  Deno.test(`${name}: binary accuracy, precision and recall follow the threshold`, async () => {
    await using kernel = await createKernel(name);
    const y = [[0.5], [0.6], [0.9], [0.2], [0.8]];
    const t = [[1], [1], [0], [0], [1]];
    // 0.5 is not above 0.5.
    assertAllClose([await valueOf(kernel, binaryAccuracy(), y, t)], [3 / 5], 1e-7);
    assertAllClose(
      [await valueOf(kernel, binaryAccuracy({ threshold: 0.4 }), y, t)],
      [4 / 5],
      1e-7,
    );
    assertAllClose([await valueOf(kernel, precision(), y, t)], [2 / 3], 1e-7);
    assertAllClose([await valueOf(kernel, recall(), y, t)], [2 / 3], 1e-7);
    assertAllClose([await valueOf(kernel, recall({ threshold: 0.85 }), y, t)], [0], 1e-7);
    assertEquals(await valueOf(kernel, precision({ threshold: 2 }), y, t), 0);
    const several = [[0.9, 0.1, 0.9, 0.1]];
    assertAllClose(
      [await valueOf(kernel, binaryAccuracy(), several, [[1, 1, 1, 0]])],
      [0.75],
      1e-7,
    );
  });

  Deno.test(`${name}: top-k accuracy counts what is larger than the class's result`, async () => {
    await using kernel = await createKernel(name);
    const sparse = (k: number) =>
      valueOf(kernel, sparseTopKCategoricalAccuracy({ k }), scores, labels);
    assertEquals([await sparse(1), await sparse(2), await sparse(3)], [0.75, 0.75, 1]);
    const vectors = (k: number) => valueOf(kernel, topKCategoricalAccuracy({ k }), scores, oneHot);
    assertEquals([await vectors(1), await vectors(2), await vectors(3)], [0.75, 0.75, 1]);
  });

  Deno.test(`${name}: a loss is a metric, and the root of the mean square`, async () => {
    await using kernel = await createKernel(name);
    const target = { kind: "values", columns: 2 } as const;
    const [y, t] = [[[1, 2], [3, 4]], [[1, 4], [7, 4]]];
    assertEquals(await valueOf(kernel, readMetric("mae", target), y, t), 1.5);
    assertAllClose([await valueOf(kernel, rootMeanSquaredError(), y, t)], [Math.sqrt(5)], 1e-6);
  });
}

for (const name of await formulaKernelsHere({ nan: true })) {
  Deno.test(`${name}: a row of NaN is never right`, async () => {
    await using kernel = await createKernel(name);
    const nan = [[NaN, NaN, NaN]];
    assertEquals(await valueOf(kernel, sparseCategoricalAccuracy(), nan, [[0]]), 0);
    assertEquals(await valueOf(kernel, categoricalAccuracy(), nan, [[1, 0, 0]]), 0);
    assertEquals(await valueOf(kernel, categoricalAccuracy(), nan, nan), 0);
    assertEquals(await valueOf(kernel, sparseTopKCategoricalAccuracy(), nan, [[0]]), 0);
  });
}

Deno.test("metrics are found by name, and accuracy fits targets and results", () => {
  const name = (given: unknown, kind: "values" | "labels", columns: number) =>
    readMetric(given, { kind, columns });
  assertEquals(name("accuracy", "values", 1).name, "accuracy");
  assertEquals(name("acc", "labels", 3).targets, "labels");
  assertEquals(name("TopKCategoricalAccuracy", "values", 3).name, "top_k_categorical_accuracy");
  assertEquals(name("mse", "values", 3).name, "mse");
  assertEquals(name("AUC", "values", 1).name, "auc");
  assertEquals(name("F1Score", "values", 3).name, "f1_score");
  assertThrows(() => name("iou", "values", 1), ArgumentError, "or one of accuracy");
  assertThrows(
    () => name("categorical_accuracy", "labels", 3),
    ArgumentError,
    "takes values as targets, the loss labels",
  );
});
