/**
 * The optimizer of a network as files have it, and back, so that training goes on
 * where it ended: Keras's list of steps, learning rate and states in the order in
 * which Keras makes them (keras/src/optimizers/base_optimizer.py and those beside it).
 *
 * @module
 */
import { ArgumentError, errorLine } from "../common/errors.ts";
import { quotePath } from "../common/text.ts";
import { formatShape } from "../kernels/checks.ts";
import type { Sequential } from "../layers/sequential.ts";
import { optimizerConfig, optimizerFromConfig } from "../layers/training/optimizer_config.ts";
import type { Optimizer, OptimizerOptions } from "../layers/training/optimizer.ts";
import { ModelFileError } from "./errors.ts";
import { float32Of } from "./stored_array.ts";
import type { Config, StoredModel, StoredWeight } from "./stored_model.ts";

const trainedOf = ({ variables }: Sequential) => variables.filter(({ trainable }) => trainable);

/** Where each state lies: Keras makes those of one group for a variable before those of the next. */
function orderOf({ name, stateNames }: Optimizer, variables: number) {
  const apart = (state: string) => name === "rmsprop" || state === "velocity_hat";
  const together = stateNames.filter((state) => !apart(state));
  const groups = [together, ...stateNames.filter(apart).map((state) => [state])];
  return groups.flatMap((group) =>
    Array.from({ length: variables }, (_, variable) => group.map((state) => ({ variable, state })))
      .flat()
  );
}

const scalar = (name: string, values: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>) => ({
  name,
  shape: [],
  dtype: values instanceof Int32Array ? "int32" as const : "float32" as const,
  values,
});

/** The optimizer and the loss of a network, as files have them; nothing before its first step. */
export async function storedTraining(
  network: Sequential,
): Promise<Pick<StoredModel, "notes" | "optimizer" | "loss">> {
  if (!network.compiled || network.optimizer.steps === 0) return { notes: [] };
  const { optimizer, lossName: loss } = network;
  const { steps, kept } = optimizer;
  const variables = trainedOf(network);
  try {
    if (variables.some(({ name }) => name.includes("/lora_"))) {
      throw new ArgumentError("a LoRA is merged on writing, and its state has no place then");
    }
    const { className, config } = optimizerConfig(optimizer);
    const rate = config.learning_rate;
    const states = await Promise.all(variables.map(({ tensor }) => optimizer.statesOf(tensor)));
    const weights: StoredWeight[] = [
      scalar("iteration", new Int32Array([steps])),
      ...(typeof rate === "number" ? [scalar("learning_rate", new Float32Array([rate]))] : []),
      ...orderOf(optimizer, variables.length).map(({ variable, state }): StoredWeight => {
        const { name, tensor: { shape, size } } = variables[variable]!;
        const values = states[variable]![state] ?? new Float32Array(size);
        return {
          name: `${name}_${state}`,
          shape,
          dtype: "float32",
          values: new Float32Array(values),
        };
      }),
      ...(kept === undefined ? [] : [scalar("kept", new Float32Array([kept]))]),
    ];
    return { notes: [], loss, optimizer: { className, config: config as Config, weights } };
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return { notes: [`the optimizer is left out: ${errorLine(error)}`], loss };
  }
}

/**
 * The optimizer of a file, with its steps, its learning rate and what it kept for each
 * variable, for the network that {@linkcode stackOf} made of the same file: training goes
 * on with it as if it had never stopped. It belongs to the caller.
 *
 * @param stored What was read from a `.keras` or `.h5` file, or {@linkcode storedOf} gave.
 * @param options What is used in place of the file's arguments, such as a schedule of your own.
 * @throws {ModelFileError} where the file has no optimizer, or its state is not of this network.
 * @throws {ArgumentError} where the class of the optimizer or one of its arguments is not known here.
 *
 * @example Three epochs, a file, and three more
 * ```ts
 * import { createKernel, Dense, Sequential } from "@densemark/densemark";
 * import { encodeKeras, optimizerOf, readModelBytes, stackOf, storedOf } from "@densemark/densemark/models";
 *
 * await using kernel = await createKernel("blocked");
 * const [x, y] = [[[1, 2], [3, 4], [5, 6]], [[3], [7], [11]]];
 * const fit = { epochs: 3, shuffle: false };
 * using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
 * model.compile({ optimizer: "adam", loss: "mse" });
 * await model.fit(x, y, fit);
 * const file = await encodeKeras(await storedOf(model));
 * await model.fit(x, y, fit);
 *
 * const stored = await readModelBytes("sum.keras", file);
 * using resumed = stackOf(kernel, stored);
 * using optimizer = optimizerOf(stored, resumed);
 * resumed.compile({ optimizer, loss: "mse" });
 * await resumed.fit(x, y, fit);
 * const [one, other] = [await model.getWeights(), await resumed.getWeights()];
 * if (`${one}` !== `${other}`) throw new Error("not as if it had never stopped");
 * ```
 */
export function optimizerOf(
  stored: StoredModel,
  network: Sequential,
  options: OptimizerOptions = {},
): Optimizer {
  const what = quotePath(stored.name);
  if (!stored.optimizer) {
    const why = stored.notes.find((note) => note.startsWith("the optimizer is"));
    throw new ModelFileError(
      `${what} has no optimizer${
        why ? `: ${why}` : "; .keras and .h5 files have one that made a step"
      }`,
    );
  }
  const { className, config, weights } = stored.optimizer;
  const optimizer = optimizerFromConfig({ class_name: className, config }, options);
  const fail = (reason: string): never => {
    optimizer[Symbol.dispose]();
    throw new ModelFileError(`${what}: the state of its optimizer ${className} ${reason}`);
  };
  const variables = trainedOf(network);
  const order = orderOf(optimizer, variables.length);
  const hasRate = typeof config.learning_rate === "number";
  const before = hasRate ? 2 : 1;
  const after = optimizer.kept === undefined ? 0 : 1;
  if (weights.length !== before + order.length + after) {
    fail(
      `has ${weights.length} arrays; of Keras 3 and ${variables.length} variables that are trained it would have ${
        before + order.length + after
      }`,
    );
  }
  const steps = Number(weights[0]!.values[0]);
  if (weights[0]!.shape.length !== 0 || !Number.isSafeInteger(steps) || steps < 0) {
    fail("does not begin with the number of steps");
  }
  const states = variables.map((): Record<string, Float32Array> => ({}));
  for (const [i, { variable, state }] of order.entries()) {
    const weight = weights[before + i]!;
    const { name, tensor: { shape } } = variables[variable]!;
    if (`${weight.shape}` !== `${shape}`) {
      fail(
        `has ${formatShape(weight.shape)} where the ${state} of ${name} is, ${formatShape(shape)}`,
      );
    }
    const values = float32Of(weight);
    if (!values.every(Number.isFinite)) fail(`has a ${state} of ${name} that is not finite`);
    states[variable]![state] = values;
  }
  optimizer.restore(network, steps, states);
  // Callbacks change the rate, which the arguments need not show; ours are the more exact.
  const rate = hasRate && options.learningRate === undefined ? weights[1]!.values[0] : null;
  if (rate !== null && rate !== Math.fround(Number(config.learning_rate))) {
    optimizer.learningRate = Number(rate);
  }
  return optimizer;
}
