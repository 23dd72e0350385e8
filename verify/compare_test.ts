import { assertEquals, assertStringIncludes } from "@std/assert";
import { compareBounded, compareExact, merge } from "./compare.ts";

Deno.test("compareExact() takes NaN for nothing but NaN", () => {
  assertEquals(compareExact("y", [NaN], [NaN], 1).problem, null);
  assertStringIncludes(compareExact("y", [NaN], [0], 1).problem ?? "", "not written");
  assertStringIncludes(compareExact("y", [0], [NaN], 1).problem ?? "", "want NaN");
});

Deno.test("compareExact() sees the last bit, and not the sign of zero", () => {
  assertEquals(compareExact("y", [-0], [0], 1).problem, null);
  assertStringIncludes(compareExact("y", [1 + 2 ** -23], [1], 1).problem ?? "", "0x3f800001");
});

Deno.test("compareExact() counts missing elements as a failure", () => {
  assertStringIncludes(compareExact("y", [], [1], 1).problem ?? "", "0 elements, want 1");
});

Deno.test("compareBounded() fails beyond the bound, for NaN and for infinities", () => {
  assertEquals(compareBounded("y", [1.5], [1], () => 1, 1), { worst: 0.5, problem: null });
  assertEquals(compareBounded("y", [1], [1], () => 0, 1), { worst: 0, problem: null });
  for (const wrong of [2.5, NaN, Infinity, -Infinity]) {
    assertStringIncludes(
      compareBounded("y", [wrong], [1], () => 1, 1).problem ?? "",
      "1 of 1 elements wrong",
    );
  }
  assertStringIncludes(compareBounded("y", [1], [1.1], () => NaN, 1).problem ?? "", "wrong");
});

Deno.test("merge() keeps the worst share and the first problem", () => {
  assertEquals(
    merge([{ worst: 0.2, problem: null }, { worst: Infinity, problem: "a" }, {
      worst: 0.5,
      problem: "b",
    }]),
    { worst: Infinity, problem: "a" },
  );
});

Deno.test("merge() keeps the first warning, the measures, and the sum of what is indeterminate", () => {
  const measures = { observed: { fused: true } };
  assertEquals(
    merge([
      { worst: 0, problem: null, indeterminate: 2 },
      { worst: 0, problem: null, warning: "odd", measures },
      { worst: 0, problem: null, warning: "odder", indeterminate: 3 },
    ]),
    { worst: 0, problem: null, warning: "odd", indeterminate: 5, measures },
  );
});

Deno.test("compareBounded() says how far off the first wrong element is, and what is allowed", () => {
  const got = [1, 2.5, 3, NaN];
  const { problem } = compareBounded("softmax", got, [1, 2, 3, 4], (i) => 0.1 * i, 2);
  assertStringIncludes(problem ?? "", "softmax: 2 of 4 elements wrong");
  assertStringIncludes(problem ?? "", "first [0, 1]: got 2.5 (0x40200000), want 2 (0x40000000)");
  assertStringIncludes(problem ?? "", "off by 0.5, at most 0.1 is allowed");
});

Deno.test("compareBounded() says by how much a number is off, and of a NaN that it is one", () => {
  for (const [got, want, bound] of [[NaN, 1, 0.1], [1, NaN, NaN], [Infinity, 1, 0.1]] as const) {
    const { worst, problem } = compareBounded("y", [got], [want], () => bound, 1);
    assertEquals(worst, Infinity);
    assertStringIncludes(problem ?? "", `got ${got}`);
    assertEquals(problem?.includes("off by"), false, `${problem}`);
  }
});
