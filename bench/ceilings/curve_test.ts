import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { levelsOf } from "./curve.ts";

Deno.test("levelsOf() takes a dip for interference, whatever the order of the sizes", () => {
  const curve = [
    { bytes: 64, rate: 100 },
    { bytes: 16, rate: 101 },
    { bytes: 32, rate: 40 },
    { bytes: 128, rate: 30 },
  ];
  assertEquals(levelsOf(curve), [{ bytes: 64, at: 32 }, { bytes: 128, at: 128 }]);
});

Deno.test("levelsOf() has a level for one size and none for none", () => {
  assertEquals(levelsOf([{ bytes: 16, rate: 1 }]), [{ bytes: 16, at: 16 }]);
  assertEquals(levelsOf([]), []);
});

Deno.test("levelsOf() covers every size once, in order, each level by one of its own", () => {
  const curve = fc.uniqueArray(fc.integer({ min: 1, max: 1e9 }), { minLength: 1 }).chain((sizes) =>
    fc.tuple(
      ...sizes.map((bytes) =>
        fc.record({
          bytes: fc.constant(bytes),
          rate: fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
        })
      ),
    )
  );
  fc.assert(
    fc.property(curve, (points) => {
      const levels = levelsOf(points);
      const sizes = points.map(({ bytes }) => bytes);
      let before = 0;
      for (const { bytes, at } of levels) {
        if (!(at > before && at <= bytes && sizes.includes(at) && sizes.includes(bytes))) {
          return false;
        }
        before = bytes;
      }
      return before === Math.max(...sizes);
    }),
    { seed: 11 },
  );
});
