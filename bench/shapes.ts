/**
 * Workloads of one's own from a line of text: shapes, `128x512x784:relu`, in
 * the order m x n x k of the tables, and sweeps of their dimensions,
 * `m=1..256`. Equal texts make equal names, so that runs can be compared.
 *
 * @module
 */
import { UsageError } from "../common/command.ts";
import { formatWhole } from "../common/numbers.ts";
import { quote } from "../common/text.ts";
import { activations, isActivation } from "../kernels/activation.ts";
import type { Workload } from "./workload.ts";

/** The largest dimension: the inputs of longer sums would be too few whole numbers to tell an error. */
const mostOfDimension = 2 ** 20;
// 512 MiB, as of a model's weights: every kernel has a copy, and most a packed one too.
const mostNumbers = 2 ** 27;
/** The most workloads of a command. */
const mostWorkloads = 256;

const dimensions = ["m", "n", "k"] as const;
type Dimension = typeof dimensions[number];

/** The values that a sweep gives one dimension. */
export interface Sweep {
  readonly dimension: Dimension;
  readonly values: readonly number[];
}

const range = `from 1 to ${formatWhole(mostOfDimension)}`;

/** A whole number in range from digits; null where it is none. */
function dimensionOf(text: string): number | null {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  return number >= 1 && number <= mostOfDimension ? number : null;
}

/** A layer by its shape alone, with a bias; named after both. */
function shapeWorkload(
  { m, n, k, activation }: Pick<Workload, Dimension | "activation">,
): Workload {
  for (const [what, size] of [["x", m * k], ["w", k * n], ["y", m * n]] as const) {
    if (size <= mostNumbers) continue;
    throw new UsageError(
      `--shape ${m}x${n}x${k}: ${what} has ${formatWhole(size)} numbers; at most ${
        formatWhole(mostNumbers)
      }`,
    );
  }
  const suffix = activation === "linear" ? "" : `-${activation}`;
  return {
    name: `${m}x${n}x${k}${suffix}`,
    description: `a shape of your own: ${m} rows, ${n} units, ${k} inputs`,
    m,
    n,
    k,
    activation,
    useBias: true,
  };
}

/**
 * The layers of `--shape`: rows x units x inputs, with an activation behind a
 * colon where it is not linear; several are separated by commas.
 *
 * @throws {UsageError} that says what is allowed.
 *
 * @example
 * ```ts
 * import { parseShapes } from "./shapes.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const shapes = parseShapes("128x512x784:relu, 1x10x512");
 * assertEquals(shapes.map(({ name }) => name), ["128x512x784-relu", "1x10x512"]);
 * assertEquals([shapes[0]?.m, shapes[0]?.n, shapes[0]?.k], [128, 512, 784]);
 * ```
 */
export function parseShapes(text: string): Workload[] {
  return withoutRepeats(
    text.split(",").map((part) => {
      const [, sizes = "", activation = "linear"] = /^([^:]*)(?::(.*))?$/s.exec(part.trim()) ?? [];
      const [m, n, k, ...more] = sizes.split(/\s*[x×]\s*/i).map(dimensionOf);
      if (!m || !n || !k || more.length > 0) {
        throw new UsageError(
          `--shape must be rows x units x inputs, whole numbers ${range}, as in 128x512x784:relu; got ${
            quote(part.trim())
          }`,
        );
      }
      if (!isActivation(activation)) {
        throw new UsageError(
          `--shape has the unknown activation ${quote(activation)}; there are ${
            activations.join(", ")
          }`,
        );
      }
      return shapeWorkload({ m, n, k, activation });
    }),
  );
}

/**
 * The sweeps of `--sweep`: `m=1..256` doubles from the first value as long as
 * it is not above the last; `m=64..512:64` adds 64 each time.
 *
 * @throws {UsageError} that says what is allowed.
 *
 * @example
 * ```ts
 * import { parseSweeps } from "./shapes.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [doubled, stepped] = parseSweeps("m=1..20,n=64..256:64");
 * assertEquals(doubled, { dimension: "m", values: [1, 2, 4, 8, 16] });
 * assertEquals(stepped, { dimension: "n", values: [64, 128, 192, 256] });
 * ```
 */
export function parseSweeps(text: string): Sweep[] {
  const sweeps = text.split(",").map((part): Sweep => {
    const [, name, from = "", to = "", by] =
      /^\s*([a-z]+)\s*=\s*(\w+)\s*\.\.\s*(\w+)\s*(?::\s*(\w+)\s*)?$/i.exec(part) ?? [];
    const dimension = dimensions.find((one) => one === name);
    const [low, high] = [dimensionOf(from), dimensionOf(to)];
    const step = by === undefined ? null : dimensionOf(by);
    if (!dimension || low === null || high === null || (by !== undefined && step === null)) {
      throw new UsageError(
        `--sweep must be m, n or k from one whole number to another, ${range}, as in m=1..256 (doubled) or m=64..512:64 (in steps of 64); got ${
          quote(part.trim())
        }`,
      );
    }
    if (low > high) {
      throw new UsageError(
        `--sweep must go from the lower number to the higher, ${dimension}=${high}..${low}; got ${
          quote(part.trim())
        }`,
      );
    }
    return { dimension, values: valuesBetween(low, high, step) };
  });
  for (const [i, { dimension }] of sweeps.entries()) {
    if (sweeps.findIndex((other) => other.dimension === dimension) < i) {
      throw new UsageError(`--sweep gives ${dimension} twice`);
    }
  }
  return sweeps;
}

function valuesBetween(low: number, high: number, step: number | null): number[] {
  const values: number[] = [];
  // One more than are allowed is enough to see that they are too many.
  for (let value = low; value <= high && values.length <= mostWorkloads;) {
    values.push(value);
    value = step === null ? 2 * value : value + step;
  }
  return values;
}

/**
 * The shapes with every combination of the swept dimensions in place of their own.
 *
 * @throws {UsageError} where they are too many, or one is too large.
 */
export function sweepShapes(shapes: readonly Workload[], sweeps: readonly Sweep[]): Workload[] {
  const number = sweeps.reduce((product, { values }) => product * values.length, shapes.length);
  if (number > mostWorkloads) {
    throw new UsageError(
      `${
        formatWhole(number)
      } workloads are too many, at most ${mostWorkloads}; consider larger steps or a smaller range`,
    );
  }
  let swept = [...shapes];
  for (const { dimension, values } of sweeps) {
    swept = swept.flatMap((shape) => values.map((value) => ({ ...shape, [dimension]: value })));
  }
  return withoutRepeats(swept.map(shapeWorkload));
}

/** The first of those that are equal, by name. */
function withoutRepeats(workloads: readonly Workload[]): Workload[] {
  return [...new Map(workloads.map((workload) => [workload.name, workload])).values()];
}
