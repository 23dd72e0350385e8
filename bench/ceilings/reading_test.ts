import { assertEquals } from "@std/assert";
import { createRandom, seedOf } from "../../common/random.ts";
import { constantBytes, createReadMemory } from "./reading.ts";

const seed = 4711;

Deno.test("createReadMemory() gives ways that read every word once, and none beyond", () => {
  const random = createRandom(seedOf("reading", seed));
  const { data, readers } = createReadMemory(256 * 1024);
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
  for (let i = 0; i < words.length; i++) words[i] = random.integer();
  const xorOf = (from: number, to: number) =>
    words.subarray(from / 4, to / 4).reduce((all, word) => all ^ word, 0) | 0;
  for (const { what, most, step, read, result } of readers) {
    for (const bytes of [step, 2 * step, 16384, 65536, data.length]) {
      if (bytes > most || bytes % step !== 0) continue;
      read(bytes);
      // A copy leaves only its last piece.
      const from = what.includes("copy") ? bytes - step : 0;
      assertEquals(result() | 0, xorOf(from, bytes), `${what}, ${bytes} bytes, seed ${seed}`);
    }
  }
  assertEquals(readers.length, 5);
});

Deno.test("createReadMemory() has room for unrolled code whatever is asked for", () => {
  const { data, readers } = createReadMemory(0);
  assertEquals(data.length >= constantBytes, true);
  assertEquals(data.every((byte) => byte === 1), true);
  readers[0]?.read(constantBytes);
});
