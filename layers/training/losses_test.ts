import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import { createRandom, normal, type Random, seedOf } from "../../common/random.ts";
import { mul, sub } from "../../kernels/formula/expression.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import { createKernel } from "../../kernels/registry.ts";
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from "./crossentropy.ts";
import {
  binaryCrossentropy,
  huber,
  meanAbsoluteError,
  meanSquaredError,
} from "./elementwise_losses.ts";
import { withFormulas } from "./formula_kernel.ts";
import { ElementwiseLoss, type Loss } from "./loss.ts";
import { type LossCase, lossCases } from "./loss_references_testing.ts";
import { lossNames, readLoss } from "./losses.ts";
import { assertAllClose, centralDifferences, formulaKernelsHere } from "./training_testing.ts";

type Rows = readonly (readonly number[])[];

/** Each row's loss and the gradient of their mean, as a kernel computes them. */
async function computed(
  kernel: Kernel,
  loss: Loss,
  y: Rows,
  t: Rows,
  weights: readonly number[] | null,
): Promise<[Float32Array, Float32Array]> {
  const shape = [y.length, y[0]!.length];
  using prediction = kernel.tensor(shape, y.flat());
  using target = kernel.tensor(loss.targets === "labels" ? [y.length] : shape, t.flat());
  using row = weights && kernel.tensor([y.length], weights);
  using rows = kernel.tensor([y.length], Array(y.length).fill(NaN));
  using gradient = kernel.tensor(shape, Array(y.flat().length).fill(NaN));
  loss.compute(
    withFormulas("the test", kernel),
    { prediction, target, weights: row },
    { rows, gradient },
  );
  const [values, slopes] = await readAll([rows, gradient]);
  return [values!, slopes!];
}

const draw = {
  any: (random: Random) => 3 * normal(random),
  positive: (random: Random) => 0.1 + 2 * random.uniform(),
  probabilities: (random: Random) => 0.02 + 0.96 * random.uniform(),
  bits: (random: Random) => random.between(0, 1),
} as const;

/** Random rows as float32 numbers, which the kernel and the reference then share. */
function drawRows(kind: LossCase["targets"], m: number, n: number, random: Random): number[][] {
  return Array.from(
    { length: m },
    () =>
      kind === "label"
        ? [random.between(0, n - 1)]
        : Array.from({ length: n }, () => Math.fround(draw[kind](random))),
  );
}

/**
 * Holds a loss on a kernel to its definition and to central differences of it.
 * Float32's rounding errors, some ten of them, are allowed.
 *
 * @throws {Error} where a number is wrong.
 */
async function check(kernel: Kernel, name: string, { loss, ...of }: LossCase): Promise<void> {
  const random = createRandom(seedOf(name));
  // Read together: a GPU then answers all at once.
  const compared: Promise<void>[] = [];
  for (const [m, n] of [[1, 1], [3, 4], [17, 10], [2, 33]] as const) {
    const y = drawRows(of.predictions, m, n, random);
    const t = drawRows(of.targets, m, n, random);
    const weights = Array.from({ length: m }, () => Math.fround(2 * random.uniform()));
    const compare = async (given: readonly number[] | null) => {
      const [rows, gradient] = await computed(kernel, loss, y, t, given);
      const weight = (i: number) => given ? given[i]! : 1;
      const costs = y.map((row, i) => weight(i) * of.reference(row, t[i]!));
      assertAllClose(rows, costs, 2e-6, `${name} [${m}, ${n}]`);
      const slopes = y.map((row, i) =>
        centralDifferences((at) => weight(i) * of.reference(at, t[i]!) / m, row)
      );
      assertAllClose(gradient, slopes.flat(), 2e-6, `gradient of ${name} [${m}, ${n}]`);
    };
    compared.push(compare(null), compare(weights));
  }
  await Promise.all(compared);
}

const square = (e: ReturnType<typeof sub>) => mul(e, e);
/** Losses with an error, which must be found. */
const broken: Readonly<Record<string, LossCase>> = {
  "a sum instead of a mean": {
    ...lossCases.mse!,
    loss: new ElementwiseLoss("mse", (y, t) => square(sub(y, t)), null, null, "sum"),
  },
  "half of the gradient": {
    ...lossCases.mse!,
    loss: new ElementwiseLoss("mse", (y, t) => square(sub(y, t)), (y, t) => sub(y, t)),
  },
  "another delta": { ...lossCases["huber 0.3"]!, loss: huber() },
  "smoothing left out": {
    ...lossCases["binary cross-entropy of logits, smoothed"]!,
    loss: binaryCrossentropy({ fromLogits: true }),
  },
  "logits taken for probabilities": {
    ...lossCases["categorical cross-entropy"]!,
    loss: categoricalCrossentropy({ fromLogits: true }),
  },
  "the gradient of targets of sum 1": {
    ...lossCases["categorical cross-entropy of logits"]!,
    loss: {
      ...categoricalCrossentropy({ fromLogits: true }),
      targets: "values",
      name: "broken",
      compute(kernel, inputs, outputs) {
        const { shape } = inputs.prediction;
        using one = kernel.tensor(shape, Array(shape[0]! * shape[1]!).fill(1 / shape[1]!));
        const loss = categoricalCrossentropy({ fromLogits: true });
        loss.compute(kernel, { ...inputs, target: one }, outputs);
        loss.compute(kernel, inputs, { ...outputs, gradient: null });
      },
    },
  },
};

/** Losses that Keras computed. */
interface KerasLoss {
  readonly loss: string;
  readonly arguments: { from_logits?: boolean; label_smoothing?: number; delta?: number };
  readonly target: Rows | readonly number[];
  readonly prediction: Rows;
  readonly value: number;
}

const keras: { readonly losses: readonly KerasLoss[] } = JSON.parse(
  await Deno.readTextFile(
    new URL("../../models/fixtures/keras_optimizers_losses.json", import.meta.url),
  ),
);

function ofKeras({ loss, arguments: given }: KerasLoss): Loss {
  const options = {
    ...(given.from_logits ? { fromLogits: true } : {}),
    ...(given.label_smoothing ? { labelSmoothing: given.label_smoothing } : {}),
    ...(given.delta ? { delta: given.delta } : {}),
  };
  const makers: Record<string, (options: object) => Loss> = {
    MeanSquaredError: meanSquaredError,
    MeanAbsoluteError: meanAbsoluteError,
    Huber: huber,
    BinaryCrossentropy: binaryCrossentropy,
    CategoricalCrossentropy: categoricalCrossentropy,
    SparseCategoricalCrossentropy: sparseCategoricalCrossentropy,
  };
  return makers[loss]!(options);
}

/**
 * Of binary logits, Keras's NumPy backend, which made the numbers, clips the sigmoid; its others
 * and this project do not. Its number is that of the sigmoids as predictions.
 */
function comparable(each: KerasLoss): KerasLoss {
  if (each.loss !== "BinaryCrossentropy" || !each.arguments.from_logits) return each;
  const prediction = each.prediction.map((row) => row.map((z) => 1 / (1 + Math.exp(-z))));
  return { ...each, arguments: {}, prediction };
}

for (const name of await formulaKernelsHere()) {
  for (const each of keras.losses.map(comparable)) {
    const title = `${name}: ${each.loss} ${
      JSON.stringify(each.arguments)
    } is ${each.value} as in Keras`;
    Deno.test(title, async () => {
      await using kernel = await createKernel(name);
      const target = each.target.map((row) => typeof row === "number" ? [row] : row);
      const [rows] = await computed(kernel, ofKeras(each), each.prediction, target, null);
      const value = rows.reduce((sum, row) => sum + row, 0) / rows.length;
      assertAllClose([value], [each.value], 4 * 2 ** -24);
    });
  }

  Deno.test(`${name}: every loss and its gradient are those of float64`, async () => {
    await using kernel = await createKernel(name);
    await Promise.all(
      Object.entries(lossCases).map(([title, each]) => check(kernel, title, each)),
    );
  });

  Deno.test(`${name}: a loss that is wrong is found`, async () => {
    await using kernel = await createKernel(name);
    for (const [fault, each] of Object.entries(broken)) {
      let found = false;
      await check(kernel, fault, each).catch(() => found = true);
      assertEquals(found, true, fault);
    }
  });

  Deno.test(`${name}: cross-entropies of extreme logits are finite, with finite gradients`, async () => {
    await using kernel = await createKernel(name);
    const [rows, gradient] = await computed(
      kernel,
      categoricalCrossentropy({ fromLogits: true }),
      [[1000, -1000], [-300, 300]],
      [[0, 1], [0, 1]],
      null,
    );
    assertEquals([[...rows], [...gradient]], [[2000, 0], [0.5, -0.5, 0, 0]]);
    const [ofBits, slopes] = await computed(
      kernel,
      binaryCrossentropy({ fromLogits: true }),
      [[1000], [-1000]],
      [[0], [0]],
      null,
    );
    assertEquals([[...ofBits], [...slopes]], [[1000, 0], [0.5, 0]]);
  });

  Deno.test(`${name}: a loss leaves nothing behind in the kernel's memory`, async () => {
    await using kernel = await createKernel(name);
    const before = kernel.memory?.();
    for (const { loss } of Object.values(lossCases)) {
      await computed(kernel, loss, [[0.5, 0.5]], loss.targets === "labels" ? [[1]] : [[0, 1]], [1]);
    }
    assertEquals(kernel.memory?.(), before);
  });
}

Deno.test("losses are found by Keras's names in each of its spellings", () => {
  for (const name of ["mse", "MSE", "mean_squared_error", "MeanSquaredError"]) {
    assertEquals(readLoss(name).name, "mean_squared_error");
  }
  for (const name of lossNames) assertEquals(readLoss(name).name.length > 3, true);
  assertThrows(() => readLoss("nll"), ArgumentError, "or one of mean_squared_error");
  assertThrows(() => huber({ delta: 0 }), ArgumentError, "delta must be a number above 0; got 0");
  assertThrows(
    () => categoricalCrossentropy({ labelSmoothing: 2 }),
    ArgumentError,
    "a number from 0 to 1; got 2",
  );
});
