import { assertEquals, assertGreater } from "@std/assert";
import { readReferenceLoop, spin, steps } from "./reference_loop.ts";

/** The same state in log₂(count) steps: x → a·x + c composed with itself. */
function jump(count: number): number {
  const modulus = 2n ** 32n;
  let [state, a, c] = [1n, 1664525n, 1013904223n];
  for (let left = BigInt(count); left > 0n; left /= 2n) {
    if (left % 2n === 1n) state = (a * state + c) % modulus;
    [a, c] = [a * a % modulus, (a + 1n) * c % modulus];
  }
  return Number(state);
}

Deno.test("spin() makes all of its steps", () => {
  for (const count of [0, 1, 2, 1000, steps]) assertEquals(spin(count), jump(count));
});

Deno.test("readReferenceLoop() takes time, and its loop comes to the right outcome", () => {
  assertGreater(readReferenceLoop(), 0);
});
