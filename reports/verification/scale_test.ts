import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { classOrder, extent, logScale, logTicks, powerText } from "./scale.ts";

Deno.test("logScale() puts equal ratios at equal distances, and keeps to its ends", () => {
  const { at, beyond } = logScale(0.1, 1000, 200, 0);
  assertAlmostEquals(at(0.1), 200, 1e-9);
  assertAlmostEquals(at(10), 100, 1e-9);
  assertAlmostEquals(at(1000), 0, 1e-9);
  assertEquals([at(0), at(-1), at(1e-9), at(1e9), at(Infinity)], [200, 200, 200, 0, 0]);
  assertAlmostEquals(beyond(1e4), -50, 1e-9);
});

Deno.test("logTicks() names powers of ten, and more where they are few, but never too many", () => {
  const labels = (low: number, high: number) => logTicks(low, high).map(({ label }) => label);
  assertEquals(labels(0.1, 1000), ["0.1", "1", "10", "100", "1,000"]);
  assertEquals(labels(1.5, 30), ["2", "5", "10", "20"]);
  assertEquals(labels(1e-12, 1e3), ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1", "1,000"]);
  for (const decades of [0.2, 0.5, 1, 1.7, 2, 5, 9, 30, 300]) {
    const ticks = logTicks(0.03, 0.03 * 10 ** decades);
    assert(ticks.length <= 7, `${ticks.length} ticks on ${decades} decades`);
    assert(decades < 0.5 || ticks.length >= 2, `${ticks.length} ticks on ${decades} decades`);
  }
});

Deno.test("powerText() writes powers of ten shortly", () => {
  assertEquals([-2, 0, 3, 4, 5, -3, 38].map(powerText), [
    "0.01",
    "1",
    "1,000",
    "10,000",
    "10⁵",
    "10⁻³",
    "10³⁸",
  ]);
});

Deno.test("extent() is of what a logarithmic axis can show", () => {
  assertEquals(extent([0, 3, Infinity, NaN, 0.5, -1]), [0.5, 3]);
  assertEquals(extent([0, NaN]), null);
});

Deno.test("classOrder() goes from the most negative number to the greatest", () => {
  const order = classOrder();
  assertEquals(order.length, 510);
  const value = (of: number) =>
    new Float32Array(new Uint32Array([(of << 23) + 1]).buffer)[0] ?? NaN;
  const values = order.map(value);
  for (const [i, one] of values.entries()) assert(i === 0 || one > (values[i - 1] ?? NaN));
  assert(values.every(Number.isFinite));
});
