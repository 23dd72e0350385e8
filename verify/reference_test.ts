import { assertEquals, assertLessOrEqual } from "@std/assert";
import { createRandom } from "../common/random.ts";
import { exactProduct, referenceColumnSums, referenceProduct } from "./reference.ts";

/** A finite float64 as an exact whole number of 2^-300ths, which the sums of this file are. */
function exact(x: number): bigint {
  let scale = 300;
  let mantissa = x;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    scale--;
  }
  return BigInt(mantissa) << BigInt(scale);
}

/** One float32 with a random sign and full mantissa, its exponent up to ±`spread`. */
function float(random: ReturnType<typeof createRandom>, spread: number): number {
  const sign = random.integer() & 1 ? -1 : 1;
  return Math.fround(
    sign * (1 + random.between(0, 2 ** 23 - 1) * 2 ** -23) * 2 ** random.between(-spread, spread),
  );
}

Deno.test("referenceProduct() is within one float64 rounding of exact arithmetic", () => {
  const random = createRandom(1);
  for (let round = 0; round < 60; round++) {
    const [m, n, k] = [random.between(1, 4), random.between(1, 4), random.between(0, 40)];
    const a = Float32Array.from({ length: m * k }, () => float(random, 20));
    const b = Float32Array.from({ length: k * n }, () => float(random, 20));
    const { value, gauge } = referenceProduct({ m, n, k }, a, b);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0n;
        for (let p = 0; p < k; p++) sum += exact(a[i * k + p]! * b[p * n + j]!);
        const error = sum - exact(value[i * n + j]!);
        const off = Number(error < 0n ? -error : error) * 2 ** -300;
        const allowed = 2 ** -53 * Math.abs(value[i * n + j]!) +
          (k * 2 ** -53) ** 2 * gauge[i * n + j]!;
        assertLessOrEqual(off, allowed);
      }
    }
  }
});

Deno.test("referenceProduct() survives heavy cancellation", () => {
  const random = createRandom(2);
  for (let round = 0; round < 40; round++) {
    // Terms up to 2^60 that cancel in pairs and leave one small number.
    const small = float(random, 5);
    const big = Array.from({ length: 8 }, () => float(random, 30));
    const a = Float32Array.from([...big, small, ...big]);
    const b = Float32Array.from([
      ...big.map(() => 2 ** 30),
      1,
      ...big.map(() => -(2 ** 30)),
    ]);
    const { value } = referenceProduct({ m: 1, n: 1, k: 17 }, a, b);
    assertEquals(value[0], small);
  }
});

Deno.test("referenceProduct() reads transposed operands", () => {
  const a = [1, 2, 3, 4, 5, 6];
  const b = [7, 8, 9, 10, 11, 12];
  const want = [58, 64, 139, 154];
  const dimensions = { m: 2, n: 2, k: 3 };
  const at = [1, 4, 2, 5, 3, 6];
  const bt = [7, 9, 11, 8, 10, 12];
  assertEquals([...referenceProduct(dimensions, a, b).value], want);
  assertEquals([...referenceProduct(dimensions, at, b, { transposeA: true }).value], want);
  assertEquals([...referenceProduct(dimensions, a, bt, { transposeB: true }).value], want);
  assertEquals(
    [...referenceProduct(dimensions, at, bt, { transposeA: true, transposeB: true }).value],
    want,
  );
});

Deno.test("referenceProduct() adds bias and initial value, and gauges every term", () => {
  const { value, gauge } = referenceProduct({ m: 1, n: 2, k: 1 }, [2], [3, -4], {
    bias: [10, 20],
    initial: [-100, 200],
  });
  assertEquals([...value], [-84, 212]);
  assertEquals([...gauge], [116, 228]);
});

Deno.test("exactProduct() is referenceProduct() on whole numbers, in every layout, with a bias and an initial value", () => {
  const random = createRandom(3);
  const integers = (length: number) => Float32Array.from({ length }, () => random.between(-99, 99));
  for (const [m, n, k] of [[3, 4, 5], [1, 7, 2], [4, 1, 6], [2, 3, 0], [0, 2, 3]] as const) {
    const [a, b, bias, initial] = [m * k, k * n, n, m * n].map(integers) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        for (const added of [{}, { bias }, { initial }, { bias, initial }]) {
          const options = { transposeA, transposeB, ...added };
          const { value } = referenceProduct({ m, n, k }, a, b, options);
          assertEquals(exactProduct({ m, n, k }, a, b, options), value);
        }
      }
    }
  }
});

Deno.test("referenceColumnSums() adds the rows", () => {
  assertEquals([...referenceColumnSums(2, 3, [1, 2, 3, 4, 5, 6]).value], [5, 7, 9]);
  assertEquals([...referenceColumnSums(2, 1, [1, 2], [10]).value], [13]);
});
