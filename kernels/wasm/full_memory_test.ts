// A kernel whose memory is full: nothing is lost, disposing makes room, and operations without room for
// what they need are right nevertheless, or throw before anything is written.
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { MemoryError } from "../../common/errors.ts";
import { createRandom } from "../../common/random.ts";
import { integers } from "../../verify/check.ts";
import type { Tensor } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { Core, type CoreOptions, memoryOf, startOfHeap } from "./core.ts";
import { SingleThread } from "./executor.ts";
import { detectSimdFeatures } from "./features.ts";
import { Heap, pageBytes } from "./memory.ts";
import { Performer } from "./performer.ts";
import { WasmKernel } from "./wasm_kernel.ts";

const seed = 7321;

// The limit is that of the heap, or of the memory itself, which then refuses to grow.
for (const limit of ["heap", "memory"] as const) {
  /** A kernel of one thread with a heap of `pages`. */
  const createSmall = (pages: number): WasmKernel => {
    const options: CoreOptions = { ...detectSimdFeatures(), shared: false, threads: 1 };
    const { minimum, maximum } = memoryOf(options);
    const most = minimum - 1 + pages;
    const memory = new WebAssembly.Memory({
      initial: minimum,
      maximum: limit === "memory" ? most : maximum,
    });
    const executor = new SingleThread(new Performer(new Core(memory, options, 0)));
    const heap = new Heap(memory, startOfHeap(1), limit === "heap" ? most : maximum);
    return new WasmKernel("small", heap, executor, options);
  };
  const text =
    /^no memory for \d+ bytes more: \d+ of at most \d+ bytes are in use, \d+ free in pieces; dispose tensors that are no longer needed$/;

  Deno.test(`a full memory loses nothing, and disposing makes room (limit of the ${limit})`, async () => {
    await using kernel = createSmall(16);
    const tensors: Tensor[] = [];
    const fill = () => {
      while (true) tensors.push(kernel.tensor([4096], new Float32Array(4096).fill(tensors.length)));
    };
    const { message } = assertThrows(fill, MemoryError);
    assertMatch(message, text);
    // All of it was allocated: each block takes 16 KiB and 64 bytes.
    assertEquals(tensors.length, Math.floor(16 * pageBytes / (4 * 4096 + 64)));
    const { used } = kernel.heap;
    for (let i = 0; i < 1000; i++) assertThrows(fill, MemoryError);
    assertEquals(kernel.heap.used, used);
    for (const [i, tensor] of tensors.entries()) {
      assert((await tensor.read()).every((value) => value === i), `tensor ${i}`);
    }
    kernel.activate("relu", tensors[5]!, tensors[6]!);
    assertEquals(await tensors[6]!.read(), await tensors[5]!.read());
    // Adjacent free blocks become one, in whatever order they are freed.
    const expectRoom = (length: number, freed: readonly number[]) => {
      for (const i of freed) {
        assertThrows(() => kernel.tensor([length]), MemoryError);
        tensors[i]![Symbol.dispose]();
      }
      tensors.push(kernel.tensor([length], new Float32Array(length).fill(NaN)));
    };
    expectRoom(3 * 4096, [10, 12, 11]);
    expectRoom(2 * 4096, [21, 20]);
    expectRoom(2 * 4096, [22, 23]);
    // A small block is allocated where nothing larger would fit.
    for (const i of [30, 31, 34]) tensors[i]![Symbol.dispose]();
    tensors.push(kernel.tensor([4096]), kernel.tensor([2 * 4096]));
    for (const i of [9, 13, 19, 24, 29, 32, 33, 35]) {
      assert((await tensors[i]!.read()).every((value) => value === i), `tensor ${i}`);
    }
  });

  Deno.test(`operations in a full memory are right or throw (limit of the ${limit})`, async () => {
    await using kernel = createSmall(4);
    const random = createRandom(seed);
    const values = integers(64 * 64, 3, random);
    const a = kernel.tensor([64, 64], values);
    const b = kernel.tensor([64, 64], values);
    const out = kernel.tensor([64, 64]);
    const rest: Tensor[] = [];
    for (let length = 4096; length >= 1; length /= 2) {
      try {
        while (true) rest.push(kernel.tensor([length]));
      } catch (error) {
        assert(error instanceof MemoryError);
      }
    }
    await using naive = await createKernel("naive");
    const [own, result] = [naive.tensor([64, 64], values), naive.tensor([64, 64])];
    naive.matmul(own, own, result);
    // Without room to pack the weight, it is read as it is stored.
    const { used } = kernel.heap;
    for (let time = 0; time < 4; time++) {
      out.write(new Float32Array(4096).fill(NaN));
      kernel.matmul(a, b, out);
      assertEquals(await out.read(), await result.read(), `time ${time}, seed ${seed}`);
    }
    assertEquals(kernel.heap.used, used);
    // Without room to transpose a, it throws before anything is written.
    const { version } = out;
    assertThrows(() => kernel.matmul(a, b, out, { transposeA: true }), MemoryError, "no memory");
    assertEquals(await out.read(), await result.read());
    assertEquals(out.version, version);
    for (const tensor of rest) tensor[Symbol.dispose]();
    kernel.matmul(a, b, out, { transposeA: true });
    naive.matmul(own, own, result, { transposeA: true });
    assertEquals(await out.read(), await result.read());
  });
}

Deno.test("createKernel() throws a MemoryError where the engine has no room for another memory", async () => {
  const { Memory } = WebAssembly;
  const refusing = function () {
    throw new RangeError("WebAssembly.Memory(): could not allocate memory");
  };
  Object.assign(WebAssembly, { Memory: refusing });
  try {
    for (const name of ["wasm-simd", "wasm-threads"] as const) {
      await assertRejects(
        () => createKernel(name),
        MemoryError,
        "no memory for another kernel: WebAssembly.Memory(): could not allocate memory; dispose kernels",
      );
    }
  } finally {
    Object.assign(WebAssembly, { Memory });
  }
});
