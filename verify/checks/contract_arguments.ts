/**
 * Shapes and data that a tensor cannot be made of, and the options of operations:
 * what the contract takes is taken for what it says (data in `contract_data.ts`),
 * and every other is refused with a DensemarkError.
 *
 * @module
 */
import { DensemarkError } from "../../common/errors.ts";
import { CheckedKernel } from "../../kernels/checked_kernel.ts";
import type { TensorData } from "../../kernels/data.ts";
import type { MatmulOptions } from "../../kernels/kernel.ts";
import type { Case, Context } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { type Attempts, refuses } from "../refusals.ts";
import { argumentCase, as, dataForms, dataRanges } from "./contract_data.ts";

const oddShapes: Readonly<Record<string, unknown>> = {
  "a number": 3,
  "no axis": [],
  "a negative axis": [2, -1],
  "half an axis": [1.5],
  "an axis of NaN": [NaN],
  "an axis beyond whole numbers": [2 ** 60],
  "an axis as text": ["2"],
  "more elements than an array holds": [2 ** 17, 2 ** 17],
};

/** Takes away what an array buffer holds. */
function detached(array: Float32Array | Float64Array): typeof array {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

/** Made anew for each attempt: what was detached stays so. For a tensor of six elements. */
const oddData: Readonly<Record<string, () => unknown>> = {
  "too few floats": () => new Float32Array(5),
  "too many floats": () => new Float32Array(7),
  "no floats": () => new Float32Array(0),
  "text": () => "123456",
  "a number": () => 6,
  "an object": () => ({ length: 6 }),
  "an object that says it is floats": () => ({ constructor: Float32Array, length: 6 }),
  "what inherits from floats": () => Object.create(Float32Array.prototype),
  "bytes without a type": () => new ArrayBuffer(24),
  "a view of bytes": () => new DataView(new ArrayBuffer(24)),
  "whole numbers of 64 bits": () => new BigInt64Array(6),
  "too few doubles": () => new Float64Array(5),
  "too many doubles": () => new Float64Array(7),
  "too short an array": () => [1, 2, 3, 4, 5],
  "too long an array": () => [1, 2, 3, 4, 5, 6, 7],
  "an array of texts": () => ["1", "2", "3", "4", "5", "6"],
  "an array whose last element is none": () => [1, 2, 3, 4, 5, undefined],
  "nested arrays": () => [[1, 2, 3], [4, 5, 6]],
  "an array of typed arrays": () => [new Float32Array(3), new Float32Array(3)],
  "floats whose buffer was transferred": () => detached(new Float32Array(6)),
  "doubles whose buffer was transferred": () => detached(new Float64Array(6)),
};

const tensors = argumentCase("tensors", async (kernel, space) => {
  const attempts: Record<string, Attempts[string]> = {};
  for (const [what, shape] of Object.entries(oddShapes)) {
    attempts[`a tensor of ${what}`] = () => space.use(kernel.tensor(as<number[]>(shape)));
  }
  for (const [what, make] of Object.entries(oddData)) {
    attempts[`a tensor of ${what}`] = () =>
      space.use(kernel.tensor([2, 3], as<TensorData>(make())));
    attempts[`writing ${what}`] = (out) => out.write(as<TensorData>(make()));
  }
  for (const nothing of [null, undefined]) {
    attempts[`writing ${nothing}`] = (out) => out.write(as<TensorData>(nothing));
  }
  const gone = detached(new Float32Array(6));
  attempts["an empty tensor of floats whose buffer was transferred"] = () =>
    space.use(kernel.tensor([0], gone as Float32Array));
  if (!(kernel instanceof CheckedKernel)) {
    // How many axes there may be, and what becomes of an empty one, is not said of every kernel.
    delete attempts["an empty tensor of floats whose buffer was transferred"];
  } else {
    attempts["a tensor of 65 axes"] = () => space.use(kernel.tensor(Array(65).fill(1)));
    attempts["a tensor of axes in a set"] = () =>
      space.use(kernel.tensor(as<number[]>(new Set([2, 3]))));
  }
  const refused = await refuses(space, attempts);
  // Of any other kernel the contract does not say whose array the shape is.
  if (!(kernel instanceof CheckedKernel)) return refused;
  const shape = [2, 3];
  const tensor = space.use(kernel.tensor(shape));
  shape[0] = 5;
  const now = tensor.shape.join(" x ");
  // What is converted may have getters, which can do anything.
  const dying = space.use(kernel.tensor([1]));
  const given = Object.defineProperty([0], 0, {
    get() {
      dying[Symbol.dispose]();
      return 1;
    },
  });
  let written = true;
  try {
    dying.write(given);
  } catch (error) {
    if (!(error instanceof DensemarkError)) throw error;
    written = false;
  }
  return merge([
    refused,
    outcomeOf(
      written ? "writing data that dispose of the tensor must throw a DensemarkError" : null,
    ),
    outcomeOf(now === "2 x 3" ? null : `a tensor of 2 x 3 is ${now} once the caller's array is`),
  ]);
});

const options = argumentCase("options", async (kernel, space) => {
  const b = space.tensor([4, 3], new Float32Array(12).fill(1));
  const left = space.tensor([2, 4], new Float32Array(8).fill(1));
  const sums = space.tensor([3], new Float32Array(3).fill(7));
  const odd: Readonly<Record<string, unknown>> = {
    "an option of another name": { transpose: true },
    "an option that is a number": { accumulate: 1 },
    "an option that is text": { accumulate: "false" },
    "an option that is null": { accumulate: null },
    "options that are true": true,
    "options that are null": null,
  };
  const attempts: Record<string, Attempts[string]> = {};
  for (const [what, given] of Object.entries(odd)) {
    const options = as<MatmulOptions>(given);
    attempts[`matmul with ${what}`] = (out) => kernel.matmul(left, b, out, options);
    attempts[`sumRows with ${what}`] = () => kernel.sumRows(b, sums, options);
  }
  const refused = await refuses(space, attempts);
  if (refused.problem !== null) return refused;
  // Options that are left out, or are on the prototype of an object, are none.
  const inherited = as<MatmulOptions>(Object.create({ other: true }));
  const outcomes: Outcome[] = [
    compareExact("the output of sumRows after its refusals", await sums.read(), [7, 7, 7], 3),
  ];
  for (const given of [{}, { accumulate: undefined, transposeA: undefined }, inherited]) {
    const out = space.output([2, 3]);
    kernel.matmul(left, b, out, as<MatmulOptions>(given));
    outcomes.push(compareExact("a product", await out.read(), new Float32Array(6).fill(4), 3));
  }
  return merge(outcomes);
});

/** The memory of a kernel that is disposed, and what it still does. */
function disposal(create: Context["create"]): Case[] {
  if (!create) return [];
  return [argumentCase("disposal", async () => {
    const kernel = await create({});
    const tensor = kernel.tensor([2, 3]);
    await kernel[Symbol.asyncDispose]();
    await kernel[Symbol.asyncDispose]();
    // One that counts in its own way may count tensors that were not disposed.
    const isOwn = kernel.memory === CheckedKernel.prototype.memory;
    const left = isOwn ? kernel.memory!() : 0;
    if (left !== 0) return outcomeOf(`memory() is ${left} once the kernel was disposed`);
    if (!tensor.disposed) return outcomeOf("a tensor must be disposed with its kernel");
    const calls: Readonly<Record<string, () => unknown>> = {
      "tensor()": () => kernel.tensor([1]),
      "write()": () => tensor.write(new Float32Array(6)),
      "activate()": () => kernel.activate("relu", tensor, tensor),
    };
    for (const [what, call] of Object.entries(calls)) {
      try {
        call();
      } catch (error) {
        if (error instanceof DensemarkError) continue;
      }
      return outcomeOf(`${what} of a kernel that was disposed must throw a DensemarkError`);
    }
    return outcomeOf(null);
  })];
}

/** The cases, as a part of the check of the contract. */
export function argumentCases({ create }: Pick<Context, "create">): Case[] {
  return [tensors, dataForms, dataRanges, options, ...disposal(create)];
}
