/**
 * Activations over the float32 numbers themselves, by their bits: every N-th of
 * the 2^32, or all of them. What a kernel declares as its largest error in ULP
 * is held to, everywhere: near 0, in the tails, where results end in
 * subnormals, in overflow. Ordinary tests draw inputs from a few binades.
 * Method: exhaustive testing of one-argument functions, as in Zimmermann et
 * al., "Accuracy of Mathematical Functions", 2022.
 *
 * @module
 */
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { smallestOf, unitInLastPlace } from "../bounds.ts";
import { type Check, Workspace } from "../check.ts";
import type { Outcome } from "../compare.ts";
import { references } from "../reference_activations.ts";

const name = "sweep";

/** A prime, so that the mantissas that are met differ from binade to binade. */
const quickStride = 16_381;

/** At most so many inputs are computed in one call. */
const most = 2 ** 18;

/** Where float32 ends: what is larger is infinite, and an overflow has a distance from it. */
const end = 2 ** 128;

/** The float64 reference may itself be so many ULP of float32 off. */
const slack = 1e-5;

type Pointwise = Exclude<Activation, "softmax">;

/** An input and the error of its result. */
interface Worst {
  readonly ulp: number;
  readonly z: number;
  readonly y: number;
  readonly want: number;
}

/** The largest error in ULP of y = activation(z) over finite z, NaN counting as infinitely wrong. */
function worstOf(
  activation: Pointwise,
  z: Float32Array,
  y: Float32Array,
  smallest: number,
): Worst {
  const { value } = references[activation];
  let worst: Worst = { ulp: -1, z: NaN, y: NaN, want: NaN };
  for (let i = 0; i < z.length; i++) {
    const input = z[i]!;
    if (!Number.isFinite(input)) continue; // another check's
    const got = Math.max(-end, Math.min(y[i]!, end));
    const want = Math.max(-end, Math.min(value(input), end));
    if (got === want) continue;
    // A kernel that flushes subnormals may take such an input for zero, and be as far off as the smallest normal number.
    if (Math.abs(input) < smallest && got === value(0)) continue;
    const lost = Math.abs(want) < smallest ? smallest : 0;
    const error = Math.max(0, Math.abs(got - want) - lost) / unitInLastPlace(want);
    if (!(error <= worst.ulp)) {
      worst = { ulp: Number.isNaN(error) ? Infinity : error, z: input, y: y[i]!, want };
    }
  }
  return worst;
}

/** The float32 numbers whose bits are first, first + stride, … below `last`, in pieces. */
function* inputs(first: number, last: number, stride: number): Generator<Float32Array> {
  for (let start = first; start < last; start += most * stride) {
    const length = Math.min(most, Math.ceil((last - start) / stride));
    const bits = Uint32Array.from({ length }, (_, i) => start + i * stride);
    yield new Float32Array(bits.buffer);
  }
}

async function sweepOver(
  kernel: Kernel,
  activation: Pointwise,
  pieces: Iterable<Float32Array>,
): Promise<Outcome> {
  const smallest = kernel.traits.denormals === "flushed" ? smallestOf(kernel.traits) : 0;
  const declared = kernel.traits.activationUlp[activation];
  let worst: Worst = { ulp: 0, z: 0, y: 0, want: 0 };
  for (const piece of pieces) {
    using space = new Workspace(kernel);
    const y = space.output([1, piece.length]);
    kernel.activate(activation, space.tensor([1, piece.length], piece), y);
    const found = worstOf(activation, piece, await y.read(), smallest);
    if (found.ulp > worst.ulp) worst = found;
  }
  if (worst.ulp > declared + (declared > 0 ? slack : 0)) {
    const { z, y, want, ulp } = worst;
    return {
      worst: Infinity,
      problem: `${activation}(${z}) is ${y}, should be ${want}: ${
        ulp.toFixed(3)
      } ULP off; declared are ${declared}`,
    };
  }
  return { worst: declared > 0 ? worst.ulp / declared : 0, problem: null };
}

/** The sweep over every `stride`-th float32 number. */
export const sweep: Check = {
  name,
  description: `activations keep to their declared error on every ${quickStride}th float32 number`,
  cases: (_kernel, { effort }) => {
    const stride = effort === "smoke" ? 64 * quickStride : quickStride;
    return activations.filter((activation) => activation !== "softmax").map((activation) => ({
      id: `${name}/${activation}/every-${stride}`,
      run: (kernel) => sweepOver(kernel, activation, inputs(0, 2 ** 32, stride)),
    }));
  },
};
