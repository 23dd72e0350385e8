/**
 * When results are read: at once, or after what was queued behind the call has
 * changed or disposed its operands, or used the same memory for something else.
 * An operation has its operands as they were when it was called.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { floats, type Workspace } from "../check.ts";
import type { Feature, LevelOf } from "./subject.ts";

/** What is done between the call and its reading. */
export const readFeature: Feature = {
  name: "read",
  levels: ["at-once", "after-writes", "after-disposal", "after-others"],
};

/** Reads outputs after what the level of `read` says was done to the operands. */
export async function readAfter(
  space: Workspace,
  outputs: readonly Tensor[],
  operands: readonly Tensor[],
  level: LevelOf,
  random: Random,
): Promise<Float32Array[]> {
  const all = () => Promise.all(outputs.map((output) => output.read()));
  switch (level("read")) {
    case "after-writes":
      for (const operand of operands) operand.write(floats(operand.size, 5, 6, random));
      return await all();
    case "after-disposal":
      for (const operand of operands) operand[Symbol.dispose]();
      return await all();
    case "after-others": {
      const { kernel } = space;
      const [first, second] = outputs as [Tensor, ...Tensor[]];
      const shape = first.shape;
      const [z, y] = [space.tensor(shape, floats(first.size, -2, 2, random)), space.output(shape)];
      kernel.activate("relu", z, y);
      kernel.activate("linear", first, z);
      const sums = space.output([shape.at(-1) ?? 1]);
      kernel.sumRows(second ?? first, sums);
      await y.read();
      return await all();
    }
    default:
      return await all();
  }
}
