/**
 * The input of a model: the first rows of an array in a .npy or safetensors
 * file, or random numbers of the model's width.
 *
 * @module
 */
import { createRandom } from "../common/random.ts";
import { quotePath } from "../common/text.ts";
import { formatShape } from "../kernels/checks.ts";
import { ModelFileError } from "./errors.ts";
import type { Model } from "./model.ts";
import { readNpy } from "./npy.ts";
import { formatNames, readSafetensors } from "./safetensors.ts";
import { openSource } from "./source.ts";
import { conversionOf, elementsOf, type StoredArray } from "./stored_array.ts";

// 512 MiB of float32.
const mostValues = 2 ** 27;
// The tensor of a safetensors file that is the input, where it has several.
const inputKey = "input";

/** Rows for a model. */
export interface ModelInput {
  /** Where they come from, for messages. */
  readonly name: string;
  /** [rows, the model's inputs], row-major. */
  readonly values: Float32Array;
  readonly rows: number;
  /** How many rows the file has; null for random ones. */
  readonly of: number | null;
  /** The seed of random ones, else null. */
  readonly seed: number | null;
  /** What was converted on reading, a line each. */
  readonly notes: readonly string[];
}

function expectRoom(rows: number, { inputs }: Model): void {
  if (rows * inputs > mostValues) {
    throw new ModelFileError(
      `${rows} rows of ${inputs} values are too many; at most ${
        Math.floor(mostValues / inputs)
      } rows`,
    );
  }
}

async function arrayOf(path: string): Promise<StoredArray> {
  const source = await openSource(path);
  if (path.endsWith(".npy")) return await readNpy(source);
  const { arrays } = await readSafetensors(source);
  const array = arrays.size === 1 ? [...arrays.values()][0] : arrays.get(inputKey);
  if (array) return array;
  throw new ModelFileError(
    `${source.name} must hold one tensor, or one called "${inputKey}"; it has ${
      formatNames(arrays)
    }`,
  );
}

/** How many rows of the model's width an array has: by its last axis, or with all axes but the first as one. */
function rowsOf({ name, shape }: StoredArray, { inputs, flatten }: Model): number {
  const total = elementsOf(shape);
  const last = shape.at(-1);
  const [first = 0] = shape;
  if (shape.length >= 2 && Number.isFinite(total)) {
    if (last === inputs && (!flatten || shape.length === 2)) return total / inputs;
    if (first > 0 && total / first === inputs) return first;
  }
  throw new ModelFileError(
    `${name} must have the shape [rows, ${inputs}]${
      flatten ? "" : `, or more axes before the last`
    }, or axes after the first that make ${inputs} together; got ${formatShape(shape)}`,
  );
}

/**
 * The first rows of an array in a file.
 *
 * @param rows How many; default all.
 * @throws {ModelFileError} where the file cannot be read or does not fit the model.
 */
export async function readInput(
  path: string,
  model: Model,
  rows = Infinity,
): Promise<ModelInput> {
  if (!/\.(npy|safetensors)$/.test(path)) {
    throw new ModelFileError(`an input is a .npy or a .safetensors file; got ${quotePath(path)}`);
  }
  const array = await arrayOf(path);
  const of = rowsOf(array, model);
  if (of === 0) throw new ModelFileError(`${array.name} has no rows`);
  const used = Math.min(of, rows);
  expectRoom(used, model);
  const values = await array.read(used * model.inputs);
  return { name: path, values, rows: used, of, seed: null, notes: conversionOf("input", array) };
}

/**
 * Random rows, uniform in [−1, 1).
 *
 * @throws {ModelFileError} where so many do not fit into the memory.
 */
export function randomInput(model: Model, seed: number, rows: number): ModelInput {
  expectRoom(rows, model);
  const random = createRandom(seed);
  const values = new Float32Array(rows * model.inputs).map(() => 2 * random.uniform() - 1);
  return { name: `random numbers, seed ${seed}`, values, rows, of: null, seed, notes: [] };
}
