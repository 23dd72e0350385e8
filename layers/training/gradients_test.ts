import { assertEquals } from "@std/assert";
import { createRandom, normal, seedOf } from "../../common/random.ts";
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import type { Loss } from "./loss.ts";
import { readLoss } from "./losses.ts";
import { gradientOf, lossOf, type Part } from "./network_testing.ts";
import { sgd } from "./optimizers.ts";
import { assertAllClose, formulaKernelsHere } from "./training_testing.ts";

type Row = readonly number[];
const mean = (list: Row) => list.reduce((sum, value) => sum + value, 0) / list.length;

/** Definitions in float64, for results of the last layer. */
const definitions = {
  mean_squared_error: (y: Row, t: Row) => mean(y.map((value, i) => (value - t[i]!) ** 2)),
  binary_crossentropy: (y: Row, t: Row) =>
    -mean(y.map((p, i) => t[i]! * Math.log(p) + (1 - t[i]!) * Math.log(1 - p))),
  categorical_crossentropy: (y: Row, t: Row) =>
    -y.reduce((sum, p, i) => sum + t[i]! * Math.log(p), 0),
  sparse_categorical_crossentropy: (y: Row, [label]: Row) => -Math.log(y[label!]!),
} as const;

type Name = keyof typeof definitions;

/**
 * One step of gradient descent of rate 1 with `fit`, from which the gradient is
 * known: weights before less those after. It is held to central differences.
 *
 * @throws {Error} where a gradient or the loss is wrong.
 */
async function check(
  kernel: Kernel,
  hidden: Activation,
  last: Activation,
  name: Name,
  loss: Loss = readLoss(name),
): Promise<void> {
  const random = createRandom(seedOf(`${hidden} ${last} ${name}`));
  const parts: Part[] = [
    { inputs: 3, units: 5, activation: hidden },
    { inputs: 5, units: 4, activation: last },
  ];
  const draw = (count: number, scale: number) =>
    Array.from({ length: count }, () => Math.fround(scale * normal(random)));
  const x = Array.from({ length: 6 }, () => draw(3, 1));
  const t = x.map(() => {
    if (name === "mean_squared_error") return draw(4, 1);
    if (name === "sparse_categorical_crossentropy") return [random.between(0, 3)];
    if (name === "binary_crossentropy") return [1, 0, 0, 1].map(() => random.between(0, 1));
    const label = random.between(0, 3);
    return [0, 1, 2, 3].map((j) => j === label ? 1 : 0);
  });
  using model = new Sequential(
    parts.map(({ units, activation }) => new Dense(kernel, { units, activation })),
  );
  model.build([null, 3]);
  model.setWeights(model.weights.map(({ size }) => draw(size, 0.5)));
  model.compile({ optimizer: sgd({ learningRate: 1 }), loss });
  const before = (await model.getWeights()).flatMap((each) => [...each]);
  const { history } = await model.fit(x, t, { batchSize: 6, shuffle: false });
  const after = (await model.getWeights()).flatMap((each) => [...each]);
  const definition = definitions[name];
  assertAllClose(history.loss!, [lossOf(parts, before, x, t, definition)], 4e-6, "loss");
  const gradient = before.map((value, i) => value - after[i]!);
  assertAllClose(gradient, gradientOf(parts, before, x, t, definition), 4e-6, "gradient");
}

/** The losses that fit a last activation. */
const pairs: readonly (readonly [Activation, Name])[] = [
  ["linear", "mean_squared_error"],
  ["softmax", "categorical_crossentropy"],
  ["softmax", "sparse_categorical_crossentropy"],
  ["softmax", "mean_squared_error"],
  ["sigmoid", "binary_crossentropy"],
  ["sigmoid", "mean_squared_error"],
];

for (const name of await formulaKernelsHere()) {
  Deno.test(`${name}: one step of fit() follows the gradient of every loss and activation`, async () => {
    await using kernel = await createKernel(name);
    for (const [last, loss] of pairs) await check(kernel, "tanh", last, loss);
    for (const hidden of activations) await check(kernel, hidden, "linear", "mean_squared_error");
  });

  Deno.test(`${name}: a step of a loss that is wrong is found`, async () => {
    await using kernel = await createKernel(name);
    const right = readLoss("categorical_crossentropy");
    const broken: Readonly<Record<string, Loss>> = {
      "the gradient by the result taken for one by logits": {
        ...right,
        targets: "values",
        ofLogits: { activation: "softmax", loss: right },
        compute: (...args) => right.compute(...args),
      },
      "a gradient that is not there": {
        ...right,
        targets: "values",
        ofLogits: null,
        compute: (own, inputs, { rows }) => right.compute(own, inputs, { rows, gradient: null }),
      },
    };
    for (const [fault, loss] of Object.entries(broken)) {
      const found = await check(kernel, "tanh", "softmax", "categorical_crossentropy", loss)
        .then(() => false, () => true);
      assertEquals(found, true, fault);
    }
  });
}
