import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError } from "../common/errors.ts";
import { Dense } from "../layers/dense.ts";
import { matmul } from "../layers/matmul.ts";
import { kernelOfProduct } from "../verify/product_kernel.ts";
import type { Kernel, Tensor } from "./kernel.ts";
import { kernelsHere } from "./kernels_testing.ts";
import { createKernel } from "./registry.ts";
import { keep, scope, scopeIn, stackContext } from "./scope.ts";

const here = await kernelsHere();

const aliveIn = (tensors: readonly Tensor[]) => tensors.map(({ disposed }) => !disposed);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Every kernel of this machine, and one that lies in an object of its own. */
async function* kernels(): AsyncGenerator<Kernel> {
  for (const name of here) yield await createKernel(name);
  yield kernelOfProduct("later", async ({ m, n, k }, a, b) => {
    await Promise.resolve();
    return Float32Array.from({ length: m * n }, (_, at) => {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[Math.floor(at / n) * k + p]! * b[p * n + at % n]!;
      return sum;
    });
  });
}

Deno.test("scope() disposes on every kernel of what was made in it, but of what it returns", async () => {
  for await (const kernel of kernels()) {
    await using _ = kernel;
    const x = kernel.tensor([1, 2], [3, 4]);
    const before = kernel.memory!();
    let between: Tensor | null = null;
    const y = scope(kernel, () => {
      between = matmul(kernel, x, x, { transposeA: true });
      return matmul(kernel, x, between);
    });
    assertEquals(aliveIn([x, between!, y]), [true, false, true], kernel.name);
    // Of a GPU's queue nothing is taken: what the result depends on is computed all the same.
    assertEquals([...await y.read()], [75, 100], kernel.name);
    y[Symbol.dispose]();
    assert(!Object.hasOwn(kernel, "tensor"));
    await kernel.finished();
    assertEquals(kernel.memory!(), before, kernel.name);
  }
});

Deno.test("scope() keeps tensors in arrays, objects, maps and sets, in circles too", async () => {
  await using kernel = await createKernel("naive");
  const made: Tensor[] = [];
  const create = () => {
    made.push(kernel.tensor([1]));
    return made.at(-1)!;
  };
  class Result {
    readonly kernel = kernel;
    readonly #hidden = create();
    constructor(readonly value: Tensor) {}
    get hidden() {
      return this.#hidden;
    }
  }
  const result = scope(kernel, () => {
    create();
    const circle: { self?: unknown; y: Tensor } = { y: create() };
    circle.self = circle;
    const hostile = {
      get shape(): never {
        throw new Error("not to be read");
      },
    };
    return [
      circle,
      new Map([["a", create()]]),
      new Set([create()]),
      [[new Result(create())], new Float32Array(3), null, hostile],
      Object.assign(Object.create(null), { z: create() }),
    ];
  });
  assertEquals(aliveIn(made), [false, true, true, true, true, false, true]);
  assertEquals(result.length, 5);
  for (const each of made) each[Symbol.dispose]();
  assertEquals(kernel.memory!(), 0);
});

Deno.test("scope() disposes of everything where its callback throws or rejects", async () => {
  await using kernel = await createKernel("naive");
  const made: Tensor[] = [];
  assertThrows(
    () =>
      scope(kernel, () => {
        made.push(kernel.tensor([1]));
        throw new RangeError("mine");
      }),
    RangeError,
    "mine",
  );
  await assertRejects(
    () =>
      scope(kernel, async () => {
        made.push(kernel.tensor([1]));
        await pause(1);
        made.push(kernel.tensor([1]));
        throw new RangeError("mine");
      }),
    RangeError,
    "mine",
  );
  assertEquals(aliveIn(made), [false, false, false]);
  assertEquals(Object.hasOwn(kernel, "tensor"), false);
});

Deno.test("scope() ends also where its result throws when it is looked at", async () => {
  await using kernel = await createKernel("naive");
  const thenable = () => ({
    get then(): never {
      throw new RangeError("mine");
    },
  });
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  };
  const made: Tensor[] = [];
  const direct = (value: () => unknown) => () => {
    made.push(kernel.tensor([1]));
    return value();
  };
  const returning = (value: () => unknown) => () => {
    made.push(kernel.tensor([1]));
    return [made.at(-1), value()];
  };
  const says = "what the callback of scope() returned cannot be searched for tensors: ";
  assertThrows(() => scope(kernel, direct(thenable)), ArgumentError, `${says}mine`);
  assertThrows(() => scope(kernel, direct(revoked)), ArgumentError, says);
  assertThrows(() => scope(kernel, returning(revoked)), ArgumentError, says);
  await assertRejects(
    () => scope(kernel, () => Promise.resolve(returning(revoked)())),
    ArgumentError,
    says,
  );
  await assertRejects(
    async () => {
      // Read once to see whether it is a promise, and once more to wait for it.
      let reads = 0;
      const { then } = Promise.prototype;
      await scope(kernel, () => {
        made.push(kernel.tensor([1]));
        return Object.defineProperty(Promise.resolve(1), "then", {
          get: () => {
            if (++reads > 1) throw new RangeError("mine");
            return then;
          },
        });
      });
    },
    RangeError,
    "mine",
  );
  assertEquals(aliveIn(made), [false, false, false, false, false]);
  assertEquals(Object.hasOwn(kernel, "tensor"), false);
  assertEquals(kernel.memory!(), 0);
});

Deno.test("what an inner scope() returns belongs to the one around it", async () => {
  await using kernel = await createKernel("naive");
  await using other = await createKernel("blocked");
  const made: Tensor[] = [];
  const create = (own: Kernel) => made[made.push(own.tensor([1])) - 1]!;
  const kept = scope(kernel, () => {
    const outer = create(kernel);
    scope(kernel, () => [create(kernel), create(other), create(kernel)][0]!);
    assertEquals(aliveIn(made), [true, true, true, false]);
    const foreign = scope(other, () => [create(kernel), create(other)]);
    assertEquals(aliveIn([...foreign]), [true, true]);
    return [outer, foreign[0]];
  });
  // Of the other kernel, what was made outside of its own scope stays, and what that returned.
  assertEquals(aliveIn(made), [true, false, true, false, true, true]);
  assertEquals(kept.length, 2);
});

Deno.test("scope() takes no tensors of others that wait at the same time", async () => {
  await using kernel = await createKernel("naive");
  const outside: Tensor[] = [];
  const run = async (turns: number) => {
    const own: Tensor[] = [];
    const [first] = await scope(kernel, async () => {
      for (let turn = 0; turn < turns; turn++) {
        own.push(kernel.tensor([1], [turn]));
        await pause(1 + turn % 2);
      }
      assertEquals(aliveIn(own), own.map(() => true));
      return [own[0]!];
    });
    assertEquals(aliveIn(own), own.map((_, i) => i === 0));
    return first!;
  };
  const running = [2, 7, 4].map(run);
  for (let turn = 0; turn < 5; turn++) {
    outside.push(kernel.tensor([1]));
    await pause(1);
  }
  const results = await Promise.all(running);
  assertEquals(aliveIn([...results, ...outside]), Array(8).fill(true));
});

Deno.test("scope() works without AsyncLocalStorage, as long as scopes wait one after the other", async () => {
  await using kernel = await createKernel("naive");
  const context = stackContext();
  for (let time = 0; time < 2; time++) {
    const made: Tensor[] = [];
    const create = () => made[made.push(kernel.tensor([1])) - 1]!;
    const result = await scopeIn(context, kernel, async () => {
      create();
      await pause(1);
      const inner = await scopeIn(context, kernel, async () => {
        create();
        await pause(1);
        return create();
      });
      assertEquals(aliveIn(made), [true, false, true]);
      return [inner, scopeIn(context, kernel, create)];
    });
    const outside = kernel.tensor([1]);
    assertEquals(aliveIn([...made, outside]), [false, false, true, true, true]);
    assertEquals(result.length, 2);
  }
});

Deno.test("a layer keeps its weights and gradients beyond the scope() that made them", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units: 2, activation: "gelu", seed: 1 });
  using x = kernel.tensor([1, 2], [1, 2]);
  const y = scope(kernel, () => layer.forward(x));
  const dx = scope(kernel, () => layer.backward(kernel.tensor([1, 2], [1, 1])));
  assertEquals(aliveIn([...layer.weights, layer.weightGradient, layer.biasGradient!, y, dx]), [
    ...Array(6).fill(true),
  ]);
  const inScope = scope(kernel, () => void layer.forward(x));
  assertEquals(inScope, undefined);
  scope(kernel, () => void layer.backward(kernel.tensor([1, 2], [1, 1]), layer.forward(x)));
  assertEquals(aliveIn(layer.weights), [true, true]);
});

Deno.test("keep() takes a tensor out of its scope()", async () => {
  await using kernel = await createKernel("naive");
  const made = scope(kernel, () => ({ names: [keep(kernel.tensor([1], [5]))].map(String) }));
  assertEquals(made.names, ['Tensor [1] on "naive": [5]']);
  assertEquals(kernel.memory!(), 4);
  assertThrows(() => keep(5 as unknown as Tensor), ArgumentError, "must be a tensor");
  const outside = kernel.tensor([1]);
  assertEquals(keep(outside), outside);
});

Deno.test("scope() leaves a kernel as it was, also one with its own tensor()", async () => {
  const kernel = await createKernel("naive");
  const create = kernel.tensor.bind(kernel);
  Object.assign(kernel, { tensor: create });
  scope(kernel, () => void kernel.tensor([1]));
  assertEquals(kernel.tensor, create);
  assertEquals(Object.getOwnPropertyDescriptor(kernel, "tensor")!.enumerable, true);
  const frozen = Object.freeze(await createKernel("naive"));
  assertThrows(() => scope(frozen, () => {}), ArgumentError, "is frozen");
  assertThrows(() => scope(kernel, 3 as never), ArgumentError, "scope() calls a function; got 3");
  assertThrows(
    () => scope((() => {}) as never, (() => {}) as never),
    ArgumentError,
    "scope() needs a kernel",
  );
});

Deno.test("a scope() in which many tensors are disposed by hand keeps few of them", async () => {
  await using kernel = await createKernel("naive");
  scope(kernel, () => {
    const first = kernel.tensor([1]);
    for (let i = 0; i < 5000; i++) kernel.tensor([1])[Symbol.dispose]();
    assertEquals(kernel.memory!(), 4);
    return void first;
  });
  assertEquals(kernel.memory!(), 0);
});
