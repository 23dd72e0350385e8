/**
 * What happened to an operand before the call that is judged: it was used some
 * times, in the same call or another, and has since been given its content by a
 * write or by an operation. What a kernel keeps of an operand (a packed or
 * transposed copy, a version) must not show.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { identity } from "../../kernels/formula/formula.ts";
import { Workspace } from "../check.ts";
import type { Feature, LevelOf } from "./subject.ts";
import type { Values } from "./values.ts";

/** How often operands were used before. */
export const usesFeature: Feature = {
  name: "uses",
  levels: ["0", "1", "2", "3", "4"],
};

/** How the changed operand was given what it holds. */
export const howFeature: Feature = {
  name: "by",
  levels: ["nothing", "write", "element", "recreate", "activate", "gather", "copy", "map", "sum"],
};

/** The feature of which operands were changed after their earlier uses. */
export function changedFeature(operands: readonly string[]): Feature {
  return { name: "changed", levels: ["none", ...operands] };
}

/** Whether levels of these features go together: what is not changed is changed by nothing. */
export function allowsHistory(level: LevelOf): boolean {
  const [changed, how] = [level("changed"), level("by")];
  if (changed === undefined || how === undefined) return true;
  return (changed === "none") === (how === "nothing");
}

/** What an operand holds before it is given its content. */
export function earlierContent(
  { values, place }: Values,
  how: string,
  random: Random,
): Float32Array {
  const earlier = values.slice();
  if (how === "element" && values.length > 0) {
    const at = random.between(0, values.length - 1);
    earlier[at] = values[at] === 5 ? 6 : 5;
    return earlier;
  }
  // All but what is not finite, where nothing shall hide a sum that is stale.
  for (let i = 0; i < earlier.length; i++) earlier[i] = i === place ? 1 : 1 - earlier[i]!;
  return earlier;
}

/** Columns of a tensor, as operations see it. */
function columnsOf({ shape }: Tensor): number {
  return shape.at(-1) ?? 1;
}

/** Adds a product to a tensor that lacks one row, or one column of its one row, and has what it shall have then. */
function addRow(space: Workspace, tensor: Tensor, { values, place }: Values, random: Random): void {
  const columns = Math.max(1, columnsOf(tensor));
  const rows = values.length / columns;
  const free = Array.from({ length: Math.min(rows, 4) }, () => random.between(0, rows - 1));
  const row = free.find((each) => place === null || Math.floor(place / columns) !== each);
  if (row === undefined || values.length === 0) return tensor.write(values);
  const before = values.slice();
  before.fill(0, row * columns, (row + 1) * columns);
  tensor.write(before);
  const unit = new Float32Array(rows);
  unit[row] = 1;
  const [left, right] = [
    space.tensor([rows, 1], unit),
    space.tensor([1, columns], values.slice(row * columns, (row + 1) * columns)),
  ];
  // A tensor of one axis is a row.
  space.kernel.matmul(left, right, tensor, { accumulate: true });
}

/**
 * Gives a tensor its content in the way that a level names; where the kernel has
 * not that operation, by `activate`.
 *
 * @returns The tensor that holds it, another one where it was made again.
 */
export function changeTensor(
  space: Workspace,
  tensor: Tensor,
  content: Values,
  how: string,
  random: Random,
): Tensor {
  const { kernel } = space;
  const { shape } = tensor;
  const { values } = content;
  const source = (as: readonly number[] = shape) => space.tensor(as, values);
  switch (how) {
    case "nothing":
      return tensor;
    case "write":
    case "element":
      tensor.write(values);
      return tensor;
    case "recreate":
      tensor[Symbol.dispose]();
      return source();
    case "sum":
      addRow(space, tensor, content, random);
      return tensor;
    case "gather": {
      const columns = columnsOf(tensor);
      if (!kernel.gather || columns === 0) break;
      const rows = values.length / columns;
      kernel.gather(source([rows, columns]), Array.from({ length: rows }, (_, i) => i), tensor);
      return tensor;
    }
    case "copy":
      if (!kernel.copy) break;
      kernel.copy(source([values.length]), tensor);
      return tensor;
    case "map":
      if (!kernel.map) break;
      kernel.map(identity, [source()], [tensor]);
      return tensor;
  }
  kernel.activate("linear", source(), tensor);
  return tensor;
}

/** How an operand was used before: in the same call, or as an operand of a product of one row or column. */
export const earlierFeature: Feature = {
  name: "in",
  levels: ["this", "product", "transposed", "left"],
};

/** Uses a matrix [rows, columns] once in the way that a level other than `this` names. */
export function useOnce(
  kernel: Kernel,
  tensor: Tensor,
  [rows, columns]: readonly [number, number],
  level: string,
): void {
  using space = new Workspace(kernel);
  const ones = (length: number) => new Float32Array(length).fill(1);
  if (level === "product") {
    kernel.matmul(space.tensor([1, rows], ones(rows)), tensor, space.output([1, columns]));
  } else if (level === "transposed") {
    const row = space.tensor([1, columns], ones(columns));
    kernel.matmul(row, tensor, space.output([1, rows]), { transposeB: true });
  } else {
    kernel.matmul(tensor, space.tensor([columns, 1], ones(columns)), space.output([rows, 1]));
  }
}
