/**
 * The tensors with which a kernel is swept and their copies here, of one
 * length, used again and again: an activation is called with z, a gradient with
 * y or z and dy = 1. Where a gradient does not need z, every other call gives it
 * one that belongs to other results, which must make no difference.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import { createRandom } from "../../common/random.ts";
import { gradientNeedsZ } from "../../kernels/activation.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import type { Workspace } from "../check.ts";
import { gradientAllowance, type GradientSize } from "../reference_gradients.ts";
import type { SweptFunction } from "./functions.ts";

/** Finite numbers of any magnitude and sign. */
function unrelated(length: number): Float32Array {
  const random = createRandom(length);
  const values = new Float32Array(length);
  const bits = bitPatterns(values);
  for (let i = 0; i < length; i++) {
    const drawn = random.integer();
    bits[i] = (drawn & 0x7f800000) === 0x7f800000 ? drawn & 0xbfffffff : drawn;
  }
  return values;
}

/** A kernel's tensors of one length for one function. */
export class Buffers {
  /** The inputs, as numbers and as bits. */
  readonly x: Float32Array<ArrayBuffer>;
  readonly bits: Uint32Array;
  readonly want: Float64Array;
  /** What errors are measured by; the same array as `want` where `sizeBy` is null. */
  readonly size: Float64Array;
  readonly sizeBy: GradientSize | null;
  readonly #output: Tensor;
  readonly #blank: Float32Array;
  readonly #call: (calls: number) => void;
  #calls = 0;

  constructor(
    space: Workspace,
    { activation, gradient }: Pick<SweptFunction, "activation" | "gradient">,
    length: number,
  ) {
    const { kernel } = space;
    this.x = new Float32Array(length);
    this.bits = bitPatterns(this.x);
    this.want = new Float64Array(length);
    const allowance = gradient ? gradientAllowance(activation, kernel.traits) : null;
    this.sizeBy = allowance?.size ?? null;
    this.size = this.sizeBy === null ? this.want : new Float64Array(length);
    this.#blank = new Float32Array(length).fill(NaN);
    const shape = [1, length];
    const input = space.tensor(shape, this.x);
    const output = space.output(shape);
    this.#output = output;
    const write = () => {
      input.write(this.x);
      output.write(this.#blank);
    };
    if (!gradient) {
      this.#call = () => {
        write();
        kernel.activate(activation, input, output);
      };
      return;
    }
    const ones = space.tensor(shape, new Float32Array(length).fill(1));
    const other = space.tensor(shape, gradientNeedsZ(activation) ? this.x : unrelated(length));
    this.#call = (calls) => {
      write();
      const z = calls % 2 ? other : null;
      if (activation === "linear") {
        kernel.activateGradient(activation, z, ones, input, output);
      } else if (gradientNeedsZ(activation)) {
        // Some kernels may use y besides.
        kernel.activate(activation, input, other);
        kernel.activateGradient(activation, input, other, ones, output);
      } else kernel.activateGradient(activation, z, input, ones, output);
    };
  }

  /** The function of x; what the kernel does not write is NaN. */
  async compute(): Promise<Float32Array> {
    this.#call(this.#calls++);
    return await this.#output.read();
  }
}
