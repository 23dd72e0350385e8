import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import type { Callback, Logs, TrainingRun } from "./callback.ts";
import { csvLogger, earlyStopping, modelCheckpoint } from "./callbacks.ts";
import { sgd } from "./optimizers.ts";
import { learningRateScheduler, reduceLROnPlateau } from "./rate_callbacks.ts";
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
    validates: true,
    numbers: new Map([["loss", "down"], ["val_loss", "down"], ["accuracy", "up"], ["gain", null]]),
    log: () => {},
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
  const watching = (monitor: string) => [
    earlyStopping({ monitor }),
    reduceLROnPlateau({ monitor }),
    modelCheckpoint({ monitor, saveBestOnly: true, save: () => {} }),
  ];
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 1 })]);
  const gain = { name: "gain", targets: null, parts: 0, compute: () => {}, result: () => 0 };
  model.compile({ loss: "mse", metrics: ["mae", gain] });
  let epochs = 0;
  const count: Callback = { onEpochBegin: () => void epochs++ };
  const fit = (callback: Callback, validationSplit: number) =>
    model.fit([[1], [2]], [1, 2], { validationSplit, callbacks: [count, callback] });
  for (
    const [monitor, split, says] of [
      ["val_loss", 0, "; for those with val_ fit() needs validationData or validationSplit"],
      ["val_loss", 0, 'watches "val_loss", but there is loss, mae'],
      [
        "constructor",
        0.5,
        'watches "constructor", but there is loss, mae, gain, val_loss, val_mae',
      ],
      ["val_acc", 0.5, 'watches "val_acc", but there is loss'],
      ["val_gain", 0.5, 'know whether more or less of "val_gain" is better; its option mode'],
    ] as const
  ) {
    for (const callback of watching(monitor)) {
      await assertRejects(() => fit(callback, split), ArgumentError, says);
    }
  }
  assertEquals(epochs, 0);
  for (
    const callback of [...watching("val_mae"), earlyStopping({ monitor: "gain", mode: "max" })]
  ) {
    await fit(callback, 0.5);
  }
  assertEquals(epochs, 4);
  // What is never looked at need not be there.
  await model.fit([[1]], [1], { callbacks: [modelCheckpoint({ save: () => {} })] });
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
  // A rate that is smaller already is never raised to the least.
  const above = await run(reduceLROnPlateau({ patience: 1, minLR: 2 }), flat);
  assertEquals(above.rates, flat);
});

Deno.test("reduceLROnPlateau() begins each training without what was left of the last one", async () => {
  const callback = reduceLROnPlateau({ factor: 0.5, patience: 1, cooldown: 5 });
  const expected = [1, 1, 0.5, 0.5];
  assertEquals((await run(callback, [1, 1, 1, 1])).rates, expected);
  // Neither the rest of the cooldown nor the best value.
  assertEquals((await run(callback, [9, 9, 9, 9])).rates, expected);
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

Deno.test("what is watched of validation is looked at after epochs that have it", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0 }) });
  const fit = (monitor: string) =>
    model.fit([[1]], [1], {
      epochs: 9,
      validationFreq: 2,
      validationData: [[[2]], [3]],
      callbacks: [earlyStopping({ monitor })],
    });
  const { epochs, history } = await fit("val_loss");
  assertEquals([epochs.at(-1), history.val_loss!.length], [4, 2]);
  await assertRejects(() => fit("val_acc"), ArgumentError, 'watches "val_acc", but there is');
});

Deno.test("a schedule as learning rate cannot be lowered, nor set, which is said before the first epoch", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
  const schedule = exponentialDecay({ initialLearningRate: 0, decaySteps: 1, decayRate: 1 });
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: schedule }) });
  let epochs = 0;
  const count = { onEpochBegin: () => void epochs++ };
  const changing = {
    "reduceLROnPlateau()": reduceLROnPlateau({ monitor: "loss", patience: 1 }),
    "learningRateScheduler()": learningRateScheduler(() => 0.1),
  };
  for (const [owner, callback] of Object.entries(changing)) {
    await assertRejects(
      () => model.fit([[1]], [1], { epochs: 3, callbacks: [callback, count] }),
      ArgumentError,
      `${owner} needs a number as the optimizer's learningRate; it is a schedule`,
    );
  }
  assertEquals([epochs, model.optimizer.learningRate], [0, schedule]);
});

Deno.test("what lowers or sets the learning rate notes it, as it was in the epoch, for others too", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.5 }) });
  const fit = async (callbacks: Callback[]) => {
    const seen: Logs[] = [];
    const last: Callback = { onEpochEnd: (_epoch, logs) => void seen.push(logs) };
    const { history } = await model.fit([[0]], [0], { epochs: 3, callbacks: [...callbacks, last] });
    const rates = history.learning_rate;
    assertEquals(rates, rates && seen.map((logs) => logs.learning_rate!));
    return rates;
  };
  assertEquals(await fit([]), undefined);
  assertEquals(await fit([learningRateScheduler((epoch) => 1 / 2 ** epoch)]), [1, 0.5, 0.25]);
  const plateau = reduceLROnPlateau({ monitor: "loss", patience: 1, factor: 0.5 });
  assertEquals(await fit([plateau]), [0.25, 0.25, 0.125]);
  const lines: string[] = [];
  const logger = csvLogger((line) => void lines.push(line));
  await fit([learningRateScheduler(() => 0.25), logger]);
  assertEquals(lines, ["epoch,loss,learning_rate", "1,0,0.25", "2,0,0.25", "3,0,0.25"]);
  lines.length = 0;
  await fit([logger, learningRateScheduler(() => 0.25)]);
  // What a callback behind it notes is not there yet.
  assertEquals(lines.slice(0, 2), ["epoch,loss,learning_rate", "1,0,NA"]);
  const stop = earlyStopping({ monitor: "learning_rate", mode: "min" });
  assertEquals(await fit([learningRateScheduler((epoch) => epoch), stop]), [0, 1]);
});

Deno.test("numbers that callbacks add are in the history, and replace no other", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0 }) });
  const fit = (callback: Callback) => model.fit([[0]], [0], { epochs: 2, callbacks: [callback] });
  const { history } = await fit({
    logs: ["begun", "ended"],
    onEpochBegin: (epoch, run) => run.log("begun", epoch),
    onEpochEnd: (epoch, _logs, run) => epoch === 2 ? run.log("ended", epoch) : undefined,
  });
  assertEquals(history, { loss: [0, 0], begun: [1, 2], ended: [2] });
  for (const [name, value] of [["loss", 1], ["val_loss", 1], ["own", "1"], [5, 1]]) {
    await assertRejects(
      () => fit({ onEpochEnd: (_epoch, _logs, run) => run.log(name as string, value as number) }),
      ArgumentError,
      "log() takes a number and a name that is none of loss and val_loss; got",
    );
  }
});
