/**
 * A model as a file has it: the one form that every reader gives and every
 * writer takes. Layers are listed from the first to the last under Keras's names,
 * with their configurations as plain data and their weights as they stand in the
 * file, to the bit. Nothing here runs: {@linkcode runnableOf} of runnable.ts makes
 * of it what kernels compute.
 *
 * @module
 */
import { quotePath } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import { baseOf } from "./model_files.ts";
import { type DtypeName, elementsOf, type Numbers } from "./stored_array.ts";

/** A value of a layer's configuration: what JSON can say. */
export type ConfigValue =
  | null
  | boolean
  | number
  | string
  | readonly ConfigValue[]
  | Config;

/** A layer's configuration, by Keras's keys. */
export interface Config {
  /** A key of Keras's, such as `units`. */
  readonly [key: string]: ConfigValue;
}

/** An array of a layer. */
export interface StoredWeight {
  /** As Keras calls it: `kernel`, `bias`, `gamma`, `moving_mean`; what the file says where Keras has no name. */
  readonly name: string;
  /** The length of each axis. */
  readonly shape: readonly number[];
  /** The format of its numbers. */
  readonly dtype: DtypeName;
  /** Row-major, as many as the shape says; of bfloat16 the bits. */
  readonly values: Numbers;
}

/** A layer of a model. */
export interface StoredLayer {
  /** Keras's class, such as `Dense`; null where a file has weights alone. */
  readonly className: string | null;
  /** As the file calls it. */
  readonly name: string;
  /** What the file says of it, by Keras's keys. */
  readonly config: Config;
  /** In Keras's order. */
  readonly weights: readonly StoredWeight[];
}

/** An optimizer, where it was when the file was written. */
export interface StoredOptimizer {
  /** Keras's class, such as `Adam`. */
  readonly className: string;
  /** Its arguments, by Keras's keys. */
  readonly config: Config;
  /** Steps, learning rate where it is a number, and what is kept for each variable that is trained: in Keras's order. */
  readonly weights: readonly StoredWeight[];
}

/** A model as a file has it. */
export interface StoredModel {
  /** The file's name. */
  readonly name: string;
  /** What the file is, in words: `Keras 3 (.keras)`. */
  readonly format: string;
  /** The program that wrote the file and its version, as the file says it; null where it does not. */
  readonly producer: string | null;
  /** From the first to the last; the input of each is the result of the one before. */
  readonly layers: readonly StoredLayer[];
  /** The axes of the input but the first, null for one of any length; null as a whole where the file does not say. */
  readonly inputShape: readonly (number | null)[] | null;
  /** What was decoded or passed over on reading, a line each. */
  readonly notes: readonly string[];
  /** What was trained with, of a `.keras` or `.h5` file; {@linkcode optimizerOf} goes on with it. */
  readonly optimizer?: StoredOptimizer;
  /** The loss that was trained for, as Keras writes it: a name, or a class with its arguments. */
  readonly loss?: ConfigValue;
}

/** @throws {ModelFileError} where a file has weights alone, and does not say what its layers are. */
export function expectClasses({ name, layers }: StoredModel): void {
  if (layers.every(({ className }) => className !== null)) return;
  throw new ModelFileError(
    `${quotePath(name)} has weights alone, and needs a JSON with its layers: ${
      quotePath(`${baseOf(name)}.json`)
    }, as model.to_json() writes it`,
  );
}

/**
 * How many numbers the weights of a model are.
 *
 * @example And how many bytes they take in the file
 * ```ts
 * import { parametersOf, type StoredLayer, weightBytesOf } from "@densemark/densemark/models";
 *
 * const kernel = { name: "kernel", shape: [2, 3], dtype: "int8", values: new Int8Array(6) } as const;
 * const bias = { name: "bias", shape: [3], dtype: "float32", values: new Float32Array(3) } as const;
 * const layers: StoredLayer[] = [
 *   { className: "Dense", name: "fc", config: { units: 3 }, weights: [kernel, bias] },
 * ];
 * if (parametersOf({ layers }) !== 9) throw new Error("2 · 3 + 3");
 * const model = { name: "m", format: "", producer: null, layers, inputShape: [2], notes: [] };
 * if (weightBytesOf(model) !== 6 + 4 * 3) throw new Error("a byte or four for each");
 * ```
 */
export function parametersOf({ layers }: Pick<StoredModel, "layers">): number {
  return layers.reduce(
    (sum, { weights }) => sum + weights.reduce((own, { shape }) => own + elementsOf(shape), 0),
    0,
  );
}

/**
 * How many bytes the weights of a model are.
 *
 * @example
 * ```ts
 * import { type StoredModel, weightBytesOf } from "@densemark/densemark/models";
 *
 * const values = new Int8Array([1, 2]);
 * const kernel = { name: "kernel", shape: [2, 1], dtype: "int8", values } as const;
 * const layers = [{ className: null, name: "fc", config: {}, weights: [kernel] }];
 * const model: StoredModel = {
 *   name: "m",
 *   format: "",
 *   producer: null,
 *   layers,
 *   inputShape: null,
 *   notes: [],
 * };
 * if (weightBytesOf(model) !== 2) throw new Error("a byte each");
 * ```
 */
export function weightBytesOf({ layers }: Pick<StoredModel, "layers">): number {
  return layers.flatMap(({ weights }) => weights)
    .reduce((sum, { values }) => sum + values.byteLength, 0);
}

/** The bytes of a weight, little-endian, not a copy. */
export function bytesOfWeight({ values }: StoredWeight): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The bits of a weight, one after the other, as numbers: what two files are compared by. */
export function sameBits(one: StoredWeight, other: StoredWeight): boolean {
  const [a, b] = [bytesOfWeight(one), bytesOfWeight(other)];
  return one.dtype === other.dtype && `${one.shape}` === `${other.shape}` &&
    a.length === b.length && a.every((byte, i) => byte === b[i]);
}
