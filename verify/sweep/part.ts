/**
 * A part of a sweep: the results of one activation, or gradient, of one kernel
 * for a range of input bits. Parts know nothing of each other but the input before their
 * first, which they compute too, so that no pair of adjacent inputs is left out.
 *
 * @module
 */
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { smallestOf } from "../bounds.ts";
import { Workspace } from "../check.ts";
import { isGpu } from "../device.ts";
import { lostByFlushing } from "../reference_gradients.ts";
import { Buffers } from "./buffers.ts";
import { type Findings, mantissaBits, type SweptName } from "./findings.ts";
import { type BitRange, sweptFunctions } from "./functions.ts";
import { type Neighbour, type Stretch, SweepTally } from "./measure.ts";
import { fillReference, fillSize } from "./reference_values.ts";

/** The inputs whose bits are `offset` and multiples of `stride` more, and in [first, last), last being 2^32 at most. */
export interface Part {
  readonly activation: SweptName;
  readonly first: number;
  readonly last: number;
  readonly stride: number;
  /** Less than the stride; default 0. */
  readonly offset?: number;
}

/** The bit of the sign. */
const sign = 0x80000000;

/** The length of the arrays for so many inputs: one of few, so that most groups use the same memory. */
const capacityOf = (length: number) => 2 ** Math.ceil(Math.log2(length));

/** At most so many inputs are computed in one call: what is read again stays in the caches, but to read from a GPU takes long. */
const mostOf = (traits: KernelTraits) => isGpu(traits) ? 2 ** 18 : 2 ** 15;

/** The first and last (exclusive) bits of a part's inputs of either sign, and the lowest of that sign. */
function* rangesOf(
  { activation, first, last, stride, offset = 0 }: Part,
): Generator<BitRange & { readonly low: number }> {
  for (const { start: low, end: high } of sweptFunctions[activation].inputs) {
    const from = Math.max(first, low);
    const start = offset + Math.ceil((from - offset) / stride) * stride;
    const end = Math.min(last, high);
    if (start < end) yield { start, end, low };
  }
}

/** How many finite inputs a part has. */
export function inputsOf(part: Part): number {
  let count = 0;
  for (const { start, end } of rangesOf(part)) count += Math.ceil((end - start) / part.stride);
  return count;
}

/** All float32 numbers whose bits are multiples of `stride`, in parts of so many bit patterns. */
export function partsOf(activation: SweptName, stride: number, patterns: number): Part[] {
  const count = Math.ceil(Math.ceil(2 ** 32 / stride) / patterns);
  return Array.from({ length: count }, (_, i) => ({
    activation,
    first: i * patterns * stride,
    last: Math.min(2 ** 32, (i + 1) * patterns * stride),
    stride,
  }));
}

/** Inputs one `stride` from the other, few enough for one call. */
interface Segment {
  readonly first: number;
  readonly stride: number;
  readonly length: number;
  /** Whether it goes on where the segment before ends; else the lowest bits of its sign. */
  readonly goesOn: boolean;
  readonly low: number;
}

function* segmentsOf(part: Part, most: number): Generator<Segment> {
  const { stride } = part;
  for (const { start, end, low } of rangesOf(part)) {
    for (let first = start; first < end; first += most * stride) {
      const length = Math.min(most, Math.ceil((end - first) / stride));
      yield { first, stride, length, goesOn: first > start, low };
    }
  }
}

/** Segments in groups that are computed in one call each. */
function* grouped(parts: readonly Part[], most: number): Generator<Segment[]> {
  let group: Segment[] = [];
  let length = 0;
  for (const part of parts) {
    for (const segment of segmentsOf(part, most)) {
      if (length + segment.length > most && group.length > 0) {
        yield group;
        [group, length] = [[], 0];
      }
      group.push(segment);
      length += segment.length;
    }
  }
  if (group.length > 0) yield group;
}

/** Computes and measures one part. */
export function sweepPart(kernel: Kernel, part: Part): Promise<Findings> {
  return sweep(kernel, part.activation, [part], true);
}

/**
 * Computes and measures parts of one function, small ones together. Inputs that
 * are in several parts count as often.
 */
export function sweepParts(
  kernel: Kernel,
  activation: SweptName,
  parts: readonly Part[],
): Promise<Findings> {
  return sweep(kernel, activation, parts, false);
}

/** @param joined Whether the input before the first of each range is computed too, for a pair with it. */
async function sweep(
  kernel: Kernel,
  name: SweptName,
  parts: readonly Part[],
  joined: boolean,
): Promise<Findings> {
  const { value, monotone, odd, ...swept } = sweptFunctions[name];
  const smallest = kernel.traits.denormals === "flushed" ? smallestOf(kernel.traits) : 0;
  const { activation, gradient } = swept;
  const { activationAbsolute, gradientAbsolute } = kernel.traits;
  const absolute = (gradient ? gradientAbsolute : activationAbsolute)?.[activation] ?? 0;
  const lost = lostByFlushing(activation, gradient ? "slope" : "value", kernel.traits);
  const atZero = value(0);
  const tally = new SweepTally();
  using space = new Workspace(kernel);
  const byLength = new Map<number, Buffers>();
  const buffersOf = (length: number): Buffers => {
    const capacity = capacityOf(length);
    let buffers = byLength.get(capacity);
    if (!buffers) byLength.set(capacity, buffers = new Buffers(space, swept, capacity));
    return buffers;
  };
  let before: Neighbour | null = null;
  for (const group of grouped(parts, mostOf(kernel.traits))) {
    const befores: (Neighbour | null)[] = [];
    for (const { first, stride, low, goesOn } of group) {
      const alone = goesOn || !joined || !monotone;
      befores.push(alone ? null : await neighbourBefore(first, low, name, stride, buffersOf(1)));
    }
    const buffers = buffersOf(group.reduce((sum, { length }) => sum + length, 0));
    const { x, bits } = buffers;
    let at = 0;
    for (const { first, stride, length } of group) {
      for (let i = 0; i < length; i++) bits[at++] = first + i * stride;
    }
    const y = await buffers.compute();
    if (y.length !== x.length) throw new Error(`${y.length} results for ${x.length} inputs`);
    const stretches: Stretch[] = [];
    at = 0;
    for (const [i, { first, stride, length, goesOn }] of group.entries()) {
      const own = <T extends Float32Array | Float64Array>(all: T) =>
        all.subarray(at, at + length) as T;
      const [want, size] = [own(buffers.want), own(buffers.size)];
      const stretch = {
        x: own(x),
        y: own(y),
        want,
        size,
        first,
        stride,
        smallest,
        lost,
        absolute,
        atZero,
      };
      stretches.push(stretch);
      countErrors(tally, name, buffers, stretch);
      at += length;
      if (!monotone) continue;
      if (!goesOn) before = befores[i]!;
      tally.countDecreases(stretch, before);
      before = { y: y[at - 1]!, want: want[length - 1]! };
    }
    if (!odd || stretches.every(({ first }) => first >= sign)) continue;
    for (let i = 0; i < bits.length; i++) bits[i]! ^= sign;
    const mirrored = await buffers.compute();
    at = 0;
    for (const stretch of stretches) {
      const { length } = stretch.y;
      if (stretch.first < sign) {
        tally.countAsymmetries(stretch, mirrored.subarray(at, at + length));
      }
      at += length;
    }
  }
  return tally.findings;
}

/** Fills in the right results and counts the errors, bin by bin. */
function countErrors(
  tally: SweepTally,
  name: SweptName,
  { sizeBy }: Buffers,
  stretch: Stretch,
): void {
  const { x, want, size, first, stride } = stretch;
  for (let from = 0; from < x.length;) {
    const bin = (first + from * stride) >>> mantissaBits;
    const binEnd = (bin + 1) * 2 ** mantissaBits;
    const to = Math.min(x.length, Math.ceil((binEnd - first) / stride));
    fillReference(name, bin, x, want, from, to);
    if (sizeBy !== null) fillSize(sizeBy, x, want, size, from, to);
    tally.countErrors(stretch, from, to);
    from = to;
  }
}

/** The result of the input before; before the first with a sign comes 0, and nothing before 0. */
async function neighbourBefore(
  start: number,
  low: number,
  name: SweptName,
  stride: number,
  buffers: Buffers,
): Promise<Neighbour | null> {
  if (start === 0) return null;
  buffers.bits[0] = start - stride >= low ? start - stride : 0;
  fillReference(name, buffers.bits[0] >>> mantissaBits, buffers.x, buffers.want, 0, 1);
  const [y = NaN] = await buffers.compute();
  return { y, want: buffers.want[0]! };
}
