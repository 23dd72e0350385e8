import { fileURLToPath } from "node:url";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { runDeno } from "../common/deno_testing.ts";
import { ArgumentError, MemoryError, OwnershipError, ShapeError } from "../common/errors.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense, type DenseOptions } from "./dense.ts";

/** A layer of the weight [3, 4] for two inputs: y = 3·x0 + 4·x1 + 1, whose dw is dy·x and whose dx is dy·[3, 4]. */
function layerOf(kernel: Kernel, options: Partial<DenseOptions> = {}): Dense {
  const layer = new Dense(kernel, {
    units: 1,
    kernelInitializer: [3, 4],
    biasInitializer: [1],
    name: "d",
    ...options,
  });
  layer.build([null, 2]);
  return layer;
}

const again = 'layer "d" was called again before the gradients of a forward() were asked for; ' +
  "say which result dy belongs to, backward(dy, y), dispose a result that was given up, and use predict() where no gradients are wanted";

// One body for all kernels, since each counts the versions of its tensors.
for (const name of await kernelsHere()) {
  const test = (title: string, run: (kernel: Kernel) => Promise<void>) =>
    Deno.test(`${name}: ${title}`, async () => {
      await using kernel = await createKernel(name);
      await run(kernel);
    });

  /** What backward gives: dx and dw. */
  const gradients = async (layer: Dense, dy: Tensor, y?: Tensor): Promise<number[][]> => {
    using dx = layer.backward(dy, y);
    return [[...await dx.read()], [...await layer.weightGradient.read()]];
  };

  test("backward() throws where the weight was changed since, in whatever way", async (kernel) => {
    using x = kernel.tensor([1, 2], [1, 2]);
    using dy = kernel.tensor([1, 1], [1]);
    const changes: Readonly<Record<string, (layer: Dense) => void>> = {
      "setWeights()": (layer) => layer.setWeights([[5, 6], [0]]),
      "setWeights() to the same": (layer) => layer.setWeights([[3, 4], [1]]),
      "write()": ({ weight }) => weight.write([5, 6]),
      "an update on the kernel": ({ weight }) => {
        using one = kernel.tensor([1, 1], [-0.1]);
        using column = kernel.tensor([2, 1], [1, 1]);
        kernel.matmul(column, one, weight, { accumulate: true });
      },
    };
    for (const [what, change] of Object.entries(changes)) {
      for (const named of [false, true]) {
        using layer = layerOf(kernel);
        using y = layer.forward(x);
        change(layer);
        assertThrows(
          () => layer.backward(dy, named ? y : undefined),
          OwnershipError,
          'the weight of layer "d" was changed between forward() and backward()',
          what,
        );
        // The next step works.
        layer.setWeights([[3, 4], [1]]);
        using _next = layer.forward(x);
        assertEquals(await gradients(layer, dy), [[3, 4], [1, 2]], what);
      }
    }
    using layer = layerOf(kernel);
    using _y = layer.forward(x);
    layer.weight[Symbol.dispose]();
    assertThrows(
      () => layer.backward(dy),
      OwnershipError,
      "needs the weight of its last forward()",
    );
  });

  test("backward() gives the gradients of its forward where only the bias was changed", async (kernel) => {
    using layer = layerOf(kernel, { activation: "tanh", kernelInitializer: "zeros" });
    using x = kernel.tensor([1, 2], [1, 2]);
    layer.bias!.write([0]);
    using _y = layer.forward(x);
    layer.bias!.write([100]);
    using dy = kernel.tensor([1, 1], [2]);
    assertEquals(await gradients(layer, dy), [[0, 0], [2, 4]]);
  });

  test("a second backward() gives the gradients for another dy", async (kernel) => {
    using layer = layerOf(kernel, { activation: "silu" });
    using x = kernel.tensor([1, 2], [1, 2]);
    using y = layer.forward(x);
    using dy = kernel.tensor([1, 1], [1]);
    using twice = kernel.tensor([1, 1], [2]);
    const [[dx0 = NaN] = [], [dw0 = NaN] = []] = await gradients(layer, dy);
    for (const result of [undefined, y]) {
      const [[dx = NaN] = [], [dw = NaN] = []] = await gradients(layer, twice, result);
      assertEquals([dx, dw], [2 * dx0, 2 * dw0]);
    }
  });

  test("a layer that was called twice has the gradients of each result", async (kernel) => {
    for (const activation of ["linear", "relu", "silu"] as const) {
      using layer = layerOf(kernel, { activation });
      using x1 = kernel.tensor([1, 2], [100, 0]);
      using x2 = kernel.tensor([1, 2], [0, 200]);
      using y1 = layer.forward(x1);
      using y2 = layer.forward(x2);
      using dy = kernel.tensor([1, 1], [1]);
      assertThrows(() => layer.backward(dy), ArgumentError, again);
      assertEquals(await gradients(layer, dy, y2), [[3, 4], [0, 200]], activation);
      // Still not said: dy may be of either.
      assertThrows(() => layer.backward(dy), ArgumentError, again);
      assertEquals(await gradients(layer, dy, y1), [[3, 4], [100, 0]], activation);
      assertThrows(() => layer.backward(dy, y1), OwnershipError, "y must be a result of forward()");
      using y3 = layer.forward(x1);
      assertEquals(await gradients(layer, dy), [[3, 4], [100, 0]], activation);
      assertEquals(y3.disposed, false);
    }
  });

  test("a validation between forward() and backward() does not change the gradients", async (kernel) => {
    using layer = layerOf(kernel);
    using x = kernel.tensor([1, 2], [1, 2]);
    using other = kernel.tensor([1, 2], [50, 60]);
    using dy = kernel.tensor([1, 1], [1]);
    using y = layer.forward(x);
    using validation = layer.predict(other);
    using sameAsPredict = layer.forward(other, { training: false });
    assertEquals([...await validation.read()], [...await sameAsPredict.read()]);
    assertEquals(await gradients(layer, dy), [[3, 4], [1, 2]]);
    // Where forward() was written in place of predict(), the mistake is said, and can be made good.
    using _y = layer.forward(x);
    using _forgotten = layer.forward(other);
    assertThrows(() => layer.backward(dy), ArgumentError, again);
    assertThrows(() => layer.backward(dy, y), OwnershipError, "y must be a result of forward()");
    assertEquals(await gradients(layer, dy, _y), [[3, 4], [1, 2]]);
  });
}

Deno.test("a forward() whose result was disposed before the next one is not waited for", async () => {
  await using kernel = await createKernel("naive");
  for (const activation of ["linear", "gelu"] as const) {
    using layer = layerOf(kernel, { activation });
    using x = kernel.tensor([1, 2], [100, 0]);
    using dy = kernel.tensor([1, 1], [1]);
    const before = kernel.memory!();
    for (let i = 0; i < 5; i++) layer.forward(x)[Symbol.dispose]();
    // What was kept of the last one: z, which gelu needs.
    assertEquals(kernel.memory!() - before, activation === "gelu" ? 4 : 0);
    using _y = layer.forward(x);
    using dx = layer.backward(dy);
    assertEquals([...await dx.read()], [3, 4]);
  }
});

Deno.test("a forward() that was given up blocks no other, however late its result is disposed", async () => {
  await using kernel = await createKernel("naive");
  for (const activation of ["linear", "gelu"] as const) {
    using layer = layerOf(kernel, { activation, kernelInitializer: "zeros", biasInitializer: [0] });
    using x = kernel.tensor([1, 2], [100, 0]);
    using dy = kernel.tensor([1, 1], [1]);
    const y1 = layer.forward(x);
    using y2 = layer.forward(x);
    y1[Symbol.dispose]();
    layer.backward(dy, y2)[Symbol.dispose]();
    const before = kernel.memory!();
    for (let pair = 0; pair < 3; pair++) {
      using _y = layer.forward(x);
      layer.backward(dy)[Symbol.dispose]();
    }
    // Of each pass but the last, nothing is left.
    assertEquals(kernel.memory!() - before, 0);
    // One of three is given up, and the one that waits is still said to.
    const [a, b, c] = [layer.forward(x), layer.forward(x), layer.forward(x)];
    b[Symbol.dispose]();
    using _d = layer.forward(x);
    assertThrows(() => layer.backward(dy), ArgumentError, again);
    for (const y of [a, c]) {
      layer.backward(dy, y)[Symbol.dispose]();
      y[Symbol.dispose]();
    }
  }
});

Deno.test("backward() needs no result once a single forward() waits again", async () => {
  await using kernel = await createKernel("naive");
  using layer = layerOf(kernel, { activation: "gelu" });
  using x = kernel.tensor([1, 2], [1, 2]);
  using other = kernel.tensor([1, 2], [30, 40]);
  using dy = kernel.tensor([1, 1], [1]);
  using first = layer.forward(x);
  using second = layer.forward(x);
  using _third = layer.forward(other);
  layer.backward(dy, first)[Symbol.dispose]();
  assertThrows(() => layer.backward(dy), ArgumentError, again);
  layer.backward(dy, second)[Symbol.dispose]();
  layer.backward(dy)[Symbol.dispose]();
  assertEquals([...await layer.weightGradient.read()], [30, 40]);
});

Deno.test("a forward() whose result was forgotten blocks no other once it is collected", async () => {
  const module = (path: string) => JSON.stringify(new URL(path, import.meta.url));
  const { code, stdout, stderr } = await runDeno([
    "eval",
    "--quiet",
    "--config",
    fileURLToPath(new URL("../deno.json", import.meta.url)),
    "--v8-flags=--expose-gc",
    `import { createKernel } from ${module("../kernels/registry.ts")};
    import { Dense } from ${module("dense.ts")};
    const kernel = await createKernel("naive");
    const layer = new Dense(kernel, { units: 1, activation: "gelu" });
    const x = kernel.tensor([1, 2], [1, 2]);
    const dy = kernel.tensor([1, 1], [1]);
    (() => {
      layer.forward(x);
      using y = layer.forward(x);
      layer.backward(dy, y)[Symbol.dispose]();
    })();
    let message = "";
    for (let i = 0; i < 200; i++) {
      // In a task of its own: what a weak reference has given out in a task is kept until its end.
      await new Promise((resolve) => setTimeout(resolve, 5));
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
      using y = layer.forward(x);
      try {
        layer.backward(dy)[Symbol.dispose]();
        message = "none is waited for";
        break;
      } catch (error) {
        message = String(error);
        layer.backward(dy, y)[Symbol.dispose]();
      }
    }
    console.log(message);`,
  ], { signal: AbortSignal.timeout(300_000) });
  assertEquals([code, stdout], [0, "none is waited for\n"], stderr);
});

Deno.test("predict() keeps nothing for backward()", async () => {
  await using kernel = await createKernel("naive");
  using layer = layerOf(kernel, { activation: "gelu" });
  using x = kernel.tensor([1, 2]);
  using dy = kernel.tensor([1, 1]);
  const before = kernel.memory!();
  const y = layer.predict(x);
  assertEquals(kernel.memory!() - before, 4);
  assertThrows(() => layer.backward(dy), OwnershipError, "needs a forward() before backward()");
  assertThrows(() => layer.backward(dy, y), OwnershipError, "y must be a result of forward()");
});

Deno.test("backward() throws again once what it needs has changed", async () => {
  await using kernel = await createKernel("naive");
  using layer = layerOf(kernel);
  using x = kernel.tensor([1, 2]);
  using dy = kernel.tensor([1, 1]);
  using y = layer.forward(x);
  y.write([3]);
  assertThrows(() => layer.backward(dy), OwnershipError, 'the result of layer "d" was changed');
  assertThrows(() => layer.backward(dy), OwnershipError, "needs a forward() before backward()");
  assertThrows(() => layer.backward(dy, y), OwnershipError, "y must be a result of forward()");
});

Deno.test("a wrong dy is named, with the layer, and changes nothing", async () => {
  await using kernel = await createKernel("naive");
  await using elsewhere = await createKernel("naive");
  for (const activation of ["linear", "tanh"] as const) {
    using layer = layerOf(kernel, { activation });
    using x = kernel.tensor([3, 1, 2], [1, 2, 3, 4, 5, 6]);
    using _y = layer.forward(x);
    const disposed = kernel.tensor([3, 1, 1]);
    disposed[Symbol.dispose]();
    using dy = kernel.tensor([3, 1, 1], [1, 1, 1]);
    using _first = layer.backward(dy);
    const before = [...await layer.weightGradient.read()];
    const shape = 'dy of layer "d" must have the shape [3, 1, 1] of the result; got';
    const wrong: readonly [unknown, typeof ArgumentError, string][] = [
      [kernel.tensor([3, 1]), ShapeError, `${shape} [3, 1]`],
      [kernel.tensor([1, 3, 1]), ShapeError, `${shape} [1, 3, 1]`],
      [kernel.tensor([3, 1, 2]), ShapeError, `${shape} [3, 1, 2]`],
      [disposed, OwnershipError, 'dy of layer "d" was disposed'],
      [
        elsewhere.tensor([3, 1, 1]),
        OwnershipError,
        `dy of layer "d" must belong to the kernel "naive"`,
      ],
      [undefined, ArgumentError, 'dy of layer "d" must be a tensor, as kernel.tensor() makes it'],
      [null, ArgumentError, "got null"],
      [[1, 1, 1], ArgumentError, "got an array of 3"],
      [new Float32Array(3), ArgumentError, "got a Float32Array of 3"],
    ];
    for (const [value, type, says] of wrong) {
      assertThrows(() => layer.backward(value as Tensor), type, says);
    }
    assertThrows(
      () => layer.backward(dy, 5 as unknown as Tensor),
      ArgumentError,
      'dy of layer "d"',
    );
    assertEquals([...await layer.weightGradient.read()], before);
    using _dx = layer.backward(dy);
  }
});

Deno.test("backward() refuses a dy that it would overwrite, and makes gradients anew that were disposed", async () => {
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: 1, kernelInitializer: [2], name: "d" });
  using x = kernel.tensor([1, 1], [3]);
  using _y = layer.forward(x);
  using dy = kernel.tensor([1, 1], [1]);
  using _dx = layer.backward(dy);
  assertThrows(
    () => layer.backward(layer.weightGradient),
    OwnershipError,
    'dy of layer "d" must be a tensor other than',
  );
  layer.weightGradient[Symbol.dispose]();
  layer.biasGradient![Symbol.dispose]();
  using _again = layer.backward(dy);
  assertEquals([...await layer.weightGradient.read()], [3]);
  assertEquals([...await layer.biasGradient!.read()], [1]);
});

Deno.test("a backward() that finds no memory leaves the gradients as they were, and none behind", async () => {
  await using kernel = await createKernel("naive");
  using layer = layerOf(kernel, { activation: "tanh" });
  using x = kernel.tensor([1, 2], [1, 2]);
  using _y = layer.forward(x);
  using dy = kernel.tensor([1, 1], [1]);
  const { tensor } = kernel;
  /** Lets each of so many tensors of a backward() be the one for which there is no room. */
  const failAll = (count: number) => {
    for (let failing = 0; failing < count; failing++) {
      let made = 0;
      kernel.tensor = (...given) => {
        if (made++ === failing) throw new MemoryError("no memory");
        return tensor.apply(kernel, given);
      };
      assertThrows(() => layer.backward(dy), MemoryError, "no memory");
    }
    kernel.tensor = tensor;
  };
  const atFirst = kernel.memory!();
  failAll(4);
  assertEquals(kernel.memory!(), atFirst);
  assertThrows(() => layer.weightGradient, OwnershipError, "no weightGradient before backward()");
  using _dx = layer.backward(dy);
  const before = [...await layer.weightGradient.read()];
  const memory = kernel.memory!();
  failAll(2);
  assertEquals([...await layer.weightGradient.read()], before);
  assertEquals(kernel.memory!(), memory);
});

Deno.test("a layer forgets its passes when it is disposed", async () => {
  await using kernel = await createKernel("naive");
  const layer = layerOf(kernel, { activation: "gelu" });
  using x = kernel.tensor([1, 2]);
  using y = layer.forward(x);
  layer[Symbol.dispose]();
  assertEquals(kernel.memory!(), 4 * (x.size + y.size));
  assertThrows(() => layer.backward(y, y), OwnershipError, 'layer "d" was disposed');
  for (const disposed of [true, false]) {
    using several = layerOf(kernel, { activation: "gelu" });
    const before = kernel.memory!() - several.weights.reduce((sum, { size }) => sum + 4 * size, 0);
    const results = [1, 2, 3].map(() => several.forward(x));
    if (disposed) { for (const result of results) result[Symbol.dispose](); }
    several[Symbol.dispose]();
    assertEquals(kernel.memory!() - before, disposed ? 0 : 3 * 4 * y.size);
    for (const result of results) result[Symbol.dispose]();
  }
  assertThrows(() => layer.predict(x), OwnershipError, 'layer "d" was disposed');
  assertThrows(() => layer.weights, OwnershipError, 'layer "d" was disposed');
  await assertRejects(() => layer.getWeights(), OwnershipError, 'layer "d" was disposed');
});
