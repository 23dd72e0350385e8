import { assert, assertEquals } from "@std/assert";
import { createRandom, normal } from "../common/random.ts";
import { type Expression, mul } from "../kernels/formula/expression.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { readAll } from "../kernels/read_all.ts";
import { createKernel } from "../kernels/registry.ts";
import { ActivationLayer } from "./activation_layer.ts";
import { type ActivationLike, activationNames } from "./activations.ts";
import { BatchNormalization } from "./batch_normalization.ts";
import { Dense } from "./dense.ts";
import { Dropout } from "./dropout.ts";
import { ELU } from "./elu_layer.ts";
import { Flatten } from "./flatten.ts";
import { formulaKernelsHere } from "./formula_kernels_testing.ts";
import type { Layer } from "./layer.ts";
import { LeakyReLU } from "./leaky_relu_layer.ts";
import { Normalization } from "./normalization.ts";
import { PReLU } from "./prelu.ts";
import { ReLU } from "./relu_layer.ts";
import { Rescaling } from "./rescaling.ts";
import { Reshape } from "./reshape.ts";
import { Softmax } from "./softmax_layer.ts";

const rows = 3;
const columns = 4;

/** Layers by a text for messages; each is made anew for every loss that is computed. */
const layers: Readonly<Record<string, (kernel: Kernel) => Layer>> = {
  ReLU: (kernel) => new ReLU(kernel, { negativeSlope: 0.25, maxValue: 1, threshold: 0.1 }),
  LeakyReLU: (kernel) => new LeakyReLU(kernel),
  ELU: (kernel) => new ELU(kernel, { alpha: 1.5 }),
  Softmax: (kernel) => new Softmax(kernel),
  "Softmax of columns": (kernel) => new Softmax(kernel, { axis: 0 }),
  PReLU: (kernel) => new PReLU(kernel, { alphaInitializer: [0.1, 0.5, -0.3, 2] }),
  Flatten: (kernel) => new Flatten(kernel),
  Reshape: (kernel) => new Reshape(kernel, { targetShape: [2, -1] }),
  Rescaling: (kernel) => new Rescaling(kernel, { scale: 3, offset: 1 }),
  "Rescaling of columns": (kernel) => new Rescaling(kernel, { scale: [1, 2, 3, 4], offset: -1 }),
  Normalization: (kernel) => new Normalization(kernel, { mean: [1, 2, 3, 4], variance: 4 }),
  "inverted Normalization": (kernel) =>
    new Normalization(kernel, { mean: 1, variance: 4, invert: true }),
  Dropout: (kernel) => new Dropout(kernel, { rate: 0.4, seed: 5 }),
  BatchNormalization: (kernel) =>
    new BatchNormalization(kernel, { gammaInitializer: [1, 2, 0.5, -1] }),
  "BatchNormalization without gamma": (kernel) => new BatchNormalization(kernel, { scale: false }),
  "BatchNormalization without beta": (kernel) => new BatchNormalization(kernel, { center: false }),
  "frozen BatchNormalization": (kernel) =>
    new BatchNormalization(kernel, { trainable: false, movingVarianceInitializer: [1, 4, 9, 2] }),
  "Dense with penalties": (kernel) =>
    new Dense(kernel, {
      units: 4,
      activation: "tanh",
      seed: 3,
      biasInitializer: [0.1, -0.2, 0.3, 0.4],
      kernelRegularizer: { name: "l1l2", l1: 0.3, l2: 0.2 },
      biasRegularizer: "l2",
      activityRegularizer: { name: "l2", l2: 0.4 },
    }),
  "Dense with an orthogonal penalty": (kernel) =>
    new Dense(kernel, {
      units: 4,
      seed: 3,
      kernelRegularizer: { name: "orthogonal", factor: 2, mode: "columns" },
    }),
  "Dense with orthogonal rows": (kernel) =>
    new Dense(kernel, {
      units: 3,
      seed: 3,
      kernelRegularizer: { name: "orthogonal_regularizer", factor: 2 },
    }),
  "Dense with a penalty of its own": (kernel) =>
    new Dense(kernel, {
      units: 2,
      seed: 3,
      kernelRegularizer: function cubic(w) {
        return activationOf(w);
      },
    }),
  "Dense with lora": (kernel) => {
    const layer = new Dense(kernel, {
      units: 3,
      seed: 3,
      kernelRegularizer: "l2",
      activation: "gelu",
    });
    layer.build([null, columns]);
    layer.enableLora(2, { loraAlpha: 3, bInitializer: "he_uniform" });
    return layer;
  },
  ...Object.fromEntries(activationNames.map((name) => [
    `Dense with ${name}`,
    (kernel: Kernel) => {
      const activation: ActivationLike = name === "threshold"
        ? { name, threshold: 0.1, defaultValue: 2 }
        : name;
      return new Dense(kernel, { units: 4, seed: 7, activation });
    },
  ])),
  Activation: (kernel) =>
    new ActivationLayer(kernel, { activation: "squareplus", activityRegularizer: "l1" }),
};

const activationOf = (w: Expression) => mul(w, mul(w, w));

/** The loss Σ dy·y and the penalties, of the layer's result in training. */
async function lossOf(layer: Layer, x: Tensor, weights: readonly number[]): Promise<number> {
  using tensors = new DisposableStack();
  const y = tensors.use(layer.forward(x));
  const penalties = (layer.losses?.() ?? []).map((penalty) => tensors.use(penalty));
  const [values, ...rest] = await readAll([y, ...penalties]);
  return values!.reduce((sum, value, i) => sum + value * weights[i % weights.length]!, 0) +
    rest.reduce((sum, penalty) => sum + penalty[0]!, 0);
}

const h = 2 ** -7;

// Thresholds of gradients that jump are not met: the values are drawn once.
for (const kernelName of await formulaKernelsHere()) {
  Deno.test(`${kernelName}: gradients of every layer agree with differences of its results and penalties`, async () => {
    await using kernel = await createKernel(kernelName);
    const random = createRandom(11);
    const input = Array.from(
      { length: rows * columns },
      () => Math.fround(1.3 * normal(random) + 0.013),
    );
    const weights = [0.5, -1, 0.75, 0.25, -0.5, 1, 0.125];
    for (const [what, make] of Object.entries(layers)) {
      using layer = make(kernel);
      using x = kernel.tensor([rows, columns], input);
      using y = layer.forward(x);
      using dy = kernel.tensor(
        y.shape,
        Float32Array.from({ length: y.size }, (_, i) => weights[i % weights.length]!),
      );
      using dx = layer.backward(dy, y);
      const gradients = [...await dx.read()];
      // Awaited together: a GPU then answers all of a layer's losses at once.
      const checks: Promise<void>[] = [];
      const check = async (got: number, at: (by: number) => Promise<number>, where: string) => {
        const [up, down] = await Promise.all([at(h), at(-h)]);
        const slope = (up - down) / (2 * h);
        assert(
          Math.abs(got - slope) <= 4e-3 * Math.max(1, Math.abs(slope)),
          `${what}, ${where}: ${got}, not ${slope}`,
        );
      };
      const valuesAt = async (change: (layer: Layer, x: Tensor) => void) => {
        using other = make(kernel);
        using moved = kernel.tensor([rows, columns], input);
        other.build([rows, columns]);
        change(other, moved);
        return await lossOf(other, moved, weights);
      };
      for (let i = 0; i < input.length; i += 2) {
        const at = (by: number) =>
          valuesAt((_, x) => x.write(input.map((v, j) => j === i ? v + by : v)));
        checks.push(check(gradients[i]!, at, `dx ${i}`));
      }
      for (const [v, { name, tensor, gradient, trainable }] of layer.variables.entries()) {
        assertEquals(gradient !== null, trainable, `${what}, ${name}`);
        if (!gradient) continue;
        const [values, slopes] = [await tensor.read(), await gradient.read()];
        for (let i = 0; i < values.length; i += 3) {
          const at = (by: number) =>
            valuesAt((layer) =>
              layer.variables[v]!.tensor.write(values.map((w, j) => j === i ? w + by : w))
            );
          checks.push(check(slopes[i]!, at, `${name} ${i}`));
        }
      }
      await Promise.all(checks);
    }
  });
}
