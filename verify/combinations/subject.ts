/**
 * What is combined: an operation of the contract with its features (sizes,
 * values, options, what happened to its operands before) and their levels. The
 * first level of a feature is the plain one, to which a failing row is reduced.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Outcome } from "../compare.ts";

/** Something that differs from row to row. */
export interface Feature {
  readonly name: string;
  /** What it can be, the plain level first. */
  readonly levels: readonly string[];
  /** What kind of level each is, for combinations of three; by default each is its own. */
  readonly kinds?: readonly string[];
}

/** The level of a feature; undefined where it is not chosen yet, or the operation has no such feature. */
export type LevelOf = (feature: string) => string | undefined;

/** One row of a covering array, with its sizes drawn. */
export interface Row {
  readonly shape: Dimensions;
  /** The levels of all features but sizes. */
  readonly levels: Readonly<Record<string, string>>;
}

/** The levels of a row, by name. */
export function levelOf({ levels }: Pick<Row, "levels">): LevelOf {
  return (feature) => levels[feature];
}

/** Where and with what a row is run. */
export interface Setting {
  readonly kernel: Kernel;
  readonly random: Random;
  /** Another kernel of the same kind; null where none can be made. */
  readonly second: Kernel | null;
}

/** An operation with its features. */
export interface Subject {
  readonly name: string;
  /** Sizes are called m, n and k; a dimension that is none of the features is 1. */
  readonly features: readonly Feature[];
  /** Groups of features of which any three are combined by their kinds; all are combined in pairs. */
  readonly threes: readonly (readonly string[])[];
  /** Multiply-adds, or elements, of a row at most, where that is less than of others. */
  readonly most?: number;
  /** So many combinations of three features are wanted one by one, where it is not as many as of others; more are by kinds. */
  readonly combined?: number;
  /** Whether a kernel has it. */
  has(kernel: Kernel): boolean;
  /** Whether levels go together: as long as some are not chosen, whether they still may. */
  allows(level: LevelOf): boolean;
  /** The shape with the dimensions equal that must be. */
  adjust?(shape: Dimensions, level: LevelOf): Dimensions;
  run(row: Row, setting: Setting): Promise<Outcome>;
}
