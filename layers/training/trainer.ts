/**
 * Training of a model, as Keras's `fit`, `evaluate` and `predict`: examples lie
 * in the kernel's memory, batches are gathered there, and what is read back are
 * losses, every few steps and at the end of each epoch.
 *
 * @module
 */
import { ShapeError } from "../../common/errors.ts";
import { createRandom, shuffle } from "../../common/random.ts";
import { formatShape, looksLikeTensor } from "../../kernels/checks.ts";
import { newFloats } from "../../kernels/data.ts";
import type { Layer } from "../layer.ts";
import { nextSeed } from "../seeds.ts";
import { Owned } from "../temporaries.ts";
import { Batches, type DataSet } from "./batches.ts";
import type { Logs } from "./callback.ts";
import {
  type ExampleData,
  type Examples,
  type GivenWeights,
  readExamples,
  readInputs,
  readTargets,
  type ReadWeights,
  readWeights,
  rowWeights,
  type TargetShape,
} from "./examples.ts";
import {
  type Compiled,
  type CompileOptions,
  type EvaluateOptions,
  type FitOptions,
  readCompileOptions,
  readEvaluateOptions,
  readFitOptions,
} from "./fit_options.ts";
import { type FormulaKernel, withFormulas } from "./formula_kernel.ts";
import { type History, trainEpochs } from "./epochs.ts";
import { expectLearnable } from "./learnable.ts";
import { withOwnNames } from "./metric.ts";
import { readMetric } from "./metrics.ts";
import type { Optimizer } from "./optimizer.ts";
import { Passes, type Scores } from "./passes.ts";
import { Pace } from "./pace.ts";
import { type NumberArray, numberArray } from "./number_array.ts";
import { splitData } from "./split.ts";

/** Losses and metrics by their names. */
function logsOf({ loss, metrics }: Scores, prefix = ""): Logs {
  return Object.fromEntries(
    Object.entries({ loss, ...metrics }).map(([name, value]) => [prefix + name, value]),
  );
}

/** Trains a model that was compiled. */
export class Trainer implements Disposable {
  readonly #compiled: Compiled;

  /** @throws {ArgumentError} where an option is missing, unknown or not allowed. */
  constructor(readonly model: Layer, options: CompileOptions) {
    this.#compiled = readCompileOptions(options);
  }

  /** What changes the weights. */
  get optimizer(): Optimizer {
    return this.#compiled.optimizer;
  }

  /** Keras's name of the loss, where it was given by name. */
  get lossName(): string | null {
    return this.#compiled.lossName;
  }

  /** Trains the model; see {@linkcode FitOptions}. */
  async fit(x: ExampleData, y: ExampleData, asked: FitOptions): Promise<History> {
    const options = readFitOptions(asked);
    const { batchSize = 32, validationData, validationSplit = 0 } = options;
    const kernel = withFormulas("fit()", this.model.kernel);
    // All of it before the first wait, in which the caller may change what was given.
    const given = readGiven("", x, y, options);
    const [vx, vy, sampleWeight] = validationData ?? [];
    const held = validationData ? readGiven("validation ", vx!, vy!, { sampleWeight }) : null;
    let data = await this.#complete(given);
    expectLearnable(this.#compiled.loss, this.model, data.shape.at(-1)!);
    this.optimizer.begin(this.model);
    let validation = held && await this.#complete(held);
    if (!validation && validationSplit > 0) {
      [data, validation] = await splitData(data, validationSplit);
      // As in Keras classes are weighted in training alone.
      if (options.classWeight !== undefined) validation = { ...validation, weights: null };
    }
    using own = new Owned();
    const batches = own.use(new Batches(kernel, data));
    const passes = own.use(this.#passes(kernel, data));
    let validate: (() => Promise<Logs>) | null = null;
    if (validation) {
      const size = options.validationBatchSize ?? batchSize;
      const all = own.use(new Batches(kernel, validation));
      const judge = own.use(this.#passes(kernel, validation));
      validate = async () => logsOf(await judgeAll(judge, all, size), "val_");
    }
    const random = createRandom(options.seed ?? nextSeed());
    const numbers = Array.from({ length: batches.count }, (_, i) => i);
    return await trainEpochs({
      model: this.model,
      optimizer: this.optimizer,
      batches,
      passes,
      validate,
      options,
      order: () => new Uint32Array(options.shuffle ?? true ? shuffle(numbers, random) : numbers),
    });
  }

  /** The loss and the metrics for examples. */
  async evaluate(x: ExampleData, y: ExampleData, given: EvaluateOptions): Promise<Logs> {
    const options = readEvaluateOptions("evaluate()", given);
    const kernel = withFormulas("evaluate()", this.model.kernel);
    const data = await this.#complete(readGiven("", x, y, options));
    using batches = new Batches(kernel, data);
    using passes = this.#passes(kernel, data);
    return logsOf(await judgeAll(passes, batches, options.batchSize ?? 32));
  }

  async #complete({ prefix, inputs, targets: given, weights }: Given): Promise<DataSet> {
    const shape = resultShape(this.model, `${prefix}x`, inputs);
    const target: TargetShape = { kind: this.#compiled.loss.targets, shape };
    const targets = await readTargets(`${prefix}y`, given, target);
    return { inputs, targets, ...target, weights: await rowWeights(weights, targets, target) };
  }

  #passes(kernel: FormulaKernel, { kind, shape }: DataSet): Passes {
    const { loss, metrics } = this.#compiled;
    const target = { kind, columns: shape.at(-1)! };
    return new Passes(
      kernel,
      this.model,
      loss,
      withOwnNames(metrics.map((metric) => readMetric(metric, target))),
      target.columns,
    );
  }

  [Symbol.dispose](): void {
    if (this.#compiled.own) this.optimizer[Symbol.dispose]();
  }
}

/** Examples as they were given, read. */
interface Given {
  /** What messages put before x and y. */
  readonly prefix: string;
  readonly inputs: Examples;
  readonly targets: Examples;
  readonly weights: ReadWeights;
}

function readGiven(prefix: string, x: unknown, y: unknown, weights: GivenWeights): Given {
  return {
    prefix,
    inputs: readInputs(`${prefix}x`, x),
    targets: readExamples(`${prefix}y`, y),
    weights: readWeights(weights),
  };
}

/** The shape of a model's results for inputs; builds the model. */
function resultShape(model: Layer, what: string, { shape, from }: Examples): number[] {
  if (!model.built) model.build([null, ...shape.slice(1)]);
  if (looksLikeTensor(from) && from.kernel !== model.kernel) {
    throw new ShapeError(`${what} must be a tensor of the model's kernel`);
  }
  const of = model.computeOutputShape([shape[0]!, ...shape.slice(1)]);
  if (of.every((axis) => axis !== null)) return of;
  throw new ShapeError(`the model does not say what it makes of ${what} ${formatShape(shape)}`);
}

/** Takes all examples through the model in their order. */
async function judgeAll(passes: Passes, batches: Batches, size: number): Promise<Scores> {
  const pace = new Pace();
  passes.begin();
  for (const [i, numbers] of [...partsOf(batches.count, size)].entries()) {
    passes.judge(batches.take(numbers));
    if (i % 32 === 31) await passes.read(true);
    await pace.rest();
  }
  await passes.read(true);
  return passes.scores;
}

/** The numbers 0 to count − 1 in parts of so many. */
function* partsOf(count: number, size: number): Generator<Uint32Array> {
  for (let from = 0; from < count; from += size) {
    yield Uint32Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i);
  }
}

/** A model's results for inputs of any number, computed in batches. */
export async function predictAll(
  model: Layer,
  x: ExampleData,
  batchSize: number,
): Promise<NumberArray> {
  const inputs = readInputs("x", x, 0);
  const shape = resultShape(model, "x", inputs);
  const { kernel } = model;
  const { from } = inputs;
  if (looksLikeTensor(from)) {
    using y = model.predict(from);
    return numberArray(y.shape, await y.read());
  }
  const [count, ...rest] = inputs.shape as [number, ...number[]];
  const sizeOf = (axes: readonly number[]) => axes.reduce((a, b) => a * b, 1);
  const [width, of] = [sizeOf(rest), sizeOf(shape.slice(1))];
  const out = newFloats(count * of, () => `the results ${formatShape(shape)}`);
  const pace = new Pace();
  // Once also without examples, whose shape is checked by that.
  for (let row = 0; row === 0 || row < count; row += batchSize) {
    const rows = Math.min(batchSize, count - row);
    using part = kernel.tensor([rows, ...rest], from.subarray(row * width, (row + rows) * width));
    using y = model.predict(part);
    out.set(await y.read(), row * of);
    await pace.rest();
  }
  return numberArray(shape, out);
}
