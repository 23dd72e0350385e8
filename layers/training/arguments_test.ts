import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError } from "../../common/errors.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import type { Callback } from "./callback.ts";
import { csvLogger } from "./callbacks.ts";
import { huber } from "./elementwise_losses.ts";
import { type Metric, withOwnNames } from "./metric.ts";
import { binaryAccuracy, readMetric } from "./metrics.ts";
import { adam, sgd } from "./optimizers.ts";
import { reduceLROnPlateau } from "./rate_callbacks.ts";
import { textReporter } from "./reporter.ts";

/** The mean absolute error under another name. */
function called(name: string): Metric {
  const { parts, targets, compute, result } = readMetric("mae", { kind: "values", columns: 1 });
  const own = readMetric("mae", { kind: "values", columns: 1 });
  return {
    name,
    parts,
    targets,
    compute: (...given) => compute.apply(own, given),
    result: (...given) => result.apply(own, given),
  };
}

Deno.test("a metric may be called like a method of objects, and not like what the history has already", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([new Dense(kernel, { units: 1 })]);
  const names = ["constructor", "__proto__", "toString"];
  model.compile({ loss: "mse", metrics: names.map(called) });
  const { history } = await model.fit([[1], [2]], [1, 2], { epochs: 2 });
  assertEquals(Object.keys(history), ["loss", ...names]);
  for (const name of names) {
    assertEquals(Object.getOwnPropertyDescriptor(history, name)?.value.length, 2);
  }
  for (
    const metrics of [
      [called("loss")],
      [called("val_loss")],
    ]
  ) {
    assertThrows(
      () => model.compile({ loss: "mse", metrics }),
      ArgumentError,
      "cannot be told from another number of the history",
    );
  }
});

Deno.test("csvLogger() has columns of a validation that comes after later epochs", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: "zeros" })]);
  model.compile({ loss: "mse", metrics: ["mae"], optimizer: sgd({ learningRate: 0 }) });
  const lines: string[] = [];
  await model.fit([[1], [1]], [1, 1], {
    epochs: 2,
    validationFreq: 2,
    validationData: [[[1]], [2]],
    callbacks: [csvLogger((line) => void lines.push(line))],
  });
  assertEquals(lines, ["epoch,loss,mae,val_loss,val_mae", "1,1,1,NA,NA", "2,1,1,4,2"]);
});

Deno.test("csvLogger() has a column of what a callback logs after a later epoch alone", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: "zeros" })]);
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0 }) });
  const lines: string[] = [];
  const late: Callback = {
    logs: ["late"],
    onEpochEnd: (epoch, _logs, run) => {
      if (epoch > 1) run.log("late", 7);
    },
  };
  const callbacks = [late, csvLogger((line) => void lines.push(line))];
  await model.fit([[1]], [1], { epochs: 2, callbacks });
  assertEquals(lines, ["epoch,loss,late", "1,1,NA", "2,1,7"]);
});

Deno.test("a reporter, a learning rate and classes that are none are refused when they are given", async () => {
  await using kernel = await createKernel("blocked");
  for (const given of [undefined, {}, { write: "x" }, { write: () => {}, colors: true }]) {
    assertThrows(() => textReporter(given as never), ArgumentError, "textReporter()");
  }
  const optimizer = sgd();
  for (const rate of ["x", -1, NaN, null, undefined]) {
    assertThrows(() => optimizer.learningRate = rate as never, ArgumentError, "learningRate");
  }
  assertEquals(optimizer.learningRate, 0.01);
  using model = new Sequential([new Dense(kernel, { units: 2, activation: "softmax" })]);
  model.compile({ loss: "sparse_categorical_crossentropy" });
  for (
    const classWeight of [
      { 0: 1, 1: 1, abc: 1 },
      { "": 1, 1: 1 },
      { 0: 1, 1: 1, "-1": 1 },
      new Map<unknown, number>([[0, 1], ["1", 1]]),
    ]
  ) {
    await assertRejects(
      () => model.fit([[1], [2]], [0, 1], { classWeight: classWeight as never }),
      ArgumentError,
      "the classes of classWeight are whole numbers from 0",
    );
  }
});

Deno.test("metrics that share a name get names of their own, whatever others are called", () => {
  const namesOf = (names: readonly string[]) =>
    withOwnNames(names.map(called)).map(({ name }) => name);
  assertEquals(namesOf(["a", "a", "a_1"]), ["a", "a_2", "a_1"]);
  assertEquals(namesOf(["a_1", "a", "a", "a", "a_1"]), ["a_1", "a", "a_2", "a_3", "a_1_1"]);
});

Deno.test("numbers that float32 takes for 0 or infinite are refused as these are", () => {
  for (
    const make of [
      () => huber({ delta: 1e-50 }),
      () => sgd({ learningRate: 1e39 }),
      () => adam({ epsilon: 1e300 }),
      () => sgd({ clipnorm: 1e-60 }),
      () => binaryAccuracy({ threshold: -1e39 }),
      () => reduceLROnPlateau({ minLR: 1e40 }),
    ]
  ) {
    assertThrows(make, ArgumentError, "in float32");
  }
  huber({ delta: 1e-40 });
  sgd({ learningRate: 3e38 });
});

Deno.test("what is no callback is refused before the first epoch", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([new Dense(kernel, { units: 1 })]);
  model.compile({ loss: "mse" });
  for (
    const callback of [
      { onEpochEnd: 5 },
      { onEpochEnd: () => {}, onTrainEnd: "x" },
      [],
      new Date(),
      { onEpochEnds: () => {} },
      () => {},
      "x",
      null,
    ]
  ) {
    await assertRejects(
      () => model.fit([[1]], [1], { callbacks: [callback as never] }),
      ArgumentError,
      "callbacks must be an array of callbacks, as earlyStopping() makes them",
    );
  }
  assertEquals(model.optimizer.steps, 0);
  class Counts {
    epochs = 0;
    onEpochEnd() {
      this.epochs++;
    }
  }
  const counts = new Counts();
  await model.fit([[1]], [1], { epochs: 2, callbacks: [counts, {}] });
  assertEquals(counts.epochs, 2);
});

Deno.test("csvLogger() quotes names that have a comma, a quote or a line's end", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([new Dense(kernel, { units: 1 })]);
  model.compile({ loss: "mse", metrics: ["a,b", 'c"d', "e\nf", "g h"].map(called) });
  const lines: string[] = [];
  await model.fit([[1]], [1], { callbacks: [csvLogger((line) => void lines.push(line))] });
  assertEquals(lines[0], 'epoch,loss,"a,b","c""d","e\nf",g h');
});

Deno.test("classWeight names no class that the results have not", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 3, activation: "softmax", seed: 1 })]);
  model.compile({ loss: "sparse_categorical_crossentropy" });
  const fit = (classWeight: Record<number, number>) =>
    model.fit([[1], [2]], [0, 2], { classWeight });
  await assertRejects(
    () => fit({ 1: 2, 3: 1 }),
    ArgumentError,
    "classWeight has the class 3; classes are from 0 to 2",
  );
  assertEquals((await fit({ 2: 1 })).stopped, null);
});

Deno.test("an optimizer trains one model, or is reset", async () => {
  await using kernel = await createKernel("naive");
  const modelOf = () => new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
  using one = modelOf();
  using other = modelOf();
  using alone = modelOf();
  using optimizer = adam();
  const fit = (model: Sequential) => model.fit([[1], [2]], [1, 2], { epochs: 2 });
  for (const model of [one, other]) model.compile({ loss: "mse", optimizer });
  alone.compile({ loss: "mse", optimizer: adam() });
  await fit(one);
  await fit(one);
  await assertRejects(
    () => fit(other),
    OwnershipError,
    "the optimizer adam has made 4 steps with another model; each needs one of its own, or reset()",
  );
  optimizer.reset();
  await fit(other);
  await fit(alone);
  assertEquals(await other.getWeights(), await alone.getWeights());
});
