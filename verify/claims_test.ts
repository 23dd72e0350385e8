import { assertEquals } from "@std/assert";
import { createKernel, kernelNames } from "../kernels/registry.ts";
import { refusedClaims } from "./claims.ts";

await using naive = await createKernel("naive");

/** What is refused of naive with other claims, which need not be of their types. */
function refused(claims: Readonly<Record<string, unknown>>): string[] {
  // Getters stay getters.
  const own = Object.getOwnPropertyDescriptors(claims);
  return refusedClaims(Object.defineProperties({ ...naive.traits }, own));
}

Deno.test("refusedClaims() refuses nothing of the registered kernels' claims", async () => {
  for (const name of kernelNames) {
    try {
      await using kernel = await createKernel(name);
      assertEquals(refusedClaims(kernel.traits), [], name);
    } catch (error) {
      // Not on this machine.
      if (!(error instanceof Error) || error.name !== "KernelUnavailableError") throw error;
    }
  }
});

function fails(): never {
  throw new TypeError("no luck");
}

/** A tree that contains itself. */
const endless: unknown[] = [0];
endless.push(endless);

const wrong: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
  [
    { gradientUlp: { softmax: 1 } },
    'gradientUlp has "softmax"; it may have linear, relu, sigmoid, tanh, gelu, gelu_tanh, exponential, elu, selu, softplus, silu, mish',
  ],
  [
    { activationUlp: { ...naive.traits.activationUlp, sigmod: 3 } },
    'activationUlp has "sigmod"; it may have linear, relu, sigmoid, tanh, softmax, gelu, gelu_tanh, exponential, elu, selu, softplus, silu, mish',
  ],
  [
    { accumulator: "bfloat16" },
    "accumulator must be float32 or float64; it is bfloat16: sums, like inputs and outputs, are of float32 or better",
  ],
  [
    { summation: { order: "random" } },
    "summation.order is random; the orders are sequential, blocked, interleaved, tree, pairwise, compensated and unspecified",
  ],
  [
    { summation: { order: "blocked", block: () => 0 } },
    "summation.block(1) must be a whole number >= 1; it is 0",
  ],
  [
    { summation: { order: "blocked" } },
    "summation.block must be a function of k; it is missing",
  ],
  [
    { summation: { order: "blocked", block: 32 } },
    "summation.block must be a function of k; it is 32",
  ],
  [
    { summation: { order: "unspecified", depth: (k: number) => k } },
    "summation.depth(1) must be a whole number from 0 to 0; it is 1",
  ],
  [
    { summation: { order: "tree", tree: () => [0, 0] } },
    "summation.tree(1) must have each of the leaves 0 to 0 once",
  ],
  [
    { summation: { order: "compensated" } },
    "summation.products must be rounded or exact; it is missing",
  ],
  [
    { accumulator: "float64", summation: { order: "compensated", products: "exact" } },
    "compensated sums are claimed of float32 accumulators; in float64 claim another order",
  ],
  [
    { storedEvery: () => 32 },
    "storedEvery says when a sum wider than float32 is rounded; the accumulator is float32",
  ],
  [
    { activationUlp: { ...naive.traits.activationUlp, tanh: 1e6 } },
    "activationUlp.tanh must be a number from 0 to 1024, beyond which a broken kernel would pass; it is 1000000",
  ],
  [
    { gradientAbsolute: { gelu: 1e-3 } },
    "gradientAbsolute.gelu must be a number from 0 to 0.0000152587890625, beyond which a broken kernel would pass; it is 0.001",
  ],
  [
    { summation: { order: "tree", tree: () => "x" } },
    "summation.tree(1) must be of whole numbers and lists of them; it has x",
  ],
  [
    { summation: { order: "tree", tree: (k: number) => k === 1 ? 0 : [0, []] } },
    "summation.tree(2) must have nodes of at least two children; it has one of 0",
  ],
  [
    { summation: { order: "tree", tree: (k: number) => k === 1 ? [0] : [0, 1] } },
    "summation.tree(1) must have nodes of at least two children; it has one of 1",
  ],
  [
    { summation: { order: "tree", tree: () => endless } },
    "summation.tree(1) must have each of the leaves 0 to 0 once",
  ],
  [
    { summation: { order: "tree", tree: (k: number) => k > 1 ? [0, 0.5] : 0 } },
    "summation.tree(2) must have each of the leaves 0 to 1 once",
  ],
  [
    { summation: { order: "tree", tree: fails } },
    "summation.tree(1) threw no luck",
  ],
  [
    { summation: { order: "blocked", block: (k: number) => k === 7 ? fails() : 4 } },
    "summation.block(7) threw no luck",
  ],
  [
    {
      summation: {
        order: "blocked",
        block: () => {
          throw { toString: fails };
        },
      },
    },
    "summation.block(1) threw what is no text",
  ],
  [
    {
      get accumulator() {
        return fails();
      },
    },
    "accumulator threw no luck",
  ],
  [
    {
      summation: {
        get order() {
          return fails();
        },
      },
    },
    "summation threw no luck",
  ],
  [
    { summation: { order: "tree", tree: () => () => "a long source" } },
    "summation.tree(1) must be of whole numbers and lists of them; it has a function",
  ],
  [
    { threads: 10n ** 200n },
    `threads must be a whole number >= 1; it is 1${"0".repeat(78)}…`,
  ],
  [{ tile: { mr: 1e300 } }, "tile.mr must be a whole number from 1 to 1024; it is 1e+300"],
  [
    { tile: { mr: 1, nr: 1, mc: 1, nc: 2 ** 21, kc: 1 } },
    "tile.nc must be a whole number from 1 to 1048576; it is 2097152",
  ],
  [
    { tile: undefined },
    "tile must be an object of whole numbers >= 1: mr, nr, mc, nc, kc; it is missing",
  ],
  [{ device: undefined }, "device must be a text; it is missing"],
  [
    { summation: { order: "sequential", reversed: "yes" } },
    "summation.reversed must be true or false; it is yes",
  ],
  [{ tile: { mr: 1, nr: 0 } }, "tile.nr must be a whole number from 1 to 1024; it is 0"],
  [{ threads: 0.5 }, "threads must be a whole number >= 1; it is 0.5"],
  [{ fused: "sometimes" }, "fused must be true or false or either; it is sometimes"],
  [{ bias: "before" }, "bias must be after or unrounded or first; it is before"],
];

for (const [claims, problem] of wrong) {
  Deno.test(`refusedClaims() says: ${problem}`, () => {
    assertEquals(refused(claims), [problem]);
  });
}

/** An order whose functions of k are methods. */
class Blocks {
  readonly order = "blocked";
  constructor(readonly length: number) {}

  block(k: number) {
    return Math.min(k, this.length);
  }
}

Deno.test("refusedClaims() calls a method as one, and says what is no object of claims", () => {
  assertEquals(refused({ summation: new Blocks(4) }), []);
  const none: unknown = null;
  assertEquals(refusedClaims(none as typeof naive.traits), [
    "traits must be an object; it is null",
  ]);
});
