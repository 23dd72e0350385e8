/**
 * What operations have in common as subjects of combinations: features of their
 * operands and outputs, and operands with the history that a row gives them.
 *
 * @module
 */
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import { floats, integers, Workspace } from "../check.ts";
import {
  changedFeature,
  changeTensor,
  earlierContent,
  earlierFeature,
  howFeature,
  useOnce,
  usesFeature,
} from "./history.ts";
import { readAfter, readFeature } from "./reading.ts";
import { type Feature, type LevelOf, levelOf, type Row, type Setting } from "./subject.ts";
import type { Values } from "./values.ts";

/** Levels of what is or is not. */
export const yesNo = ["no", "yes"] as const;

/** Features of whatever is called. */
export const rankFeature: Feature = { name: "axes", levels: ["2", "3"] };
export const outFeature: Feature = { name: "out", levels: ["nan", "zeros", "older"] };
const otherFeature: Feature = { name: "beside", levels: yesNo };

/**
 * What happens before a call and after it.
 *
 * @param changed The operands that may have been changed.
 * @param inOthers Whether earlier uses may be in other calls, which take matrices.
 */
export function historyFeatures(changed: readonly string[], inOthers = false): Feature[] {
  return [
    changedFeature(changed),
    howFeature,
    usesFeature,
    ...(inOthers ? [earlierFeature] : []),
    readFeature,
    otherFeature,
  ];
}

const kindsOfActivations: Partial<Record<Activation, string>> = {
  linear: "linear",
  relu: "relu",
  softmax: "softmax",
};

/** The feature of which activation is applied; with `also`, levels that are none. */
export function activationFeature(): Feature {
  return {
    name: "activation",
    levels: activations,
    kinds: activations.map((name) => kindsOfActivations[name] ?? "other"),
  };
}

/** [rows, columns] as two axes or three. */
export function shapeOf(rows: number, columns: number, axes: string): readonly number[] {
  if (axes === "2") return [rows, columns];
  const first = [5, 3, 2].find((each) => rows % each === 0) ?? 1;
  return [first, rows / first, columns];
}

/** An operand as it is before the call, and what it shall hold then. */
export interface Operand {
  readonly name: string;
  readonly content: Values;
  readonly shape: readonly number[];
}

/** Tensors by the names of their operands. */
export type Tensors = Record<string, Tensor>;

/** Uses and changes operands as the levels of a row say; the call may be any. */
function withHistory(
  space: Workspace,
  operands: readonly Operand[],
  level: LevelOf,
  random: Random,
  call: (tensors: Tensors) => void,
): Tensors {
  const [how, changed] = [level("by") ?? "nothing", level("changed") ?? "none"];
  const isChanged = ({ name }: Operand) => changed === name || changed === "all";
  const tensors: Tensors = {};
  for (const operand of operands) {
    const { content, shape } = operand;
    const held = isChanged(operand) ? earlierContent(content, how, random) : content.values;
    tensors[operand.name] = space.tensor(shape, held);
  }
  const earlier = level("in") ?? "this";
  for (let use = Number(level("uses") ?? 0); use > 0; use--) {
    if (earlier === "this") call(tensors);
    else {
      for (const { name, shape } of operands.filter(({ shape }) => shape.length === 2)) {
        useOnce(space.kernel, tensors[name]!, [shape[0]!, shape[1]!], earlier);
      }
    }
  }
  for (const operand of operands.filter(isChanged)) {
    tensors[operand.name] = changeTensor(
      space,
      tensors[operand.name]!,
      operand.content,
      how,
      random,
    );
  }
  return tensors;
}

/** An output as a level says that it is before the call: full of NaN, of zeros, or with numbers. */
export function outputOf(
  space: Workspace,
  shape: readonly number[],
  level: LevelOf,
  random: Random,
): Tensor {
  const state = level("out");
  if (state === "zeros") return space.use(space.kernel.tensor(shape));
  if (state !== "older") return space.output(shape);
  const size = shape.reduce((product, axis) => product * axis, 1);
  return space.tensor(shape, floats(size, 3, 4, random));
}

/** Where a row says so, products of whole numbers by another kernel of the same kind, whose results are not read. */
export function callBeside(
  { shape: { m, n, k }, levels }: Row,
  { second, random }: Setting,
  space: DisposableStack,
): void {
  if (levels.beside !== "yes" || second === null) return;
  const own = space.use(new Workspace(second));
  const tensorOf = (rows: number, columns: number) =>
    own.tensor([rows, columns], integers(rows * columns, 9, random));
  const [x, weight] = [tensorOf(Math.min(m, 9), k), tensorOf(k, n)];
  for (let i = 0; i < 2; i++) {
    second.dense(x, weight, null, "relu", own.output([Math.min(m, 9), n]));
  }
}

/** The call that a row judges. */
export interface JudgedCall {
  readonly operands: readonly Operand[];
  /** The shapes of its outputs. */
  readonly outputs: readonly (readonly number[])[];
  /** What its output holds before, where it is added to; else a level says. */
  readonly old?: Values | null;
  readonly call: (tensors: Tensors, outputs: readonly Tensor[]) => void;
  /** Makes one more call on the same operands and returns its output, which is read as the others are; null for none. */
  readonly another?: (tensors: Tensors) => Tensor | null;
}

/** Makes a call with the history that a row says, and gives what its outputs hold after all that it says follows. */
export async function resultsOf(
  row: Row,
  setting: Setting,
  space: Workspace,
  { operands, outputs, old = null, call, another }: JudgedCall,
): Promise<Float32Array[]> {
  const { random } = setting;
  const level = levelOf(row);
  callBeside(row, setting, space);
  const tensors = withHistory(
    space,
    operands,
    level,
    random,
    (earlier) => call(earlier, outputs.map((shape) => space.output(shape))),
  );
  const how = level("by") ?? "nothing";
  const made = outputs.map((shape) => {
    if (old === null) return outputOf(space, shape, level, random);
    if (how === "nothing") return space.tensor(shape, old.values);
    // What is known of a tensor of zeros must be forgotten, in whatever way it is written to.
    return changeTensor(space, space.use(space.kernel.tensor(shape)), old, how, random);
  });
  call(tensors, made);
  const further = another?.(tensors) ?? null;
  const read = further ? [...made, further] : made;
  return await readAfter(space, read, Object.values(tensors), level, random);
}

/** Whether a level is one of these, or not chosen. */
export function isOneOf(level: string | undefined, ...allowed: readonly string[]): boolean {
  return level === undefined || allowed.includes(level);
}

/** Whether those levels are the same that are chosen. */
export function allSame(...levels: readonly (string | undefined)[]): boolean {
  return new Set(levels.filter((level) => level !== undefined)).size <= 1;
}
