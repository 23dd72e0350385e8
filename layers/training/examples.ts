/**
 * Examples to learn from: inputs, targets and weights, as a caller has them: as
 * nested arrays, typed arrays with a shape, or tensors. Everything is checked
 * before the first step, and wrong labels are named with their row.
 *
 * @module
 */
import { describe, typedArrayName } from "../../common/describe.ts";
import { ArgumentError, ShapeError } from "../../common/errors.ts";
import { formatShape, looksLikeTensor, sizeOf } from "../../kernels/checks.ts";
import { float32Of, type TensorData } from "../../kernels/data.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { isFloat } from "../numbers.ts";

/** Numbers as arrays of arrays, as deep as there are axes. The rows of the last axis may be typed arrays. */
export type NestedNumbers = readonly (number | NestedNumbers | TensorData)[];

/** Data of examples, the first axis of which counts them. */
export type ExampleData =
  | NestedNumbers
  | TensorData
  | Tensor
  | { readonly shape: readonly number[]; readonly data: TensorData };

/** Data with their shape: the values, or the tensor that has them. */
export interface Examples {
  readonly shape: readonly number[];
  readonly from: Float32Array | Tensor;
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || typedArrayName(value) !== undefined;

/** Whether a value may be meant as plain data with a shape, and is no tensor. */
export function looksLikeData(value: unknown): boolean {
  if (isList(value)) return true;
  return typeof value === "object" && value !== null && "data" in value && "shape" in value &&
    !looksLikeTensor(value);
}

/** The shape of nested arrays, as their first elements have it. */
function shapeOf(what: string, given: ArrayLike<unknown>): number[] {
  const shape: number[] = [];
  let current: unknown = given;
  while (isList(current)) {
    shape.push(current.length);
    if (shape.length > 8) throw new ShapeError(`${what} has more than 8 axes`);
    current = current[0];
  }
  return shape;
}

/** Copies the numbers of nested arrays, all of which have the shape. */
function flatten(what: string, given: unknown, shape: readonly number[], out: Float32Array): void {
  let at = 0;
  const visit = (value: unknown, axis: number, path: string) => {
    const length = shape[axis]!;
    if (axis === shape.length - 1) {
      const row = float32Of(
        value,
        length,
        (got) =>
          typeof got === "number"
            ? `${path} has ${got} numbers, where others have ${length}`
            : `${path} must be ${length} numbers; got ${got}`,
      );
      out.set(row, at);
      at += length;
      return;
    }
    if (!isList(value) || value.length !== length) {
      throw new ShapeError(
        `${path} must be an array of ${length}, as others are; got ${describe(value)}`,
      );
    }
    for (let i = 0; i < length; i++) visit(value[i], axis + 1, `${path}[${i}]`);
  };
  visit(given, 0, what);
}

/**
 * Data that were given, with their shape.
 *
 * @param what What messages call them: `x`.
 * @throws {ShapeError} where rows differ in length, or data do not fit the shape.
 * @throws {ArgumentError} where they are no numbers.
 */
export function readExamples(what: string, given: unknown): Examples {
  if (looksLikeTensor(given)) return { shape: [...given.shape], from: given };
  if (isList(given)) {
    const shape = shapeOf(what, given);
    const size = sizeOf(shape);
    if (shape.length === 1) {
      const values = float32Of(given, shape[0]!, (got) => `${what} must be numbers; got ${got}`);
      return { shape, from: values === given ? values.slice() : values };
    }
    const values = new Float32Array(size);
    flatten(what, given, shape, values);
    return { shape, from: values };
  }
  const { shape, data } = (given ?? {}) as { readonly shape?: unknown; readonly data?: unknown };
  if (shape === undefined || data === undefined) {
    throw new ArgumentError(
      `${what} must be nested arrays of numbers, a tensor, or { shape, data }; got ${
        describe(given)
      }`,
    );
  }
  const size = sizeOf(shape as number[]);
  const axes = [...shape as number[]];
  const values = float32Of(
    data,
    size,
    (got) => `${what} of the shape ${formatShape(axes)} holds ${size} numbers; got ${got}`,
  );
  // The caller may change its own array while it is trained with.
  return { shape: axes, from: values === data ? values.slice() : values };
}

/** The values of examples on the JavaScript heap. */
export async function valuesOf({ from }: Examples): Promise<Float32Array> {
  return looksLikeTensor(from) ? await from.read() : from as Float32Array;
}

/** Inputs, as many as their first axis says. @param least How many there must be. */
export function readInputs(what: string, given: unknown, least = 1): Examples {
  const examples = readExamples(what, given);
  const { shape } = examples;
  if (shape.length < 2) {
    const hint = shape[0] === 0 ? "it is empty" : "one axis alone would be one number each";
    throw new ShapeError(
      shape[0] === 0
        ? `${what} has no examples; at least one is needed`
        : `${what} must have an axis of examples and one of inputs, as [[1, 2], [3, 4]] has; got ${
          formatShape(shape)
        }: ${hint}, which is written [[1], [2]]`,
    );
  }
  if (shape[0]! < least) throw new ShapeError(`${what} has no examples; at least one is needed`);
  return examples;
}

/** What labels must be, and that they are. */
function checkLabels(what: string, labels: Float32Array, classes: number, ofRow: number): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (Number.isInteger(label) && label >= 0 && label < classes) continue;
    throw new ArgumentError(
      `${what} has the label ${label} at row ${
        Math.floor(i / ofRow)
      }; labels are whole numbers from 0 to ${classes - 1}, one for each of ${classes} classes`,
    );
  }
}

/** Whether data have this shape. */
const hasShape = ({ shape: own }: Examples, shape: readonly number[]): boolean =>
  own.length === shape.length && own.every((axis, i) => axis === shape[i]);

/** What targets are to fit. */
export interface TargetShape {
  readonly kind: "values" | "labels";
  /** Of the model's results for these examples. */
  readonly shape: readonly number[];
}

/**
 * Targets as the loss takes them: of the results' shape, or one label for each of their rows.
 *
 * @throws {ShapeError} where they do not fit the results.
 * @throws {ArgumentError} where a label is no class.
 */
export async function readTargets(
  what: string,
  examples: Examples,
  { kind, shape }: TargetShape,
): Promise<Float32Array> {
  const own = examples.shape;
  if (own[0] !== shape[0]) {
    throw new ShapeError(`x has ${shape[0]} examples and ${what} ${own[0]}; they must be equal`);
  }
  const columns = shape.at(-1)!;
  const rows = shape.slice(0, -1);
  if (kind === "labels") {
    if (!hasShape(examples, rows) && !hasShape(examples, [...rows, 1])) {
      throw new ShapeError(
        `${what} must have one label for each row of the results ${formatShape(shape)}, the shape ${
          formatShape(rows)
        }; got ${formatShape(own)}${
          hasShape(examples, shape)
            ? ", which categorical_crossentropy takes, instead of the sparse one"
            : ""
        }`,
      );
    }
    const labels = await valuesOf(examples);
    checkLabels(what, labels, columns, rows.slice(1).reduce((a, b) => a * b, 1));
    return labels;
  }
  // One result for each example may be given without an axis of its own, as in Keras.
  if (!hasShape(examples, shape) && !(columns === 1 && hasShape(examples, rows))) {
    throw new ShapeError(
      `${what} must have the shape ${formatShape(shape)} of the results; got ${formatShape(own)}${
        hasShape(examples, rows) || hasShape(examples, [...rows, 1])
          ? ", which are labels: they need a sparse loss, sparse_categorical_crossentropy"
          : ""
      }`,
    );
  }
  return await valuesOf(examples);
}

/** What classes count: an object by class, a Map, or an array. */
export type ClassWeight =
  | Readonly<Record<number, number>>
  | ReadonlyMap<number, number>
  | readonly number[];

/** What class each row is of. */
function classesOf(targets: Float32Array, { kind, shape }: TargetShape): Float32Array {
  const columns = shape.at(-1)!;
  if (kind === "labels" || columns === 1) return targets;
  const classes = new Float32Array(targets.length / columns);
  for (let i = 0; i < classes.length; i++) {
    const row = targets.subarray(i * columns, (i + 1) * columns);
    classes[i] = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  }
  return classes;
}

function readClassWeight(given: ClassWeight): ReadonlyMap<number, number> {
  const entries: [unknown, unknown][] = given instanceof Map
    ? [...given as ReadonlyMap<unknown, unknown>]
    : Object.entries(given as object).map(([key, value]) => [
      /^(0|[1-9]\d*)$/.test(key) ? Number(key) : key,
      value,
    ]);
  for (const [label, weight] of entries) {
    if (!Number.isSafeInteger(label) || (label as number) < 0) {
      throw new ArgumentError(
        `the classes of classWeight are whole numbers from 0; got ${describe(label)}`,
      );
    }
    if (isFloat(weight) && weight >= 0) continue;
    throw new ArgumentError(
      `classWeight of class ${label} must be a number of at least 0; got ${describe(weight)}`,
    );
  }
  return new Map(entries as [number, number][]);
}

function classWeights(
  byClass: ReadonlyMap<number, number>,
  targets: Float32Array,
  target: TargetShape,
): Float32Array {
  const classes = target.shape.at(-1)!;
  const beyond = [...byClass.keys()].find((label) => classes > 1 && label >= classes);
  if (beyond !== undefined) {
    throw new ArgumentError(
      `classWeight has the class ${beyond}; classes are from 0 to ${classes - 1}`,
    );
  }
  // As in Keras, those that are not named count 1.
  return classesOf(targets, target).map((label) => byClass.get(label) ?? 1);
}

/** Weights that may be given. */
export interface GivenWeights {
  readonly sampleWeight?: ExampleData | undefined;
  readonly classWeight?: ClassWeight | undefined;
}

/** Weights as they were read. */
export interface ReadWeights {
  readonly sampleWeight: Examples | null;
  readonly classWeight: ReadonlyMap<number, number> | null;
}

/**
 * Weights that were given, read at once: the caller may change them later.
 *
 * @throws {ArgumentError} where both kinds were given, or they are no numbers.
 */
export function readWeights({ sampleWeight, classWeight }: GivenWeights): ReadWeights {
  if (sampleWeight !== undefined && classWeight !== undefined) {
    throw new ArgumentError("classWeight and sampleWeight cannot be given at the same time");
  }
  return {
    sampleWeight: sampleWeight === undefined ? null : readExamples("sampleWeight", sampleWeight),
    classWeight: classWeight === undefined ? null : readClassWeight(classWeight),
  };
}

/**
 * What each row of the results counts; null where all count 1.
 *
 * @throws {ArgumentError} where a weight is not a number of at least 0.
 * @throws {ShapeError} where there are not as many as examples.
 */
export async function rowWeights(
  { sampleWeight: examples, classWeight }: ReadWeights,
  targets: Float32Array,
  target: TargetShape,
): Promise<Float32Array | null> {
  if (classWeight) return classWeights(classWeight, targets, target);
  if (!examples) return null;
  const { shape } = target;
  const rows = shape.slice(0, -1);
  const ofRows = hasShape(examples, rows) || hasShape(examples, [...rows, 1]);
  const ofExamples = examples.shape[0] === shape[0] &&
    examples.shape.slice(1).every((axis) => axis === 1);
  if (!ofRows && !ofExamples) {
    throw new ShapeError(
      `sampleWeight must be ${shape[0]} numbers, one for each example${
        rows.length > 1 ? `, or one for each row of the results, ${formatShape(rows)}` : ""
      }; got ${formatShape(examples.shape)}`,
    );
  }
  const given = await valuesOf(examples);
  const bad = given.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (bad >= 0) {
    throw new ArgumentError(
      `sampleWeight must be numbers of at least 0; got ${given[bad]} at ${bad}`,
    );
  }
  if (ofRows) return given;
  const inner = rows.slice(1).reduce((a, b) => a * b, 1);
  return new Float32Array(given.length * inner).map((_, i) => given[Math.floor(i / inner)]!);
}
