// Products that are repeated with a weight, against the same ones that z or another kernel's first call makes unprepared.
import { assertEquals, assertThrows } from "@std/assert";
import { OwnershipError, ShapeError } from "../../common/errors.ts";
import { createRandom } from "../../common/random.ts";
import type { Activation } from "../activation.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import { wasmKernelsHere } from "../kernels_testing.ts";
import { createKernel } from "../registry.ts";
import type { WasmTensor } from "./wasm_tensor.ts";

const seed = 71828;
const options = { threads: 2 };

async function bitsOf(tensor: Tensor): Promise<Uint32Array> {
  const { buffer, byteOffset, length } = await tensor.read();
  return new Uint32Array(buffer, byteOffset, length);
}

/** Makes tensors of random numbers, negative zeros among them. */
function source(kernel: Kernel): (shape: readonly number[]) => Tensor {
  const random = createRandom(seed);
  return (shape) => {
    const length = shape.reduce((size, axis) => size * axis, 1);
    const numbers = Float32Array.from({ length }, () => {
      const value = random.uniform();
      return value < 0.1 ? -0 : value - 0.5;
    });
    return kernel.tensor(shape, numbers);
  };
}

for (const name of await wasmKernelsHere()) {
  Deno.test(`${name}: a repeated product has the bits of the first, and writes no more than y (seed ${seed})`, async () => {
    await using kernel = await createKernel(name, options);
    const make = source(kernel);
    let prepared = 0;
    for (const n of [1, 5, 8, 13, 24, 30, 48, 52, 100]) {
      for (const k of [0, 1, 6, 64, 65, 150]) {
        using tensors = new DisposableStack();
        const weight = tensors.use(make([k, n]));
        for (const m of [1, 2, 3, 5, 17]) {
          const [x, bias] = [tensors.use(make([m, k])), tensors.use(make([n]))];
          const y = tensors.use(kernel.tensor([m, n]));
          const after = tensors.use(kernel.tensor([64], new Float32Array(64).fill(7)));
          const [expected, z] = [0, 1].map(() => tensors.use(kernel.tensor([m, n])));
          for (const activation of ["linear", "relu", "tanh", "softmax"] as const) {
            for (const used of [bias, null]) {
              kernel.dense(x, weight, used, activation, expected!, z!);
              const wanted = await bitsOf(expected!);
              for (let call = 0; call < 3; call++) {
                y.write(new Float32Array(m * n).fill(3));
                kernel.dense(x, weight, used, activation, y);
                const where = `${m} x ${n} x ${k} ${activation}, bias ${
                  used !== null
                }, call ${call}`;
                assertEquals(await bitsOf(y), wanted, where);
              }
              if ((weight as WasmTensor).prepared) prepared++;
              assertEquals(await after.read(), new Float32Array(64).fill(7));
            }
          }
        }
      }
    }
    // All of one or two rows or a column, and of the others the short sums that end in their tile.
    if (name !== "native") assertEquals(prepared > 1000, true, `${prepared} were prepared`);
  });

  Deno.test(`${name}: a prepared product sees another weight, bias, activation, input and output (seed ${seed})`, async () => {
    await using kernel = await createKernel(name, options);
    const make = source(kernel);
    for (const [m, n, k] of [[1, 5, 13], [7, 5, 13], [9, 1, 13], [16, 16, 16]] as const) {
      using tensors = new DisposableStack();
      const [x, weight] = [tensors.use(make([m, k])), tensors.use(make([k, n]))];
      const [bias, y] = [tensors.use(make([n])), tensors.use(kernel.tensor([m, n]))];
      const check = async (
        [input, output]: readonly [Tensor, Tensor],
        addend: Tensor | null,
        activation: Activation,
      ) => {
        using fresh = kernel.tensor([k, n], await weight.read());
        using expected = kernel.tensor([m, n]);
        kernel.dense(input, fresh, addend, activation, expected);
        const { version } = output;
        kernel.dense(input, weight, addend, activation, output);
        assertEquals(output.version, version + 1);
        assertEquals(await bitsOf(output), await bitsOf(expected), `${m} x ${n} x ${k}`);
      };
      const pair = [x, y] as const;
      for (let i = 0; i < 4; i++) await check(pair, bias, "relu");
      weight.write(Float32Array.from({ length: k * n }, (_, i) => i % 7 - 3));
      for (let i = 0; i < 4; i++) await check(pair, bias, "relu");
      bias.write(new Float32Array(n).fill(2));
      await check(pair, bias, "relu");
      await check(pair, tensors.use(make([n])), "relu");
      await check(pair, null, "relu");
      await check(pair, null, "linear");
      await check([tensors.use(make([m, k])), y], null, "linear");
      await check([x, tensors.use(kernel.tensor([m, n]))], null, "linear");
      for (const rows of [1, 2, 6]) {
        // Each in turn with other numbers of rows.
        using wider = make([rows, k]);
        using result = kernel.tensor([rows, n]);
        kernel.dense(wider, weight, bias, "relu", result);
        await check(pair, bias, "relu");
      }
      using added = kernel.tensor([m, n]);
      using product = kernel.tensor([m, n]);
      for (let i = 0; i < 4; i++) kernel.matmul(x, weight, product);
      for (let i = 0; i < 4; i++) kernel.matmul(x, weight, added, { accumulate: i > 0 });
      const [once, often] = [await product.read(), await added.read()];
      assertEquals(
        often,
        once.map((value) => Math.fround(Math.fround(value + value) + value) + value),
      );
    }
  });

  Deno.test(`${name}: a prepared product refuses what any product refuses`, async () => {
    await using kernel = await createKernel(name, options);
    await using other = await createKernel(name, options);
    const make = source(kernel);
    using x = make([3, 4]);
    using weight = make([4, 4]);
    using bias = make([4]);
    using y = kernel.tensor([3, 4]);
    for (let i = 0; i < 4; i++) kernel.dense(x, weight, bias, "relu", y);
    const before = await y.read();
    const { version } = y;
    using foreign = other.tensor([3, 4]);
    using square = make([4, 4]);
    using short = make([3]);
    using disposed = kernel.tensor([3, 4]);
    disposed[Symbol.dispose]();
    const wrong = (error: typeof ShapeError | typeof OwnershipError, call: () => void) =>
      assertThrows(call, error);
    wrong(OwnershipError, () => kernel.dense(foreign, weight, bias, "relu", y));
    wrong(OwnershipError, () => kernel.dense(x, weight, bias, "relu", foreign));
    wrong(OwnershipError, () => kernel.dense(disposed, weight, bias, "relu", y));
    wrong(OwnershipError, () => kernel.dense(x, weight, bias, "relu", disposed));
    wrong(OwnershipError, () => kernel.dense(x, weight, bias, "relu", x));
    wrong(OwnershipError, () => kernel.dense(weight, weight, bias, "relu", weight));
    wrong(ShapeError, () => kernel.dense(square, weight, bias, "relu", y));
    wrong(ShapeError, () => kernel.dense(x, weight, short, "relu", y));
    wrong(OwnershipError, () => other.dense(x, weight, bias, "relu", y));
    assertEquals(y.version, version);
    assertEquals(await y.read(), before);
    bias[Symbol.dispose]();
    wrong(OwnershipError, () => kernel.dense(x, weight, bias, "relu", y));
    weight[Symbol.dispose]();
    wrong(OwnershipError, () => kernel.dense(x, weight, null, "relu", y));
  });
}
