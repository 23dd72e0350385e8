/**
 * Mutants of the shaders of webgpu: its WGSL, changed before it is compiled. A
 * change that finds nothing to change leaves the kernel right, and the mutant
 * then counts as survived.
 *
 * @module
 */
import { createWebGpuKernel } from "../../kernels/webgpu/webgpu.ts";
import type { Mutant } from "./mutant.ts";

function rewritten(
  name: string,
  killer: string,
  pattern: string,
  replacement: string,
  { key = false } = {},
): Mutant {
  return {
    name: `${name} (on a GPU)`,
    kind: "WGSL",
    killer,
    key,
    create: () =>
      createWebGpuKernel({ rewrite: (wgsl) => wgsl.replaceAll(pattern, () => replacement) }),
  };
}

const exactForward = "exact-forward";

/** Mutants of WGSL. */
export const wgslMutants: readonly Mutant[] = [
  rewritten(
    "one product of a tile is subtracted",
    exactForward,
    "acc1_0 = fma(vec4f(a1.y)",
    "acc1_0 = fma(vec4f(-a1.y)",
  ),
  rewritten(
    "a tile takes one step of k for another",
    exactForward,
    "acc0_0 = fma(vec4f(a0.z)",
    "acc0_0 = fma(vec4f(a0.y)",
  ),
  rewritten(
    "the last of several pieces of k is left out",
    exactForward,
    "i < p.k; i++",
    "i + 1u < p.k; i++",
  ),
  rewritten(
    "one column too many is stored in each row",
    exactForward,
    "if (col + 1u < p.n)",
    "if (col < p.n)",
  ),
  rewritten(
    "z is stored after its activation",
    exactForward,
    "z[at >> 2u] = value;",
    "z[at >> 2u] = activation(value);",
  ),
  rewritten("all columns have the first one's bias", exactForward, "bias[col]", "bias[0]"),
  rewritten("accumulate is ignored", "exact-backward", "p.accumulate != 0u", "p.accumulate > 1u"),
  rewritten(
    "the last two parts of a dot product are not added",
    "exact-backward",
    "if (local.x < 1u) {",
    "if (local.x + 1u < 1u) {",
  ),
  rewritten(
    "the exponential's argument is not clamped",
    "rigorous-forward",
    "clamp(x, vec4f(-160.0), vec4f(100.0))",
    "x",
    { key: true },
  ),
  rewritten(
    "tanh is (e^2z - 1)/(e^2z + 1)",
    "rigorous-forward",
    "let size = -e / (e + vec4f(2.0));",
    "let t = exp(2.0 * abs(z));\n  let size = (t - vec4f(1.0)) / (t + vec4f(1.0));",
    { key: true },
  ),
  rewritten(
    "softmax has no shift",
    "rigorous-forward",
    "0.5 * z[start + j] - 0.5 * largest",
    "0.5 * z[start + j]",
  ),
  rewritten(
    "the exponential lacks its last term",
    "sweep",
    String(Math.fround(1 / 5040)),
    "0.0",
  ),
  rewritten(
    "tanh's derivative is 1 - y",
    "rigorous-backward",
    "(vec4f(1.0) - x) * (vec4f(1.0) + x)",
    "(vec4f(1.0) - x)",
  ),
  rewritten(
    "an operand by column is read by row",
    "formulas",
    "let column = flat - row * p.n;",
    "let column = row;",
  ),
  rewritten(
    "the logarithm lacks the low part of log 2",
    "formulas",
    "n * 1.4286067653e-6 + log_series(f)",
    "log_series(f)",
  ),
  rewritten(
    "a reduction takes one column too many",
    "formulas",
    "column_of < vec4u(last_column)",
    "column_of < vec4u(last_column + 1u)",
  ),
  rewritten("rows are gathered by the column", "formulas", "rows[at / p.n]", "rows[at % p.n]"),
];
