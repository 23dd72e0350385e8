import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../../common/errors.ts";
import { createRandom } from "../../common/random.ts";
import { quantized, type QuantizedWeight, quantizeWeight, scaleOf } from "../int8/quantize.ts";
import { wasmKernelsHere } from "../kernels_testing.ts";
import { createKernel } from "../registry.ts";
import { type Int8Method, int8Method, methodOfResults } from "./int8_probe.ts";
import { WasmKernel } from "./wasm_kernel.ts";

const seed = 815;
const { fround } = Math;

/** Keras's formulas in float32, one operation after the other. */
function denseByFormulas(
  x: Float32Array,
  { values, scale }: QuantizedWeight,
  bias: Float32Array | null,
  k: number,
): Float32Array {
  const n = scale.length;
  const rows = Array.from(
    { length: k ? x.length / k : 0 },
    (_, i) => x.subarray(i * k, (i + 1) * k),
  );
  return Float32Array.from(rows.flatMap((row) => {
    const own = scaleOf(row.reduce((largest, each) => Math.max(largest, Math.abs(each)), 0));
    const whole = Array.from(row, (each) => quantized(each, own));
    return Array.from({ length: n }, (_, j) => {
      const sum = whole.reduce((total, each, i) => total + each * values[i * n + j]!, 0);
      const quotient = fround(fround(sum) / fround(own * scale[j]!));
      return bias ? fround(quotient + bias[j]!) : quotient;
    });
  }));
}

const names = await wasmKernelsHere();

for (const name of names) {
  for (const method of new Set<Int8Method>(["int16", int8Method()])) {
    Deno.test(`${name}: denseInt8() has the bits of Keras's formulas, by ${method} (seed ${seed})`, async () => {
      await using kernel = await createKernel(name, { threads: 2, serialBelow: 0 }) as WasmKernel;
      assert(kernel instanceof WasmKernel);
      const random = createRandom(seed);
      const draw = (length: number) =>
        Float32Array.from({ length }, () => (random.uniform() - 0.5) * 2 ** random.between(-8, 3));
      const shapes = [[1, 1, 1], [2, 3, 5], [3, 24, 16], [5, 25, 17], [1, 60, 130], [66, 49, 33]];
      for (const [m, n, k] of shapes as [number, number, number][]) {
        const [data, added] = [draw(m * k), draw(n)];
        const quantizedOnes = quantizeWeight(draw(k * n), n);
        using x = kernel.tensor([m, k], data);
        using bias = kernel.tensor([n], added);
        using y = kernel.tensor([m, n]);
        using weight = kernel.int8Weight([k, n], quantizedOnes.values, quantizedOnes.scale, method);
        kernel.denseInt8(x, weight, bias, "linear", y);
        const expected = denseByFormulas(data, quantizedOnes, added, k);
        assertEquals(await y.read(), expected, `${m}x${n}x${k}`);
        kernel.denseInt8(x, weight, null, "relu", y);
        assertEquals(
          await y.read(),
          denseByFormulas(data, quantizedOnes, null, k).map((each) => Math.max(each, 0)),
        );
        kernel.denseInt8(x, weight, bias, "softmax", y);
        const plain = kernel.tensor([m, n], expected);
        const shares = kernel.tensor([m, n]);
        kernel.activate("softmax", plain, shares);
        assertEquals(await y.read(), await shares.read());
      }
    });
  }
}

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

Deno.test("denseInt8() has the bits that Keras itself computed", async () => {
  const path = new URL("../int8/fixtures/keras_int8.json", import.meta.url);
  const { input, output, layers }: Fixture = JSON.parse(await Deno.readTextFile(path));
  const bytes = (text: string) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0)).buffer;
  for (const name of names) {
    await using kernel = await createKernel(name) as WasmKernel;
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
  }
});

// A method of another machine: right here where bytes of x are such that all machines agree.
for (const [method, sign] of [["signed", 1], ["unsigned", -1]] as const) {
  Deno.test(`denseInt8() by ${method} is exact on every machine where x is ${sign > 0 ? "positive" : "negative"}`, async () => {
    await using kernel = await createKernel("wasm-simd") as WasmKernel;
    const random = createRandom(seed);
    const [m, n, k] = [3, 30, 50];
    // Not halves, which 127 of x and 128 could take for 128.
    const data = Float32Array.from({ length: m * k }, () => sign * (0.01 + random.uniform()));
    const weight = quantizeWeight(
      Float32Array.from({ length: k * n }, () => random.uniform() - 0.5),
      n,
    );
    const x = kernel.tensor([m, k], data);
    const y = kernel.tensor([m, n]);
    const packed = kernel.int8Weight([k, n], weight.values, weight.scale, method);
    kernel.denseInt8(x, packed, null, "linear", y);
    assertEquals(await y.read(), denseByFormulas(data, weight, null, k));
  });
}

Deno.test("denseInt8() is exact at the extremes: all of 127 and -127, where 16 bits would not suffice", async () => {
  await using kernel = await createKernel("wasm-simd") as WasmKernel;
  const [m, n, k] = [2, 26, 133];
  const data = Float32Array.from({ length: m * k }, (_, i) => i < k ? 1 : -1);
  const values = new Int8Array(k * n).map((_, i) => i % n % 2 ? 127 : -127);
  const weight = { values, scale: new Float32Array(n).fill(1) };
  for (const method of new Set<Int8Method>(["int16", int8Method()])) {
    const [x, y] = [kernel.tensor([m, k], data), kernel.tensor([m, n])];
    const packed = kernel.int8Weight([k, n], values, weight.scale, method);
    kernel.denseInt8(x, packed, null, "linear", y);
    assertEquals(await y.read(), denseByFormulas(data, weight, null, k));
  }
});

Deno.test("denseInt8() without inputs is the bias, and a row with NaN or an infinity is NaN", async () => {
  await using kernel = await createKernel("wasm-simd") as WasmKernel;
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

Deno.test("methodOfResults() knows unsigned and signed bytes, and takes 16 bits for all else", () => {
  const a = 2 ** 30 + 12345;
  const unsigned = [129540 + a, -130560 + a, -41402 + a, 21917 + a];
  const dots = [
    [[127, 127, 127, 127], [255, 255, 255, 255]],
    [[-128, -128, -128, -128], [255, 255, 255, 255]],
    [[127, -127, 127, -127], [128, 255, 1, 200]],
    [[-3, 100, 0, 77], [254, 129, 255, 127]],
  ] as const;
  const sums = (of: (byte: number) => number) =>
    dots.map(([w, x]) => w.reduce<number>((sum, each, i) => sum + each * of(x[i]!), a));
  assertEquals(sums((byte) => byte), unsigned);
  assertEquals(methodOfResults(unsigned), "unsigned");
  assertEquals(methodOfResults(sums((byte) => byte < 128 ? byte : byte - 256)), "signed");
  const saturated = [65534 + a, -65536 + a, unsigned[2]!, unsigned[3]!];
  assertEquals(methodOfResults(saturated), "int16");
});

Deno.test("int8Weight() and denseInt8() refuse what does not fit, and write nothing", async () => {
  await using kernel = await createKernel("wasm-simd") as WasmKernel;
  await using other = await createKernel("wasm-simd") as WasmKernel;
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
