import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError, MemoryError, OwnershipError, ShapeError } from "../common/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense } from "./dense.ts";
import type { Layer } from "./layer.ts";
import { Sequential } from "./sequential.ts";

/** Two layers for two inputs, of which the first keeps another tensor besides its result. */
function twoLayers(kernel: Kernel): Sequential {
  const model = new Sequential([
    new Dense(kernel, { name: "a", units: 2, activation: "gelu", kernelInitializer: "ones" }),
    new Dense(kernel, { name: "b", units: 1, kernelInitializer: "ones" }),
  ]);
  model.build([null, 2]);
  return model;
}

Deno.test("backward() of a stack after a forward() that failed says that there is no pass", async () => {
  await using kernel = await createKernel("naive");
  using model = twoLayers(kernel);
  using x = kernel.tensor([1, 2], [1, 2]);
  using dy = kernel.tensor([1, 1], [1]);
  using wrong = kernel.tensor([1, 7]);
  const { dense } = kernel;
  const noMemory = () => {
    Object.assign(kernel, {
      dense: () => {
        throw new MemoryError("no memory for it");
      },
    });
    try {
      model.forward(x);
    } finally {
      Object.assign(kernel, { dense });
    }
  };
  const failures = [
    [() => model.forward(wrong), ShapeError],
    [noMemory, MemoryError],
  ] as const;
  for (const [fail, kind] of failures) {
    using y = model.forward(x);
    using _dx = model.backward(dy);
    assertThrows(fail, kind);
    for (const named of [undefined, y]) {
      assertThrows(() => model.backward(dy, named), OwnershipError, 'Sequential "sequential');
    }
    // One whose gradients were not computed yet is not lost.
    using waiting = model.forward(x);
    assertThrows(fail, kind);
    model.backward(dy, waiting)[Symbol.dispose]();
  }
});

Deno.test("a stack frees what lies between its layers for every pass that ended", async () => {
  await using kernel = await createKernel("naive");
  using x = kernel.tensor([1, 2], [1, 2]);
  using dy = kernel.tensor([1, 1], [1]);
  const empty = kernel.memory!();
  {
    using model = twoLayers(kernel);
    const built = kernel.memory!();
    /** What a pass has: its result, and the result and z of the first layer. */
    const ofPass = 4 * (1 + 2 + 2);
    const first = model.forward(x);
    const second = model.forward(x);
    assertEquals(kernel.memory!() - built, 2 * ofPass);
    // One before the last that was given up.
    first[Symbol.dispose]();
    const third = model.forward(x);
    model.forward(x)[Symbol.dispose]();
    const fifth = model.forward(x);
    assertEquals(kernel.memory!() - built, 3 * ofPass);
    // One whose result was changed has no gradients any more.
    third.write([0]);
    assertThrows(() => model.backward(dy, third), OwnershipError, "was changed between");
    third[Symbol.dispose]();
    // The first layer forgets its own pass at its next forward(), of which z is kept.
    model.layers[0]!.forward(x)[Symbol.dispose]();
    assertEquals(kernel.memory!() - built, 2 * ofPass + 4 * 2);
    model[Symbol.dispose]();
    assertEquals(kernel.memory!() - empty, 4 * 2);
    for (const result of [second, fifth]) result[Symbol.dispose]();
  }
  assertEquals(kernel.memory!(), empty);
});

Deno.test("a stack that was disposed throws at every use", async () => {
  await using kernel = await createKernel("naive");
  const model = twoLayers(kernel);
  model[Symbol.dispose]();
  const says = `Sequential "${model.name}" was disposed`;
  const uses: readonly (() => unknown)[] = [
    () => model.weights,
    () => model.weightNames,
    () => model.gradients,
    () => model.countParams(),
    () => model.summary(),
    () => model.setWeights([]),
    () => model.build([null, 2]),
  ];
  for (const use of uses) assertThrows(use, OwnershipError, says);
  await assertRejects(() => model.getWeights(), OwnershipError, says);
  assertThrows(() => new Sequential(null as never), ArgumentError, "got null");
});

Deno.test("add() refuses a stack that is, or contains, the one that it is added to", async () => {
  await using kernel = await createKernel("naive");
  using outer = new Sequential<Layer>([], { name: "outer" });
  assertThrows(
    () => outer.add(outer),
    ArgumentError,
    'a Sequential cannot be a layer of its own; got "outer" itself',
  );
  using inner = new Sequential<Layer>([twoLayers(kernel)], { name: "inner" });
  outer.add(new Sequential<Layer>([inner], { name: "between" }));
  assertThrows(
    () => inner.add(outer),
    ArgumentError,
    'a Sequential cannot contain itself; "outer" has "inner" among its layers',
  );
  assertEquals([outer.layers.length, inner.layers.length], [1, 1]);
});
