/**
 * A network that kernels can compute: Dense layers and activations, one after
 * the other. Made of a model file by runnable.ts.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import { getActivation, type NamedActivation } from "../layers/activations.ts";

/** x where it is above 0, else x · slope of its column: what a PReLU does. */
export interface ColumnSlopes {
  /** Which it is. */
  readonly name: "prelu";
  /** One for each column. */
  readonly slopes: Float32Array;
}

/** x · scale + shift of its column, where no Dense is there to fold it into. */
export interface ColumnScales {
  /** Which it is. */
  readonly name: "affine";
  /** One for each column. */
  readonly scale: Float32Array;
  /** One for each column. */
  readonly shift: Float32Array;
}

/** What a layer does to its sums: an activation of the contract, one with parameters, or one with numbers for each column. */
export type ModelActivation = Activation | NamedActivation | ColumnSlopes | ColumnScales;

/** A layer with its weights, [inputs, units] row-major; null for an Activation. */
export interface ModelLayer {
  /** As the file calls it. */
  readonly name: string;
  /** What is applied to the sums, or to the input of an Activation. */
  readonly activation: ModelActivation;
  /** How many values a row of its input has. */
  readonly inputs: number;
  /** How many values a row of its result has. */
  readonly units: number;
  /** [inputs, units], or null for an Activation. */
  readonly weight: Float32Array | null;
  /** [units], or null without one. */
  readonly bias: Float32Array | null;
  /** How many rows of the layer a row of the network's input makes; absent for one. */
  readonly rows?: number;
  /** The axes of a row, for an activation along another one than the last, which is counted as Keras does, the batch being 0; absent where a row is one axis. */
  readonly shape?: readonly number[];
}

/** A network of layers one after the other. */
export interface Model {
  /** The file it came from. */
  readonly name: string;
  /** From the first to the last. */
  readonly layers: readonly ModelLayer[];
  /** How many values a row of its input has. */
  readonly inputs: number;
  /** Whether all axes of an input but the first make one row. */
  readonly flatten: boolean;
  /** What was converted, folded or left out, a line each. */
  readonly notes: readonly string[];
}

/** Whether an activation has numbers for each column. */
export function isByColumn(
  activation: ModelActivation,
): activation is ColumnSlopes | ColumnScales {
  return typeof activation !== "string" &&
    (activation.name === "prelu" || activation.name === "affine");
}

/** An activation as text: its name, and those of its parameters that are not the default's. */
export function activationText(activation: ModelActivation): string {
  if (typeof activation === "string") return activation;
  if (isByColumn(activation)) return activation.name;
  const { name, ...parameters } = activation;
  // threshold has no defaults.
  const usual = name === "threshold" ? {} : getActivation(name).parameters;
  const own = Object.entries(parameters)
    .filter(([key, value]) => JSON.stringify(usual[key]) !== JSON.stringify(value))
    .map(([key, value]) => `${key}=${Array.isArray(value) ? `[${value}]` : value}`);
  return own.length > 0 ? `${name}(${own.join(", ")})` : name;
}

/** Whether an activation computes each number of a row by itself, so that it can be a Dense's own. */
export function isElementwise(activation: ModelActivation): boolean {
  if (typeof activation === "string") return activation !== "softmax";
  return !isByColumn(activation) && getActivation(activation).formula !== null;
}
