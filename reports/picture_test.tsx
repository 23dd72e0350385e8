import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { computeExample } from "./example.ts";
import { densePictureSvg } from "./picture.tsx";
import { distance, layOut, radius, shown, width } from "./picture_layout.ts";

/** The texts of a picture without markup: w11, x1. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map(([, inner]) =>
    (inner ?? "").replaceAll(/<[^>]*>/g, "")
  );
}

Deno.test("densePictureSvg() names every input, weight, bias and output of a 3×2 layer", () => {
  const found = texts(densePictureSvg({ inputs: 3, units: 2 }));
  for (
    const name of "x1 x2 x3 w11 w21 w31 w12 w22 w32 b1 b2 y1 y2".split(" ")
  ) {
    assertEquals(found.filter((text) => text === name).length, 1, name);
  }
});

Deno.test("densePictureSvg() draws the bias as a red 1 with red edges", () => {
  const svg = densePictureSvg({ inputs: 3, units: 2 });
  const node = /<g class="bias"><circle[^>]*stroke="#c01f1f"[^>]*>.*?<\/g>/.exec(svg)?.[0] ?? "";
  assertEquals(texts(node), ["1"]);
  assertEquals(svg.match(/<path class="bias"[^>]*stroke="#c01f1f"/g)?.length, 2);
  assertEquals(svg.match(/<path class="weight"/g)?.length, 6);
});

Deno.test("densePictureSvg() prints the numbers of the example, and y as the library gives it", async () => {
  const example = await computeExample();
  assertEquals(example.y, [1.5, 0]);
  const found = texts(densePictureSvg({ inputs: 3, units: 2, example }));
  for (const text of ["w11 = 0.5", "w32 = 0.5", "w12 = −1", "b2 = −2", "y1 = 1.5", "y2 = 0"]) {
    assert(found.includes(text), `${text} is missing in ${found.join("; ")}`);
  }
  for (const text of ["1", "2", "3"]) assert(found.includes(text));
  const svg = densePictureSvg({ inputs: 3, units: 2, example: { ...example, y: [42, 43] } });
  assert(texts(svg).includes("y2 = 43"), "y is taken as given");
});

Deno.test("densePictureSvg() shows the first and last nodes of a 784×128 layer, and dots", () => {
  const svg = densePictureSvg({ inputs: 784, units: 128, activation: "relu" });
  const found = texts(svg);
  assertEquals(svg.match(/<g class="dots"/g)?.length, 2);
  const names = found.filter((text) => /^[xywb]\d/.test(text)).toSorted();
  assertEquals(names, [
    "b1",
    "b128",
    "w1,1",
    "w784,128",
    "x1",
    "x2",
    "x3",
    "x784",
    "y1",
    "y128",
    "y2",
    "y3",
  ]);
  assertEquals(found.filter((text) => text === "relu").length, 4);
});

Deno.test("densePictureSvg() stands alone: a namespace, a size, words for it, its own ground", async () => {
  const svg = densePictureSvg({ inputs: 3, units: 2, example: await computeExample() });
  assertMatch(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]* viewBox="0 0 720 /);
  assertMatch(svg, /<title[^>]*>Dense layer, 3 inputs, 2 units<\/title>/);
  assertMatch(svg, /<desc[^>]*>Each of 3 inputs is joined.*outputs are y = \(1.5, 0\)\.<\/desc>/);
  assertMatch(svg, /<rect class="card" width="720" [^>]*fill="#ffffff"/);
  for (const id of /aria-labelledby="([^"]*)"/.exec(svg)?.[1]?.split(" ") ?? [""]) {
    assertStringIncludes(svg, ` id="${id}"`);
  }
  // Attributes only: a style element would need a place in the policy of the page.
  assertEquals(/<style| style="|<script|href=/.test(svg), false);
});

Deno.test("densePictureSvg() escapes and cuts the name of an activation", () => {
  const svg = densePictureSvg({ inputs: 1, units: 1, activation: "</text><script>alert(1)" });
  assertEquals(svg.includes("<script"), false);
  assert(texts(svg).includes("&lt;/text>&lt;s…"));
});

Deno.test("shown() takes all of few nodes, and of many the first three and the last", () => {
  assertEquals(shown(1), [1]);
  assertEquals(shown(5), [1, 2, 3, 4, 5]);
  assertEquals(shown(6), [1, 2, 3, null, 6]);
});

for (
  const [inputs, units] of [[1, 1], [3, 2], [2, 3], [3, 3], [5, 1], [1, 5], [784, 128]] as const
) {
  Deno.test(`layOut() keeps the labels of a ${inputs}×${units} layer apart, and all inside`, () => {
    const long = 70;
    const { height, labels, inputs: nodes, units: sums, bias } = layOut(inputs, units, () => long);
    for (const [i, one] of labels.entries()) {
      const ends = (label: typeof one, share: number) => {
        const angle = label.angle * Math.PI / 180;
        const reach = share * long / 2;
        return {
          from: { x: label.x - Math.cos(angle) * reach, y: label.y - Math.sin(angle) * reach },
          to: { x: label.x + Math.cos(angle) * reach, y: label.y + Math.sin(angle) * reach },
        };
      };
      const own = ends(one, 1);
      for (const other of labels.slice(i + 1)) {
        // Letters are about 14 high; a line's middle to a line's middle.
        const near = [own.from, one, own.to].map((point) => distance(point, ends(other, 1)));
        assert(Math.min(...near) > 15, `labels ${i} and ${labels.indexOf(other)}: ${near}`);
      }
      for (const node of [...nodes, ...sums, bias]) {
        assert(distance(node, own) > radius, "a label lies on a node");
      }
    }
    for (const { x, y } of [...nodes, ...sums, bias]) {
      assert(x > radius && x < width - radius && y > radius && y < height - radius);
    }
  });
}
