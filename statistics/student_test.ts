import { assertAlmostEquals, assertEquals } from "@std/assert";
import { studentQuantile, twoSidedStudent } from "./student.ts";

Deno.test("studentQuantile() agrees with printed tables", () => {
  // Abramowitz & Stegun, table 26.10.
  for (
    const [freedom, confidence, t] of [
      [1, 0.95, 12.706],
      [2, 0.95, 4.303],
      [3, 0.95, 3.182],
      [4, 0.95, 2.776],
      [10, 0.99, 3.169],
      [30, 0.95, 2.042],
      [120, 0.9, 1.658],
    ] as const
  ) assertAlmostEquals(studentQuantile(freedom, confidence), t, 5e-4);
});

Deno.test("twoSidedStudent() of one and two degrees of freedom is the closed form", () => {
  for (const t of [0.01, 0.1, 1, 3, 50, 1e6]) {
    assertAlmostEquals(twoSidedStudent(t, 1), 1 - 2 / Math.PI * Math.atan(t), 1e-12);
    assertAlmostEquals(twoSidedStudent(t, 2), 1 - t / Math.sqrt(2 + t * t), 1e-12);
  }
  assertEquals([NaN, Infinity, 0].map((t) => twoSidedStudent(t, 3)), [1, 0, 1]);
});
