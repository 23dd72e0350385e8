import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { createRandom, normal } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import type { Callback, Progress } from "./callback.ts";
import { adam, sgd } from "./optimizers.ts";
import { textReporter } from "./reporter.ts";
import { formulaKernelsHere } from "./training_testing.ts";

const kernels = await formulaKernelsHere();

function line(kernel: Kernel): Sequential {
  return new Sequential([
    new Dense(kernel, { units: 4, activation: "tanh", seed: 1 }),
    new Dense(kernel, { units: 1, seed: 2 }),
  ]);
}

function examples(count: number): { readonly x: number[][]; readonly y: number[] } {
  const random = createRandom(5);
  const x = Array.from({ length: count }, () => [normal(random), normal(random)]);
  return { x, y: x.map(([a, b]) => a! - 2 * b!) };
}

const plain = { batchSize: 1, shuffle: false } as const;

// Where NaN may become any number, as on GPUs, a loss of such inputs may be finite.
for (const name of await formulaKernelsHere({ nan: true })) {
  Deno.test(`${name}: a loss that is no number ends training with the weights of the last good step`, async () => {
    await using kernel = await createKernel(name);
    // The steps of one reading, of the next, and both at their ends.
    for (const bad of [0, 1, 5, 31, 32, 33, 70]) {
      const { x, y } = examples(80);
      using expected = line(kernel);
      expected.compile({ loss: "mse", optimizer: "adam" });
      expected.build([null, 2]);
      if (bad > 0) await expected.fit(x.slice(0, bad), y.slice(0, bad), plain);
      x[bad] = [NaN, 1];
      using model = line(kernel);
      model.compile({ loss: "mse", optimizer: "adam" });
      const { epochs, stopped, history } = await model.fit(x, y, { ...plain, epochs: 2 });
      assertEquals([epochs, history], [[], {}]);
      assertEquals([stopped?.reason, stopped?.epoch, stopped?.step], ["not finite", 1, bad + 1]);
      const kept = bad === 0 ? "from before the first step" : `after epoch 1, step ${bad}`;
      assert(stopped!.message.includes(kept), stopped!.message);
      assertEquals(await model.getWeights(), await expected.getWeights(), `${bad}`);
      assertEquals(model.optimizer.steps, bad);
    }
  });
}

for (const name of kernels) {
  Deno.test(`${name}: weights that make the loss infinite are taken back`, async () => {
    await using kernel = await createKernel(name);
    const { x, y } = examples(100);
    for (const learningRate of [10, 1e10, 1e38]) {
      using model = new Sequential([new Dense(kernel, { units: 1, seed: 2 })]);
      model.compile({ loss: "mse", optimizer: sgd({ learningRate }) });
      const { stopped } = await model.fit(x, y, { batchSize: 4, epochs: 9, seed: 1 });
      assertEquals(stopped?.reason, "not finite");
      // At a rate of 10 it takes many steps, and what is finite for one batch is not for all.
      const { loss } = await model.evaluate(x, y);
      assert(learningRate === 10 || Number.isFinite(loss), `${loss} at ${learningRate}`);
      for (const weights of await model.getWeights()) assert(weights.every(Number.isFinite));
    }
  });
}

Deno.test("later epochs end the same way, and a callback's change of weights is kept", async () => {
  await using kernel = await createKernel("blocked");
  const { x, y } = examples(8);
  const sets: Callback = {
    onEpochBegin: (epoch, run) => {
      if (epoch === 4) {
        run.setWeights(
          [2, 4, 4, 1].map((size, i) => new Float32Array([8, 4, 4, 1][i]!).fill(size / 8)),
        );
      }
    },
  };
  const train = async (epochs: number, breaks: boolean) => {
    using model = line(kernel);
    model.compile({ loss: "mse", optimizer: "adam" });
    const targets = [...y];
    const poison: Callback = {
      onEpochBegin: (epoch, run) => {
        // What makes the loss infinite from here on: a rate without end.
        if (breaks && epoch === 6) run.optimizer.learningRate = 1e38;
      },
    };
    const { stopped } = await model.fit(x, targets, {
      batchSize: 4,
      shuffle: false,
      epochs,
      callbacks: [sets, poison],
    });
    return { stopped, weights: await model.getWeights() };
  };
  const whole = await train(5, false);
  const broken = await train(9, true);
  assertEquals(broken.stopped?.epoch, 6);
  assertEquals(broken.weights, whole.weights);
});

Deno.test("terminateOnNaN: false goes on, as Keras does by itself", async () => {
  await using kernel = await createKernel("blocked");
  using model = line(kernel);
  model.compile({ loss: "mse" });
  const options = { epochs: 2, terminateOnNaN: false };
  const { epochs, history, stopped } = await model.fit([[NaN, 1], [1, 1]], [1, 2], options);
  assertEquals([epochs, history, stopped], [[1, 2], { loss: [NaN, NaN] }, null]);
});

Deno.test("an abort ends training between two steps, and what was learned is kept", async () => {
  await using kernel = await createKernel("blocked");
  const { x, y } = examples(40);
  const controller = new AbortController();
  let calls = 0;
  const onProgress = ({ step }: Progress) => {
    if (++calls === 3) controller.abort();
    assertEquals([1, 33, 40].includes(step), true);
  };
  using model = line(kernel);
  model.compile({ loss: "mse" });
  const { epochs, stopped } = await model.fit(x, y, {
    ...plain,
    epochs: 5,
    signal: controller.signal,
    callbacks: [{ onProgress }],
  });
  assertEquals([epochs, stopped?.reason, stopped?.epoch, stopped?.step], [[1], "aborted", 2, 0]);
  assertMatch(stopped!.message, /aborted in epoch 2 after step 0 of 40; the model keeps/);
  using other = line(kernel);
  other.compile({ loss: "mse" });
  await other.fit(x, y, plain);
  assertEquals(await model.getWeights(), await other.getWeights());
  // One that was aborted before changes nothing.
  const again = await model.fit(x, y, { signal: AbortSignal.abort() });
  assertEquals([again.epochs, again.stopped?.step], [[], 0]);
  assertEquals(await model.getWeights(), await other.getWeights());
});

Deno.test("an abort from outside arrives while steps are made", async () => {
  await using kernel = await createKernel("naive");
  const { x, y } = examples(200);
  using model = line(kernel);
  model.compile({ loss: "mse" });
  const { stopped } = await model.fit(x, y, { epochs: 1e6, signal: AbortSignal.timeout(150) });
  assertEquals(stopped?.reason, "aborted");
});

Deno.test("an error of a callback ends fit(), which can be called again", async () => {
  await using kernel = await createKernel("blocked");
  const before = kernel.memory!();
  {
    using model = line(kernel);
    model.compile({ loss: "mse" });
    const { x, y } = examples(4);
    const onEpochEnd = () => Promise.reject(new Error("full"));
    let message = "";
    await model.fit(x, y, { callbacks: [{ onEpochEnd }] }).catch((error) =>
      message = error.message
    );
    assertEquals(message, "full");
    const { history } = await model.fit(x, y, { epochs: 3 });
    assertLess(history.loss![2]!, history.loss![0]!);
  }
  assertEquals(kernel.memory!(), before);
});

Deno.test("textReporter() writes a bar over itself on a terminal, and lines elsewhere", async () => {
  await using kernel = await createKernel("blocked");
  const { x, y } = examples(40);
  const written = async (terminal: boolean, colours: boolean) => {
    using model = line(kernel);
    model.compile({ loss: "mse", optimizer: adam() });
    let text = "";
    const callbacks = [textReporter({ write: (part) => void (text += part), terminal, colours })];
    await model.fit(x, y, { ...plain, epochs: 2, callbacks });
    // Escape codes as words, and one blank for several.
    return text.replaceAll("\x1b[", "<").replaceAll(/ +/g, " ");
  };
  const lines = await written(false, false);
  assertMatch(lines, /^epoch 1\/2 loss [\d.]+ [\d.]+ \S+\nepoch 2\/2 loss [\d.]+ [\d.]+ \S+\n$/);
  const bars = await written(true, false);
  assertMatch(bars, /epoch 1\/2 ━{17}─{3} 33\/40 loss [\d.]+ \d+ s left\r<K/);
  assertEquals(bars.includes("<3"), false);
  assertMatch(await written(true, true), /<32m━+<39m/);
});
