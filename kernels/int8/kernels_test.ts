import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../../common/errors.ts";
import { createRandom } from "../../common/random.ts";
import type { Kernel } from "../kernel.ts";
import { kernelsHere } from "../kernels_testing.ts";
import { createKernel, type KernelName } from "../registry.ts";
import { denseByFormulas } from "./int8_testing.ts";
import { quantizeWeight } from "./quantize.ts";

/** A kernel that has int8 weights. */
type WithInt8 = Kernel & Required<Pick<Kernel, "int8Weight" | "denseInt8" | "memory">>;

const make = async (name: KernelName) => await createKernel(name) as WithInt8;

const names: KernelName[] = [];
for (const name of await kernelsHere()) {
  await using kernel = await createKernel(name);
  if (kernel.denseInt8) names.push(name);
}

const seed = 815;

interface Fixture {
  readonly input: { readonly shape: [number, number]; readonly data: string };
  readonly output: { readonly data: string };
  readonly layers: readonly {
    readonly shape: [number, number];
    readonly kernel: string;
    readonly bias: string;
    readonly scale: string;
  }[];
}

// One body for all kernels that have it: the bits are the same everywhere.
for (const name of names) {
  Deno.test(`${name}: denseInt8() has the bits of Keras's formulas (seed ${seed})`, async () => {
    await using kernel = await make(name);
    const random = createRandom(seed);
    const draw = (length: number) => Float32Array.from({ length }, () => random.uniform() - 0.5);
    for (const [m, n, k] of [[1, 1, 1], [3, 25, 17], [2, 60, 130]] as const) {
      const [data, added] = [draw(m * k), draw(n)];
      const weight = quantizeWeight(draw(k * n), n);
      using x = kernel.tensor([m, k], data);
      using bias = kernel.tensor([n], added);
      using y = kernel.tensor([m, n]);
      using packed = kernel.int8Weight([k, n], weight.values, weight.scale);
      const before = y.version;
      kernel.denseInt8(x, packed, bias, "linear", y);
      assertEquals(y.version, before + 1);
      assertEquals(await y.read(), denseByFormulas(data, weight, added, k));
    }
  });

  Deno.test(`${name}: denseInt8() has the bits that Keras itself computed`, async () => {
    const path = new URL("./fixtures/keras_int8.json", import.meta.url);
    const { input, output, layers }: Fixture = JSON.parse(await Deno.readTextFile(path));
    const bytes = (text: string) =>
      Uint8Array.from(atob(text), (each) => each.charCodeAt(0)).buffer;
    await using kernel = await make(name);
    let x = kernel.tensor(input.shape, new Float32Array(bytes(input.data)));
    for (const [i, { shape, kernel: weight, bias, scale }] of layers.entries()) {
      const y = kernel.tensor([input.shape[0], shape[1]]);
      const packed = kernel.int8Weight(
        shape,
        new Int8Array(bytes(weight)),
        new Float32Array(bytes(scale)),
      );
      const added = kernel.tensor([shape[1]], new Float32Array(bytes(bias)));
      kernel.denseInt8(x, packed, added, i === 0 ? "relu" : "linear", y);
      x = y;
    }
    assertEquals(await x.read(), new Float32Array(bytes(output.data)));
  });

  Deno.test(`${name}: denseInt8() without inputs is the bias, and a row with NaN or an infinity is NaN`, async () => {
    await using kernel = await make(name);
    const y = kernel.tensor([2, 2], [7, 7, 7, 7]);
    const none = kernel.int8Weight([0, 2], new Int8Array(0), Float32Array.of(1, 2));
    kernel.denseInt8(kernel.tensor([2, 0]), none, kernel.tensor([2], [3, 4]), "linear", y);
    assertEquals([...await y.read()], [3, 4, 3, 4]);
    const weight = kernel.int8Weight([3, 2], Int8Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 1));
    for (const odd of [NaN, Infinity, -Infinity]) {
      kernel.denseInt8(kernel.tensor([2, 3], [1, odd, 2, 0, 0, 0]), weight, null, "linear", y);
      assertEquals([...await y.read()], [NaN, NaN, 0, 0]);
    }
  });

  Deno.test(`${name}: denseInt8() rounds halves of x to even`, async () => {
    await using kernel = await make(name);
    // The largest makes the multiplier 2.
    const row = [63.5, 0.25, 0.75, 1.25, -0.25, -0.75, -1.25];
    const size = row.length;
    const identity = new Int8Array(size ** 2).map((_, i) => i % (size + 1) === 0 ? 1 : 0);
    const weight = kernel.int8Weight([size, size], identity, new Float32Array(size).fill(1));
    const y = kernel.tensor([1, size]);
    kernel.denseInt8(kernel.tensor([1, size], row), weight, null, "linear", y);
    assertEquals([...await y.read()], [63.5, 0, 1, 1, 0, -1, -1]);
  });

  Deno.test(`${name}: int8Weight() and denseInt8() refuse what does not fit, and write nothing`, async () => {
    await using kernel = await make(name);
    await using other = await make(name);
    const scale = Float32Array.of(1, 1);
    const values = new Int8Array(6);
    const weight = kernel.int8Weight([3, 2], values, scale);
    const { kernel: _, ...looks } = weight as unknown as { kernel: unknown };
    const foreign = other.int8Weight([3, 2], values, scale);
    const x = kernel.tensor([2, 3]);
    const y = kernel.tensor([2, 2], [1, 2, 3, 4]);
    const gone = kernel.int8Weight([3, 2], values, scale);
    gone[Symbol.dispose]();
    gone[Symbol.dispose]();
    const three = new Float32Array(3);
    const cases: [
      () => void,
      typeof ShapeError | typeof ArgumentError | typeof OwnershipError,
      string,
    ][] = [
      [
        () => kernel.int8Weight([2, 2], values, scale),
        ShapeError,
        "4 values and 2 multipliers; got 6",
      ],
      [() => kernel.int8Weight([3, 2], values, three), ShapeError, "got 6 and 3"],
      [() => kernel.int8Weight([3, 2, 1] as never, values, scale), ShapeError, "two axes"],
      [() => kernel.int8Weight([133145, 0], values, scale), ShapeError, "at most 133144 rows"],
      [() => kernel.int8Weight([3, 2], [1] as never, scale), ArgumentError, "an Int8Array and"],
      [() => kernel.int8Weight([3, 2], values.map(() => -128), scale), ArgumentError, "-128 at 0"],
      [() => kernel.denseInt8(x, foreign, null, "linear", y), OwnershipError, "weight must belong"],
      [() => kernel.denseInt8(x, gone, null, "linear", y), OwnershipError, "weight was disposed"],
      [() => kernel.denseInt8(x, null as never, null, "linear", y), ArgumentError, "int8 weight"],
      [() => kernel.denseInt8(x, looks as never, null, "linear", y), ArgumentError, "int8 weight"],
      [() => kernel.denseInt8(x, x as never, null, "linear", y), ArgumentError, "int8 weight"],
      [() => kernel.denseInt8(y, weight, null, "linear", x), ShapeError, "must be equal"],
      [() => kernel.denseInt8(x, weight, null, "linear", x), OwnershipError, "one tensor"],
      [
        () => kernel.denseInt8(x, weight, null, "swish" as "relu", y),
        ArgumentError,
        "unknown activation",
      ],
    ];
    for (const [call, error, message] of cases) assertThrows(call, error, message);
    assertEquals([...await y.read()], [1, 2, 3, 4]);
    const before = kernel.memory();
    kernel.int8Weight([100, 100], new Int8Array(1e4), new Float32Array(100))[Symbol.dispose]();
    assertEquals(kernel.memory(), before);
  });
}
