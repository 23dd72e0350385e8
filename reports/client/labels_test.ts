import { assert, assertEquals } from "@std/assert";
import { besidePoints, overlap, shortened, spread, withMark } from "./labels.ts";

Deno.test("withMark() tells engines apart by a mark, and leaves other names alone", () => {
  assertEquals(
    ["wasm-simd without flags", "wasm-simd with flags", "naive", "with flags"].map(withMark),
    ["○ wasm-simd", "● wasm-simd", "naive", "with flags"],
  );
});

Deno.test("shortened() cuts a long name in its middle, so that its end tells it apart", () => {
  assertEquals(shortened("wasm-simd", 9), "wasm-simd");
  assertEquals(shortened("wasm-threads without flags", 16), "wasm-thr…t flags");
  assertEquals(
    ["wasm-simd without flags", "wasm-simd with flags"].map((one) => shortened(one, 20)),
    [
      "wasm-simd …out flags",
      "wasm-simd with flags",
    ],
  );
  assertEquals([shortened("abc", 2), shortened("abc", 1), shortened("", 0)], ["a…", "a…", ""]);
  // Not through the middle of a character of two units.
  assertEquals(shortened("😀😀😀😀", 3), "😀…😀");
});

Deno.test("spread() moves names apart in their order, and leaves those alone that have room", () => {
  assertEquals(spread([50, 10, 90], 16, { from: 0, to: 100 }), [50, 10, 90]);
  const close = spread([52, 50, 51], 16, { from: 0, to: 100 });
  assertEquals(close, [82, 50, 66]);
  // Against the end they go back.
  assertEquals(spread([99, 98], 16, { from: 0, to: 100 }), [100, 84]);
});

Deno.test("besidePoints() covers no point and no other name, and stays in the frame", () => {
  const area = { left: 0, top: 0, right: 300, bottom: 200 };
  const series = Array.from({ length: 6 }, (_, s) => ({
    width: 60,
    spots: Array.from({ length: 5 }, (_, i) => ({ x: 40 + 45 * i + 3 * s, y: 30 + 28 * s })),
  }));
  const places = besidePoints(series, area);
  assert(places.filter((place) => place !== null).length >= 4, "most find a place");
  const boxes = places.flatMap((place) =>
    place === null ? [] : [{
      left: place.x - place.width / 2,
      right: place.x + place.width / 2,
      top: place.y - 7,
      bottom: place.y + 7,
    }]
  );
  for (const [i, box] of boxes.entries()) {
    assert(box.left >= 0 && box.right <= 300 && box.top >= 0 && box.bottom <= 200);
    assertEquals(boxes.slice(i + 1).filter((other) => overlap(box, other)), []);
    for (const { x, y } of series.flatMap(({ spots }) => spots)) {
      const point = { left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 };
      assertEquals(overlap(box, point), false);
    }
  }
});

Deno.test("besidePoints() gives up where there is no room, and has nothing for no points", () => {
  const area = { left: 0, top: 0, right: 50, bottom: 20 };
  assertEquals(besidePoints([{ width: 60, spots: [{ x: 25, y: 10 }] }], area), [null]);
  assertEquals(besidePoints([{ width: 10, spots: [] }], area), [null]);
});

Deno.test("besidePoints() puts the names of points on one place around it, each on a side of its own", () => {
  const area = { left: 0, top: 0, right: 400, bottom: 200 };
  const same = Array.from({ length: 3 }, () => ({ width: 50, spots: [{ x: 200, y: 100 }] }));
  const places = besidePoints(same, area).map((place) => `${place?.x} ${place?.y}`);
  assertEquals(new Set(places).size, 3);
});
