import { assertEquals } from "@std/assert";
import { Heap, pageBytes } from "./memory.ts";

function createHeap(): { heap: Heap; memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
  return { memory, heap: new Heap(memory, 1024) };
}

Deno.test("reserveAllBut() leaves room for exactly one block at the end of the memory", () => {
  for (const bytes of [0, 4, 64, 1000]) {
    const { heap, memory } = createHeap();
    const before = heap.allocate(100);
    const filler = heap.reserveAllBut(bytes);
    assertEquals(heap.endsInBlock, false);
    const last = heap.allocate(bytes);
    assertEquals(heap.endsInBlock, true);
    // After its start there are only its own bytes and the slack, in whole cache lines.
    assertEquals(memory.buffer.byteLength - last, Math.ceil((bytes + 64) / 64) * 64);
    for (const block of [filler, before, last]) heap.free(block);
    assertEquals(heap.used, 0);
  }
});

Deno.test("reserveAllBut() makes the memory grow where the end is too small, and allocates nothing where the block fills it", () => {
  const { heap, memory } = createHeap();
  heap.reserveAllBut(3 * pageBytes);
  heap.allocate(3 * pageBytes);
  assertEquals(heap.endsInBlock, true);
  assertEquals(memory.buffer.byteLength > 3 * pageBytes, true);
  const exact = createHeap();
  assertEquals(exact.heap.reserveAllBut(pageBytes - 1024 - 64), 0);
});
