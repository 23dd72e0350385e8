import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import { createRandom } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import { auc, type AucOptions } from "./auc.ts";
import { f1Score } from "./f1_score.ts";
import type { Metric } from "./metric.ts";
import { formulaKernelsHere } from "./training_testing.ts";

const f = Math.fround;

/** Keras's update_confusion_matrix_variables and AUC.result, line by line, with its buckets in float32. */
function kerasAuc(
  p: readonly number[],
  t: readonly number[],
  { numThresholds: n = 200, curve = "ROC", summationMethod = "interpolation" }: AucOptions,
): number {
  const buckets = { tp: Array<number>(n).fill(0), fp: Array<number>(n).fill(0) };
  for (const [i, value] of p.entries()) {
    const clipped = Math.min(Math.max(f(value), 0), 1);
    const bucket = Math.max(Math.ceil(f(clipped * (n - 1))) - 1, 0);
    buckets[t[i] === 0 ? "fp" : "tp"][bucket]!++;
  }
  const fromEnd = (values: readonly number[]) =>
    values.map((_, i) => values.slice(i).reduce((a, b) => a + b, 0));
  const [tp, fp] = [fromEnd(buckets.tp), fromEnd(buckets.fp)];
  const fn = tp.map((value) => tp[0]! - value);
  const tn = fp.map((value) => fp[0]! - value);
  const divide = (a: number, b: number) => b === 0 ? 0 : a / b;
  let area = 0;
  if (curve === "PR" && summationMethod === "interpolation") {
    for (let i = 0; i < n - 1; i++) {
      const [p0, p1] = [tp[i]! + fp[i]!, tp[i + 1]! + fp[i + 1]!];
      const slope = divide(tp[i]! - tp[i + 1]!, Math.max(p0 - p1, 0));
      const intercept = tp[i + 1]! - slope * p1;
      const share = p0 > 0 && p1 > 0 ? divide(p0, Math.max(p1, 0)) : 1;
      const increment = slope * (tp[i]! - tp[i + 1]! + intercept * Math.log(share));
      area += divide(increment, Math.max(tp[i + 1]! + fn[i + 1]!, 0));
    }
    return area;
  }
  const recall = tp.map((value, i) => divide(value, value + fn[i]!));
  const x = curve === "ROC" ? fp.map((value, i) => divide(value, value + tn[i]!)) : recall;
  const y = curve === "ROC" ? recall : tp.map((value, i) => divide(value, value + fp[i]!));
  for (let i = 0; i < n - 1; i++) {
    const [a, b] = [y[i]!, y[i + 1]!];
    const height = summationMethod === "interpolation"
      ? (a + b) / 2
      : summationMethod === "minoring"
      ? Math.min(a, b)
      : Math.max(a, b);
    area += (x[i]! - x[i + 1]!) * height;
  }
  return area;
}

/** The metric of scores that are the results themselves, in batches. */
async function valueOf(
  kernel: Kernel,
  metric: Metric,
  y: readonly (readonly number[])[],
  t: readonly (readonly number[])[],
  batchSize = 32,
): Promise<number> {
  const units = y[0]!.length;
  using model = new Sequential([new Dense(kernel, { units, kernelInitializer: "identity" })]);
  model.compile({ loss: "mse", metrics: [metric] });
  return (await model.evaluate(y, t, { batchSize }))[metric.name]!;
}

const random = createRandom(7);
const columnOf = (values: readonly number[]) => values.map((value) => [value]);
/** Scores on both sides of thresholds, and far away. */
const scores = Array.from({ length: 300 }, (_, i) => {
  const near = f(Math.floor(random.uniform() * 200) / 199);
  return [near, f(near * (1 + 2 ** -23)), f(random.uniform()), -0.5, 1.5, 0, 1][i % 7]!;
});
const targets = scores.map((score) => random.uniform() * 1.4 - 0.2 < score ? 1 : 0);
const settings = (["ROC", "PR"] as const).flatMap((curve) =>
  (["interpolation", "minoring", "majoring"] as const).map((summationMethod) => ({
    curve,
    summationMethod,
  }))
);

for (const name of await formulaKernelsHere()) {
  Deno.test(`${name}: AUC is that of Keras's formulas, in batches of any size`, async () => {
    await using kernel = await createKernel(name);
    for (const [i, setting] of settings.entries()) {
      for (const numThresholds of i === 0 ? [2, 3, 200] : [200]) {
        const options = { ...setting, numThresholds };
        const expected = kerasAuc(scores, targets, options);
        const found = await valueOf(kernel, auc(options), columnOf(scores), columnOf(targets), 64);
        assertAlmostEquals(found, expected, 1e-12, JSON.stringify(options));
      }
    }
  });

  Deno.test(`${name}: F1 is that of Keras's formulas for each average`, async () => {
    await using kernel = await createKernel(name);
    // Of Keras's documentation: 0.5, 0.8 and 0.6666667 for its classes.
    const t = [[1, 1, 1], [1, 0, 0], [1, 1, 0]];
    const y = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0]];
    const classes = [1 / 2, 4 / 5, 2 / 3];
    const macro = (classes[0]! + classes[1]! + classes[2]!) / 3;
    const weighted = (3 * classes[0]! + 2 * classes[1]! + classes[2]!) / 6;
    for (
      const [average, expected] of [["macro", macro], ["weighted", weighted], [
        "micro",
        2 / 3,
      ]] as const
    ) {
      const found = await valueOf(kernel, f1Score({ average, threshold: 0.5 }), y, t, 2);
      assertAlmostEquals(found, expected, 1e-6, average);
    }
    // The largest of each row: class 2, 1 and 1; of the last row none.
    const rows = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0], [0, 0, 0]];
    const truth = [[0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 0, 0]];
    const found = await valueOf(kernel, f1Score(), rows, truth, 3);
    assertAlmostEquals(found, (0 + 2 / 3 + 2 / 3) / 3, 1e-6);
  });
}

Deno.test("AUC takes logits, many examples at once, and what has but one class", async () => {
  await using kernel = await createKernel("wasm-simd");
  const logits = scores.map((score) => 4 * score - 2);
  const sigmoids = logits.map((z) => 1 / (1 + Math.exp(-f(z))));
  assertAlmostEquals(
    await valueOf(kernel, auc({ fromLogits: true }), columnOf(logits), columnOf(targets)),
    kerasAuc(sigmoids, targets, {}),
    1e-12,
  );
  // More than are compared at once: 2^20 / 200 are.
  const many = Array.from({ length: 12_000 }, (_, i) => scores[i % 300]!);
  const ofMany = many.map((_, i) => targets[i % 300]!);
  assertAlmostEquals(
    await valueOf(kernel, auc(), columnOf(many), columnOf(ofMany), 12_000),
    kerasAuc(scores, targets, {}),
    1e-12,
  );
  assertEquals(await valueOf(kernel, auc(), [[0.2], [0.7]], [[1], [1]]), 0);
  assertEquals(await valueOf(kernel, auc({ curve: "PR" }), [[0.2], [0.7]], [[0], [0]]), 0);
  // All results together.
  assertEquals(await valueOf(kernel, auc(), [[0.2, 0.7], [0.6, 0.1]], [[0, 1], [1, 0]]), 1);
});

Deno.test("auc() and f1Score() refuse options that are none", () => {
  for (
    const [make, says] of [
      [() => auc({ numThresholds: 1 }), "numThresholds must be a whole number from 2"],
      [() => auc({ curve: "PRGAIN" as never }), 'curve must be one of "ROC" and "PR"'],
      [() => auc({ thresholds: [0.5] } as never), 'no option "thresholds"'],
      [() => f1Score({ threshold: 0 }), "threshold must be a number above 0"],
      [() => f1Score({ average: null as never }), 'average must be one of "macro"'],
    ] as const
  ) assertThrows(make, ArgumentError, says);
});
