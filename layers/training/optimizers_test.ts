import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Optimizer } from "./optimizer.ts";
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  lion,
  nadam,
  readOptimizer,
  rmsprop,
  sgd,
} from "./optimizers.ts";
import { exponentialDecay } from "./schedules.ts";
import { assertAllClose, formulaKernelsHere } from "./training_testing.ts";
import { adamRule, type UpdateRule } from "./update_rules.ts";
import { add, mul, sqrt, sub } from "../../kernels/formula/expression.ts";

/** What Keras computed. */
interface KerasNumbers {
  readonly kernel: readonly (readonly number[])[];
  readonly bias: readonly number[];
  readonly gradients: readonly (readonly [readonly number[], readonly number[]])[];
  readonly optimizers: readonly {
    readonly optimizer: string;
    readonly arguments: Readonly<Record<string, number | boolean>>;
    readonly after: readonly (readonly [readonly number[], readonly number[]])[];
  }[];
}

const keras: KerasNumbers = JSON.parse(
  await Deno.readTextFile(
    new URL("../../models/fixtures/keras_optimizers_losses.json", import.meta.url),
  ),
);

const ours = { SGD: sgd, RMSprop: rmsprop, Adam: adam, AdamW: adamW } as const;
const camelCase = (text: string) =>
  text.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Weights after each step with Keras's gradients: kernel [3, 2], then bias [2]. */
async function trace(kernel: Kernel, optimizer: Optimizer): Promise<number[][]> {
  using own = optimizer;
  using weight = kernel.tensor([3, 2], keras.kernel.flat());
  using bias = kernel.tensor([2], keras.bias);
  const after: number[][] = [];
  for (const [ofWeight, ofBias] of keras.gradients) {
    using g = kernel.tensor([3, 2], ofWeight);
    using h = kernel.tensor([2], ofBias);
    own.apply(kernel, [{ tensor: weight, gradient: g }, { tensor: bias, gradient: h }]);
    after.push([...await weight.read(), ...await bias.read()]);
  }
  return after;
}

/** Both are rounded at every step, so that four steps may differ by a few units in the last place. */
const rounding = 3 * 2 ** -23;

/** 1 − beta^t with the power in float32, as in Keras. */
const unbiasing = (beta: number, t: number) => 1 - Math.fround(Math.fround(beta) ** t);

/** The same in float64, with the formulas of the optimizers' papers as Keras has them, one number at a time. */
type Reference = (state: Record<string, number>, w: number, g: number, t: number) => number;

const references: readonly (readonly [string, () => Optimizer, Reference])[] = [
  ["adagrad", () => adagrad({ learningRate: 0.1 }), (s, w, g) => {
    s.a = (s.a ?? 0.1) + g * g;
    return w - 0.1 * g / Math.sqrt(s.a + 1e-7);
  }],
  ["adadelta", () => adadelta({ learningRate: 10 }), (s, w, g) => {
    s.a = 0.95 * (s.a ?? 0) + 0.05 * g * g;
    const d = -Math.sqrt((s.d ?? 0) + 1e-7) * g / Math.sqrt(s.a + 1e-7);
    s.d = 0.95 * (s.d ?? 0) + 0.05 * d * d;
    return w + 10 * d;
  }],
  ["adamax", () => adamax({ learningRate: 0.1 }), (s, w, g, t) => {
    s.m = 0.9 * (s.m ?? 0) + 0.1 * g;
    s.u = Math.max(0.999 * (s.u ?? 0), Math.abs(g));
    return w - 0.1 / unbiasing(0.9, t) * s.m / (s.u + 1e-7);
  }],
  ["nadam", () => nadam({ learningRate: 0.1 }), (s, w, g, t) => {
    const mu = (i: number) => 0.9 * (1 - 0.5 * 0.96 ** i);
    s.p = (s.p ?? 1) * mu(t);
    s.m = 0.9 * (s.m ?? 0) + 0.1 * g;
    s.v = 0.999 * (s.v ?? 0) + 0.001 * g * g;
    const m = mu(t + 1) * s.m / (1 - s.p * mu(t + 1)) + (1 - mu(t)) * g / (1 - s.p);
    return w - 0.1 * m / (Math.sqrt(s.v / unbiasing(0.999, t)) + 1e-7);
  }],
  ["lion", () => lion({ learningRate: 0.1 }), (s, w, g) => {
    const step = Math.sign(0.9 * (s.m ?? 0) + 0.1 * g);
    s.m = 0.99 * (s.m ?? 0) + 0.01 * g;
    return w - 0.1 * step;
  }],
  [
    "sgd with decay",
    () => sgd({ learningRate: 0.1, weightDecay: 0.5, momentum: 0.5 }),
    (s, w, g) => {
      s.v = 0.5 * (s.v ?? 0) - 0.1 * g;
      return w * (1 - 0.05) + s.v;
    },
  ],
  ["adam with other betas", () => adam({ beta1: 0.5, beta2: 0.75, epsilon: 0.1 }), (s, w, g, t) => {
    s.m = 0.5 * (s.m ?? 0) + 0.5 * g;
    s.v = 0.75 * (s.v ?? 0) + 0.25 * g * g;
    const alpha = 0.001 * Math.sqrt(1 - 0.75 ** t) / (1 - 0.5 ** t);
    return w - alpha * s.m / (Math.sqrt(s.v) + 0.1);
  }],
];

function traceReference(reference: Reference): number[][] {
  const weights = [...keras.kernel.flat(), ...keras.bias];
  const states = weights.map(() => ({}));
  return keras.gradients.map((gradients, step) => {
    for (const [i, g] of gradients.flat().entries()) {
      weights[i] = reference(states[i]!, weights[i]!, g, step + 1);
    }
    return [...weights];
  });
}

/** @throws {Error} where weights are not those of the reference. */
function compare(actual: number[][], expected: readonly (readonly number[])[]): void {
  for (const [step, weights] of expected.entries()) {
    assertAllClose(actual[step]!, weights, rounding, `step ${step + 1}`);
  }
}

/** Adam with an error, which must be found. */
const broken: Readonly<Record<string, UpdateRule>> = {
  "the root of the square without unbiasing": {
    ...adamRule({ beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }, false),
    parameters: ({ rate, step }) => [rate / (1 - 0.9 ** step)],
  },
  "steps from 0": {
    ...adamRule({ beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }, false),
    parameters: ({ rate, step }) => [
      rate * Math.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1)),
    ],
  },
  "epsilon as in PyTorch, far too large": adamRule(
    { beta1: 0.9, beta2: 0.999, epsilon: 1e-4 },
    false,
  ),
  "the velocity of the last step": {
    ...adamRule({ beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }, false),
    update: (w, g, { momentum, velocity }, [alpha]) => {
      const next = add(mul(0.9, momentum!), mul(0.1, g));
      const square = add(mul(0.999, velocity!), mul(0.001, mul(g, g)));
      return {
        weight: sub(w, mul(mul(alpha!, next), sqrt(velocity!))),
        states: { momentum: next, velocity: square },
      };
    },
  },
};

for (const name of await formulaKernelsHere()) {
  for (const { optimizer, arguments: given, after } of keras.optimizers) {
    Deno.test(`${name}: ${optimizer} ${JSON.stringify(given)} gives Keras's weights`, async () => {
      await using kernel = await createKernel(name);
      const options = Object.fromEntries(
        Object.entries(given).map(([key, value]) => [camelCase(key), value]),
      );
      const made = ours[optimizer as keyof typeof ours](options);
      compare(await trace(kernel, made), after.map((weights) => weights.flat()));
    });
  }

  Deno.test(`${name}: the other optimizers give the weights of float64`, async () => {
    await using kernel = await createKernel(name);
    for (const [, make, reference] of references) {
      compare(await trace(kernel, make()), traceReference(reference));
    }
  });

  Deno.test(`${name}: an optimizer that is wrong is found`, async () => {
    await using kernel = await createKernel(name);
    const after = keras.optimizers.find(({ optimizer, arguments: given }) =>
      optimizer === "Adam" && given.learning_rate === 0.1
    )!.after.map((weights) => weights.flat());
    compare(await trace(kernel, adam({ learningRate: 0.1 })), after);
    for (const [fault, rule] of Object.entries(broken)) {
      const made = await trace(kernel, new Optimizer("broken", rule, { learningRate: 0.1 }));
      assertThrows(() => compare(made, after), Error, "element", fault);
    }
  });

  Deno.test(`${name}: an optimizer keeps its state on the kernel, and frees it`, async () => {
    await using kernel = await createKernel(name);
    using tensor = kernel.tensor([4, 3], Array(12).fill(1));
    using gradient = kernel.tensor([4, 3], Array(12).fill(2));
    const before = kernel.memory?.() ?? 0;
    const optimizer = adam();
    optimizer.apply(kernel, [{ tensor, gradient }]);
    const { momentum, velocity } = await optimizer.statesOf(tensor);
    assertAllClose(momentum!, Array(12).fill(0.2), 1e-6);
    assertAllClose(velocity!, Array(12).fill(0.004), 1e-6);
    assertGreater(kernel.memory?.() ?? 1, before);
    optimizer[Symbol.dispose]();
    assertEquals(kernel.memory?.() ?? 0, before);
    assertEquals(optimizer.steps, 0);
  });

  Deno.test(`${name}: a schedule gives the rate of each step, and constraints follow the step`, async () => {
    await using kernel = await createKernel(name);
    using tensor = kernel.tensor([1], [10]);
    using gradient = kernel.tensor([1], [1]);
    using optimizer = sgd({
      learningRate: exponentialDecay({ initialLearningRate: 4, decaySteps: 1, decayRate: 0.5 }),
    });
    const seen: number[] = [];
    let constrained = 0;
    for (let step = 0; step < 3; step++) {
      optimizer.apply(kernel, [{ tensor, gradient, constrain: () => constrained++ }]);
      seen.push(...await tensor.read());
    }
    assertEquals([seen, constrained, optimizer.steps], [[6, 4, 3], 3, 3]);
  });

  Deno.test(`${name}: clipping by norm leaves a gradient of zeros, and passes NaN on`, async () => {
    await using kernel = await createKernel(name);
    using tensor = kernel.tensor([2, 2], [1, 1, 1, 1]);
    using zeros = kernel.tensor([2, 2]);
    using bad = kernel.tensor([2, 2], [1, NaN, 1, 1]);
    using optimizer = sgd({ clipnorm: 1 });
    optimizer.apply(kernel, [{ tensor, gradient: zeros }]);
    assertEquals([...await tensor.read()], [1, 1, 1, 1]);
    optimizer.apply(kernel, [{ tensor, gradient: bad }]);
    assertEquals((await tensor.read()).every(Number.isNaN), true);
  });
}

Deno.test("optimizers are found by Keras's names, and refuse unknown ones and options", () => {
  for (const name of ["SGD", "sgd", "RMSprop", "AdamW", "Nadam", "Lion"]) {
    assertEquals(readOptimizer(name).name, name.toLowerCase());
  }
  assertThrows(() => readOptimizer("addam"), ArgumentError, "or one of sgd, rmsprop");
  assertThrows(() => adam({ lr: 1 } as object), ArgumentError, 'adam() has no option "lr"');
  assertThrows(() => adam({ beta1: 1 }), ArgumentError, "a number from 0 to below 1; got 1");
  assertThrows(() => adam({ learningRate: -1 }), ArgumentError, "of at least 0 or a schedule");
  assertThrows(() => sgd({ clipnorm: 1, clipvalue: 1 }), ArgumentError, "one of clipnorm and clip");
  assertEquals(adamW({ weightDecay: null }).name, "adamw");
  assertThrows(
    () => sgd({ learningRate: () => NaN }).currentLearningRate,
    ArgumentError,
    "the schedule gives NaN at step 0",
  );
});
