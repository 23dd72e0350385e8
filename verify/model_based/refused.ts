/**
 * Sequences in which each operand of a call in turn does not fit: disposed, of
 * another kernel, of another length in an axis, transposed, or the same tensor as
 * another operand, with all optional operands given or none. What a refused call leaves
 * behind is read after each.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import type { Random } from "../../common/random.ts";
import { inputsOf, type Operation, outputsOf, type Plan, type Slot, type Step } from "./plan.ts";
import { moved } from "./reuse.ts";

type Axes = readonly (readonly number[])[];

/** The call with its operands at slots from 0 on, and their axes: 1 and 2 are rows, 3 columns. */
interface Base {
  readonly step: Operation;
  readonly axes: readonly Axes[];
}

const wide: Axes = [[1], [3]];

const bases: Readonly<Record<string, Base>> = {
  dense: {
    step: { call: "dense", x: 0, weight: 1, bias: 2, activation: "relu", y: 3, z: 4 },
    axes: [[[1], [2]], [[2], [3]], [[3]], wide, wide],
  },
  // What kernels have a faster way for.
  "dense-plain": {
    step: { call: "dense", x: 0, weight: 1, bias: 2, activation: "linear", y: 3, z: null },
    axes: [[[1], [2]], [[2], [3]], [[3]], wide],
  },
  "dense-without-bias": {
    step: { call: "dense", x: 0, weight: 1, bias: null, activation: "relu", y: 2, z: null },
    axes: [[[1], [2]], [[2], [3]], wide],
  },
  // A vector is a matrix of one row, so that y may have the shape of the bias.
  "dense-of-vector": {
    step: { call: "dense", x: 0, weight: 1, bias: 2, activation: "relu", y: 3, z: 4 },
    axes: [[[2]], [[2], [3]], [[3]], [[3]], [[3]]],
  },
  "dense-plain-of-vector": {
    step: { call: "dense", x: 0, weight: 1, bias: 2, activation: "tanh", y: 3, z: null },
    axes: [[[2]], [[2], [3]], [[3]], [[3]]],
  },
  matmul: {
    step: {
      call: "matmul",
      a: 0,
      b: 1,
      out: 2,
      transposeA: true,
      transposeB: false,
      accumulate: false,
    },
    axes: [[[2], [1]], [[2], [3]], wide],
  },
  "matmul-added": {
    step: {
      call: "matmul",
      a: 0,
      b: 1,
      out: 2,
      transposeA: false,
      transposeB: true,
      accumulate: true,
    },
    axes: [[[1], [2]], [[3], [2]], wide],
  },
  activate: {
    step: { call: "activate", activation: "relu", z: 0, y: 1 },
    axes: [wide, wide],
  },
  gradient: {
    step: { call: "gradient", activation: "relu", z: 0, y: 1, dy: 2, dz: 3, withZ: true },
    axes: [wide, wide, wide, wide],
  },
  "sum-rows": {
    step: { call: "sumRows", a: 0, out: 1, accumulate: true },
    axes: [wide, [[3]]],
  },
};

/** The names of the calls. */
export const refusable: readonly string[] = Object.keys(bases);

/** The lengths: of 1, rows, what is summed over, columns, and what fits nowhere. */
const lengths = [1, 2, 3, 4, 5];

/** The axes with each in turn of every other length, what fits nowhere first, and the other way round. */
function misshapen(own: Axes): Axes[] {
  const others = [4, 0, 1, 2, 3];
  return [
    ...own.flatMap((_, at) =>
      others.map((length) => own.with(at, [length])).filter((axes) => axes[at]![0] !== own[at]![0])
    ),
    ...own.length > 1 ? [own.toReversed()] : [],
  ];
}

/** The operands of a call by name, those alone that it has, with their slots. */
function rolesOf(step: Operation): [string, number][] {
  return Object.entries({ ...inputsOf(step), ...outputsOf(step) })
    .filter((role): role is [string, number] => role[1] !== null);
}

/** A sequence of refused calls of one operation. */
export function drawRefused(operation: string, random: Random): Plan {
  const { step, axes } = bases[operation]!;
  const slots: Slot[] = axes.map((each) => ({ owner: "kernel", axes: each, filled: true }));
  const add = (slot: Slot): number => slots.push(slot) - 1;
  const roles = rolesOf(step);
  const outputs = Object.values(outputsOf(step));
  const steps: Step[] = [step];
  const spoil = (spoiled: Operation) => {
    steps.push(spoiled);
    for (const slot of outputs) steps.push({ call: "read", slot });
  };
  for (const [role, slot] of roles) {
    const own = axes[slot]!;
    const gone = add({ owner: "kernel", axes: own, filled: true });
    steps.push({ call: "dispose", slot: gone });
    const others = [
      gone,
      add({ owner: "foreign", axes: own, filled: true }),
      ...misshapen(own).map((axes) => add({ owner: "kernel", axes, filled: true })),
      ...roles.map(([, other]) => other).filter((other) => other !== slot),
    ];
    for (const other of others) spoil({ ...step, [role]: other });
    steps.push(
      { call: "read", slot: gone },
      { call: "write", to: gone, seed: random.integer(), excess: 0 },
      { call: "dispose", slot: gone },
      { call: "write", to: slot, seed: random.integer(), excess: 1 },
      { call: "write", to: slot, seed: random.integer(), excess: -1 },
      { call: "create", slot: gone, seed: random.integer(), filled: true, excess: 1 },
      { call: "create", slot: gone, seed: random.integer(), filled: true, excess: 0 },
    );
  }
  if ("activation" in step) {
    for (const unknown of ["swish2", "toString", ""]) {
      spoil({ ...step, activation: unknown as Activation });
    }
  }
  if (step.call === "gradient") spoil({ ...step, activation: "gelu", withZ: false });
  return { data: "integers", lengths, slots, steps };
}

/** A sequence in which each operand of each call in turn belongs to another kernel of the same kind. */
export function drawForeign(random: Random): Plan {
  const slots: Slot[] = [];
  const steps: Step[] = [];
  for (const { step, axes } of Object.values(bases)) {
    const own = moved(step, slots.length, random) as Operation;
    slots.push(...axes.map((each): Slot => ({ owner: "kernel", axes: each, filled: true })));
    steps.push(own);
    const outputs = Object.values(outputsOf(own));
    for (const [i, [role]] of rolesOf(own).entries()) {
      const other = slots.push({ owner: "second", axes: axes[i]!, filled: true }) - 1;
      steps.push({ ...own, [role]: other });
      for (const slot of [...outputs, other]) steps.push({ call: "read", slot });
    }
  }
  return { data: "integers", lengths, slots, steps };
}
