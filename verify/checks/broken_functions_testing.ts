/**
 * Kernels whose activation or gradient is wrong at few numbers: one of a
 * million, some hundred where a result saturates, in a tail, at -0, for subnormal
 * numbers. For tests of the sweep.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import { gradientNeedsZ } from "../../kernels/activation.ts";
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { afterActivation, afterGradient, alter } from "../mutants/mutant.ts";

const { fround, abs } = Math;
const largest = fround(3.4028234663852886e38);

/** A function of one number that is wrong somewhere, and the case of the sweep that must find it. */
export interface BrokenFunction {
  readonly name: string;
  readonly swept: string;
  readonly create: () => Promise<Kernel>;
}

async function naiveWith(
  change: Parameters<typeof alter>[1],
  claims: Partial<KernelTraits>,
): Promise<Kernel> {
  const kernel = alter(await createKernel("naive"), change);
  return Object.assign(kernel, { traits: { ...kernel.traits, ...claims } });
}

const inValue = (
  activation: Parameters<typeof afterActivation>[0],
  name: string,
  change: (z: number, y: number) => number,
  claims: Partial<KernelTraits> = {},
): BrokenFunction => ({
  name: `${activation} ${name}`,
  swept: activation,
  create: () => naiveWith(afterActivation(activation, change), claims),
});

/** `change` gets the slope, since dy is 1, and what it is a function of. */
const inGradient = (
  activation: Parameters<typeof afterGradient>[0],
  name: string,
  change: (dz: number, x: number) => number,
  claims: Partial<KernelTraits> = {},
): BrokenFunction => ({
  name: `the gradient of ${activation} ${name}`,
  swept: `${activation}-gradient`,
  create: () =>
    naiveWith(
      afterGradient(
        activation,
        (dz, _dy, y, z) => change(dz, gradientNeedsZ(activation) ? z : y),
      ),
      claims,
    ),
});

const flushed = { denormals: "flushed" } as const;
const undeclared = { gradientUlp: {} };

const scratch = new Float32Array(1);
const scratchBits = bitPatterns(scratch);

/** Without the arrays that the common helper makes: this is called for millions of numbers. */
function bitsOf(x: number): number {
  scratch[0] = x;
  return scratchBits[0]!;
}

/** One of so many floats, by their bits. */
const oneIn = (count: number, x: number) => bitsOf(x) % count === 7654;
const beside = (x: number, point: number, floats: number) =>
  abs(bitsOf(x) - bitsOf(point)) < floats && x * point > 0;

/** The kernels that are wrong at few numbers. */
export const brokenFunctions: readonly BrokenFunction[] = [
  inValue("sigmoid", "is wrong at one of 2^20 floats", (z, y) => oneIn(2 ** 20, z) ? y + 0.1 : y),
  inGradient(
    "silu",
    "is wrong at one of 2^20 floats",
    (dz, z) => oneIn(2 ** 20, z) ? dz + 0.1 : dz,
  ),
  inValue(
    "tanh",
    "is 2 ULP off at 300 floats before it is 1",
    (z, y) => beside(z, 9.0109, 150) ? y - 2 ** -23 : y,
  ),
  inValue("softplus", "is wrong at 20 alone", (z, y) => z === 20 ? y + 1e-3 : y),
  inGradient("gelu", "is wrong at -3.5 alone", (dz, z) => z === -3.5 ? 0 : dz),
  inGradient("gelu", "is 0 below -9", (dz, z) => z < -9 ? 0 : dz),
  inGradient("gelu_tanh", "is 0.999 above 20", (dz, z) => z > 20 ? 0.999 : dz),
  inGradient("mish", "is 0 below -88", (dz, z) => z < -88 ? 0 : dz),
  inGradient("silu", "is NaN below -104", (dz, z) => z < -104 ? NaN : dz),
  inGradient("softplus", "is 1 - e^-y, which cancels", (_, y) => 1 - fround(Math.exp(-y))),
  inGradient("sigmoid", "is 0 for subnormal y", (dz, y) => y < 2 ** -126 ? 0 : dz),
  inGradient("tanh", "is 0 at the largest y below 1", (dz, y) => y === 1 - 2 ** -24 ? 0 : dz),
  inGradient("selu", "is wrong at its smallest y", (dz, y) => y < -1.7580992 ? 1 : dz),
  inGradient("elu", "is 0 at -0", (dz, y) => Object.is(y, -0) ? 0 : dz),
  inGradient("mish", "is 1 at -0", (dz, z) => Object.is(z, -0) ? 1 : dz),
  inGradient(
    "exponential",
    "is 1 ULP off at 5000 adjacent floats",
    (dz, y) => beside(y, 7.77e12, 2500) ? dz * (1 + 2 ** -23) : dz,
  ),
  inValue("sigmoid", "is 0 at -0", (z, y) => Object.is(z, -0) ? 0 : y),
  inValue("elu", "is 0 for subnormal z", (z, y) => abs(z) < 2 ** -126 ? 0 : y),
  inValue("exponential", "is 0 where it is subnormal", (_, y) => y < 2 ** -126 ? 0 : y),
  inValue(
    "silu",
    "is wrong at 400 floats where it becomes 0",
    (z, y) => beside(z, -108.66, 5000) ? -1e-44 + y : y,
  ),
  inValue("gelu", "jumps at 200 floats beside 5", (z, y) => beside(z, 5, 100) ? y * 1.00001 : y),
  inValue("relu", "is 0 for the largest number", (z, y) => z === largest ? 0 : y),
  inValue("selu", "is wrong at 2^-126", (z, y) => z === 2 ** -126 ? 0 : y),
  // What may be flushed is subnormal, or was multiplied by what is.
  inValue("mish", "is 0 below -80, where its gate is normal", (z, y) => z < -80 ? 0 : y, flushed),
  inValue("tanh", "flushes numbers below 2^-124", (z, y) => abs(z) < 2 ** -124 ? 0 : y, flushed),
  inGradient("silu", "is 0 below -84, where its gate is normal", (dz, z) => z < -84 ? 0 : dz, {
    ...flushed,
    ...undeclared,
  }),
  // Where nothing is declared, roundings of 1 are allowed, and no more.
  inGradient("gelu_tanh", "is 0 below -4", (dz, z) => z < -4 ? 0 : dz, undeclared),
  inGradient("silu", "is 1 above 12", (dz, z) => z > 12 ? 1 : dz, undeclared),
  inGradient("silu", "is 1.000002 above 20", (dz, z) => z > 20 ? 1.000002 : dz, undeclared),
  inGradient("mish", "is 0 below -20", (dz, z) => z < -20 ? 0 : dz, undeclared),
  inGradient("softplus", "is 0 below 10^-5", (dz, y) => y < 1e-5 ? 0 : dz, {
    gradientAbsolute: { softplus: 1e-6 },
  }),
];
