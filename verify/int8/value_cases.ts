/**
 * Products with int8 weights of every size and of values in which a shortcut goes
 * wrong: sums that overflow 16 bits, 24 bits of a mantissa or nearly 32 bits,
 * halves, rows beside the epsilon, NaN and infinities, empty dimensions.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { type Case, type Effort, floats, shapedCase } from "../check.ts";
import { isJavaScript } from "../device.ts";
import { logUniform, remaindersFrom, sizesAround, thresholdsOf } from "../sizes/limits.ts";
import { runSized } from "../sizes/running.ts";
import { families, multipliers, oddNumbers, operandsOf, operandsOfFamily } from "./operands.ts";
import type { Int8Operands } from "./reference.ts";
import { int8Case, type Int8Kernel, isExact, name, otherActivations, runDense } from "./running.ts";

/** The most rows of an int8 weight that the contract takes. */
const mostRows = 133144;

/** How far sizes go. */
const limits: Readonly<
  Record<Effort, { readonly every: number; readonly long: number; readonly drawn: number }>
> = {
  smoke: { every: 40, long: 2 ** 10, drawn: 1 },
  quick: { every: 2 ** 10, long: 2 ** 16, drawn: 6 },
  full: { every: 2 ** 13, long: 2 ** 19, drawn: 40 },
};

function sized(suffix: string, shape: Dimensions): Case {
  return shapedCase(
    `${name}/size`,
    shape,
    suffix,
    ({ m, n, k }, kernel, random) => {
      // What a refusal says is another case's.
      const depth = Math.min(k, mostRows);
      const elements = Math.max(m * depth, depth * n, m * n);
      const whole = !isExact(kernel);
      return runSized(
        kernel,
        elements,
        () => runDense(kernel as Int8Kernel, operandsOf({ m, n, k: depth }, random, whole)),
      );
    },
  );
}

/** Each dimension across its thresholds while the others are small, long in one, and drawn. */
export function sizeCases(kernel: Kernel, effort: Effort, random: Random): Case[] {
  const { every, long, drawn } = limits[effort];
  const { traits } = kernel;
  const thresholds = thresholdsOf(traits);
  // Compiled code may take x in pieces of a million numbers and more, each thread its own.
  const rows = isJavaScript(traits) ? 131 : 547 * Math.min(traits.threads, 2);
  const sweep = (own: readonly number[]) => [
    ...new Set([...sizesAround(own, every), ...remaindersFrom(every + every / 8)]),
  ];
  const shapes: Dimensions[] = [
    ...sweep(thresholds.m).map((m, i) => ({ m, n: 1 + i % 5, k: 3 + i % 7 })),
    ...sweep(thresholds.n).map((n, i) => ({ m: 1 + i % 3, n, k: 1 + i % 6 })),
    ...sweep(thresholds.k).map((k, i) => ({ m: 1 + i % 4, n: 1 + i % 26, k })),
    { m: long + 3, n: 2, k: 5 },
    { m: 2, n: long + 5, k: 3 },
    { m: 1, n: 2, k: long + 1 },
    ...(effort === "smoke" ? [] : [{ m: rows, n: 1, k: 4099 }, { m: 65, n: 100, k: 259 }]),
    ...(effort === "full" ? [{ m: 257, n: 511, k: 1025 }] : []),
    ...Array.from({ length: drawn }, () => {
      const m = logUniform(1, long / 8, random);
      const n = logUniform(1, Math.max(1, long / m), random);
      return { m, n, k: logUniform(1, Math.max(1, 16 * long / (m * n)), random) };
    }),
    // Empty in each dimension, and in several.
    ...[[0, 3, 4], [3, 0, 4], [3, 4, 0], [0, 0, 5], [0, 5, 0], [5, 0, 0], [0, 0, 0], [40, 50, 0]]
      .map(([m, n, k]) => ({ m: m!, n: n!, k: k! })),
  ];
  return shapes.map((shape) => sized("real", shape));
}

type Make = (random: Random, whole: boolean) => Int8Operands;

function valueCase(what: string, make: Make, options?: Parameters<typeof runDense>[2]): Case {
  return int8Case(
    `values/${what}`,
    (kernel, random) => runDense(kernel, make(random, !isExact(kernel)), options),
  );
}

/** All numbers at the ends: products of one sign, of alternating ones, of random ones. */
function extremes(k: number): Make {
  return (random) => {
    const [m, n] = [4, 29];
    const x = new Float32Array(m * k).fill(127);
    x.fill(-127, k, 2 * k);
    for (let p = 1; p < k; p += 2) x[2 * k + p] = -127;
    for (let p = 0; p < k; p++) x[3 * k + p] = random.uniform() < 0.5 ? -127 : 127;
    const values = new Int8Array(k * n).fill(127);
    for (let p = 0; p < k; p++) {
      for (let j = 1; j < n; j += 3) values[p * n + j] = -127;
      for (let j = 2; j < n; j += 3) values[p * n + j] = p % 2 === 0 ? 127 : -127;
    }
    return operandsOf({ m, n, k }, random, true, { x, values });
  };
}

/** Sums beyond 2^24, of which each is rounded in its own way; of more rows than blocks have whose sums float32 holds. Some paths are for a bias alone, some for none. */
const longSums = (k: number, given: Partial<Int8Operands> = {}): Make => (random) => {
  const [m, n] = [3, 11];
  const near = (sign: number) => sign * random.between(100, 127);
  const x = Float32Array.from({ length: m * k }, (_, i) => i % k === 0 ? 127 : near(1));
  const values = Int8Array.from({ length: k * n }, (_, i) => near(i % n % 2 === 0 ? 1 : -1));
  return operandsOf({ m, n, k }, random, true, { x, values, ...given });
};

/** The longest sums, at the ends of 32 bits. */
const longest: Make = (random) => {
  const [m, n, k] = [2, 1, mostRows];
  const x = new Float32Array(m * k).fill(127);
  x.fill(-127, k);
  const values = new Int8Array(k * n).fill(127);
  return operandsOf({ m, n, k }, random, true, { x, values, bias: null });
};

/** One number of x picks one row of the weight, so that no sum hides where a number lies. */
const picking: Make = (random) => {
  const [n, k] = [27, 37];
  const x = new Float32Array(k * k);
  for (let i = 0; i < k; i++) x[i * k + i] = i % 2 === 0 ? 127 : -127;
  const scale = Float32Array.from({ length: n }, (_, j) => 2 ** (j - 10));
  return operandsOf({ m: k, n, k }, random, true, { x, scale, bias: null });
};

const oddMultipliers: Make = (random) => {
  const n = oddNumbers.length;
  return operandsOf({ m: 4, n, k: 21 }, random, false, { scale: Float32Array.from(oddNumbers) });
};

const oddBiases: Make = (random) => {
  const n = oddNumbers.length;
  return operandsOf({ m: 4, n, k: 21 }, random, false, { bias: Float32Array.from(oddNumbers) });
};

/** Multipliers so large or small that their product with a row's leaves float32's range. */
const rangeOfMultipliers: Make = (random) => {
  const n = 12;
  const scale = Float32Array.from(
    { length: n },
    (_, j) => (1 + random.uniform()) * 2 ** (j % 2 === 0 ? 95 + 3 * j : -60 - 5 * j),
  );
  const x = floats(3 * 20, -1, 1, random);
  return operandsOf({ m: 3, n, k: 20 }, random, false, { scale, x });
};

/** Products of multipliers that are subnormal, and quotients that are. */
const subnormal: Make = (random) => {
  const [m, k] = [3, 3];
  const scale = Float32Array.of(2 ** 127, 1.5 * 2 ** 126, 2 ** -127, 1.5 * 2 ** -128);
  const n = scale.length;
  const rows = Array.from({ length: m }, (_, row) => [row % 2 ? -127 : 127, 1, 1 + row]);
  // A sum of 1 each, in which the largest of a row has no part.
  const values = Int8Array.from({ length: k * n }, (_, i) => Math.floor(i / n));
  values.fill(0, 2 * n);
  return operandsOf({ m, n, k }, random, true, {
    x: Float32Array.from(rows.flat()),
    values,
    scale,
    bias: null,
  });
};

/** Values, activations and ranks. */
export function valueCases({ traits }: Kernel, effort: Effort): Case[] {
  const exact = traits.rounding === "nearest";
  const nan = traits.nan === "propagates";
  const kept = traits.denormals === "kept";
  const has = { nan, denormals: kept };
  const depths = effort === "smoke" ? [1, 7, 50] : [1, 2, 5, 16, 17, 50, 133, 1100];
  return [
    ...[2, 133, 2003].map((k) => valueCase(`extremes/${k}`, extremes(k))),
    valueCase("long-sums", longSums(2003)),
    valueCase("longer-sums", longSums(9001, { bias: null })),
    valueCase("longest", longest),
    valueCase("picking", picking),
    ...(exact
      ? Object.entries(families).filter(([, { needs }]) => !needs || has[needs]).flatMap((
        [family],
      ) =>
        depths.map((k) =>
          valueCase(`${family}/${k}`, (random) => operandsOfFamily(family, 1 + k % 27, k, random))
        )
      )
      : []),
    ...(exact && nan && kept
      ? [valueCase("odd-multipliers", oddMultipliers), valueCase("odd-biases", oddBiases)]
      : []),
    ...(exact && kept
      ? [
        valueCase("range-of-multipliers", rangeOfMultipliers),
        valueCase("subnormal-results", subnormal),
      ]
      : []),
    ...otherActivations.map((activation) =>
      valueCase(
        `activation/${activation}`,
        (random, whole) =>
          operandsOf({ m: 5, n: 26, k: 19 }, random, whole, {
            // Quotients of some units, where activations bend.
            scale: multipliers(26, random).map((value) => 50 + value % 100),
            bias: floats(26, -2, 2, random),
            ...(whole ? {} : { x: floats(5 * 19, -3, 3, random) }),
          }),
        { activation },
      )
    ),
    valueCase("rank/one", (random, whole) => operandsOf({ m: 1, n: 5, k: 9 }, random, whole), {
      shape: [9],
    }),
    valueCase("rank/three", (random, whole) => operandsOf({ m: 6, n: 5, k: 9 }, random, whole), {
      shape: [2, 3, 9],
    }),
    valueCase(
      "equal-weights",
      (random, whole) =>
        operandsOf({ m: 3, n: 25, k: 40 }, random, whole, {
          values: new Int8Array(1000).fill(-127),
        }),
    ),
    valueCase(
      "zero-weights",
      (random, whole) =>
        operandsOf({ m: 3, n: 25, k: 40 }, random, whole, { values: new Int8Array(1000) }),
    ),
  ];
}
