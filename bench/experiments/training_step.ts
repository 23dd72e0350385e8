/**
 * `deno task training-step`: one step of training, 784-128-10 with relu and
 * softmax, categorical cross-entropy, a batch of 128 and Adam, of this library
 * against TensorFlow.js and jax-js on WebAssembly, all in one process. In each
 * round each takes eight steps, as in training one after the other, in a random
 * order. All begin with the same weights and learn from the same batch; their
 * losses after the same number of steps must agree.
 *
 * @module
 */
import { defaultDevice, init, jit, nn, numpy, valueAndGrad } from "@jax-js/jax";
import type { Array as JaxArray } from "@jax-js/jax";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { defineCommand, namesOf, print, runCommand, wholeNumberOf } from "../../common/command.ts";
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import { createRandom, normal, shuffle } from "../../common/random.ts";
import { expectReadable } from "../../common/read_permission.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { type KernelName, kernelNames } from "../../kernels/registry.ts";
import { Batches } from "../../layers/training/batches.ts";
import { withFormulas } from "../../layers/training/formula_kernel.ts";
import { Passes } from "../../layers/training/passes.ts";
import { adam, categoricalCrossentropy, createKernel, Dense, Sequential } from "../../mod.ts";
import { median } from "../../statistics/estimators.ts";

const [batch, inputs, hidden, classes] = [128, 784, 128, 10];
const shapes = [[inputs, hidden], [hidden], [hidden, classes], [classes]] as const;
const rates = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

/** A batch and first weights. */
interface Start {
  readonly x: Float32Array;
  /** One 1 in each row. */
  readonly target: Float32Array;
  readonly weights: readonly Float32Array[];
}

function makeStart(): Start {
  const random = createRandom(1);
  const drawn = (length: number, scale: number) =>
    Float32Array.from({ length }, () => scale * normal(random));
  const target = new Float32Array(batch * classes);
  for (let row = 0; row < batch; row++) target[row * classes + random.between(0, 9)] = 1;
  return {
    x: Float32Array.from({ length: batch * inputs }, () => random.uniform()),
    target,
    weights: shapes.map((shape) =>
      shape.length === 1 ? new Float32Array(shape[0]) : drawn(shape[0] * shape[1], 0.05)
    ),
  };
}

/** One library: a step that is done when it returns, and the loss of the last one. */
interface Library {
  readonly name: string;
  step(): Promise<void>;
  loss(): Promise<number>;
}

async function createOwn(name: KernelName, start: Start): Promise<Library> {
  const kernel = withFormulas("the experiment", await createKernel(name));
  const model = new Sequential([
    new Dense(kernel, { units: hidden, activation: "relu" }),
    new Dense(kernel, { units: classes, activation: "softmax" }),
  ]);
  model.build([null, inputs]);
  model.setWeights(start.weights);
  const batches = new Batches(kernel, {
    inputs: { shape: [batch, inputs], from: start.x },
    targets: start.target,
    kind: "values",
    shape: [batch, classes],
    weights: null,
  });
  const passes = new Passes(kernel, model, categoricalCrossentropy(), [], classes);
  const optimizer = adam(rates);
  const all = Uint32Array.from({ length: batch }, (_, i) => i);
  return {
    name: `Densemark ${name}`,
    // The batch is gathered anew, as in fit().
    step: async () => {
      passes.learn(batches.take(all));
      optimizer.apply(kernel, model.variables);
      await kernel.finished();
    },
    loss: async () => {
      await passes.read(true);
      passes.begin();
      passes.judge(batches.take(all));
      await passes.read(true);
      return passes.scores.loss;
    },
  };
}

async function createTfjs(start: Start): Promise<Library> {
  const module = new URL(import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
  expectReadable(module, "the WebAssembly of TensorFlow.js");
  tf.enableProdMode();
  setThreadsCount(1);
  await tf.setBackend("wasm");
  const x = tf.tensor2d(start.x, [batch, inputs]);
  const target = tf.tensor2d(start.target, [batch, classes]);
  const [w1, b1, w2, b2] = start.weights.map((values, i) =>
    tf.variable(tf.tensor(values, [...shapes[i]!]))
  ) as [tf.Variable, tf.Variable, tf.Variable, tf.Variable];
  const optimizer = tf.train.adam(rates.learningRate, rates.beta1, rates.beta2, rates.epsilon);
  const forward = () => {
    const y = tf.fused.matMul({ a: x, b: w1, bias: b1, activation: "relu" });
    return { y, p: tf.softmax(tf.fused.matMul({ a: y, b: w2, bias: b2 })) };
  };
  return {
    name: "tfjs-wasm",
    // Its package without layers has no gradients: by hand they are no slower.
    step: () => {
      tf.tidy(() => {
        const { y, p } = forward();
        const dz = tf.div(tf.sub(p, target), batch);
        const dy = tf.mul(tf.matMul(dz, w2, false, true), tf.step(y));
        optimizer.applyGradients({
          [w1.name]: tf.matMul(x, dy, true),
          [b1.name]: tf.sum(dy, 0),
          [w2.name]: tf.matMul(y, dz, true),
          [b2.name]: tf.sum(dz, 0),
        });
      });
      return Promise.resolve();
    },
    loss: async () => {
      const loss = tf.tidy(() =>
        tf.neg(tf.div(tf.sum(tf.mul(target, tf.log(forward().p))), batch))
      );
      return (await loss.data())[0]!;
    },
  };
}

async function createJax(start: Start): Promise<Library> {
  if (!(await init("wasm")).includes("wasm")) throw new Error("jax-js has no wasm device here");
  defaultDevice("wasm");
  const array = (values: Float32Array, shape: readonly number[]) =>
    numpy.array(values.slice()).reshape([...shape]);
  const x = array(start.x, [batch, inputs]);
  const target = array(start.target, [batch, classes]);
  type Four = [JaxArray, JaxArray, JaxArray, JaxArray];
  const lossOf = (weights: Four, x: JaxArray, target: JaxArray): JaxArray => {
    const [w1, b1, w2, b2] = weights;
    const y = nn.relu(numpy.matmul(x, w1).add(b1));
    const z = numpy.matmul(y, w2).add(b2);
    return nn.logSoftmax(z).mul(target).sum().mul(-1 / batch);
  };
  const step = jit((w: Four, m: Four, v: Four, alpha: JaxArray, x: JaxArray, target: JaxArray) => {
    const [loss, gradients] = valueAndGrad(lossOf)(
      [...w].map((each) => each.ref) as Four,
      x,
      target,
    );
    const g = gradients as Four;
    const momenta = m.map((each, i) => each.mul(rates.beta1).add(g[i]!.ref.mul(1 - rates.beta1)));
    const velocities = v.map((each, i) =>
      each.mul(rates.beta2).add(g[i]!.ref.mul(g[i]!).mul(1 - rates.beta2))
    );
    const changed = w.map((each, i) =>
      each.sub(
        momenta[i]!.ref.mul(alpha.ref).div(numpy.sqrt(velocities[i]!.ref).add(rates.epsilon)),
      )
    );
    alpha.dispose();
    return [changed, momenta, velocities, loss] as [JaxArray[], JaxArray[], JaxArray[], JaxArray];
  });
  let weights = start.weights.map((values, i) => array(values, shapes[i]!)) as Four;
  const zeros = () => shapes.map((shape) => numpy.zeros([...shape])) as Four;
  let [momenta, velocities] = [zeros(), zeros()];
  let count = 0;
  let loss: JaxArray | null = null;
  return {
    name: "jax-js wasm",
    step: async () => {
      count++;
      const alpha = rates.learningRate * Math.sqrt(1 - rates.beta2 ** count) /
        (1 - rates.beta1 ** count);
      loss?.dispose();
      const results = step(weights, momenta, velocities, numpy.array(alpha), x.ref, target.ref);
      [weights, momenta, velocities] = results as unknown as [Four, Four, Four];
      loss = results[3];
      await loss.blockUntilReady();
      for (const each of weights) await each.blockUntilReady();
    },
    loss: async () => {
      const value = lossOf(weights.map((each) => each.ref) as Four, x.ref, target.ref);
      return (await value.data())[0]!;
    },
  };
}

/** Steps of a library in a round: after one alone its data would have left the caches. */
const stepsOfRound = 8;

const usualKernels: readonly KernelName[] = ["wasm-simd"];

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task training-step [options]",
  summary: "Times a step of training 784-128-10, batch 128, Adam, against other libraries.",
  options: {
    rounds: { value: "N", help: "Take N rounds. Default: 40." },
    kernels: {
      value: "A,B",
      help: `Time these kernels, of ${kernelNames.join(", ")}. Default: ${usualKernels.join()}.`,
    },
  },
  run: async (options) => {
    const rounds = wholeNumberOf(options, "rounds", { low: 1, high: 100_000, otherwise: 40 });
    const names = namesOf(options, "kernels", kernelNames, "kernel", usualKernels);
    const start = makeStart();
    const libraries = [
      ...await Promise.all(names.map((name) => createOwn(name, start))),
      await createTfjs(start),
      await createJax(start),
    ];
    const warmUp = 10;
    for (const library of libraries) {
      for (let i = 0; i < warmUp; i++) await library.step();
    }
    const losses = await Promise.all(libraries.map((library) => library.loss()));
    if (losses.some((loss) => !(Math.abs(loss - losses[0]!) < 1e-3 * losses[0]!))) {
      throw new Error(`losses after ${warmUp} steps differ: ${losses.join(", ")}`);
    }
    const times = new Map(libraries.map((library) => [library, [] as number[]]));
    const random = createRandom(2);
    for (let round = 0; round < rounds; round++) {
      for (const library of shuffle([...libraries], random)) {
        const begin = performance.now();
        for (let i = 0; i < stepsOfRound; i++) await library.step();
        times.get(library)!.push((performance.now() - begin) / stepsOfRound);
      }
    }
    const of = (library: Library) => times.get(library)!;
    const own = of(libraries[0]!);
    const texts = (ms: number) => formatNumber(ms, 3);
    print(markdownHead(["library", "ms, median", "ms, best", "x median", "x best"]));
    for (const library of libraries) {
      const all = of(library);
      print(markdownRow([
        library.name,
        texts(median(all)),
        texts(Math.min(...all)),
        formatRatio(median(all) / median(own)),
        formatRatio(Math.min(...all) / Math.min(...own)),
      ]));
    }
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
