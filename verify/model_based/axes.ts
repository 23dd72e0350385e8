/**
 * Sequences in which every operation, with every activation, meets tensors of
 * three to six axes, in outputs whose axes are others: operations see matrices
 * whose rows are all axes but the last.
 *
 * @module
 */
import { activations, gradientNeedsZ } from "../../kernels/activation.ts";
import { type Random, shuffle } from "../../common/random.ts";
import type { Plan, Slot, Step } from "./plan.ts";

/** Axes by indices of lengths: all of them the same matrix of [1]·[2] rows and [3] columns, but for the last three. */
const axes: readonly Slot["axes"][] = [
  [[1], [2], [3]],
  [[2], [1], [3]],
  [[1, 2], [3]],
  [[1], [0], [2], [3]],
  [[2], [1], [0], [3]],
  [[1], [0], [0], [2], [3]],
  [[0], [2], [0], [1], [0], [3]],
  [[3], [3]],
  [[3]],
  [[3]],
];
const batches = [0, 1, 2, 3, 4, 5, 6];
const [square, bias, sums] = [7, 8, 9];

/** A sequence of all operations and activations. */
export function drawAxes(lengths: readonly number[], random: Random): Plan {
  const steps = shuffle([...activations], random).flatMap((activation): Step[] => {
    const [z, y, dy, dz, x] = shuffle(batches, random) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const transposes = { transposeA: random.uniform() < 0.5, transposeB: random.uniform() < 0.5 };
    const [a, b] = transposes.transposeA ? [x, y] : [x, square];
    const product: Step = {
      call: "matmul",
      a,
      b,
      out: transposes.transposeA ? square : dz,
      ...transposes,
      // The transpose of one batch times another batch, or a batch times the square.
      transposeB: transposes.transposeB && !transposes.transposeA,
      accumulate: random.uniform() < 0.3,
    };
    const write = (to: number): Step => ({
      call: "write",
      to,
      seed: random.integer(),
      excess: 0,
    });
    return [
      write(z),
      write(x),
      { call: "activate", activation, z, y },
      {
        call: "gradient",
        activation,
        z,
        y,
        dy,
        dz,
        withZ: gradientNeedsZ(activation) || random.uniform() < 0.3,
      },
      { call: "sumRows", a: dz, out: sums, accumulate: random.uniform() < 0.3 },
      product,
      write(square),
      { call: "dense", x, weight: square, bias, activation, y: dy, z: null },
      { call: "dense", x, weight: square, bias, activation, y, z },
    ];
  });
  const slots = axes.map((each): Slot => ({ owner: "kernel", axes: each, filled: true }));
  return { data: "reals", lengths, slots, steps };
}
