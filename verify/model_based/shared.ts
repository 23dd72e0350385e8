/**
 * Sequences in which one tensor is several operands of a call, as the contract
 * allows for inputs: a product of a tensor with itself, stored as it is or
 * transposed, a bias that is x, a gradient whose dy is y.
 *
 * @module
 */
import { type Random, shuffle } from "../../common/random.ts";
import type { Operation, Plan, Slot, Step } from "./plan.ts";

/** Slots: two square matrices, two outputs, two vectors and an output of them, a matrix of three axes. */
const axes: readonly Slot["axes"][] = [
  [[1], [1]],
  [[1], [1]],
  [[1], [1]],
  [[1], [1]],
  [[1]],
  [[1]],
  [[1]],
  [[0], [1], [1]],
];

const booleans = [false, true] as const;

const calls: readonly Operation[] = [
  ...booleans.flatMap((transposeA) =>
    booleans.flatMap((transposeB) =>
      booleans.map((accumulate): Operation => ({
        call: "matmul",
        a: 0,
        b: 0,
        out: 2,
        transposeA,
        transposeB,
        accumulate,
      }))
    )
  ),
  { call: "matmul", a: 7, b: 7, out: 2, transposeA: false, transposeB: true, accumulate: false },
  { call: "dense", x: 0, weight: 0, bias: 5, activation: "linear", y: 2, z: null },
  { call: "dense", x: 0, weight: 0, bias: null, activation: "relu", y: 2, z: 3 },
  { call: "dense", x: 4, weight: 1, bias: 4, activation: "linear", y: 6, z: null },
  { call: "dense", x: 4, weight: 1, bias: 4, activation: "relu", y: 6, z: 5 },
  { call: "gradient", activation: "relu", z: 1, y: 3, dy: 3, dz: 2, withZ: false },
  { call: "gradient", activation: "relu", z: 1, y: 3, dy: 1, dz: 2, withZ: true },
  { call: "gradient", activation: "tanh", z: 4, y: 5, dy: 5, dz: 6, withZ: false },
  { call: "gradient", activation: "silu", z: 4, y: 5, dy: 4, dz: 6, withZ: true },
];

/** A sequence of such calls, each on other data, with square matrices of length d. */
export function drawShared(d: number, random: Random): Plan {
  const steps = shuffle([...calls, ...calls], random).flatMap((call): Step[] => {
    const changed = [0, 1, 4, 7][random.between(0, 3)]!;
    const out = call.call === "gradient" ? call.dz : "y" in call ? call.y : call.out;
    return [
      { call: "write", to: changed, seed: random.integer(), excess: 0 },
      // What is accumulated must not grow.
      ...(random.uniform() < 0.5
        ? [{ call: "write", to: out, seed: random.integer(), excess: 0 } as const]
        : []),
      call,
      { call: "read", slot: out },
    ];
  });
  const slots = axes.map((each): Slot => ({ owner: "kernel", axes: each, filled: true }));
  return { data: "integers", lengths: [1, d], slots, steps };
}
