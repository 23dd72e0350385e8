/**
 * Sequences in which a tensor is used, changed, and used again: in every place
 * that a call has for an input, and by every call that can change it. Whatever a
 * kernel keeps of an operand (a packed weight, a transposed or padded copy, an
 * upload) is stale after one of them.
 *
 * @module
 */
import { type Random, shuffle } from "../../common/random.ts";
import type { Operation, Plan, Slot, Step } from "./plan.ts";

/** The tensors, by their slots: `matrix` and `vector` are the ones that are reused. */
const slot = {
  matrix: 0,
  matrix2: 1,
  a: 2,
  b: 3,
  few: 4,
  vector: 5,
  vector2: 6,
  c: 7,
  out: 8,
  other: 9,
  fewOut: 10,
  vectorOut: 11,
} as const;

/** As many axes of the length d, or of m rows and d columns, as each slot has. */
const axes: Readonly<Record<keyof typeof slot, readonly (readonly number[])[]>> = {
  matrix: [[2], [2]],
  matrix2: [[2], [2]],
  a: [[2], [2]],
  b: [[2], [2]],
  few: [[1], [2]],
  vector: [[2]],
  vector2: [[2]],
  c: [[2]],
  out: [[2], [2]],
  other: [[2], [2]],
  fewOut: [[1], [2]],
  vectorOut: [[2]],
};

const plain = { transposeA: false, transposeB: false, accumulate: false } as const;
const linear = { activation: "linear", z: null } as const;

/** How a tensor t is used as an input. */
type Use = (t: number) => Operation;

const matrixUses: Readonly<Record<string, Use>> = {
  "dense-x": (x) => ({ call: "dense", x, weight: slot.b, bias: slot.c, y: slot.out, ...linear }),
  "dense-weight": (weight) => ({
    call: "dense",
    x: slot.few,
    weight,
    bias: slot.c,
    y: slot.fewOut,
    ...linear,
  }),
  "matmul-a": (a) => ({ call: "matmul", a, b: slot.b, out: slot.out, ...plain }),
  "matmul-at": (a) => ({
    call: "matmul",
    a,
    b: slot.b,
    out: slot.out,
    ...plain,
    transposeA: true,
  }),
  "matmul-b": (b) => ({ call: "matmul", a: slot.few, b, out: slot.fewOut, ...plain }),
  "matmul-bt": (b) => ({
    call: "matmul",
    a: slot.few,
    b,
    out: slot.fewOut,
    ...plain,
    transposeB: true,
  }),
  "sum-rows": (a) => ({ call: "sumRows", a, out: slot.vectorOut, accumulate: false }),
  activate: (z) => ({ call: "activate", activation: "relu", z, y: slot.out }),
  gradient: (dy) => ({
    call: "gradient",
    activation: "relu",
    z: slot.a,
    y: slot.other,
    dy,
    dz: slot.out,
    withZ: false,
  }),
  "matmul-added": (out) => ({
    call: "matmul",
    a: slot.a,
    b: slot.b,
    out,
    ...plain,
    accumulate: true,
  }),
};

const vectorUses: Readonly<Record<string, Use>> = {
  "dense-bias": (bias) => ({
    call: "dense",
    x: slot.few,
    weight: slot.b,
    bias,
    y: slot.fewOut,
    ...linear,
  }),
  "matmul-row": (a) => ({ call: "matmul", a, b: slot.b, out: slot.vectorOut, ...plain }),
  "sum-rows-added": (out) => ({ call: "sumRows", a: slot.b, out, accumulate: true }),
};

/** How a tensor t, with as many rows as `like`, is changed, between uses of it. */
type Change = (t: number, like: number, random: Random, use: Operation) => Step[];

const changes: Readonly<Record<string, Change>> = {
  write: (to, _, random) => [{ call: "write", to, seed: random.integer(), excess: 0 }],
  // What is known by a few of its elements, or by their sum of magnitudes, is taken for the same.
  "write-one": (to, _, random, use) => {
    const seed = random.integer();
    return [
      { call: "write", to, seed, excess: 0 },
      use,
      use,
      { call: "write", to, seed, excess: 0, changed: random.integer() },
    ];
  },
  create: (t, _, random) => [
    { call: "create", slot: t, seed: random.integer(), filled: true, excess: 0 },
  ],
  "dense-y": (y, x) => [{ call: "dense", x, weight: slot.b, bias: slot.c, y, ...linear }],
  "dense-z": (z, x) => [
    {
      call: "dense",
      x,
      weight: slot.b,
      bias: null,
      activation: "relu",
      y: x === slot.c ? slot.vectorOut : slot.other,
      z,
    },
  ],
  matmul: (out, a) => [{ call: "matmul", a, b: slot.b, out, ...plain }],
  accumulate: (out, a) => [{ call: "matmul", a, b: slot.b, out, ...plain, accumulate: true }],
  activate: (y, z) => [{ call: "activate", activation: "relu", z, y }],
  gradient: (dz, dy) => [{
    call: "gradient",
    activation: "relu",
    z: dy === slot.c ? slot.vector2 : slot.matrix2,
    y: dy === slot.c ? slot.vectorOut : slot.other,
    dy,
    dz,
    withZ: false,
  }],
};

const vectorChanges: Readonly<Record<string, Change>> = {
  ...changes,
  "sum-rows": (out) => [{ call: "sumRows", a: slot.b, out, accumulate: false }],
  "sum-rows-accumulate": (out) => [{ call: "sumRows", a: slot.b, out, accumulate: true }],
};

/** The names of the places in which a tensor is reused. */
export const uses: readonly string[] = [...Object.keys(matrixUses), ...Object.keys(vectorUses)];

/** A sequence that reuses a tensor in one place, with lengths m of the batch and d of all else. */
export function drawReuse(
  place: string,
  { m, d }: { readonly m: number; readonly d: number },
  random: Random,
): Plan {
  const onMatrix = Object.hasOwn(matrixUses, place);
  const uses = onMatrix ? matrixUses : vectorUses;
  const use = uses[place]!;
  const others = shuffle(Object.values(uses).filter((other) => other !== use), random);
  const [t, another, like] = onMatrix
    ? [slot.matrix, slot.matrix2, slot.a] as const
    : [slot.vector, slot.vector2, slot.c] as const;
  const ways = shuffle(Object.values(onMatrix ? changes : vectorChanges), random);
  const steps = ways.flatMap((change, i): Step[] => {
    const once = use(t);
    const read: Step = { call: "read", slot: outputOf(once) };
    const times = random.between(1, 4);
    const elsewhere = others[i % others.length]!(t);
    return [
      ...Array.from({ length: times }, () => once),
      ...(random.uniform() < 0.5 ? [read] : []),
      // Another tensor of its shape in its place, between.
      ...(random.uniform() < 0.5 ? [use(another)] : []),
      // The same tensor in another place: what is kept for one may be taken for the other's.
      elsewhere,
      { call: "read", slot: outputOf(elsewhere) },
      ...change(t, like, random, once),
      once,
      read,
      ...(random.uniform() < 0.3 ? [{ call: "wait" } as const] : []),
      once,
      read,
    ];
  });
  const slots = Object.values(axes).map((each): Slot => ({
    owner: "kernel",
    axes: each,
    filled: true,
  }));
  return { data: "integers", lengths: [1, m, d], slots, steps };
}

/** Sequences in all places, one after the other, on the same tensors. */
export function drawAllReuse(
  size: { readonly m: number; readonly d: number },
  random: Random,
): Plan {
  const plans = shuffle([...uses], random).map((place) => drawReuse(place, size, random));
  return { ...plans[0]!, steps: plans.flatMap(({ steps }) => steps) };
}

/** The names by which steps have slots. */
const slotNames: ReadonlySet<string> = new Set(
  ["x", "weight", "bias", "y", "z", "a", "b", "out", "dy", "dz", "to", "slot"],
);

/** The same step of other tensors, with other data. */
export function moved(step: Step, by: number, random: Random): Step {
  const fields = Object.entries(step).map(([name, value]) => [
    name,
    name === "seed"
      ? random.integer()
      : slotNames.has(name) && typeof value === "number"
      ? value + by
      : value,
  ]);
  return Object.fromEntries(fields) as Step;
}

/**
 * The same calls on two kernels in turn, on tensors of the same shapes, made in
 * the same order, with other data: what is known by anything but the tensor
 * itself is then taken for the other kernel's.
 */
export function drawAlternating(
  size: { readonly m: number; readonly d: number },
  random: Random,
): Plan {
  const plan = drawAllReuse(size, random);
  const { slots } = plan;
  return {
    ...plan,
    fresh: true,
    slots: [...slots, ...slots.map((slot): Slot => ({ ...slot, owner: "second" }))],
    steps: plan.steps.flatMap((step) => [step, moved(step, slots.length, random)]),
  };
}

function outputOf(step: Operation): number {
  return step.call === "gradient" ? step.dz : "y" in step ? step.y : step.out;
}
