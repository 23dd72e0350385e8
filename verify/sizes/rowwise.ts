/**
 * Operations on whole rows or columns at any size, with data that keep what is
 * compared exact, or its bound small, however long a row is: softmax with a few
 * large inputs among many whose exponentials vanish, its gradient and sums of
 * rows on numbers whose sums are exact in any order.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import { smallestOf, softmaxBounds } from "../bounds.ts";
import { integers, Workspace } from "../check.ts";
import { compareBounded, compareExact, merge, type Outcome } from "../compare.ts";
import { referenceActivation } from "../reference_activations.ts";
import { scratchDoubles, scratchFloats, scratchZeros } from "../scratch.ts";
import { fullMantissas } from "./exact_data.ts";

/** The columns of a row's large inputs: the last one among them in a third of the rows, the first in another. */
function peaksOf(row: number, columns: number, random: Random): number[] {
  const count = Math.min(columns, 2 ** (row % 4));
  const step = Math.max(1, Math.floor(columns / count));
  const start = row % 3 === 0 ? columns - 1 : row % 3 === 1 ? 0 : random.between(0, columns - 1);
  return Array.from({ length: count }, (_, peak) => (start + peak * step) % columns)
    .sort((a, b) => a - b);
}

/** The largest inputs of rows in turn: softmax depends on differences alone, so that they may all be far below 0. */
const levels = [100, -100, -3000, 0] as const;

/** The other inputs of a row lie so far below its largest that their exponentials vanish. */
const depth = 200;

/** The large inputs of a row, what softmax makes of them, and how far that may be missed. */
interface Peaks {
  readonly columns: readonly number[];
  readonly level: number;
  readonly inputs: Float32Array;
  readonly values: Float64Array;
  readonly bounds: Float64Array;
}

/** So many rows repeat: a prime, so that each meets every place of a piece or a thread's share. */
const differentRows = 101;

/** Rows of up to so many columns are compared in every column: the bound of a longer sum would hide too much. */
const mostFull = 2 ** 12;

/** softmax of rows of which the columns that `largeIn` names are large, and all others vanish. The bound counts these alone, since to add the others adds 0. */
async function compareSoftmaxRows(
  kernel: Kernel,
  rows: number,
  columns: number,
  largeIn: (row: number) => readonly number[],
  random: Random,
): Promise<Outcome> {
  const { traits } = kernel;
  const smallest = smallestOf(traits) + (traits.activationAbsolute?.softmax ?? 0);
  const size = rows * columns;
  const different = Array.from({ length: Math.min(rows, differentRows) }, (_, row): Peaks => {
    const columnsOfPeaks = largeIn(row);
    const count = columnsOfPeaks.length;
    const largest = random.between(0, count - 1);
    const inputs = new Float32Array(count);
    const level = levels[row % levels.length]!;
    for (let i = 0; i < count; i++) inputs[i] = level - (i === largest ? 0 : 8 * random.uniform());
    const values = referenceActivation("softmax", inputs, count);
    const bounds = softmaxBounds(values, inputs, new Float64Array(count), 0, count, traits);
    return { columns: columnsOfPeaks, level, inputs, values, bounds };
  });
  // Without its maximum a row with one large input would overflow.
  const z = scratchFloats(size);
  for (let row = 0, start = 0; row < rows; row++, start += columns) {
    const { columns: large, level, inputs } = different[row % differentRows]!;
    z.fill(level - depth, start, start + columns);
    for (let i = 0; i < large.length; i++) z[start + large[i]!] = inputs[i]!;
  }
  using space = new Workspace(kernel);
  const y = space.output([rows, columns]);
  kernel.activate("softmax", space.tensor([rows, columns], z), y);
  const got = await y.read();
  const worst = worstOfRows(got, columns, different, smallest);
  if (got.length === size && worst <= 1) return { worst, problem: null };
  const want = scratchDoubles(size).fill(0);
  const bound = scratchDoubles(size).fill(smallest);
  for (let row = 0, start = 0; row < rows; row++, start += columns) {
    const { columns: large, values, bounds } = different[row % differentRows]!;
    for (let i = 0; i < large.length; i++) {
      want[start + large[i]!] = values[i]!;
      bound[start + large[i]!] = bounds[i]!;
    }
  }
  return compareBounded("softmax", got, want, (i) => bound[i]!, columns);
}

/** The worst error as a share of its bound, without an array of what is right; NaN where a result is. */
function worstOfRows(
  got: Float32Array,
  columns: number,
  different: readonly Peaks[],
  smallest: number,
): number {
  let worst = 0;
  for (let row = 0, start = 0; start < got.length; row++, start += columns) {
    const { columns: large, values, bounds } = different[row % differentRows]!;
    for (let j = 0, peak = 0; j < columns; j++) {
      const isPeak = j === large[peak];
      const error = Math.abs(got[start + j]! - (isPeak ? values[peak]! : 0));
      if (error > 0 || error !== error) {
        worst = Math.max(worst, error / (isPeak ? bounds[peak]! : smallest));
      }
      if (isPeak) peak++;
    }
  }
  return worst;
}

/** softmax of [rows, columns]: with a few large inputs in each row and, where rows are not too long, with large ones alone. */
export async function compareSoftmax(
  kernel: Kernel,
  rows: number,
  columns: number,
  random: Random,
): Promise<Outcome> {
  const few = (row: number) => peaksOf(row, columns, random);
  const outcomes = [await compareSoftmaxRows(kernel, rows, columns, few, random)];
  if (columns <= mostFull) {
    const all = Array.from({ length: columns }, (_, column) => column);
    outcomes.push(await compareSoftmaxRows(kernel, rows, columns, () => all, random));
  }
  const count = outcomes.length * rows * columns;
  return { ...merge(outcomes), elements: { all: count, compared: count } };
}

/** dz = y·(dy − Σ dy·y) for y of 2^-12 and whole dy, where sums and results need at most 24 bits. */
export async function compareSoftmaxGradient(
  kernel: Kernel,
  rows: number,
  columns: number,
  random: Random,
): Promise<Outcome> {
  const size = rows * columns;
  const share = 2 ** -12;
  const y = scratchFloats(size).fill(share);
  const dy = integers(size, Math.max(1, Math.min(1023, Math.floor(2 ** 22 / columns))), random);
  const want = scratchDoubles(size);
  for (let start = 0; start < size; start += columns) {
    let sum = 0;
    for (let i = start; i < start + columns; i++) sum += dy[i]!;
    for (let i = start; i < start + columns; i++) want[i] = share * (dy[i]! - share * sum);
  }
  using space = new Workspace(kernel);
  const shape = [rows, columns];
  const dz = space.output(shape);
  // The gradient of softmax is a function of y; z is not needed.
  kernel.activateGradient("softmax", null, space.tensor(shape, y), space.tensor(shape, dy), dz);
  const outcome = compareExact("gradient of softmax", await dz.read(), want, columns);
  return { ...outcome, elements: { all: size, compared: size } };
}

/** Sums of the columns of [rows, columns], replaced and accumulated: whole numbers in every place, and numbers of 24 bits one to a column. */
export async function compareRowSums(
  kernel: Kernel,
  rows: number,
  columns: number,
  random: Random,
): Promise<Outcome> {
  const size = rows * columns;
  const most = Math.max(1, Math.min(4095, Math.floor(2 ** 23 / Math.max(1, rows))));
  const whole = integers(size, most, random);
  const initial = integers(columns, 2 ** 22, random);
  const sums = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) sums[j]! += whole[at++]!;
  }
  using space = new Workspace(kernel);
  const tensor = space.tensor([rows, columns], whole);
  const replaced = space.output([columns]);
  kernel.sumRows(tensor, replaced);
  const added = space.tensor([columns], initial);
  kernel.sumRows(tensor, added, { accumulate: true });
  const mantissas = fullMantissas(columns, random);
  const sparse = scratchZeros(size);
  for (let j = 0; j < columns; j++) {
    const row = j === 0 ? rows - 1 : random.between(0, rows - 1);
    sparse[row * columns + j] = mantissas[j]!;
  }
  tensor.write(sparse);
  const single = space.output([columns]);
  kernel.sumRows(tensor, single);
  const outcome = merge([
    compareExact("sums of rows", await replaced.read(), sums, columns),
    compareExact(
      "sums of rows accumulated",
      await added.read(),
      sums.map((sum, j) => sum + initial[j]!),
      columns,
    ),
    compareExact("sums of rows with one number each", await single.read(), mantissas, columns),
  ]);
  return { ...outcome, elements: { all: 3 * columns, compared: 3 * columns } };
}

/** What a tensor is made of, and what is written to it, comes back, whatever the caller does with its array afterwards. */
export async function compareContents(
  kernel: Kernel,
  rows: number,
  columns: number,
  random: Random,
): Promise<Outcome> {
  const size = rows * columns;
  const [first, second] = [fullMantissas(size, random), fullMantissas(size, random)];
  using space = new Workspace(kernel);
  const given = first.slice();
  const tensor = space.tensor([rows, columns], given);
  given.fill(-1);
  const before = compareExact("content", await tensor.read(), first, columns);
  given.set(second);
  tensor.write(given);
  given.fill(-2);
  // What is read is what was there when it was asked for.
  const reading = tensor.read();
  tensor.write(first);
  const after = await reading;
  tensor[Symbol.dispose]();
  // In the place of one that was disposed of, as likely as not.
  const fresh = space.use(kernel.tensor([rows, columns]));
  const outcome = merge([
    before,
    compareExact("content after write()", after, second, columns),
    compareExact(
      "content of a new tensor",
      await fresh.read(),
      new Float32Array(size),
      columns,
    ),
  ]);
  return { ...outcome, elements: { all: 3 * size, compared: 3 * size } };
}
