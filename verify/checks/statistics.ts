/**
 * Statistical tier: how far sums of random numbers are off, in units of what
 * roundings that are independent of each other would add up to (Higham & Mary,
 * SISC 2019). What is unusual proves no bug and is a warning. Only this tier sees
 * an accuracy that became worse within its bound.
 *
 * @module
 */
import { formatNumber } from "../../common/numbers.ts";
import { createRandom, seedOf } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import { ulpBins } from "../../results/verification/schema.ts";
import { baselineOf, drift } from "../baseline.ts";
import { depthOf, productBound, u32 } from "../bounds.ts";
import { type Case, type Check, floats, Workspace } from "../check.ts";
import { compareBounded } from "../compare.ts";
import { formatDimensions } from "../dimensions.ts";
import { ulpDistance } from "../float32.ts";
import { referenceProduct } from "../reference.ts";

const name = "statistics";

/** Beyond so many standard units, random sums are unusual. */
const unusual = 4;

const families = { uniform: -1, positive: 0 } as const;

/** The index in `ulpBins` of a distance. */
function binOf(distance: number): number {
  let bin = ulpBins.length - 1;
  while (bin > 0 && !(distance >= ulpBins[bin]!)) bin--;
  return bin;
}

function growthCase(family: keyof typeof families, shape: Dimensions): Case {
  const { m, n, k } = shape;
  return {
    id: `${name}/${family}/${formatDimensions(shape)}`,
    run: async (kernel) => {
      const { traits } = kernel;
      // The same data whatever the seed, since errors are compared with the baseline.
      const random = createRandom(seedOf(`${family} ${k}`));
      const x = floats(m * k, families[family], 1, random);
      const weight = floats(k * n, families[family], 1, random);
      const { value, gauge } = referenceProduct(shape, x, weight);
      using space = new Workspace(kernel);
      const y = space.output([m, n]);
      kernel.dense(space.tensor([m, k], x), space.tensor([k, n], weight), null, "linear", y);
      const got = await y.read();
      const depth = depthOf(traits.summation, k);
      const ulpHistogram = ulpBins.map(() => 0);
      const boundOf = (i: number) =>
        productBound(traits, k, { value: value[i]!, gauge: gauge[i]! });
      let [rho, units] = [0, 0];
      for (const [i, want] of value.entries()) {
        const error = Math.abs(got[i]! - want);
        rho = Math.max(rho, error / boundOf(i));
        units = Math.max(units, error / (u32 * gauge[i]!));
        ulpHistogram[binOf(ulpDistance(got[i]!, want))]!++;
      }
      const lambda = units / Math.sqrt(depth);
      const before = baselineOf(traits, family, k);
      const warning = traits.rounding === "nearest" && lambda > unusual
        ? `random sums of ${k} are off by ${
          formatNumber(lambda)
        } standard units, where ${unusual} are unusual: roundings are biased or coarser than claimed; see how errors grow in verify.html`
        : before !== null && units > drift * before
        ? `random sums of ${k} are off by ${
          formatNumber(units)
        } u, where the baseline of this order has ${
          formatNumber(before)
        }: sums became less precise; if that is intended, record it by --write-baseline`
        : null;
      const { problem } = compareBounded("y", got, value, boundOf, n);
      const measures = { growth: { family, k, rho, lambda, units, depth }, ulpHistogram };
      return { worst: rho, problem, warning, measures };
    },
  };
}

/** The check. */
export const statistics: Check = {
  name,
  description: "errors of random sums are about as large as independent roundings would make them",
  cases: (_kernel, { effort }) => {
    const depths = effort === "smoke"
      ? [400]
      : [16, 64, 256, 1024, 4096, ...(effort === "full" ? [16_384] : [])];
    return Object.keys(families).flatMap((family) =>
      depths.map((k) => growthCase(family as keyof typeof families, { m: 12, n: 16, k }))
    );
  },
};
