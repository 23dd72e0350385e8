import { assertEquals } from "@std/assert";
import { type Choices, hashOf, initialView, matches, type View, viewOf } from "./view.ts";

const choices: Choices = {
  kernels: ["naive", "wasm-simd (plain)", "a&b=c#d"],
  passes: ["forward", "training"],
  workloads: ["jet", "größe 1"],
};

Deno.test("viewOf() reads what hashOf() wrote, whatever the names", () => {
  const views: readonly View[] = [
    { kernels: ["a&b=c#d"], pass: null, find: "", samples: null },
    {
      kernels: ["naive", "wasm-simd (plain)"],
      pass: "training",
      find: "+ %=&ü",
      samples: "größe 1",
    },
    { ...initialView, find: "jet" },
  ];
  for (const view of views) assertEquals(viewOf(hashOf(view), choices), view);
  assertEquals(hashOf(initialView), "");
});

Deno.test("viewOf() takes nothing from a hash that the page does not have", () => {
  const hash = "#kernel=%3Cscript%3E&kernel=__proto__&pass=constructor&samples=toString";
  assertEquals(viewOf(hash, choices), initialView);
  assertEquals(viewOf(`#find=${"x".repeat(1e5)}`, choices)?.find.length, 100);
  assertEquals(viewOf("#kernel=naive&kernel=naive", choices)?.kernels, ["naive"]);
  assertEquals(viewOf("#%E0%A4%A=%", choices), initialView);
});

Deno.test("viewOf() leaves links to parts of the page alone", () => {
  for (const hash of ["", "#", "#noise", "#shares"]) assertEquals(viewOf(hash, choices), null);
});

Deno.test("matches() finds a part of a name in any case, and takes it for text", () => {
  const jet = { pass: "forward", name: "Jet (1.5)" };
  assertEquals(matches({ ...initialView, find: " jET" }, jet), true);
  assertEquals(matches({ ...initialView, find: "(1.5)" }, jet), true);
  assertEquals(matches({ ...initialView, find: ".*" }, jet), false);
  assertEquals(matches({ ...initialView, pass: "training" }, jet), false);
});
