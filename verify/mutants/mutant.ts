/**
 * What a mutant is: a kernel that is broken on purpose, and the check that must
 * find it. A verifier that accepts one is itself broken. The defects are those
 * of real bugs in BLAS, Wasm and GPU libraries.
 * Method: mutation testing (DeMillo, Lipton & Sayward, IEEE Computer 1978).
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import type { MutantReport } from "../../results/verification/schema.ts";
import type { Check, Effort } from "../check.ts";

/** A broken kernel. */
export interface Mutant {
  /** What is wrong, as the end of a sentence: a kernel in which … */
  readonly name: string;
  readonly kind: Exclude<MutantReport["kind"], "comparison">;
  /** The name of the check that must find it. */
  readonly killer: string;
  /** How much of the check must find it; default as much as the run does. */
  readonly effort?: Effort;
  /** Whether it is among the few that every run tests. */
  readonly key?: boolean;
  /** The killer with what is broken, where that is no kernel; only it is tried then. */
  readonly check?: Check;
  /** @throws {KernelUnavailableError} where this machine cannot run what it breaks. */
  create(): Promise<Kernel>;
}

/** A kernel that is unusual but conforms to the contract, and must not be rejected. */
export interface ConformingVariant {
  readonly name: string;
  /** Whether nothing but its sums is unusual. */
  readonly sumsOnly?: boolean;
  /** The check with what is unusual, where that is no kernel; only it is tried then. */
  readonly check?: Check;
  create(): Promise<Kernel>;
}

type Values = Float32Array<ArrayBuffer>;

/** The elements of a tensor of a kernel on the heap. */
export function dataOf(tensor: Tensor): Values {
  return (tensor as Tensor & { data: Values }).data;
}

/** `kernel` with what `change` replaces; its tensors still have it as their owner. */
export function alter(kernel: Kernel, change: (original: Kernel) => Partial<Kernel>): Kernel {
  const own = Object.getPrototypeOf(kernel) as Kernel;
  const original: Kernel = {
    ...kernel,
    tensor: own.tensor.bind(kernel),
    dense: own.dense.bind(kernel),
    matmul: own.matmul.bind(kernel),
    activate: own.activate.bind(kernel),
    activateGradient: own.activateGradient.bind(kernel),
    sumRows: own.sumRows.bind(kernel),
    ...formulaOperationsOf(own, kernel),
    finished: own.finished.bind(kernel),
    [Symbol.asyncDispose]: own[Symbol.asyncDispose].bind(kernel),
  };
  return Object.assign(kernel, change(original));
}

/** The operations on formulas, where the kernel has them. */
function formulaOperationsOf(own: Kernel, kernel: Kernel): Partial<Kernel> {
  const { map, denseMap, reduce, gather } = own;
  return {
    ...(map && { map: map.bind(kernel) }),
    ...(denseMap && { denseMap: denseMap.bind(kernel) }),
    ...(reduce && { reduce: reduce.bind(kernel) }),
    ...(gather && { gather: gather.bind(kernel) }),
  };
}

/** A mutant of naive by what `change` replaces of its operations. */
export function altered(
  name: string,
  killer: string,
  change: (original: Kernel) => Partial<Kernel>,
  { key = false } = {},
): Mutant {
  return {
    name,
    kind: "JavaScript",
    killer,
    key,
    create: async () => alter(await createKernel("naive"), change),
  };
}

/** The change that spoils y and z after the kernel's own dense. */
export function afterDense(
  change: (values: Values, columns: number, bias: Values | null, activation: Activation) => void,
): (original: Kernel) => Partial<Kernel> {
  return (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      for (const out of z ? [y, z] : [y]) {
        change(dataOf(out), out.shape.at(-1) ?? 1, bias && dataOf(bias), activation);
      }
    },
  });
}

/** The change that replaces one activation's results, wherever it is computed. */
export function afterActivation(
  name: Activation,
  change: (z: number, y: number) => number,
): (original: Kernel) => Partial<Kernel> {
  return (original) => {
    const spoil = (inputs: Values, outputs: Values) =>
      inputs.forEach((input, i) => outputs[i] = change(input, outputs[i]!));
    return {
      activate: (activation, z, y) => {
        original.activate(activation, z, y);
        if (activation === name) spoil(dataOf(z), dataOf(y));
      },
      dense: (x, weight, bias, activation, y, z) => {
        if (activation !== name) return original.dense(x, weight, bias, activation, y, z);
        using before = original.tensor(y.shape);
        original.dense(x, weight, bias, activation, y, z ?? before);
        spoil(dataOf(z ?? before), dataOf(y));
      },
    };
  };
}

/** The change that replaces one activation's gradient. */
export function afterGradient(
  name: Activation,
  change: (dz: number, dy: number, y: number, z: number) => number,
): (original: Kernel) => Partial<Kernel> {
  return (original) => ({
    activateGradient: (activation, z, y, dy, dz) => {
      original.activateGradient(activation, z, y, dy, dz);
      if (activation !== name) return;
      const [outputs, upstream, inputs] = [dataOf(y), dataOf(dy), dataOf(z ?? y)];
      const values = dataOf(dz);
      values.forEach((value, i) =>
        values[i] = change(value, upstream[i]!, outputs[i]!, inputs[i]!)
      );
    },
  });
}
