import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import type { Callback, Logs, TrainingRun } from "./callback.ts";
import {
  csvLogger,
  earlyStopping,
  learningRateScheduler,
  modelCheckpoint,
  reduceLROnPlateau,
} from "./callbacks.ts";
import { sgd } from "./optimizers.ts";
import { exponentialDecay } from "./schedules.ts";

/** Runs a callback through epochs of these values, and says after which it stops, and what the weights are then. */
async function run(callback: Callback, values: readonly number[], name = "val_loss") {
  let weights = [new Float32Array([0])];
  let stopped: string | null = null;
  using optimizer = sgd({ learningRate: 1 });
  const training: TrainingRun = {
    getWeights: () => Promise.resolve(weights.map((each) => each.slice())),
    setWeights: (given) => weights = given.map((each) => each.slice()),
    optimizer,
    epochs: values.length,
    stepsPerEpoch: 1,
    stop: (message) => stopped = message,
  };
  await callback.onTrainBegin?.(training);
  let epochs = 0;
  const rates: number[] = [];
  for (const value of values) {
    epochs++;
    await callback.onEpochBegin?.(epochs, training);
    rates.push(optimizer.currentLearningRate);
    weights = [new Float32Array([epochs])];
    await callback.onEpochEnd?.(epochs, { loss: 0, [name]: value }, training);
    if (stopped !== null) break;
  }
  await callback.onTrainEnd?.(null, training);
  return { epochs, stopped, weights: weights[0]![0], rates };
}

Deno.test("earlyStopping() stops after epochs that are no better, and gives the best weights back", async () => {
  const values = [5, 4, 4.5, 4.2, 4.1, 3];
  const plain = await run(earlyStopping(), values);
  assertEquals([plain.epochs, plain.weights], [3, 3]);
  const patient = await run(earlyStopping({ patience: 2, restoreBestWeights: true }), values);
  assertEquals([patient.epochs, patient.weights], [4, 2]);
  assertEquals(patient.stopped, "val_loss got no better for 2 epochs");
  const whole = await run(earlyStopping({ patience: 4 }), values);
  assertEquals([whole.epochs, whole.stopped], [6, null]);
});

Deno.test("earlyStopping() knows minDelta, mode, baseline and the first epoch to look at", async () => {
  const falling = [5, 4.9, 4.8, 4.7];
  assertEquals((await run(earlyStopping({ minDelta: 0.5 }), falling)).epochs, 2);
  const rising = [0.1, 0.2, 0.3, 0.25];
  assertEquals((await run(earlyStopping({ monitor: "accuracy" }), rising, "accuracy")).epochs, 4);
  assertEquals(
    (await run(earlyStopping({ monitor: "gain", mode: "max" }), rising, "gain")).epochs,
    4,
  );
  assertEquals((await run(earlyStopping(), rising)).epochs, 2);
  assertEquals((await run(earlyStopping({ startFromEpoch: 2 }), rising)).epochs, 4);
  // What beats its forerunners but not the baseline does not begin the wait anew.
  assertEquals(
    (await run(earlyStopping({ baseline: 4, patience: 2 }), [5, 4.5, 4.6, 4.7])).epochs,
    3,
  );
  assertEquals((await run(earlyStopping({ patience: 1 }), [NaN, NaN, NaN])).epochs, 2);
});

Deno.test("a callback that watches what is not there says what is", async () => {
  const watching = run(earlyStopping({ monitor: "val_acc" }), [1]);
  await assertRejects(
    () => watching,
    ArgumentError,
    'watches "val_acc", but there is loss and val_loss; for those with val_ fit() needs validationData',
  );
  assertThrows(() => earlyStopping({ patience: -1 }), ArgumentError, "patience must be a whole");
  assertThrows(
    () => modelCheckpoint({} as { save: () => void }),
    ArgumentError,
    "needs the option save",
  );
  assertThrows(() => csvLogger("file" as unknown as () => void), ArgumentError, 'got "file"');
});

Deno.test("modelCheckpoint() saves each epoch, or each that is the best so far", async () => {
  const values = [5, 4, 6, 3];
  const saved: [number, number, Logs][] = [];
  const save = (
    { epoch, weights, logs }: { epoch: number; weights: readonly Float32Array[]; logs: Logs },
  ) => {
    saved.push([epoch, weights[0]![0]!, logs]);
  };
  await run(modelCheckpoint({ save }), values);
  assertEquals(saved.map(([epoch, weight]) => [epoch, weight]), [[1, 1], [2, 2], [3, 3], [4, 4]]);
  assertEquals(saved[1]![2], { loss: 0, val_loss: 4 });
  saved.length = 0;
  await run(modelCheckpoint({ save, saveBestOnly: true }), values);
  assertEquals(saved.map(([epoch]) => epoch), [1, 2, 4]);
});

Deno.test("learningRateScheduler() sets the rate of an epoch, counted from 0", async () => {
  const callback = learningRateScheduler((epoch, rate) => epoch < 2 ? rate : rate / 10);
  assertEquals((await run(callback, [1, 1, 1, 1])).rates.map((rate) => +rate.toFixed(6)), [
    1,
    1,
    0.1,
    0.01,
  ]);
  await assertRejects(() => run(learningRateScheduler(() => NaN), [1]), ArgumentError, "gives NaN");
});

Deno.test("reduceLROnPlateau() lowers the rate after some epochs, rests, and ends at the least", async () => {
  const flat = Array(8).fill(1);
  const { rates } = await run(reduceLROnPlateau({ factor: 0.5, patience: 2 }), flat);
  assertEquals(rates, [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]);
  const cooled = await run(reduceLROnPlateau({ factor: 0.5, patience: 2, cooldown: 2 }), flat);
  assertEquals(cooled.rates, [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]);
  const least = await run(reduceLROnPlateau({ factor: 0.1, patience: 1, minLR: 0.3 }), flat);
  assertEquals(least.rates.slice(0, 4), [1, 1, 0.3, 0.3]);
});

Deno.test("csvLogger() writes the names once, and a line for each epoch", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }), metrics: ["mae"] });
  const lines: string[] = [];
  const callbacks = [csvLogger((line) => void lines.push(line))];
  const { history } = await model.fit([[1], [2]], [1, 2], { epochs: 2, callbacks });
  assertEquals(lines, [
    "epoch,loss,mae",
    ...[0, 1].map((i) => `${i + 1},${history.loss![i]},${history.mae![i]}`),
  ]);
});

Deno.test("a schedule as learning rate cannot be lowered on a plateau", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
  const schedule = exponentialDecay({ initialLearningRate: 0, decaySteps: 1, decayRate: 1 });
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: schedule }) });
  const callbacks = [reduceLROnPlateau({ monitor: "loss", patience: 1 })];
  await assertRejects(
    () => model.fit([[1]], [1], { epochs: 3, callbacks }),
    ArgumentError,
    "needs a number as learning rate; it is a schedule",
  );
});
