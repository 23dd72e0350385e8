/**
 * A part of a sweep: the results of one activation of one kernel for a range
 * of input bits. Parts know nothing of each other but the input before their
 * first, which they compute too, so that no pair of adjacent inputs is left out.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { smallestOf } from "../bounds.ts";
import { Workspace } from "../check.ts";
import { references } from "../reference_activations.ts";
import { type Findings, mantissaBits, type Pointwise } from "./findings.ts";
import { type Neighbour, type Stretch, SweepTally } from "./measure.ts";
import { fillReference } from "./reference_values.ts";

/** The inputs whose bits are multiples of `stride` and in [first, last), last being 2^32 at most. */
export interface Part {
  readonly activation: Pointwise;
  readonly first: number;
  readonly last: number;
  readonly stride: number;
}

/** The finite numbers' bits: from 0 up to infinity, and the same with the sign. */
const finite = [[0, 0x7f800000], [0x80000000, 0xff800000]] as const;

/** At most so many inputs are computed in one call: what is read again stays in the caches. */
const most = 2 ** 15;

/** Activations that never decrease. The others have a minimum left of 0. */
const monotone: ReadonlySet<Pointwise> = new Set([
  "linear",
  "relu",
  "sigmoid",
  "tanh",
  "exponential",
  "elu",
  "selu",
  "softplus",
]);

/** Activations with f(−z) = −f(z). */
const odd: ReadonlySet<Pointwise> = new Set(["linear", "tanh"]);

/** The first and last (exclusive) bits of a part's finite inputs of either sign. */
function* rangesOf({ first, last, stride }: Part): Generator<{ start: number; end: number }> {
  for (const [low, high] of finite) {
    const start = Math.ceil(Math.max(first, low) / stride) * stride;
    const end = Math.min(last, high);
    if (start < end) yield { start, end };
  }
}

/** How many finite inputs a part has. */
export function inputsOf(part: Part): number {
  let count = 0;
  for (const { start, end } of rangesOf(part)) count += Math.ceil((end - start) / part.stride);
  return count;
}

/** All float32 numbers whose bits are multiples of `stride`, in parts of so many bit patterns. */
export function partsOf(activation: Pointwise, stride: number, patterns: number): Part[] {
  const count = Math.ceil(Math.ceil(2 ** 32 / stride) / patterns);
  return Array.from({ length: count }, (_, i) => ({
    activation,
    first: i * patterns * stride,
    last: Math.min(2 ** 32, (i + 1) * patterns * stride),
    stride,
  }));
}

/** A kernel's input and output of one length, and their copies here, used again and again. */
class Buffers {
  /** The inputs, as numbers and as bits. */
  readonly z: Float32Array<ArrayBuffer>;
  readonly bits: Uint32Array;
  readonly want: Float64Array;
  readonly #input: Tensor;
  readonly #output: Tensor;
  readonly #blank: Float32Array;

  constructor(space: Workspace, length: number) {
    this.z = new Float32Array(length);
    this.bits = bitPatterns(this.z);
    this.want = new Float64Array(length);
    this.#input = space.tensor([1, length], this.z);
    this.#output = space.output([1, length]);
    this.#blank = new Float32Array(length).fill(NaN);
  }

  /** activation(z); what the kernel does not write is NaN. */
  async compute(activation: Pointwise): Promise<Float32Array> {
    this.#input.write(this.z);
    this.#output.write(this.#blank);
    this.#input.kernel.activate(activation, this.#input, this.#output);
    return await this.#output.read();
  }
}

/** Computes and measures one part. */
export async function sweepPart(kernel: Kernel, part: Part): Promise<Findings> {
  const { activation, stride } = part;
  const smallest = kernel.traits.denormals === "flushed" ? smallestOf(kernel.traits) : 0;
  const atZero = references[activation].value(0);
  const tally = new SweepTally();
  using space = new Workspace(kernel);
  const byLength = new Map<number, Buffers>();
  const buffersOf = (length: number): Buffers => {
    let buffers = byLength.get(length);
    if (!buffers) byLength.set(length, buffers = new Buffers(space, length));
    return buffers;
  };
  for (const { start, end } of rangesOf(part)) {
    let before = monotone.has(activation)
      ? await neighbourBefore(start, stride, activation, buffersOf(1))
      : null;
    for (let first = start; first < end; first += most * stride) {
      const length = Math.min(most, Math.ceil((end - first) / stride));
      const buffers = buffersOf(length);
      const { z, bits, want } = buffers;
      for (let i = 0; i < length; i++) bits[i] = first + i * stride;
      const y = await buffers.compute(activation);
      if (y.length !== length) throw new Error(`${y.length} results for ${length} inputs`);
      const stretch: Stretch = { y, want, first, stride, smallest, atZero };
      countErrors(tally, activation, z, stretch);
      if (monotone.has(activation)) {
        tally.countDecreases(stretch, before);
        before = { y: y[length - 1]!, want: want[length - 1]! };
      }
      if (odd.has(activation) && first < 2 ** 31) {
        for (let i = 0; i < length; i++) bits[i]! ^= 0x80000000;
        tally.countAsymmetries(stretch, await buffers.compute(activation));
      }
    }
  }
  return tally.findings;
}

/** Fills in the right results and counts the errors, bin by bin. */
function countErrors(
  tally: SweepTally,
  activation: Pointwise,
  z: Float32Array,
  stretch: Stretch,
): void {
  const { want, first, stride } = stretch;
  for (let from = 0; from < z.length;) {
    const bin = (first + from * stride) >>> mantissaBits;
    const binEnd = (bin + 1) * 2 ** mantissaBits;
    const to = Math.min(z.length, Math.ceil((binEnd - first) / stride));
    fillReference(activation, bin, z, want, from, to);
    tally.countErrors(stretch, from, to);
    from = to;
  }
}

/** The result of the input before; before the first with a sign comes 0, and nothing before 0. */
async function neighbourBefore(
  start: number,
  stride: number,
  activation: Pointwise,
  buffers: Buffers,
): Promise<Neighbour | null> {
  if (start === 0) return null;
  const [low] = start < 2 ** 31 ? finite[0] : finite[1];
  buffers.bits[0] = start - stride >= low ? start - stride : 0;
  fillReference(activation, buffers.bits[0] >>> mantissaBits, buffers.z, buffers.want, 0, 1);
  const [y = NaN] = await buffers.compute(activation);
  return { y, want: buffers.want[0]! };
}
