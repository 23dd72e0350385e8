import { assert, assertEquals } from "@std/assert";
import { createKernel } from "../../kernels/registry.ts";
import { exactly } from "./activations.ts";
import { lossCases } from "./loss_cases.ts";
import { type OptimizerCase, optimizerCases, ReferenceOptimizer } from "./optimizer_cases.ts";
import { Quantity, rulesOf, sumOf } from "./quantity.ts";

type Pair = readonly [readonly number[], readonly number[]];

/** What Keras 3.16 computed; its README says how. */
const keras: {
  readonly kernel: readonly (readonly number[])[];
  readonly bias: readonly number[];
  readonly gradients: readonly Pair[];
  readonly optimizers: readonly {
    readonly optimizer: string;
    readonly arguments: Readonly<Record<string, number | boolean>>;
    readonly after: readonly Pair[];
  }[];
  readonly losses: readonly {
    readonly loss: string;
    readonly arguments: {
      readonly from_logits?: boolean;
      readonly label_smoothing?: number;
      readonly delta?: number;
    };
    readonly target: readonly (number | readonly number[])[];
    readonly prediction: readonly (readonly number[])[];
    readonly value: number;
  }[];
} = JSON.parse(
  await Deno.readTextFile(
    new URL("../../models/fixtures/keras_optimizers_losses.json", import.meta.url),
  ),
);

await using kernel = await createKernel("naive");
const rules = rulesOf(kernel.traits);

/** The definition of an optimizer with Keras's arguments, from that with others. */
function definitionOf(
  name: string,
  given: Readonly<Record<string, number | boolean>>,
): Pick<OptimizerCase, "change" | "rate"> {
  const { learning_rate, momentum, nesterov, centered, amsgrad } = given;
  const title = {
    SGD: momentum
      ? nesterov
        ? "sgd learningRate 0.25 momentum 0.9 nesterov true"
        : "sgd learningRate 0.5 momentum 0.9"
      : "sgd",
    RMSprop: centered ? "rmsprop centered true momentum 0.5" : "rmsprop",
    Adam: amsgrad ? "adam amsgrad true" : "adam",
    AdamW: "adamW",
  }[name]!;
  const found = optimizerCases.find((one) => one.name === title);
  assert(found, title);
  const rate = learning_rate === undefined ? found.rate : () => Number(learning_rate);
  return { change: found.change, rate };
}

for (const { optimizer, arguments: given, after } of keras.optimizers) {
  Deno.test(`the definition of ${optimizer} ${JSON.stringify(given)} makes Keras's steps`, () => {
    const { clipnorm, clipvalue, global_clipnorm, weight_decay } = given;
    const decay = weight_decay ?? (optimizer === "AdamW" ? 0.004 : undefined);
    const reference = new ReferenceOptimizer(rules, {
      ...definitionOf(optimizer, given),
      ...(clipnorm ? { clipnorm: Number(clipnorm) } : {}),
      ...(clipvalue ? { clipvalue: Number(clipvalue) } : {}),
      ...(global_clipnorm ? { globalClipnorm: Number(global_clipnorm) } : {}),
      ...(decay ? { weightDecay: Number(decay) } : {}),
    }, [exactly(rules, keras.kernel.flat()), exactly(rules, keras.bias)]);
    for (const [step, gradients] of keras.gradients.entries()) {
      reference.step(gradients.map((each) => exactly(rules, each)));
      for (const [v, weights] of reference.weights.entries()) {
        for (const [i, { value, error }] of weights.entries()) {
          const got = after[step]![v]![i]!;
          assert(Math.abs(got - value) <= error, `step ${step + 1}: ${got}, not ${value}`);
          // Of 1 − 0.999 float32 has four digits; a weight is rounded twice in each step.
          const most = 1e-3 * reference.optimizer.rate(step) + 4e-6 * Math.abs(value);
          assert(error < most, `step ${step + 1}: a bound of ${error}`);
        }
      }
    }
  });
}

const titles: Readonly<Record<string, string>> = {
  "MeanSquaredError": "mean squared error",
  "MeanAbsoluteError": "mean absolute error",
  "Huber": "huber",
  "BinaryCrossentropy": "binary cross-entropy",
  "CategoricalCrossentropy": "categorical cross-entropy",
  "SparseCategoricalCrossentropy": "sparse categorical cross-entropy",
};

for (const { loss, arguments: given, target, prediction, value } of keras.losses) {
  const { from_logits = false, label_smoothing = 0, delta } = given;
  // Those with other options than the cases have are of the layers' own tests.
  const title = titles[loss]! + (from_logits ? " of logits" : "");
  // Keras's NumPy backend clips the logistic function of binary logits; its others do not.
  const clips = loss === "BinaryCrossentropy" && from_logits;
  if (label_smoothing !== 0 || delta !== undefined || clips) continue;
  Deno.test(`the definition of ${title} has Keras's ${value}`, () => {
    const found = lossCases.find(({ name }) => name === title);
    assert(found, title);
    const rows = prediction.map((row, i) => {
      const t = target[i]!;
      return found.cost(
        Array.from(row, (p) => new Quantity(rules, Math.fround(p))),
        typeof t === "number" ? [t] : t,
      );
    });
    const mean = sumOf(rules, rows).times(1 / rows.length);
    assert(Math.abs(mean.value - value) <= mean.error, `${mean.value} ± ${mean.error}`);
    assertEquals(mean.error < 1e-5 * Math.max(1, value), true);
  });
}
