import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe } from "../common/describe.ts";
import { ArgumentError, DensemarkError, OwnershipError, ShapeError } from "../common/errors.ts";
import type { TensorData } from "./data.ts";
import type { Kernel, Tensor } from "./kernel.ts";
import { kernelsHere } from "./kernels_testing.ts";
import { createKernel } from "./registry.ts";

/** Arrays of another realm, as a frame or node:vm has them. */
async function otherRealm(): Promise<
  { Float32Array: Float32ArrayConstructor; Array: ArrayConstructor }
> {
  const { runInNewContext } = await import("node:vm");
  return runInNewContext("({ Float32Array, Array })");
}

const sharedOf = (values: readonly number[]) => {
  const shared = new Float32Array(new SharedArrayBuffer(4 * values.length));
  shared.set(values);
  return shared;
};

/** On a buffer that can be resized, with elements before and after. */
const resizable = (track: boolean) => {
  const buffer = new ArrayBuffer(4 * 4, { maxByteLength: 64 });
  new Float32Array(buffer).set([9, 1, 2, 9]);
  if (!track) return new Float32Array(buffer, 4, 2);
  buffer.resize(12);
  return new Float32Array(buffer, 4);
};

/** A length-tracking array on memory that is shared and can grow. */
const growable = () => {
  const buffer = new SharedArrayBuffer(8, { maxByteLength: 64 });
  const array = new Float32Array(buffer);
  array.set([1, 2]);
  return array;
};

class OwnArray extends Float32Array {
  override get length(): number {
    return 7;
  }
  override [Symbol.iterator](): ArrayIterator<number> {
    return [8, 8][Symbol.iterator]();
  }
}

const realm = await otherRealm();

/** Data of the numbers 1 and 2, in every kind. */
const accepted: Readonly<Record<string, () => TensorData>> = {
  "Int8Array": () => new Int8Array([1, 2]),
  "Uint8Array": () => new Uint8Array([1, 2]),
  "Uint8ClampedArray": () => new Uint8ClampedArray([1, 2]),
  "Int16Array": () => new Int16Array([1, 2]),
  "Uint16Array": () => new Uint16Array([1, 2]),
  "Int32Array": () => new Int32Array([1, 2]),
  "Uint32Array": () => new Uint32Array([1, 2]),
  "Float16Array": () => new Float16Array([1, 2]),
  "Float32Array": () => new Float32Array([1, 2]),
  "Float64Array": () => new Float64Array([1, 2]),
  "array": () => [1, 2],
  "frozen array": () => Object.freeze([1, 2]),
  "proxy of an array": () => new Proxy([1, 2], {}),
  "Float32Array of another realm": () => new realm.Float32Array([1, 2]),
  "array of another realm": () => realm.Array.of(1, 2),
  "part of a longer array": () => new Float32Array([9, 1, 2, 9]).subarray(1, 3),
  "part of a longer Float64Array": () => new Float64Array([9, 1, 2, 9]).subarray(1, 3),
  "shared memory": () => sharedOf([1, 2]),
  "a resizable buffer": () => resizable(false),
  "the rest of a resizable buffer": () => resizable(true),
  "growable shared memory": growable,
  "a subclass with a length and an iterator of its own": () => new OwnArray([1, 2]),
};

const detached = (array: Float32Array | Float64Array) => {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
};

const shrunk = () => {
  const array = resizable(false);
  (array.buffer as ArrayBuffer).resize(4);
  return array;
};

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable([1, 2], {});
  revoke();
  return proxy;
};

/** What is refused for a tensor of two elements, with what the message must say. */
const refused: readonly (readonly [what: string, data: () => unknown, says: string])[] = [
  ["null", () => null, "got null"],
  ["false", () => false, "got false"],
  ["0", () => 0, "got 0"],
  ["a string", () => "12", 'got "12"'],
  ["an empty string", () => "", 'got ""'],
  ["a symbol", () => Symbol("x"), "got a symbol"],
  ["a function", () => Math.max, "got the function max"],
  ["an ArrayBuffer", () => new ArrayBuffer(8), "got an ArrayBuffer; make a Float32Array of it"],
  ["a DataView", () => new DataView(new ArrayBuffer(8)), "got a DataView"],
  ["a BigInt64Array", () => new BigInt64Array([1n, 2n]), "got a BigInt64Array of 2"],
  ["a Set", () => new Set([1, 2]), "got a Set"],
  ["an array-like object", () => ({ length: 2, 0: 1, 1: 2 }), "got an object"],
  ["what inherits from Float32Array", () => Object.create(Float32Array.prototype), "got a Float32"],
  ["a promise", () => Promise.resolve(new Float32Array(2)), "got a Promise"],
  ["a revoked proxy", revoked, "got "],
  [
    "a nested array",
    () => [[1], [2]],
    "an array whose element 0 is an array of 1; array.flat() makes a flat one",
  ],
  // Of another length than the tensor's 2, which the reader would otherwise be told of alone.
  ["nested rows", () => [[1, 2], [3, 4], [5, 6]], "an array whose element 0 is an array of 2"],
  ["an array of typed arrays", () => [new Float32Array(2)], "element 0 is a Float32Array of 2"],
  ["an array of strings", () => [1, "2"], 'an array whose element 1 is "2"'],
  // deno-lint-ignore no-sparse-arrays -- that is the case
  ["an array with a hole", () => [1, ,], "an array whose element 1 is undefined"],
  ["an array of BigInts", () => [1, 2n], "an array whose element 1 is 2n"],
  ["an array with null", () => [null, 2], "an array whose element 0 is null"],
  ["an array of booleans", () => [true, false], "an array whose element 0 is true"],
  ["a Float32Array that is too long", () => new Float32Array(3), "got data of 3"],
  ["an Int32Array that is too short", () => new Int32Array(1), "got data of 1"],
  ["an array that is too long", () => [1, 2, 3], "got data of 3"],
  ["an empty array", () => [], "got data of 0"],
  ["a detached Float32Array", () => detached(new Float32Array(2)), "buffer was detached"],
  ["a detached Float64Array", () => detached(new Float64Array(2)), "buffer was detached"],
  ["an array beyond its resizable buffer", shrunk, "got data of 0"],
  ["a proxy whose length is another", () => new Proxy([1, 2], { get: () => 3 }), "got data of 3"],
];

/** Numbers that float32 does not have, and what becomes of them. */
const inexact = [0.1, 1e300, -1e300, NaN, -0, 16777217, 1e-46, 2 ** -149];

for (const name of await kernelsHere()) {
  Deno.test(`${name}: tensor() and write() take numbers of every kind`, async () => {
    await using kernel = await createKernel(name);
    for (const [kind, data] of Object.entries(accepted)) {
      using tensor = kernel.tensor([2], data());
      assertEquals([...await tensor.read()], [1, 2], kind);
      using written = kernel.tensor([2]);
      written.write(data());
      assertEquals([[...await written.read()], written.version], [[1, 2], 1], kind);
    }
  });

  Deno.test(`${name}: numbers are rounded to the nearest float32`, async () => {
    await using kernel = await createKernel(name);
    const wanted = inexact.map(Math.fround);
    for (const data of [inexact, new Float64Array(inexact), new Float32Array(inexact)]) {
      using tensor = kernel.tensor([inexact.length], data);
      assertEquals([...await tensor.read()], wanted, describe(data));
    }
  });

  Deno.test(`${name}: what is no data is refused before anything is written`, async () => {
    await using kernel = await createKernel(name);
    using tensor = kernel.tensor([2], [5, 6]);
    const before = kernel.memory?.();
    for (const [what, data, says] of refused) {
      const wrong = data() as TensorData;
      for (const attempt of [() => tensor.write(wrong), () => kernel.tensor([2], wrong)]) {
        const error = assertThrows(attempt, DensemarkError, says, what);
        assertEquals(error instanceof ShapeError || error instanceof ArgumentError, true, what);
        assertEquals(error.message.includes("\n"), false, what);
      }
    }
    assertThrows(
      () => tensor.write(undefined as unknown as TensorData),
      ArgumentError,
      "undefined",
    );
    assertEquals([[...await tensor.read()], tensor.version], [[5, 6], 0]);
    assertEquals(kernel.memory?.(), before);
  });

  Deno.test(`${name}: a tensor of no elements takes empty data of every kind`, async () => {
    await using kernel = await createKernel(name);
    for (const data of [[], new Float32Array(0), new Int8Array(0), shrunk()]) {
      using tensor = kernel.tensor([0, 3], data);
      tensor.write(data);
      assertEquals((await tensor.read()).length, 0);
    }
    const gone = detached(new Float32Array(0));
    assertThrows(() => kernel.tensor([0], gone), ArgumentError, "buffer was detached");
  });

  Deno.test(`${name}: getters of data cannot write, dispose or change the shape in between`, async () => {
    const kernel = await createKernel(name);
    const tensor = kernel.tensor([2], [5, 6]);
    const failing = Object.defineProperty([1, 2], 1, {
      get: () => {
        throw new TypeError("mine");
      },
    });
    assertThrows(() => tensor.write(failing), TypeError, "mine");
    assertEquals([[...await tensor.read()], tensor.version], [[5, 6], 0]);
    // Each element and the length are asked for once, whatever they say later.
    let asked = 0;
    const fickle = new Proxy([1, 2], {
      get: (target, key) => key === "length" ? [2, 99][asked++] : Reflect.get(target, key),
    });
    tensor.write(fickle);
    assertEquals([...await tensor.read()], [1, 2]);
    const running = (effect: () => void) =>
      Object.defineProperty([1, 2], 1, { get: () => (effect(), 2) });
    tensor.write(running(() => tensor.write([7, 7])));
    assertEquals([...await tensor.read()], [1, 2]);
    const shape = [2];
    const other = kernel.tensor(shape, running(() => shape[0] = 1000));
    assertEquals([other.shape, other.size], [[2], 2]);
    assertThrows(
      () => tensor.write(running(() => tensor[Symbol.dispose]())),
      OwnershipError,
      "the tensor [2] was disposed",
    );
    const closing = running(() => void kernel[Symbol.asyncDispose]());
    assertThrows(() => kernel.tensor([2], closing), OwnershipError, "was disposed");
  });

  Deno.test(`${name}: a shape is an array of whole numbers, and is copied`, async () => {
    await using kernel = await createKernel(name);
    const wrong: readonly unknown[] = [
      undefined,
      null,
      3,
      "23",
      new Int32Array([2, 3]),
      { length: 1, 0: 2 },
      [2n],
      [Symbol("x")],
      ["2"],
      [, 2], // deno-lint-ignore no-sparse-arrays -- that is the case
      [null],
      [[2]],
    ];
    for (const shape of wrong) {
      const of = shape as readonly number[];
      assertThrows(() => kernel.tensor(of), ShapeError, "got ");
      assertThrows(() => kernel.tensor(of, [1, 2]), ShapeError, "got ");
    }
    const shape = [1, 2];
    using tensor = kernel.tensor(shape);
    shape[0] = 9;
    assertEquals(tensor.shape, [1, 2]);
  });

  Deno.test(`${name}: operations refuse what is no tensor, by name`, async () => {
    await using kernel = await createKernel(name);
    using a = kernel.tensor([2, 2]);
    using out = kernel.tensor([2, 2], [1, 2, 3, 4]);
    using total = kernel.tensor([2]);
    const none: readonly unknown[] = [
      undefined,
      null,
      0,
      "x",
      [1, 2],
      new Float32Array(4),
      {},
      Promise.resolve(a),
      { ...a },
    ];
    const calls: Readonly<Record<string, (wrong: Tensor) => void>> = {
      x: (wrong) => kernel.dense(wrong, a, null, "relu", out),
      weight: (wrong) => kernel.dense(a, wrong, null, "relu", out),
      y: (wrong) => kernel.activate("relu", a, wrong),
      a: (wrong) => kernel.matmul(wrong, a, out),
      b: (wrong) => kernel.matmul(a, wrong, out),
      out: (wrong) => kernel.sumRows(a, wrong),
      z: (wrong) => kernel.activate("relu", wrong, out),
      dy: (wrong) => kernel.activateGradient("relu", null, a, wrong, out),
      dz: (wrong) => kernel.activateGradient("relu", null, a, a, wrong),
    };
    for (const [operand, call] of Object.entries(calls)) {
      for (const wrong of none) {
        const error = assertThrows(() => call(wrong as Tensor), ArgumentError);
        assertEquals(
          error.message,
          `${operand} must be a tensor${
            wrong instanceof Promise ? "" : ", as kernel.tensor() makes it"
          }; got ${describe(wrong)}`,
        );
      }
    }
    for (const wrong of none.filter((each) => each !== undefined && each !== null)) {
      assertThrows(
        () => kernel.dense(a, a, wrong as Tensor, "relu", out),
        ArgumentError,
        "bias must",
      );
      assertThrows(
        () => kernel.dense(a, a, null, "relu", out, wrong as Tensor),
        ArgumentError,
        "z",
      );
    }
    assertEquals([[...await out.read()], out.version, total.version], [[1, 2, 3, 4], 0, 0]);
  });

  Deno.test(`${name}: operations refuse unknown options and those that are not true or false`, async () => {
    await using kernel = await createKernel(name);
    using a = kernel.tensor([2, 2]);
    using out = kernel.tensor([2, 2], [1, 2, 3, 4]);
    using total = kernel.tensor([2]);
    const matmul = (options: unknown) => kernel.matmul(a, a, out, options as object);
    const sumRows = (options: unknown) => kernel.sumRows(a, total, options as object);
    const allowed = "there are transposeA, transposeB, accumulate";
    assertThrows(() => matmul({ transposeX: true }), ArgumentError, `"transposeX"; ${allowed}`);
    assertThrows(() => matmul({ transposeA: "yes" }), ArgumentError, 'true or false; got "yes"');
    assertThrows(() => matmul({ accumulate: 1 }), ArgumentError, "true or false; got 1");
    assertThrows(() => matmul(null), ArgumentError, "got null");
    assertThrows(() => matmul(true), ArgumentError, "got true");
    assertThrows(() => sumRows({ transposeA: true }), ArgumentError, '"transposeA"');
    assertThrows(() => sumRows({ accumulate: "no" }), ArgumentError, 'got "no"');
    assertEquals([[...await out.read()], out.version, total.version], [[1, 2, 3, 4], 0, 0]);
    matmul({ transposeA: undefined });
    assertEquals(out.version, 1);
  });
}

Deno.test("an activation that is a function is called one", async () => {
  await using kernel = await createKernel("naive");
  using a = kernel.tensor([1, 1]);
  using y = kernel.tensor([1, 1]);
  const activate = (activation: unknown) => () => kernel.activate(activation as "relu", a, y);
  const relu = (x: number) => Math.max(0, x);
  assertThrows(
    activate(relu),
    ArgumentError,
    "given by its name; got the function relu; there are",
  );
  assertThrows(activate(1n), ArgumentError, "got 1n");
  assertThrows(activate(Symbol("relu")), ArgumentError, "got a symbol");
  assertThrows(activate(undefined), ArgumentError, "got undefined");
});

Deno.test("createKernel() refuses unknown and wrong options", async () => {
  const create = (options: unknown) => async () => {
    const kernel: Kernel = await createKernel("naive", options as object);
    await kernel[Symbol.asyncDispose]();
  };
  await assertRejects(
    create({ thread: 2 }),
    ArgumentError,
    'createKernel() has no option "thread"; there are blas, threads, serialBelow and createWorker',
  );
  for (const threads of [0, 65, 1.5, NaN, "2", null]) {
    await assertRejects(
      create({ threads }),
      ArgumentError,
      "threads must be a whole number from 1",
    );
  }
  for (const serialBelow of [-1, NaN, "0", null]) {
    await assertRejects(
      create({ serialBelow }),
      ArgumentError,
      "serialBelow must be a number >= 0",
    );
  }
  await assertRejects(create(null), ArgumentError, "got null");
  await assertRejects(create(4), ArgumentError, "got 4");
  await create({ threads: undefined })();
});

Deno.test("a tensor has 1 to 64 axes", async () => {
  await using kernel = await createKernel("naive");
  for (const axes of [0, 65, 100_000]) {
    const shape = Array.from({ length: axes }, () => 1);
    assertThrows(() => kernel.tensor(shape), ShapeError, `1 to 64 axes; got a shape of ${axes}`);
  }
  using tensor = kernel.tensor(Array.from({ length: 64 }, () => 1), [7]);
  assertEquals(await tensor.read(), Float32Array.of(7));
});

Deno.test("matmul() takes no option from the prototype of all objects, and refuses one of its own", async () => {
  await using kernel = await createKernel("naive");
  using a = kernel.tensor([1, 1], [2]);
  using c = kernel.tensor([1, 1]);
  Object.defineProperty(Object.prototype, "added", {
    value: 1,
    enumerable: true,
    configurable: true,
  });
  try {
    kernel.matmul(a, a, c, {});
    assertThrows(() => kernel.matmul(a, a, c, { added: 2 } as object), ArgumentError, '"added"');
  } finally {
    Reflect.deleteProperty(Object.prototype, "added");
  }
  assertEquals(await c.read(), Float32Array.of(4));
});
