import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import { csvLogger } from "./callbacks.ts";
import type { Metric } from "./metric.ts";
import { readMetric } from "./metrics.ts";
import { sgd } from "./optimizers.ts";
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
