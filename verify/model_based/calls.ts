/**
 * The operations as calls of a sequence: how each is made, and how it is printed
 * as a line of a program, so that a failing sequence can be read and pasted into
 * one.
 *
 * @module
 */
import { formatShape } from "../../kernels/checks.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import type { Operation, Owner } from "./plan.ts";

/** So many elements are shown, of more only the first ones. */
const mostShown = 6;

/** The name of the tensor of a slot. */
export function nameOf(slot: number): string {
  return `t${slot}`;
}

/** Data as an argument. */
export function formatData(values: ArrayLike<number>): string {
  const shown = Array.from({ length: Math.min(values.length, mostShown) }, (_, i) => values[i]);
  return `[${shown.join(", ")}${values.length > mostShown ? ", …" : ""}]`;
}

/** `t3 = kernel.tensor([2, 1], [4, 7])`. */
export function formatTensor(
  slot: number,
  owner: Owner,
  shape: readonly number[],
  values: Float32Array | null,
): string {
  const data = values ? `, ${formatData(values)}` : "";
  return `${nameOf(slot)} = ${owner}.tensor(${formatShape(shape)}${data})`;
}

type Arguments = {
  readonly method: "dense" | "matmul" | "activate" | "activateGradient" | "sumRows";
  readonly list: readonly (number | string | null)[];
  readonly options: Readonly<Record<string, boolean>>;
};

/** The arguments of an operation: numbers are slots, texts activations. */
function argumentsOf(step: Operation): Arguments {
  switch (step.call) {
    case "dense": {
      const { x, weight, bias, activation, y, z } = step;
      const list = [x, weight, bias, activation, y, ...(z === null ? [] : [z])];
      return { method: "dense", list, options: {} };
    }
    case "matmul": {
      const { a, b, out, transposeA, transposeB, accumulate } = step;
      return {
        method: "matmul",
        list: [a, b, out],
        options: { transposeA, transposeB, accumulate },
      };
    }
    case "activate":
      return { method: "activate", list: [step.activation, step.z, step.y], options: {} };
    case "gradient": {
      const { activation, z, y, dy, dz, withZ } = step;
      return {
        method: "activateGradient",
        list: [activation, withZ ? z : null, y, dy, dz],
        options: {},
      };
    }
    case "sumRows": {
      const { a, out, accumulate } = step;
      return { method: "sumRows", list: [a, out], options: { accumulate } };
    }
  }
}

/** `kernel.matmul(t1, t2, t3, { transposeB: true })`. */
export function formatOperation(step: Operation, owner: Owner): string {
  const { method, list, options } = argumentsOf(step);
  const given = Object.keys(options).filter((option) => options[option]);
  const shown = list.map((each) =>
    typeof each === "number" ? nameOf(each) : each === null ? "null" : JSON.stringify(each)
  );
  if (given.length > 0) shown.push(`{ ${given.map((option) => `${option}: true`).join(", ")} }`);
  return `${owner}.${method}(${shown.join(", ")})`;
}

/** Makes the call. */
export function perform(kernel: Kernel, step: Operation, of: (slot: number) => Tensor): void {
  switch (step.call) {
    case "dense": {
      const { x, weight, bias, activation, y, z } = step;
      const operands = [of(x), of(weight), bias === null ? null : of(bias)] as const;
      if (z === null) kernel.dense(...operands, activation, of(y));
      else kernel.dense(...operands, activation, of(y), of(z));
      break;
    }
    case "matmul": {
      const { a, b, out, transposeA, transposeB, accumulate } = step;
      // No options where all are as without them.
      if (!transposeA && !transposeB && !accumulate) kernel.matmul(of(a), of(b), of(out));
      else kernel.matmul(of(a), of(b), of(out), { transposeA, transposeB, accumulate });
      break;
    }
    case "activate":
      kernel.activate(step.activation, of(step.z), of(step.y));
      break;
    case "gradient": {
      const { activation, z, y, dy, dz, withZ } = step;
      kernel.activateGradient(activation, withZ ? of(z) : null, of(y), of(dy), of(dz));
      break;
    }
    case "sumRows":
      if (step.accumulate) kernel.sumRows(of(step.a), of(step.out), { accumulate: true });
      else kernel.sumRows(of(step.a), of(step.out));
      break;
  }
}
