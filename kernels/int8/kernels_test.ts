import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../../common/errors.ts";
import { createRandom } from "../../common/random.ts";
import type { Int8Weight, Kernel } from "../kernel.ts";
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

  Deno.test(`${name}: int8Weight() copies arrays and tensors, and takes tensors as they are then`, async () => {
    await using kernel = await make(name);
    // Rows of one number: y is the row of the weight that x picks, over 127 · scale.
    const x = kernel.tensor([2, 2], [1, 0, 0, 127]);
    const y = kernel.tensor([2, 2]);
    const results = async (weight: Int8Weight) => {
      kernel.denseInt8(x, weight, null, "linear", y);
      return [...await y.read()];
    };
    const expected = [0.5, 0.25, -1.5 * 127, 31.75 * 127].map(Math.fround);
    const close = (got: readonly number[]) =>
      got.forEach((each, i) => assertAlmostEquals(each, expected[i]!, 1e-6 * Math.abs(each)));
    const values = Int8Array.of(1, 1, -3, 127);
    const scale = Float32Array.of(2, 4);
    const ofArrays = kernel.int8Weight([2, 2], values, scale);
    const [numbers, factors] = [kernel.tensor([2, 2], [1, 1, -3, 127]), kernel.tensor([2], [2, 4])];
    const ofTensors = [
      kernel.int8Weight([2, 2], numbers, factors),
      kernel.int8Weight([2, 2], Int8Array.of(1, 1, -3, 127), factors),
      kernel.int8Weight([2, 2], numbers, Float32Array.of(2, 4)),
    ];
    values.fill(5);
    scale.fill(5);
    numbers.write([9, 9, 9, 9]);
    factors[Symbol.dispose]();
    for (const weight of [ofArrays, ...ofTensors]) close(await results(weight));
    // The numbers of a queue that was not waited for, in a memory that grows meanwhile.
    const made = kernel.tensor([1, 30000], new Float32Array(30000).fill(3));
    const factor = kernel.tensor([30000], new Float32Array(30000).fill(3));
    const ones = kernel.tensor([1, 1], [1]);
    const late = kernel.tensor([1, 30000]);
    kernel.matmul(ones, made, late);
    const long = kernel.int8Weight([1, 30000], late, factor);
    const out = kernel.tensor([1, 30000]);
    kernel.denseInt8(ones, long, null, "linear", out);
    assertAlmostEquals((await out.read())[29999]!, 1, 1e-6);
  });

  Deno.test(`${name}: int8Weight() refuses tensors that do not fit or are of no whole numbers`, async () => {
    await using kernel = await make(name);
    await using other = await make(name);
    const [values, scale] = [kernel.tensor([3, 2]), kernel.tensor([2])];
    const gone = kernel.tensor([2]);
    gone[Symbol.dispose]();
    const refused = (
      error: typeof ShapeError | typeof ArgumentError | typeof OwnershipError,
      message: string,
      ...[numbers, factors]: [unknown, unknown]
    ) =>
      assertThrows(
        () => kernel.int8Weight([3, 2], numbers as never, factors as never),
        error,
        message,
      );
    refused(ShapeError, "3 rows and 2 columns; got [2, 3]", kernel.tensor([2, 3]), scale);
    refused(ShapeError, "must have the shape [2]; got [1, 2]", values, kernel.tensor([1, 2]));
    refused(OwnershipError, "must belong", other.tensor([3, 2]), scale);
    refused(OwnershipError, "must belong", values, other.tensor([2]));
    refused(OwnershipError, "was disposed", values, gone);
    refused(ArgumentError, "or tensors of them; got null", values, null);
    for (const odd of [0.5, 128, -128, NaN, Infinity, 256 + 7]) {
      values.write([1, 2, 3, odd, 5, 6]);
      refused(ArgumentError, `whole numbers from -127 to 127; got ${odd} at 3`, values, scale);
    }
    const before = kernel.memory();
    refused(ArgumentError, "at 3", values, scale);
    assertEquals(kernel.memory(), before);
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
