/**
 * The inner loops of a sweep: the errors of results, decreases of monotone
 * activations, asymmetries of odd ones. The unit in the last place of a right
 * result is looked up by the exponent field of its float64, which is in the
 * upper word, rather than computed by a logarithm.
 *
 * @module
 */
import { bitPatterns, bitsOf } from "../../common/float_bits.ts";
import { unitInLastPlace } from "../bounds.ts";
import type { FlushLoss } from "../reference_gradients.ts";
import {
  bins,
  type Findings,
  histogramLength,
  histogramSteps,
  larger,
  mantissaBits,
  type Violations,
  type WorstResult,
} from "./findings.ts";

/** Where float32 ends: what is larger is infinite, and an overflow has a distance from it. */
const end = 2 ** 128;

/** 1 where the upper word of a float64 comes after the lower, as on every machine of today. */
const upper = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** How many units in the last place at `want` are 1. Beyond float32 they are as coarse as its largest numbers'. */
function unitsPerOne(want: number): number {
  return 1 / unitInLastPlace(Math.min(Math.abs(want), 2 ** 127));
}

/** The same by the exponent field of a float64. */
const unitsInOne = Float64Array.from(
  { length: 2048 },
  (_, field) => unitsPerOne(2 ** (field - 1023)),
);

function clamp(value: number): number {
  return value > end ? end : value < -end ? -end : value;
}

/** Results and right results of a stretch of inputs; the bits of input i are first + i·stride. */
export interface Stretch {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly want: Float64Array;
  /** What errors are in units of the last place of: mostly `want`. */
  readonly size: Float64Array;
  readonly first: number;
  readonly stride: number;
  /** The smallest result that the kernel does not take for zero; 0 where it keeps subnormals. */
  readonly smallest: number;
  /** What the kernel may lose by flushing. */
  readonly lost: FlushLoss;
  /** The absolute error that is allowed besides. */
  readonly absolute: number;
  /** The right result of 0, for which a kernel that flushes may take an input below `smallest`: its error is the smaller of both. */
  readonly atZero: number;
}

/** Collects violations. */
class Contradictions {
  pairs = 0;
  count = 0;
  largest: Violations["largest"] = null;

  /** Two results that contradict each other by `difference`, at an input with these bits. */
  add(difference: number, smallest: number, units: number, bits: number): void {
    this.count++;
    // Either of them may have been flushed.
    const error = Math.max(0, difference - 2 * smallest) * units;
    this.largest = larger(this.largest, { error, bits });
  }

  get violations(): Violations {
    return { pairs: this.pairs, count: this.count, largest: this.largest };
  }
}

/** A result and the right one. */
export interface Neighbour {
  readonly y: number;
  readonly want: number;
}

/** Collects findings. */
export class SweepTally {
  #inputs = 0;
  #ulp: WorstResult | null = null;
  #absolute: WorstResult | null = null;
  #nan = 0;
  #nanBits: number | null = null;
  readonly #histogram = new Float64Array(histogramLength);
  readonly #ulpByBin = new Float64Array(bins);
  readonly #decreases = new Contradictions();
  readonly #asymmetries = new Contradictions();

  /** Counts the errors of results i, from <= i < to, whose inputs are in one bin. */
  countErrors(
    { x, y, want, size, first, stride, smallest, lost, absolute, atZero }: Stretch,
    from: number,
    to: number,
  ): void {
    const bin = (first + from * stride) >>> mantissaBits;
    const flushes = smallest > 0;
    const subnormal = flushes && (bin & 0xff) === 0;
    const words = new Uint32Array(size.buffer, size.byteOffset, 2 * size.length);
    let exact = 0;
    let rounded = 0;
    let largestUlp = 0;
    let ulpAt = -1;
    let largestError = 0;
    let errorAt = -1;
    for (let i = from; i < to; i++) {
      let error = Math.abs(y[i]! - want[i]!);
      // Where one of them is beyond float32, they are farther apart than half its last unit, or NaN.
      if (!(error < 2 ** 103)) error = Math.abs(clamp(y[i]!) - clamp(want[i]!));
      // NaN is no smaller than any error.
      if (subnormal) error = Math.min(error, Math.abs(y[i]! - atZero));
      if (error === 0) {
        exact++;
        continue;
      }
      const allowed = absolute + (flushes ? lost(x[i]!, want[i]!) : 0);
      const ulp = Math.max(0, error - allowed) *
        unitsInOne[(words[2 * i + upper]! >>> 20) & 0x7ff]!;
      if (ulp <= 0.5) rounded++;
      else if (ulp > 0.5) this.#countLarge(ulp);
      else {
        this.#countNaN(first + i * stride);
        continue;
      }
      if (ulp > largestUlp) {
        largestUlp = ulp;
        ulpAt = i;
      }
      if (error > largestError) {
        largestError = error;
        errorAt = i;
      }
    }
    this.#inputs += to - from;
    this.#histogram[0]! += exact;
    this.#histogram[1]! += rounded;
    this.#ulpByBin[bin] = Math.max(this.#ulpByBin[bin] ?? 0, largestUlp);
    const worst = (error: number, i: number): WorstResult => ({
      error,
      bits: first + i * stride,
      got: bitsOf(y[i]!),
      // Adding 0 makes −0, which JSON has not, a 0.
      want: clamp(want[i]!) + 0,
    });
    if (ulpAt >= 0) this.#ulp = larger(this.#ulp, worst(largestUlp, ulpAt));
    if (errorAt >= 0) this.#absolute = larger(this.#absolute, worst(largestError, errorAt));
  }

  #countLarge(ulp: number): void {
    let step = 2;
    while (step < histogramSteps.length && ulp > histogramSteps[step]!) step++;
    this.#histogram[step]!++;
  }

  /** A NaN of the kernel or, which would be a fault of the verifier, of the reference. */
  #countNaN(bits: number): void {
    this.#nan++;
    this.#nanBits = Math.min(this.#nanBits ?? Infinity, bits);
  }

  /**
   * Counts where a monotone activation decreases: from `before`, the result of
   * the input before in the order of bits, to the first result, and so on. The
   * numbers with a sign go down as their bits go up.
   */
  countDecreases(
    { y, want, first, stride, smallest, absolute }: Stretch,
    before: Neighbour | null,
  ): void {
    const up = first < 2 ** 31 ? 1 : -1;
    let previous = before?.y ?? y[0]!;
    this.#decreases.pairs += y.length - (before === null ? 1 : 0);
    for (let i = 0; i < y.length; i++) {
      const now = y[i]!;
      if ((now - previous) * up < 0) {
        const wantBefore = i > 0 ? want[i - 1]! : before?.want ?? want[0]!;
        const units = Math.min(unitsPerOne(want[i]!), unitsPerOne(wantBefore));
        const difference = Math.abs(clamp(now) - clamp(previous));
        this.#decreases.add(difference, smallest + absolute, units, first + i * stride);
      }
      previous = now;
    }
  }

  /** Counts where an odd activation is not: `mirrored` are the results of −z. */
  countAsymmetries(
    { y, want, first, stride, smallest, absolute }: Stretch,
    mirrored: Float32Array,
  ): void {
    const bits = bitPatterns(y);
    const others = bitPatterns(mirrored);
    this.#asymmetries.pairs += y.length;
    for (let i = 0; i < y.length; i++) {
      if ((bits[i]! ^ others[i]!) >>> 0 === 0x80000000) continue;
      const difference = Math.abs(clamp(y[i]!) + clamp(mirrored[i]!));
      // NaN is counted where it is the result.
      if (Number.isNaN(difference)) continue;
      this.#asymmetries.add(
        difference,
        smallest + absolute,
        unitsPerOne(want[i]!),
        first + i * stride,
      );
    }
  }

  /** What was found so far. */
  get findings(): Findings {
    return {
      inputs: this.#inputs,
      ulp: this.#ulp,
      absolute: this.#absolute,
      nan: { count: this.#nan, bits: this.#nanBits },
      histogram: [...this.#histogram],
      ulpByBin: [...this.#ulpByBin],
      decreases: this.#decreases.violations,
      asymmetries: this.#asymmetries.violations,
    };
  }
}
