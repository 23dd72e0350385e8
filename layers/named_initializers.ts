/**
 * The initializers of Keras 3 by name, with their arguments: constants, uniform,
 * normal and truncated normal numbers, those scaled by the fans (Glorot & Bengio,
 * AISTATS 2010; He et al., ICCV 2015; LeCun et al. 1998), identity and orthogonal
 * matrices. The numbers come from the generator of this project, as each of
 * Keras's backends has its own.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { describe } from "../common/describe.ts";
import { createRandom, normal, type Random } from "../common/random.ts";
import { formatShape } from "../kernels/checks.ts";
import { fillOrthogonal } from "./orthogonal.ts";

/** What an initializer may depend on. */
export interface Fill {
  readonly shape: readonly number[];
  readonly seed: number;
}

/** An initializer: its arguments with their defaults, and how it fills a weight. */
export interface Definition {
  /** Its class in Keras. */
  readonly className: string;
  /** The defaults of its arguments, in Keras's order. */
  readonly defaults: Readonly<Record<string, number | string>>;
  /** Whether it is random, and so has a seed. */
  readonly random: boolean;
  readonly fill: (values: Float32Array, how: Fill, given: Values) => void;
}

/** Arguments, all there. */
type Values = Readonly<Record<string, number | string>>;

/** A normal number within two deviations: others are drawn again, as Keras does it. */
function truncatedNormal(random: Random): number {
  for (;;) {
    const value = normal(random);
    if (Math.abs(value) <= 2) return value;
  }
}

/** The deviation of a normal number within ±2. */
const deviationWithinTwo = 0.87962566103423978;

const number = (value: number | string | undefined): number => Number(value);

/** Inputs and outputs of a weight, as Keras counts them. */
function fansOf(
  shape: readonly number[],
): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length === 1) return { fanIn: shape[0]!, fanOut: shape[0]! };
  const field = shape.slice(0, -2).reduce((product, axis) => product * axis, 1);
  return { fanIn: shape.at(-2)! * field, fanOut: shape.at(-1)! * field };
}

function fillScaled(
  values: Float32Array,
  { shape, seed }: Fill,
  scale: number,
  mode: string,
  distribution: string,
): void {
  const { fanIn, fanOut } = fansOf(shape);
  const fan = mode === "fan_in" ? fanIn : mode === "fan_out" ? fanOut : (fanIn + fanOut) / 2;
  const variance = scale / Math.max(1, fan);
  const random = createRandom(seed);
  if (distribution === "uniform") {
    // Of fan_avg it is √(6/(in + out)), in one division.
    const limit = mode === "fan_avg"
      ? Math.sqrt(6 * scale / Math.max(2, fanIn + fanOut))
      : Math.sqrt(3 * variance);
    for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * limit;
  } else if (distribution === "untruncated_normal") {
    const deviation = Math.sqrt(variance);
    for (let i = 0; i < values.length; i++) values[i] = deviation * normal(random);
  } else {
    const deviation = Math.sqrt(variance) / deviationWithinTwo;
    for (let i = 0; i < values.length; i++) values[i] = deviation * truncatedNormal(random);
  }
}

const scaled = (
  className: string,
  scale: number,
  mode: string,
  distribution: string,
): Definition => ({
  className,
  defaults: {},
  random: true,
  fill: (values, how) => fillScaled(values, how, scale, mode, distribution),
});

const simple = (
  className: string,
  defaults: Definition["defaults"],
  fill: Definition["fill"],
): Definition => ({ className, defaults, random: false, fill });

const random = (
  className: string,
  defaults: Definition["defaults"],
  next: (given: Values) => (random: Random) => number,
): Definition => ({
  className,
  defaults,
  random: true,
  fill: (values, { seed }, given) => {
    const source = createRandom(seed);
    const draw = next(given);
    for (let i = 0; i < values.length; i++) values[i] = draw(source);
  },
});

const affine =
  (draw: (random: Random) => number) => ({ mean, stddev }: Values): (random: Random) => number => {
    const [centre, deviation] = [number(mean), number(stddev)];
    return (source: Random) => centre + deviation * draw(source);
  };

/** The matrix that a weight is for `identity` and `orthogonal`: Keras sees all axes but the last as rows. */
function matrixFor(name: string, shape: readonly number[], exact: boolean) {
  if (shape.length < 2 || exact && shape.length !== 2) {
    throw new ShapeError(
      `the initializer ${name} needs ${exact ? "two axes" : "at least two axes"}; got the shape ${
        formatShape(shape)
      }`,
    );
  }
  const columns = shape.at(-1)!;
  return { rows: shape.slice(0, -1).reduce((product, axis) => product * axis, 1), columns };
}

/** The name of an initializer, which is Keras's. */
export type InitializerName =
  | "glorot_uniform"
  | "glorot_normal"
  | "he_uniform"
  | "he_normal"
  | "lecun_uniform"
  | "lecun_normal"
  | "variance_scaling"
  | "zeros"
  | "ones"
  | "constant"
  | "identity"
  | "random_uniform"
  | "random_normal"
  | "truncated_normal"
  | "orthogonal";

/** All initializers, by Keras's names. */
export const definitions: Readonly<Record<InitializerName, Definition>> = {
  glorot_uniform: scaled("GlorotUniform", 1, "fan_avg", "uniform"),
  glorot_normal: scaled("GlorotNormal", 1, "fan_avg", "truncated_normal"),
  he_uniform: scaled("HeUniform", 2, "fan_in", "uniform"),
  he_normal: scaled("HeNormal", 2, "fan_in", "truncated_normal"),
  lecun_uniform: scaled("LecunUniform", 1, "fan_in", "uniform"),
  lecun_normal: scaled("LecunNormal", 1, "fan_in", "truncated_normal"),
  variance_scaling: {
    className: "VarianceScaling",
    defaults: { scale: 1, mode: "fan_in", distribution: "truncated_normal" },
    random: true,
    fill: (values, how, { scale, mode, distribution }) =>
      fillScaled(values, how, number(scale), `${mode}`, `${distribution}`),
  },
  zeros: simple("Zeros", {}, () => {}),
  ones: simple("Ones", {}, (values) => void values.fill(1)),
  constant: simple(
    "Constant",
    { value: 0 },
    (values, _, { value }) => void values.fill(number(value)),
  ),
  identity: simple("Identity", { gain: 1 }, (values, { shape }, { gain }) => {
    const { rows, columns } = matrixFor("identity", shape, true);
    for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = number(gain);
  }),
  random_uniform: random(
    "RandomUniform",
    { minval: -0.05, maxval: 0.05 },
    ({ minval, maxval }) => {
      const [low, high] = [number(minval), number(maxval)];
      return (source) => low + (high - low) * source.uniform();
    },
  ),
  random_normal: random("RandomNormal", { mean: 0, stddev: 0.05 }, affine(normal)),
  truncated_normal: random("TruncatedNormal", { mean: 0, stddev: 0.05 }, affine(truncatedNormal)),
  orthogonal: {
    className: "Orthogonal",
    defaults: { gain: 1 },
    random: true,
    fill: (values, { shape, seed }, { gain }) => {
      const { rows, columns } = matrixFor("orthogonal", shape, false);
      fillOrthogonal(values, rows, columns, number(gain), createRandom(seed));
    },
  },
};

/** Keras's other names. */
export const aliases: Readonly<Record<string, InitializerName>> = {
  zero: "zeros",
  one: "ones",
  normal: "random_normal",
  uniform: "random_uniform",
  IdentityInitializer: "identity",
  OrthogonalInitializer: "orthogonal",
  ...Object.fromEntries(
    Object.entries(definitions).map(([name, { className }]) => [className, name]),
  ),
};

/**
 * Keras's checks of variance_scaling.
 *
 * @returns The distribution, by its full name.
 * @throws {ArgumentError} where an argument is not allowed.
 */
export function checkScaling({ scale, mode, distribution }: Values): string {
  if (!(number(scale) > 0)) {
    throw new ArgumentError(
      `Argument \`scale\` must be positive float. Received: scale=${describe(scale)}`,
    );
  }
  if (!["fan_in", "fan_out", "fan_avg"].includes(`${mode}`)) {
    throw new ArgumentError(
      `Invalid \`mode\` argument: ${describe(mode)}. Please use one of fan_in, fan_out, fan_avg`,
    );
  }
  const name = `${distribution}`.toLowerCase();
  const full = name === "normal" ? "truncated_normal" : name;
  if (!["uniform", "truncated_normal", "untruncated_normal"].includes(full)) {
    throw new ArgumentError(
      `Invalid \`distribution\` argument: ${
        describe(distribution)
      }. Please use one of uniform, truncated_normal, untruncated_normal, normal`,
    );
  }
  return full;
}
