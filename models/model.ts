/**
 * A network that kernels can compute: Dense layers and activations, one after
 * the other. Made of a model file by runnable.ts.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";

/** A layer with its weights, [inputs, units] row-major; null for an Activation. */
export interface ModelLayer {
  /** As the file calls it. */
  readonly name: string;
  /** What is applied to the sums, or to the input of an Activation. */
  readonly activation: Activation;
  /** How many values a row of its input has. */
  readonly inputs: number;
  /** How many values a row of its result has. */
  readonly units: number;
  /** [inputs, units], or null for an Activation. */
  readonly weight: Float32Array | null;
  /** [units], or null without one. */
  readonly bias: Float32Array | null;
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
