/**
 * Which claims a kernel may make. A claim so wide that it would pass a broken
 * kernel is none, and is refused with a line that says what is allowed: sums
 * coarser than float32, more additions than there are products, errors of
 * activations as large as those of half precision.
 *
 * @module
 */
import { activations } from "../kernels/activation.ts";
import type { KernelTraits, Summation } from "../kernels/kernel.ts";
import { leavesOf } from "./summation/tree.ts";

/** A quarter of the error that rounding to float16 makes, in ULP of float32. */
export const mostUlp = 1024;

/** What WGSL allows its tanh, 1e-5, and no more; float16 has 2^-12 beside 1. */
export const mostAbsolute = 2 ** -16;

/** The lengths of sums for which functions of k are tried. */
const lengths = [1, 2, 3, 7, 16, 67, 256, 1031];

const whole = (value: unknown, least: number, most = Infinity) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** What a function of k gives that it may not; null where all is well. */
function wrongValue(
  what: string,
  of: ((k: number) => number) | undefined,
  allowed: (k: number) => readonly [least: number, most: number],
): string | null {
  if (of === undefined) return null;
  if (typeof of !== "function") return `${what} must be a function of k; it is ${of}`;
  for (const k of lengths) {
    const [least, most] = allowed(k);
    const value = of(k);
    if (!whole(value, least, most)) {
      const range = most === Infinity
        ? `a whole number >= ${least}`
        : `a whole number from ${least} to ${most}`;
      return `${what}(${k}) must be ${range}; it is ${value}`;
    }
  }
  return null;
}

/** What is wrong with the claimed order. */
function wrongOrder(summation: Summation): string | null {
  switch (summation?.order) {
    case "sequential":
      return null;
    case "blocked":
      if (summation.block === undefined) {
        return "summation.block must be a function of k; it is missing";
      }
      return wrongValue("summation.block", summation.block, () => [1, Infinity]);
    case "interleaved":
      if (!whole(summation.accumulators, 1)) {
        return `summation.accumulators must be a whole number >= 1; it is ${summation.accumulators}`;
      }
      return ["sequential", "pairs", "halves"].includes(summation.combine)
        ? null
        : `summation.combine must be sequential, pairs or halves; it is ${summation.combine}`;
    case "tree":
      if (typeof summation.tree !== "function") return "summation.tree must be a function of k";
      for (const k of lengths) {
        const leaves = leavesOf(summation.tree(k)).sort((one, other) => one - other);
        if (leaves.length !== k || leaves.some((leaf, i) => leaf !== i)) {
          return `summation.tree(${k}) must have each of the leaves 0 to ${k - 1} once`;
        }
      }
      return null;
    case "pairwise":
      return summation.base === undefined || whole(summation.base, 1)
        ? null
        : `summation.base must be a whole number >= 1; it is ${summation.base}`;
    case "compensated":
      if (!["rounded", "exact"].includes(summation.products)) {
        return `summation.products must be rounded or exact; it is ${summation.products}`;
      }
      return wrongValue("summation.parts", summation.parts, (k) => [1, k]);
    case "unspecified":
      return wrongValue("summation.depth", summation.depth, (k) => [0, k - 1]);
    default:
      return `summation.order is ${
        (summation as { order?: unknown } | undefined)?.order
      }; the orders are sequential, blocked, interleaved, tree, pairwise, compensated and unspecified`;
  }
}

/** What is wrong with a claim that is one of a few words. */
function wrongChoice(
  what: string,
  value: unknown,
  allowed: readonly unknown[],
  why = "",
): string | null {
  return allowed.includes(value)
    ? null
    : `${what} must be ${
      allowed.filter((each) => each !== undefined).join(" or ")
    }; it is ${value}${why}`;
}

/** What is wrong with a declared error. */
function wrongError(what: string, value: unknown, most: number): string | null {
  return typeof value === "number" && value >= 0 && value <= most
    ? null
    : `${what} must be a number from 0 to ${most}, beyond which a broken kernel would pass; it is ${value}`;
}

/**
 * What is wrong with a kernel's claims, a line each; none where all may be made.
 *
 * @example A sum in which terms pass through more additions than there are
 * ```ts
 * import { createKernel } from "../mod.ts";
 * import { refusedClaims } from "./claims.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using kernel = await createKernel("naive");
 * const summation = { order: "unspecified", depth: (k: number) => 2 * k } as const;
 * assertEquals(refusedClaims({ ...kernel.traits, summation }), [
 *   "summation.depth(1) must be a whole number from 0 to 0; it is 2",
 * ]);
 * ```
 */
export function refusedClaims(traits: KernelTraits): string[] {
  const {
    accumulator,
    summation,
    activationUlp,
    activationAbsolute,
    gradientUlp,
    gradientAbsolute,
  } = traits;
  const coarse = ": sums, like inputs and outputs, are of float32 or better";
  const positions = [undefined, "after", "unrounded", "first"];
  const errors = activations.flatMap((name) => {
    const gradient = name === "softmax" ? {} : {
      ulp: gradientUlp?.[name],
      absolute: gradientAbsolute?.[name],
    };
    const absolute = activationAbsolute?.[name];
    return [
      wrongError(`activationUlp.${name}`, activationUlp?.[name], mostUlp),
      absolute === undefined
        ? null
        : wrongError(`activationAbsolute.${name}`, absolute, mostAbsolute),
      gradient.ulp === undefined ? null : wrongError(`gradientUlp.${name}`, gradient.ulp, mostUlp),
      gradient.absolute === undefined
        ? null
        : wrongError(`gradientAbsolute.${name}`, gradient.absolute, mostAbsolute),
    ];
  });
  const storing = traits.storedEvery !== undefined && accumulator !== "float64"
    ? "storedEvery says when a sum wider than float32 is rounded; the accumulator is float32"
    : wrongValue("storedEvery", traits.storedEvery, () => [1, Infinity]);
  const compensated = summation?.order === "compensated" && accumulator === "float64"
    ? "compensated sums are claimed of float32 accumulators; in float64 claim another order"
    : null;
  return [
    wrongChoice("accumulator", accumulator, ["float32", "float64"], coarse),
    wrongOrder(summation),
    compensated,
    storing,
    wrongChoice("fused", traits.fused, [true, false, "either"]),
    wrongChoice("rounding", traits.rounding, ["nearest", "either"]),
    wrongChoice("denormals", traits.denormals, ["kept", "flushed"]),
    wrongChoice("nan", traits.nan, ["propagates", "unspecified"]),
    wrongChoice("bias", traits.bias, positions),
    wrongChoice("accumulation", traits.accumulation, positions),
    ...errors,
  ].filter((problem) => problem !== null);
}
