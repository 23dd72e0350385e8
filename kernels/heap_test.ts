import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { factory as blockedFactory } from "./blocked.ts";
import { HeapKernel } from "./heap.ts";
import { factory as naiveFactory } from "./naive.ts";

/** Every method of a kernel that an activation or its gradient goes through, from the contract to the loop. */
const activationMethods = [
  "activate",
  "activateGradient",
  "computeActivation",
  "computeGradient",
] as const;

// What a sweep over all numbers finds on the one holds for the other, as docs/verification.md says.
Deno.test("naive and blocked compute activations and gradients by the same function objects", async () => {
  await using naive = await naiveFactory.create({});
  await using blocked = await blockedFactory.create({});
  for (const name of activationMethods) {
    const [own, other] = [naive, blocked].map((kernel): unknown => Reflect.get(kernel, name));
    assertEquals(typeof own, "function", name);
    assertStrictEquals(own, other, name);
  }
});

Deno.test("naive and blocked differ in nothing but their names, traits and products", async () => {
  await using naive = await naiveFactory.create({});
  await using blocked = await blockedFactory.create({});
  assert(naive instanceof HeapKernel && blocked instanceof HeapKernel);
  for (const kernel of [naive, blocked]) {
    assertStrictEquals(Object.getPrototypeOf(kernel), HeapKernel.prototype);
    // A method of its own would hide the prototype's.
    const methods = Object.entries(Object.getOwnPropertyDescriptors(kernel))
      .filter(([, { value, get }]) => typeof value === "function" || get !== undefined);
    assertEquals(methods.map(([name]) => name), ["product"]);
  }
  const { activationUlp, gradientUlp } = naive.traits;
  assertStrictEquals(blocked.traits.activationUlp, activationUlp);
  assertStrictEquals(blocked.traits.gradientUlp, gradientUlp);
});
